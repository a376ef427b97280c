"""Draws `docs/report.svg`, the picture in the README, from a real audit of the embedded estate."""

from pathlib import Path

from orthaudit.audit import Live, assess, gather
from orthaudit.finding import Severity
from orthaudit.gather.aws.accounts import Wanted
from orthaudit.gather.probe.target import Manner
from orthaudit.lab.run import lab
from orthaudit.report import Selection
from orthaudit.rule import load_rules
from orthaudit.selection import select
from orthaudit_reports.console import svg

SHOWN = ("dicom-refuses-plaintext", "dicom-port-open-to-internet", "client-vpn-split-tunnel")
"""A few rules, so that the picture fits a page; the whole report is of the same kind."""


def main() -> None:
    rules, packs = load_rules()
    with lab() as running:
        chosen = select(rules, running.config.policy, only=SHOWN)
        live = Live((running.manner, Wanted(running.config.aws.accounts)), Manner(), dial_found=False, source="lab")
        gathered = gather(live, running.config, chosen)
    report = assess(gathered, running.config, chosen, Selection(only=SHOWN, rule_packs=packs), Severity.MEDIUM)
    Path(__file__).with_name("report.svg").write_text(svg(report, 80))


if __name__ == "__main__":
    main()
