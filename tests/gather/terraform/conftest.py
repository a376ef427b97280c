"""Plans made by hand, in the shape in which `terraform show -json` writes them."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orthaudit.declared import Config
from orthaudit.evidence import Snapshot
from orthaudit.finding import Finding
from orthaudit.gather.terraform.read import read_terraform
from orthaudit.judge import judge
from orthaudit.model.estate import Estate
from orthaudit.rule import load_rules

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RULES = load_rules()[0]
ADDRESS = re.compile(r'((?:module\.\w+(?:\[[^]]*\])?\.)*)(data\.)?(\w+)\.(\w+)(?:\[(?:(\d+)|"([^"]*)")\])?')

Plan = dict[str, Any]
MakePlan = Callable[..., Plan]


def references(*names: str) -> dict[str, list[str]]:
    """An expression, with the shorter forms that Terraform adds behind each reference."""
    found = []
    for name in names:
        found.append(name)
        cut = name
        while "." in cut and cut not in ("count.index", "each.key", "each.value"):
            cut = re.sub(r"(\.\w+|\[[^]]*\])$", "", cut)
            if cut.count(".") == 0:
                break
            found.append(cut)
    return {"references": found}


def _expression(value: Any) -> Any:
    if isinstance(value, tuple):
        return references(*value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{name: _expression(one) for name, one in block.items()} for block in value]
    return {"constant_value": value}


def _plan(
    resources: Mapping[str, Mapping[str, Any]],
    modules: Mapping[str, Mapping[str, Any]] | None = None,
    **more: Any,
) -> Plan:
    """`resources`: address → `after`, `unknown`, `given` (tuples are references), `for_each`, `actions`.

    What `given` refers to is unknown unless `after` has it; `id` is unknown unless `after` has it. `modules`: call →
    `arguments`, `outputs`, `for_each` and its own `modules`.
    """
    configuration: Plan = {"resources": [], "module_calls": {}}
    _calls(configuration, modules or {})
    planned: dict[str, list[Plan]] = {}
    changes = []
    for address, told in resources.items():
        match = ADDRESS.fullmatch(address)
        assert match, address
        inside, data, kind, name, number, key = match.groups()
        module = inside.removesuffix(".")
        index = int(number) if number else key
        after = dict(told.get("after", {}))
        given = told.get("given", {})
        unknown = {name: True for name, value in given.items() if isinstance(value, tuple) and name not in after}
        unknown |= {} if "id" in after else {"id": True, "arn": True}
        unknown |= told.get("unknown", {})
        raw: Plan = {
            "address": address, "mode": "data" if data else "managed", "type": kind, "name": name, "index": index,
        }  # fmt: skip
        actions = told.get("actions", ["create"])
        gone = actions == ["delete"]
        change = {"actions": actions, "before": None, "after": None if gone else after, "after_unknown": unknown}
        changes.append({**raw, "module_address": module, "change": change})
        if not gone and not data:
            planned.setdefault(module, []).append({**raw, "values": after})
        holder = configuration
        for call in re.findall(r"module\.(\w+)", module):
            holder = holder["module_calls"].setdefault(call, {"module": {}})["module"]
        configured = {"mode": raw["mode"], "type": kind, "name": name, "address": f"{kind}.{name}"}
        expressions = {name: _expression(value) for name, value in given.items()}
        expressions |= {name: _expression(value) for name, value in after.items() if name not in given}
        each = {"for_each_expression": _expression(told["for_each"])} if "for_each" in told else {}
        holder.setdefault("resources", []).append({**configured, "expressions": expressions, **each})
    root = {"resources": planned.pop("", []), "child_modules": [
        {"address": module, "resources": inner} for module, inner in planned.items()
    ]}  # fmt: skip
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": root},
        "resource_changes": changes,
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": configuration},
        **more,
    }


def _calls(configuration: Plan, modules: Mapping[str, Mapping[str, Any]]) -> None:
    for name, told in modules.items():
        inner: Plan = {
            "outputs": {output: {"expression": _expression(value)} for output, value in told.get("outputs", {}).items()}
        }
        call: Plan = {
            "expressions": {argument: _expression(value) for argument, value in told.get("arguments", {}).items()},
            "module": inner,
        }
        if "for_each" in told:
            call["for_each_expression"] = _expression(told["for_each"])
        configuration.setdefault("module_calls", {})[name] = call
        _calls(inner, told.get("modules", {}))


@pytest.fixture
def make_plan() -> MakePlan:
    return _plan


@pytest.fixture
def read(tmp_path: Path) -> Callable[[object], Snapshot]:
    def write(content: object) -> Snapshot:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(content))
        return read_terraform(path, "1", NOW)

    return write


@pytest.fixture
def answer(read: Callable[[object], Snapshot]) -> Callable[..., Any]:
    """What an operation answers from a plan."""

    def ask(content: object, call: str, **parameters: str) -> Any:
        snapshot = read(content)
        return snapshot.answer(*snapshot.scope.places[0], call, parameters)

    return ask


@pytest.fixture
def verdicts() -> Callable[[Snapshot], dict[tuple[str, str], Finding]]:
    """Every finding of the real rules, by rule and subject."""

    def of(snapshot: Snapshot) -> dict[tuple[str, str], Finding]:
        findings, _ = judge(Estate(snapshot, Config(), NOW), RULES)
        return {(one.rule, one.subject.id): one for one in findings}

    return of
