"""The embedded estate: a small hospital on AWS, on loopback alone."""

import os

# moto asks boto3 for regions when it is imported, and boto3 reads the person's own AWS settings: a profile
# that is not there would end the lab, whose AWS has nothing to do with it.
for _name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
    os.environ.pop(_name, None)
for _name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
    os.environ[_name] = os.devnull
