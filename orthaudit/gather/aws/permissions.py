"""The least that the selected rules need of AWS: as an IAM policy, or as the commands of the AWS CLI."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence

from botocore import xform_name

from orthaudit.gather.aws.calls import Call, plan

ENTRY = ("sts:GetCallerIdentity", "ec2:DescribeRegions")
"""What every scan asks first: who it is, and which regions are enabled."""


def policy(
    operations: Iterable[str], *, roles: Sequence[str] = (), organization: bool = False, partition: str = "aws"
) -> str:
    """The least IAM policy, as JSON. `roles`: those that the caller must be able to assume."""
    actions = sorted({*ENTRY, *(call.action for call in plan(operations))})
    if organization:
        actions = sorted({*actions, "organizations:ListAccounts"})
    statements: list[dict[str, object]] = [
        {"Sid": "OrthauditReads", "Effect": "Allow", "Action": actions, "Resource": "*"}
    ]
    if organization and not roles:
        roles = (f"arn:{partition}:iam::*:role/orthaudit",)
    if roles:
        statements.append(
            {"Sid": "OrthauditEnters", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": sorted(roles)}
        )
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


_HEAD = """\
#!/usr/bin/env bash
# Reads the network configuration of one AWS account with the AWS CLI, and changes nothing.
# Usage: bash this-script [FOLDER]     then hand FOLDER over: orthaudit scan --from FOLDER
# AWS_PROFILE, AWS_REGION and the like work as usual; REGIONS="ca-central-1 us-east-1" chooses regions.
set -u
export AWS_PAGER=
folder=${1:-orthaudit-evidence}
umask 077

# A command that fails leaves no file: the audit then says that this was not seen, and why it matters.
ask() {
  local file=$1; shift
  if aws "$@" --output json > "$file.part"; then mv "$file.part" "$file"; else rm -f "$file.part"; fi
}
ids() { aws "$@" --output text | tr '\\t' '\\n' | grep -v '^None$' | sort -u; }

account=$(aws sts get-caller-identity --query Account --output text) || exit 1
for region in ${REGIONS:-$(aws ec2 describe-regions --query 'Regions[].RegionName' --output text)}; do
  to=$folder/accounts/$account/$region
  mkdir -p "$to"
"""

_TAIL = """\
done
echo "written: $folder"
"""


def cli_script(operations: Iterable[str], declared: dict[str, str | None]) -> str:
    """A shell script of read-only `aws` commands that write the folder which `--from` reads."""
    calls = plan(operations)
    asked = {call.id: call for call in calls}
    lines = [line for call in calls for line in _commands(call, asked, declared)]
    return _HEAD + "".join(f"  {line}\n" for line in lines) + _TAIL


def _commands(call: Call, asked: dict[str, Call], declared: dict[str, str | None]) -> list[str]:
    command = _command(call)
    name = xform_name(call.operation, "-")
    loops: list[str] = []
    values: list[str] = []
    for each in call.each:
        if each.declared is not None:
            value = declared.get(each.declared)
            if not value:
                return [f"# {name} needs {each.declared}, which orthaudit.yaml would name"]
            values.append(value)
            loops.append(f"for {_variable(each.parameter)} in {shlex.quote(value)}; do")
            continue
        sources = [_ids(asked[parent], expression, asked) for parent, expression in each.found if parent in asked]
        found = sources[0] if len(sources) == 1 else "{ " + "; ".join(sources) + "; } | sort -u"
        loops.append(f"for {_variable(each.parameter)} in $({found}); do")
    options = "".join(f' {_option(each.parameter)} "${_variable(each.parameter)}"' for each in call.each)
    suffix = "".join(f"_${{{_variable(each.parameter)}##*/}}" for each in call.each)
    line = f'ask "$to/{name}{suffix}.json" {command}{options}'
    if not loops:
        return [line]
    return [" ".join([*loops, line, *("; done" for _ in loops)]).replace(" ; done", "; done")]


def _ids(call: Call, expression: str, asked: dict[str, Call]) -> str:
    """What an expression finds in the answers of an operation, each id on a line."""
    options = "".join(f' {_option(each.parameter)} "${_variable(each.parameter)}"' for each in call.each)
    told = f"ids {_command(call)}{options} --query {_query(expression)}"
    for each in reversed(call.each):
        inner = "; ".join(_ids(asked[parent], one, asked) for parent, one in each.found if parent in asked)
        told = f"for {_variable(each.parameter)} in $({inner}); do {told}; done"
    return told


def _command(call: Call) -> str:
    service = "s3api" if call.service == "s3" else call.service
    fixed = f" --cli-input-json {shlex.quote(json.dumps(dict(call.parameters)))}" if call.parameters else ""
    return f'{service} {xform_name(call.operation, "-")} --region "$region"{fixed}'


def _query(expression: str) -> str:
    """A JMESPath expression as a shell word; `{Name}` in it becomes the loop's variable."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", expression)
    return '"' + re.sub(r"\{(\w+)\}", lambda match: f"${_variable(match[1])}", escaped) + '"'


def _option(parameter: str) -> str:
    return "--" + xform_name(parameter, "-")


def _variable(parameter: str) -> str:
    return str(xform_name(parameter))
