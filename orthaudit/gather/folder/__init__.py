"""A folder of AWS CLI output, read as a snapshot."""
