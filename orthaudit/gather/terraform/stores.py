"""Certificates, the database and buckets."""

from __future__ import annotations

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply
from orthaudit.gather.terraform.view import GROUP, Answers, Items, View, listed, members

BUCKET = ("aws_s3_bucket",)
PARAMETER_GROUP = ("aws_db_parameter_group",)


def certificates(view: View) -> Answers:
    """acm.GetCertificate; what ACM or a private CA is yet to issue is not known."""
    for one in view.of("aws_acm_certificate"):
        imported = _imported(one)
        body = one.value("certificate_body") if imported else None
        issued = known_after_apply(f"{one.address}: what is issued")
        yield (
            {"CertificateArn": view.id(one)},
            {
                "Certificate": body or issued,
                "CertificateChain": one.value("certificate_chain") if imported else issued,
            },
        )


def certificate_details(view: View) -> Answers:
    """acm.DescribeCertificate."""
    for one in view.of("aws_acm_certificate"):
        imported = _imported(one)
        private = not one.left_out("certificate_authority_arn") and bool(one.value("certificate_authority_arn"))
        status = one.value("status")
        details: Structure = {
            "CertificateArn": view.id(one),
            "DomainName": one.value("domain_name"),
            "Status": "ISSUED" if is_unknown(status) else status,
            "Type": "IMPORTED" if imported else "PRIVATE" if private else "AMAZON_ISSUED",
            "NotBefore": one.value("not_before"),
            "NotAfter": one.value("not_after"),
            "KeyAlgorithm": one.value("key_algorithm"),
            "RenewalEligibility": one.value("renewal_eligibility"),
        }
        yield {"CertificateArn": view.id(one)}, {"Certificate": details}


def _imported(certificate: Resource) -> bool:
    return bool(certificate.value("certificate_body")) and not certificate.left_out("certificate_body")


def databases(view: View) -> Items:
    """rds.DescribeDBInstances."""
    for one in view.of("aws_db_instance"):
        given = not one.left_out("vpc_security_group_ids")
        groups = listed(view.many(one, "vpc_security_group_ids", *GROUP)) if given else []
        yield {
            "DBInstanceIdentifier": view.id(one),
            "DBInstanceStatus": "available",
            "Engine": one.value("engine"),
            "EngineVersion": one.value("engine_version"),
            "PubliclyAccessible": one.value("publicly_accessible"),
            "StorageEncrypted": one.value("storage_encrypted"),
            "Endpoint": {"Address": one.value("address"), "Port": one.value("port")},
            "DBParameterGroups": members(
                "DBParameterGroupName", [view.one(one, "parameter_group_name", *PARAMETER_GROUP)]
            ),
            "VpcSecurityGroups": members("VpcSecurityGroupId", groups),
        }


def database_parameters(view: View) -> Answers:
    """rds.DescribeDBParameters: those that the plan sets; the family's defaults are not in it."""
    for one in view.of(*PARAMETER_GROUP):
        blocks = one.blocks("parameter")
        parameters: Json = blocks if isinstance(blocks, dict) else [_parameter(block) for block in blocks]
        yield {"DBParameterGroupName": view.id(one)}, {"Parameters": parameters}


def _parameter(block: Block) -> Structure:
    name = block.value("name")
    if not isinstance(name, str):
        return known_after_apply(f"{block.address}: name")
    return {
        "ParameterName": name,
        "ParameterValue": block.value("value"),
        "Source": "user",
        "ApplyMethod": block.value("apply_method"),
    }


def bucket_policies(view: View) -> Answers:
    """s3.GetBucketPolicy; a bucket that the plan creates has the policy that the plan gives it, or none."""
    policies = view.attached(("aws_s3_bucket_policy",), "bucket", BUCKET)
    for bucket in view.of(*BUCKET):
        id_ = view.id(bucket)
        own = policies.to(id_)
        policy = None if bucket.left_out("policy") else bucket.value("policy") or None
        if own:
            policy = own[0].value("policy")
        elif policy is None and policies.lost:
            policy = policies.lost[0]
        elif policy is None and not bucket.created and bucket.value("policy") is None:
            policy = known_after_apply(f"{bucket.address}: a policy that the plan does not hold")
        yield {"Bucket": id_}, {"Policy": policy}


def bucket_objects(view: View) -> Answers:
    """s3.ListObjectsV2 below `config/`: what the plan puts there; what else an existing bucket holds is not known."""
    objects = view.attached(("aws_s3_object", "aws_s3_bucket_object"), "bucket", BUCKET)
    for bucket in view.of(*BUCKET):
        keys = [one.value("key") for one in objects.to(view.id(bucket))]
        contents: list[Json] = [
            {"Key": key} for key in keys if is_unknown(key) or (isinstance(key, str) and key.startswith("config/"))
        ]
        if not bucket.created:
            contents.append(known_after_apply(f"{bucket.address}: what else it holds"))
        yield {"Bucket": view.id(bucket)}, {"Contents": [*contents, *objects.lost], "IsTruncated": False}
