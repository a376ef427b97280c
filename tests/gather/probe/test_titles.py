"""AE titles and what an association shows, against pynetdicom's own server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification  # type: ignore[attr-defined]

from orthaudit.gather.probe.association import UNKNOWN_SOP_CLASS


@pytest.fixture
def archive() -> Iterator[Callable[..., int]]:
    """Starts a pynetdicom server with these settings; gives its port."""
    logging.getLogger("pynetdicom").addHandler(logging.NullHandler())
    running: list[Any] = []

    def start(classes: tuple[str, ...] = (Verification,), **settings: Any) -> int:
        ae = AE("ORTHANC")
        for name, value in settings.items():
            setattr(ae, name, value)
        for one in classes:
            ae.add_supported_context(one)
        server = ae.start_server(("127.0.0.1", 0), block=False)
        running.append(server)
        return int(server.server_address[1])  # type: ignore[union-attr]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


CALLED = {"require_called_aet": True}
CALLING = {"require_calling_aet": ["KNOWN"]}
PAIR = {"called_aet": "ORTHANC", "calling_aet": "KNOWN"}

# settings of the server, titles declared, (outcome, called checked, calling checked)
TITLES = [
    ({}, {}, ("accepted", False, False)),
    ({}, PAIR, ("accepted", False, False)),
    (CALLED, {}, ("rejected", True, None)),
    (CALLED, {"called_aet": "ORTHANC"}, ("accepted", True, False)),
    (CALLED, PAIR, ("accepted", True, False)),
    (CALLING, {}, ("rejected", None, True)),
    (CALLING, {"calling_aet": "KNOWN"}, ("accepted", False, True)),
    (CALLED | CALLING, PAIR, ("accepted", True, True)),
    (CALLED | CALLING, {"called_aet": "ORTHANC"}, ("rejected", True, True)),
    (CALLED | CALLING, {"calling_aet": "KNOWN"}, ("rejected", True, None)),
]


@pytest.mark.parametrize(("settings", "titles", "told"), TITLES)
def test_titles(
    look_at: Callable[..., dict[str, Any]],
    archive: Callable[..., int],
    settings: dict[str, Any],
    titles: dict[str, str],
    told: tuple[Any, ...],
) -> None:
    association = look_at(archive(**settings), **titles)["association"]
    assert (
        association["outcome"],
        association["called_aet_checked"],
        association["calling_aet_checked"],
    ) == told


@pytest.mark.parametrize(
    ("classes", "query", "unknown_refused"),
    [
        ((Verification,), False, True),
        ((Verification, StudyRootQueryRetrieveInformationModelFind), True, True),
        ((Verification, UNKNOWN_SOP_CLASS), False, False),
        ((StudyRootQueryRetrieveInformationModelFind,), True, True),
    ],
)
def test_classes(
    look_at: Callable[..., dict[str, Any]],
    archive: Callable[..., int],
    classes: tuple[str, ...],
    query: bool,
    unknown_refused: bool,
) -> None:
    seen = look_at(archive(classes))
    association = seen["association"]
    assert (seen["speaks"], seen["plaintext"], seen["doubts"]) == ("dicom", "answered", [])
    assert (association["query_accepted"], association["unknown_sop_class_refused"]) == (query, unknown_refused)
    assert association["implementation_version"].startswith("PYNETDICOM")
    assert association["max_pdu"] == 16382


def test_titles_that_dicom_does_not_allow(look_at: Callable[..., dict[str, Any]], archive: Callable[..., int]) -> None:
    with pytest.raises(ValueError, match="AE"):
        look_at(archive(), called_aet="SEVENTEEN-LETTERS")
