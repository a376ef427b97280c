"""Evidence that it stays so: what is recorded of the traffic."""

from collections.abc import Iterator

from orthaudit.model.archive import FLOW_LOGS, ArchiveVpc, FlowLog
from orthaudit.policy import Policy
from orthaudit.rule import Fail, Note, Outcome, Severity, need, rule


@rule(
    "flow-log-records-accepted",
    says="The archive's VPC has a flow log that records accepted traffic.",
    severity=Severity.MEDIUM,
    cites=("AWS Foundational Security Best Practices EC2.6", "45 CFR 164.312(b)"),
    fix="aws ec2 create-flow-logs --resource-type VPC --resource-ids {vpc.id} --traffic-type ALL …",
    on=ArchiveVpc,
    needs=(FLOW_LOGS,),
)
def flow_log_records_accepted(vpc: ArchiveVpc, policy: Policy) -> Iterator[Outcome]:
    """A log of rejects alone never shows an image; after an incident nobody can tell what left."""
    logs = need(vpc.flow_logs)
    if any(log.resource_id == vpc.id and _records(log) for log in logs):
        return
    recorded = {log.resource_id for log in logs if _records(log)}
    listeners = vpc.listeners.items
    if listeners and all({one.interface.id, one.interface.subnet_id} & recorded for one in listeners):
        yield from vpc.listeners.missing
        yield Note("not the VPC, but the subnet or interface of every DICOM listener is recorded")
        return
    own = [log for log in logs if log.resource_id == vpc.id]
    for log in own:
        yield Fail(f"{log.id} records {log.traffic}{'' if log.active else ', and is not active'}"
                   f"{'' if log.delivery == 'SUCCESS' else f', and its delivery is {log.delivery}'}")  # fmt: skip
    if not own:
        yield Fail("has no flow log")


def _records(log: FlowLog) -> bool:
    return log.traffic in ("ALL", "ACCEPT") and log.active and log.delivery != "FAILED"
