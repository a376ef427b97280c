"""The embedded estate, started: what a live scan needs to look at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orthaudit.declared import Account, Config, Listener, Proxy
from orthaudit.gather.aws.session import Manner
from orthaudit.lab.aws import ACCOUNTS, CREDENTIALS, LabAws
from orthaudit.lab.dicom import CALLED_AET, LabListeners, PortTaken
from orthaudit.lab.estate import LISTENERS
from orthaudit.lab.faults import Fault, parse_fault

__all__ = ["Fault", "Lab", "PortTaken", "lab", "parse_fault"]

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Lab:
    """A running lab: how its AWS is asked, and what its owner declares."""

    aws: LabAws
    listeners: LabListeners
    manner: Manner
    config: Config


@contextmanager
def lab(faults: Sequence[Fault] = (), config: Config | None = None) -> Iterator[Lab]:
    """Start the lab on loopback, and stop it again. `config`: the policy, waivers and more to judge it by.

    Raises `PortTaken` where one of its fixed ports is in use.
    """
    now = datetime.now(UTC)
    with LabListeners(now) as listeners, LabAws(faults, now=now) as aws:
        manner = Manner(
            endpoint_url=aws.endpoint_url,
            longest_wait=0.05,
            connect_timeout=2.0,
            read_timeout=2.0,
            credentials=CREDENTIALS,
            alone=True,
        )
        yield Lab(aws, listeners, manner, _declared(config or Config(), listeners))


def _declared(config: Config, listeners: LabListeners) -> Config:
    """What the hospital of the lab declares, beside what the given configuration does."""
    declared = tuple(
        Listener(
            HOST,
            one.loopback_port,
            stands_for=one.address,
            called_aet=CALLED_AET,
            ca_file=listeners.ca_file,
            client_certificate=listeners.client_certificate,
            client_key=listeners.client_key,
        )
        for one in LISTENERS
    )
    roles = tuple(Account(f"arn:aws:iam::{account}:role/orthaudit") for account in ACCOUNTS)
    return replace(
        config,
        aws=replace(config.aws, accounts=config.aws.accounts or roles),
        dicom_listeners=(*config.dicom_listeners, *declared),
        proxies=config.proxies or (Proxy("clinic-a", ("198.51.100.7/32",)),),
    )
