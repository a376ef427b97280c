"""The lab's AWS, and gathering from it."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from orthaudit.evidence import Snapshot
from orthaudit.gather.aws.accounts import Wanted
from orthaudit.gather.aws.gather import Gathering
from orthaudit.gather.aws.session import Manner
from orthaudit.lab.aws import CREDENTIALS, LabAws

Gather = Callable[..., Snapshot]


@pytest.fixture(scope="module")
def aws() -> Iterator[LabAws]:
    """The hospital, over HTTP on loopback; a test sets `faults` and must not change more."""
    with LabAws() as running:
        yield running


@pytest.fixture
def gather(aws: LabAws) -> Iterator[Gather]:
    """Gathers operations; `faults` fail meanwhile."""

    def run(
        operations: Iterable[str],
        faults: Iterable[object] = (),
        wanted: Wanted = Wanted(regions=("ca-central-1",)),  # noqa: B008  (frozen)
        **manner: object,
    ) -> Snapshot:
        aws.faults = tuple(faults)  # type: ignore[arg-type]  # Fault, which the conftest need not import
        base = {"endpoint_url": aws.endpoint_url, "credentials": CREDENTIALS, "longest_wait": 0.01, "alone": True}
        gathering = Gathering(Manner(**(base | manner)), wanted, operations, {}, "0")  # type: ignore[arg-type]  # as given
        gathering.run()
        return gathering.snapshot()

    yield run
    aws.faults = ()
