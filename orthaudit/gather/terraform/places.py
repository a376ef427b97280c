"""Which account and region a resource of a plan belongs to."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import Final

from orthaudit.evidence import Json
from orthaudit.gather.terraform.document import Document, Resource
from orthaudit.gather.terraform.marks import structure, structures

ACCOUNT: Final = "terraform"
"""Stands for the account that a plan does not name."""
REGION: Final = "unknown"
"""Stands for the region that a plan does not name."""

_ARN: Final = re.compile(r"arn:aws[\w-]*:[\w-]*:([a-z]{2}(?:-[a-z]+)+-\d)?:(\d{12}):")
_ZONE: Final = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")


class Places:
    """Account and region of every resource: its own, its provider's, else those of the whole document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def of(self, resource: Resource) -> tuple[str, str]:
        """The account and region that hold the resource."""
        provider = structure(self._document.providers.get(self._document.provider(resource)))
        expressions = structure(provider.get("expressions"))
        own = resource.value("region") if resource.type != "aws_s3_bucket" else None
        region = own if isinstance(own, str) else self._argument(expressions.get("region"))
        return self._role_account(expressions) or self.account, region or self.region

    @cached_property
    def account(self) -> str:
        """The caller's account, else the one that ARNs and owners name most often."""
        named = self._data("aws_caller_identity", "account_id")
        owners = Counter(found[1] for found in self._arns)
        owners.update(one for one in self._texts("owner_id") if re.fullmatch(r"\d{12}", one))
        return named or _most(owners) or ACCOUNT

    @cached_property
    def region(self) -> str:
        """The region that a data source tells, else the provider's, else the one that is named most often."""
        provider = structure(structure(self._document.providers.get("aws")).get("expressions"))
        regions = Counter(found[0] for found in self._arns if found[0])
        zones = (match[1] for one in self._texts("availability_zone") if (match := _ZONE.fullmatch(one)))
        named = self._argument(provider.get("region")) or self._data("aws_region", "region", "name", "id")
        return named or _most(regions) or _most(Counter(zones)) or REGION

    def _data(self, kind: str, *attributes: str) -> str | None:
        for resource in self._document.resources:
            if (resource.mode, resource.type) == ("data", kind):
                for attribute in attributes:
                    value = resource.value(attribute)
                    if isinstance(value, str) and value:
                        return value
        return None

    def _argument(self, expression: Json) -> str | None:
        """An argument of a provider: a constant, or a variable of the root."""
        found: Json = structure(expression).get("constant_value")
        references = structure(expression).get("references")
        for reference in references if isinstance(references, list) else ():
            if found is None and isinstance(reference, str) and reference.startswith("var."):
                found = self._document.variables.get(reference.removeprefix("var."))
        return found if isinstance(found, str) and found else None

    def _role_account(self, expressions: Json) -> str | None:
        for role in structures(structure(expressions).get("assume_role")):
            match = re.match(r"arn:aws[\w-]*:iam::(\d{12}):", self._argument(role.get("role_arn")) or "")
            if match:
                return match[1]
        return None

    def _texts(self, name: str) -> list[str]:
        values = (one.values.get(name) for one in self._document.resources)
        return [value for value in values if isinstance(value, str)]

    @cached_property
    def _arns(self) -> list[tuple[str, str]]:
        found = (_ARN.match(arn) for arn in self._texts("arn"))
        return [(match[1] or "", match[2]) for match in found if match]


def _most(counted: Counter[str]) -> str | None:
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return ranked[0][0] if ranked else None
