"""A Terraform plan or state as a snapshot: AWS's answers as they will be after apply."""
