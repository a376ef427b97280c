"""Which accounts and regions are asked, and how each is entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from orthaudit.declared import Account, Organization
from orthaudit.evidence import LedgerLine
from orthaudit.gather.aws.collect import Entrance, Notebook, explain
from orthaudit.gather.aws.session import Sessions

EVERY_REGION = "*"
"""Stands for the regions of an account whose regions could not be told: all of it is unknown."""
CALLER = "caller"
"""Stands for the caller's account where AWS did not tell which it is."""
ORGANIZATION = "organization"
"""Stands for the accounts of an organization that could not be listed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. Without accounts and organization: the caller's own account.

    `regions` empty: those that the configuration names for an account, else every one that it has enabled.
    """

    accounts: tuple[Account, ...] = ()
    organization: Organization | None = None
    regions: tuple[str, ...] = ()


def identify_caller(sessions: Sessions, notebook: Notebook) -> tuple[str, str] | None:
    """The caller's account and ARN; None where AWS could not be asked, which the ledger then tells.

    Raises `NoCredentials`.
    """
    try:
        return sessions.caller()
    except (ClientError, BotoCoreError, HTTPClientError) as error:
        _refused(notebook, CALLER, "sts", "GetCallerIdentity", error)
        return None


def enter(
    sessions: Sessions, notebook: Notebook, wanted: Wanted, caller: tuple[str, str] | None
) -> tuple[list[Entrance], list[tuple[str, str]]]:
    """The accounts that could be entered, and every account and region that the scan is about.

    One that could not be entered is one line of the ledger; the others go on.
    """
    entrances: list[Entrance] = []
    places: list[tuple[str, str]] = []
    own_account, own_arn = caller or (CALLER, "arn:aws:")
    if not wanted.accounts and wanted.organization is None:
        if caller is None:
            return [], [(CALLER, EVERY_REGION)]
        _enter_one(sessions, notebook, own_account, sessions.own, wanted.regions, entrances, places)
        return entrances, places
    accounts = list(wanted.accounts)
    if wanted.organization is not None:
        members = _members(sessions, notebook, wanted.organization)
        if members is None:
            places.append((ORGANIZATION, EVERY_REGION))
        partition = own_arn.split(":")[1]
        role = wanted.organization.role_name
        for member in members or ():
            if member == own_account:  # the role that members have is not there in the caller's own account
                _enter_one(sessions, notebook, own_account, sessions.own, wanted.regions, entrances, places)
            else:
                accounts.append(Account(f"arn:{partition}:iam::{member}:role/{role}"))
    for account in accounts:
        number = account.role_arn.split(":")[4]
        if any(number == place[0] for place in places):
            continue
        regions = wanted.regions or account.regions
        try:
            session = sessions.enter(account.role_arn)
        except (ClientError, BotoCoreError, HTTPClientError) as error:
            _refused(notebook, number, "sts", "AssumeRole", error, (("RoleArn", account.role_arn),))
            places += [(number, region) for region in regions or (EVERY_REGION,)]
        else:
            _enter_one(sessions, notebook, number, session, regions, entrances, places)
    return entrances, places


def _enter_one(
    sessions: Sessions,
    notebook: Notebook,
    account: str,
    session: Any,
    regions: Sequence[str],
    entrances: list[Entrance],
    places: list[tuple[str, str]],
) -> None:
    if not regions:
        ec2 = sessions.client(session, "ec2", sessions.default_region)
        try:
            regions = sorted(one["RegionName"] for one in ec2.describe_regions()["Regions"])
        except (ClientError, BotoCoreError, HTTPClientError) as error:
            _refused(notebook, account, "ec2", "DescribeRegions", error)
            places.append((account, EVERY_REGION))
            return
    entrances.append(Entrance(account, session, tuple(regions)))
    places += [(account, region) for region in regions]


def _members(sessions: Sessions, notebook: Notebook, organization: Organization) -> list[str] | None:
    """The active accounts of the caller's organization but the excluded ones; None where nobody would tell."""
    client = sessions.client(sessions.own, "organizations", sessions.default_region)
    try:
        pages = client.get_paginator("list_accounts").paginate()
        accounts = [account for page in pages for account in page["Accounts"]]
    except (ClientError, BotoCoreError, HTTPClientError) as error:
        _refused(notebook, ORGANIZATION, "organizations", "ListAccounts", error)
        return None
    return [
        account["Id"]
        for account in accounts
        if account.get("State", account.get("Status")) == "ACTIVE" and account["Id"] not in organization.exclude
    ]


def _refused(
    notebook: Notebook,
    account: str,
    service: str,
    operation: str,
    error: Exception,
    parameters: tuple[tuple[str, str], ...] = (),
) -> None:
    status, reason = explain(error)
    notebook.ledger.append(LedgerLine(account, None, service, operation, status, reason, parameters))
