"""A plan from which anything was taken, or in which anything was changed, never breaks the reader."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthaudit.declared import Config
from orthaudit.finding import Status
from orthaudit.gather.terraform.read import TerraformError, read_terraform
from orthaudit.judge import judge
from orthaudit.model.estate import Estate
from orthaudit.rule import load_rules

PLAN = Path(__file__).parents[4] / "shared" / "data" / "orthweb" / "orthweb-corrected.plan.json"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
RULES = load_rules()[0]

STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, "", "x", [], [None], {}, {"a": None}, ["x"], [{}]]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inside for place in _places(one, (*path, key)))]


@pytest.mark.skipif(not PLAN.is_file(), reason=f"Orthweb's plans are not at {PLAN}")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_but_terraform_errors(data: st.DataObject, tmp_path: Path) -> None:
    plan = json.loads(PLAN.read_bytes())
    places = _places(plan)[1:]
    for _ in range(data.draw(st.integers(1, 25))):
        *way, key = data.draw(st.sampled_from(places))
        holder = plan
        for step in way:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(holder, dict) and key in holder:
            if data.draw(st.booleans()):
                del holder[key]
            else:
                holder[key] = data.draw(STRANGE)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    try:
        snapshot = read_terraform(path, "1", NOW)
    except TerraformError:
        return
    findings, _ = judge(Estate(snapshot, Config(), NOW), RULES)
    assert [one.message for one in findings if one.status is Status.ERROR] == []
