"""What stands around the archive: load balancer, database, bucket, organization."""

from __future__ import annotations

import json

from moto.organizations.models import organizations_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from orthaudit.lab.acm import Authority
from orthaudit.lab.build import Place
from orthaudit.lab.estate import NETWORK, SUSPENDED


def load_balancer(place: Place) -> None:
    """`images`: one listener over TLS, and plaintext ones beside it."""
    ids = place.ids
    balancer = place.network_load_balancer(
        "images",
        {ids["private-a.subnet"]: "10.20.11.40", ids["private-b.subnet"]: "10.20.12.40"},
    )
    certificate = place.certificate(
        "images",
        Authority("ca.hospital.example", place.now, 3 * 365).issue("images.hospital.example", 365, "ec"),
    )
    for port, instance, target_port in (
        (2762, "archive-a", 11112),
        (11112, "archive-b", 11112),
        (104, "gateway", 104),
        (11113, "standby", 11112),
    ):
        group = place.target_group(instance, ids["imaging.vpc"], target_port, ids[f"{instance}.i"])
        place.listener(f"images:{port}", balancer, port, group, certificate if port == 2762 else None)


def database(place: Place) -> None:
    """Orthanc's index: PostgreSQL that takes TLS only."""
    rds = rds_backends[place.account][place.region]
    rds.create_db_parameter_group(
        {
            "db_parameter_group_name": "orthanc",
            "db_parameter_group_family": "postgres16",
            "description": "Orthanc's index",
        }
    )
    rds.modify_db_parameter_group(
        "orthanc",
        [
            {
                "ParameterName": "rds.force_ssl",
                "ParameterValue": "1",
                "ApplyMethod": "immediate",
                "Source": "user",
                "ApplyType": "dynamic",
                "DataType": "boolean",
                "IsModifiable": True,
            }
        ],
    )
    database = rds.create_db_instance(
        {
            "db_instance_identifier": "orthanc-db",
            "db_instance_class": "db.t4g.medium",
            "engine": "postgres",
            "engine_version": "16.3",
            "allocated_storage": 100,
            "db_parameter_group_name": "orthanc",
            "master_username": "orthanc",
            "vpc_security_group_ids": [place.ids["imaging-default.sg"]],
            "publicly_accessible": False,
            "storage_encrypted": True,
            "multi_az": False,
        }
    )
    place.named("orthanc-db", "db", database.db_instance_arn)


def bucket(place: Place) -> None:
    """The image bucket: it denies whatever comes without TLS."""
    name = f"images-{place.account}"
    s3 = s3_backends[place.account]["aws"]
    s3.create_bucket(name, place.region)
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(name, json.dumps(policy).encode())
    place.named("images", "bucket", name)


def organization(place: Place) -> None:
    """The hospital manages the organization; one member is active, one is suspended."""
    organizations = organizations_backends[place.account]["aws"]
    organizations.create_organization("us-east-1")
    organizations.accounts[0].name = "hospital"
    for account, name, status in ((NETWORK, "network", "ACTIVE"), (SUSPENDED, "old-clinic", "SUSPENDED")):
        organizations.create_account(AccountName=name, Email=f"{name}@hospital.example")
        member = organizations.accounts[-1]
        del organizations_backends.master_accounts[member.id]  # moto's random number of it
        organizations_backends.master_accounts[account] = (place.account, "aws")
        member.id, member.status, member.state = account, status, status
