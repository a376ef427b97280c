"""YAML as plain data, beside the line of every value.

The node graph is read, not ruamel's own containers: it has a line for every value, keeps every duplicate key,
and builds nothing but text, numbers, booleans, lists and mappings. It imports ruamel.yaml: import it lazily.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from orthaudit.evidence import Json

Key: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands: `("dicom", "listeners", 0, "port")`."""

MAX_VALUES: Final = 100_000
"""Aliases of aliases can make a small file mean more values than any memory holds."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and what. `line` None: the line of `key`."""

    key: Key
    what: str
    line: int | None = None


@dataclass(slots=True)
class Document:
    """One YAML file: its data, the line (from 1) of every value, and what is wrong with it as YAML."""

    data: Json = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, problem: Problem) -> int:
        """The line of a problem; that of the nearest value around it where its key is not in the file."""
        if problem.line is not None:
            return problem.line
        key = problem.key
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


def read_yaml(text: str) -> Document:
    """Read one YAML 1.2 document. What is wrong with it stands in `problems`; nothing is raised."""
    document = Document()
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(text)
        if root is not None:
            data = _read(root, (), _line(root), document)
            document.data = {} if data is None else data  # a file of comments and `---` is an empty one
    except RecursionError:  # an alias within itself ends here too
        document.problems.append(Problem((), "not YAML that can be read: nested too deeply", 1))
    except YAMLError as error:
        document.problems.append(_syntax(error, text))
    return document


def _syntax(error: YAMLError, text: str) -> Problem:
    if isinstance(error, ReaderError):
        what = f"character {chr(error.character)!a} is not allowed"
        return Problem((), f"not YAML: {what}", text[: error.position].count("\n") + 1)
    line, what = 1, str(error)
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, what = mark.line + 1 if mark else 1, error.problem or what
    return Problem((), f"not YAML: {' '.join(what.split())}", line)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _read(node: Node, key: Key, line: int, document: Document) -> Json:
    if len(document.lines) >= MAX_VALUES:
        raise YAMLError(f"more than {MAX_VALUES} values")
    document.lines[key] = line
    tag = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if isinstance(node, MappingNode) and tag == "map":
        return _mapping(node, key, document)
    if isinstance(node, SequenceNode) and tag == "seq":
        return [_read(item, (*key, index), _line(item), document) for index, item in enumerate(node.value)]
    if isinstance(node, ScalarNode) and tag in _SCALARS:
        try:
            return _SCALARS[tag](node.value)
        except ValueError:  # such as 010, which YAML takes for a number and nobody can be sure of
            return str(node.value)
    document.problems.append(Problem(key, f"the tag {tag!r} is not understood here", line))
    return None


def _mapping(node: MappingNode, key: Key, document: Document) -> Json:
    data: dict[str, Json] = {}
    for name_node, value in node.value:
        line = _line(name_node)
        if not isinstance(name_node, ScalarNode):
            document.problems.append(Problem(key, "a key must be text", line))
            continue
        name = str(name_node.value)
        if name in data:
            first = document.lines[*key, name]
            document.problems.append(Problem((*key, name), f"is there twice (first in line {first})", line))
            continue
        data[name] = _read(value, (*key, name), line, document)
    return data


def _number(text: str) -> Json:
    """A float as JSON knows it: whole ones are integers; infinity and "not a number" stay text."""
    value = float(text)
    if not math.isfinite(value):
        return text
    return int(value) if value.is_integer() else value


_SCALARS: Final[dict[str, Callable[[str], Json]]] = {
    "str": str,
    "timestamp": str,
    "null": lambda _: None,
    "bool": lambda text: text.lower() in ("true", "yes", "on"),
    "int": lambda text: int(text, 0),
    "float": _number,
}
