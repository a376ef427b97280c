"""What is being done, on standard error, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from orthaudit.audit import Watcher
from orthaudit.evidence import Structure


@contextmanager
def watching() -> Iterator[Watcher]:
    """A watcher that shows one live line, or nothing without a terminal."""
    if not sys.stderr.isatty():
        yield Watcher()
        return
    from rich.console import Console
    from rich.text import Text

    calls, probed, listeners = 0, 0, 0
    with Console(stderr=True).status("starting") as status:

        def on_call(account: str, region: str, call: str) -> None:
            nonlocal calls
            calls += 1
            status.update(Text(f"asking AWS ({calls}): {call} in {account}/{region}"))

        def on_probing(targets: int) -> None:
            nonlocal listeners
            listeners = targets
            status.update(Text(f"probing {listeners} DICOM listeners"))

        def on_probed(listener: Structure) -> None:
            nonlocal probed
            probed += 1
            status.update(Text(f"probed {probed} of {listeners} DICOM listeners: {listener.get('host')}"))

        yield Watcher(on_call, on_probing, on_probed)
