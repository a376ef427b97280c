"""What a rule is, and how the packs are found.

A rule is one generator function over one typed subject. Yielding nothing is a pass; it yields `Fail` for
what is wrong, `Note` for what a pass should say, `NotApplicable` where the sentence does not apply, and an
`Unobserved` where a part could not be seen. `need()` on an `Unobserved` ends the rule: `unknown`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeAlias, TypeVar

from orthaudit.evidence import NotObserved, Unobserved, need
from orthaudit.finding import FixBy, Severity
from orthaudit.model.subject import Subject
from orthaudit.policy import Policy

CRITICAL, HIGH, MEDIUM, LOW, INFO = sorted(Severity, reverse=True)

__all__ = [
    "CRITICAL",
    "HIGH",
    "INFO",
    "LOW",
    "MEDIUM",
    "Fail",
    "FixBy",
    "NotApplicable",
    "NotObserved",
    "Note",
    "Outcome",
    "Policy",
    "Rule",
    "RuleError",
    "Severity",
    "Unobserved",
    "load_rules",
    "need",
    "rule",
]

S = TypeVar("S", bound=Subject)


@dataclass(frozen=True, slots=True)
class Fail:
    """One thing that is wrong. `severity` None: the rule's own; `source`: where it was read."""

    message: str
    severity: Severity | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a pass should say."""

    message: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The sentence does not apply to this subject, and why."""

    message: str


Outcome: TypeAlias = Fail | Note | NotApplicable | Unobserved
Judgement: TypeAlias = "Callable[[S, Policy], Iterable[Outcome]]"


@dataclass(frozen=True)
class Rule(Generic[S]):
    """One sentence that must be true of every subject of one type."""

    id: str
    says: str
    severity: Severity
    cites: tuple[str, ...]
    fix: str
    on: type[S]
    judgement: Judgement[S]
    needs: tuple[str, ...] = ()
    """Operations beyond those that the subject is built from."""
    fix_by: FixBy = FixBy.CLOUD
    strict: Severity | None = None
    """Its severity under the policy `strict`, where that differs."""
    knobs: tuple[str, ...] = ()
    because: str = ""
    """Why it matters: the docstring of the function."""

    @property
    def operations(self) -> tuple[str, ...]:
        """Every operation that the rule must see, the subject's own first."""
        return tuple(dict.fromkeys((*self.on.operations, *self.needs)))

    def severity_under(self, policy: Policy) -> Severity:
        """How bad a failure is under this policy."""
        return self.strict if policy.strict and self.strict is not None else self.severity

    def remediation(self, subject: S) -> str:
        """`fix` with the subject's own names in it, under the name of the function's first parameter."""
        parameter = next(iter(inspect.signature(self.judgement).parameters))
        return self.fix.format(**{parameter: subject})


AnyRule: TypeAlias = "Rule[Any]"  # a pack holds rules over different subjects


def rule(
    id: str,  # noqa: A002  (the field's own name)
    *,
    says: str,
    severity: Severity,
    cites: str | tuple[str, ...],
    fix: str,
    on: type[S],
    needs: tuple[str, ...] = (),
    fix_by: FixBy = FixBy.CLOUD,
    strict: Severity | None = None,
    knobs: tuple[str, ...] = (),
) -> Callable[[Judgement[S]], Rule[S]]:
    """Make a rule of a generator function; its docstring says why the rule matters."""

    def make(judgement: Judgement[S]) -> Rule[S]:
        return Rule(
            id=id, says=says, severity=severity, cites=(cites,) if isinstance(cites, str) else cites, fix=fix,
            on=on, judgement=judgement, needs=needs, fix_by=fix_by, strict=strict, knobs=knobs,
            because=inspect.getdoc(judgement) or "",
        )  # fmt: skip

    return make


class RuleError(Exception):
    """A rule pack that cannot be used; the message is one line that says which and why."""


def load_rules(paths: Iterable[Path] = ()) -> tuple[tuple[AnyRule, ...], tuple[tuple[str, str], ...]]:
    """Every installed rule and those of `paths`, and the packs as (name, version). Raises `RuleError`."""
    rules: dict[str, AnyRule] = {}
    packs: list[tuple[str, str]] = []
    for entry in sorted(importlib.metadata.entry_points(group="orthaudit.rules"), key=lambda e: e.name):
        try:
            modules = list(_modules(entry.load()))
        except (Exception, SystemExit) as error:
            raise RuleError(f"rule pack {entry.name!r} ({entry.value}): {_line(error)}") from error
        _add(rules, modules, entry.name)
        packs.append((entry.name, entry.dist.version if entry.dist else "unknown"))
    for path in paths:
        modules = [_module_at(file) for file in _files(path)]
        if not _add(rules, modules, str(path)):
            raise RuleError(f"{path}: holds no rule")
        packs.append((str(path), "local"))
    return tuple(sorted(rules.values(), key=lambda one: one.id)), tuple(packs)


def _add(rules: dict[str, AnyRule], modules: Iterable[ModuleType], where: str) -> int:
    values = (value for module in modules for value in vars(module).values())
    found = {id(value): value for value in values if isinstance(value, Rule)}
    for one in found.values():
        if one.id in rules:
            raise RuleError(f"{where}: rule {one.id!r} is there already")
        rules[one.id] = one
    return len(found)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for info in pkgutil.walk_packages(getattr(package, "__path__", ()), package.__name__ + "."):
        yield importlib.import_module(info.name)


def _files(path: Path) -> list[Path]:
    try:
        path.stat()
        return sorted(path.glob("*.py")) if path.is_dir() else [path]
    except FileNotFoundError:
        raise RuleError(f"{path}: no such file or folder") from None
    except OSError as error:
        raise RuleError(f"{path}: cannot be read: {error.strerror}") from None


def _module_at(file: Path) -> ModuleType:
    name = f"orthaudit_local_rules.{file.stem}_{abs(hash(file.resolve()))}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RuleError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses of the module look themselves up here
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise RuleError(f"{file}: {_line(error)}") from error
    return module


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
