"""Load balancers, their listeners and target groups (Elastic Load Balancing v2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import Unobserved
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.network_interface import NetworkInterface
from orthaudit.model.subject import Seen, Subject

LOAD_BALANCERS = "elbv2.DescribeLoadBalancers"
LISTENERS = "elbv2.DescribeListeners"
TARGET_GROUPS = "elbv2.DescribeTargetGroups"
TARGET_HEALTH = "elbv2.DescribeTargetHealth"


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target: an instance id or an address (of a VPC), and the port that images go to."""

    id: str
    port: int
    vpc_id: str | None

    def interface(self, interfaces: Iterable[NetworkInterface]) -> NetworkInterface | None:
        """The interface that takes its images: of an instance the primary one, of an address its own VPC's."""
        found = [one for one in interfaces if one.answers_to(self.id)]
        return next((one for one in found if one.vpc_id == self.vpc_id), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class TargetGroup(Subject):
    """A target group; its targets' ports override its own."""

    type: ClassVar[str] = "target-group"
    operations: ClassVar[tuple[str, ...]] = (TARGET_GROUPS, TARGET_HEALTH)

    arn: str
    place: Place
    name: str
    protocol: str | None
    port: int | None
    targets: tuple[Target, ...] | Unobserved

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.arn, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[TargetGroup]:
        def build(item: Item, place: Place) -> TargetGroup:
            arn, port, vpc_id = item.text("TargetGroupArn"), item.number("Port", None), item.text("VpcId", None)
            return cls(
                arn,
                place,
                item.text("TargetGroupName", arn),
                item.text("Protocol", None),
                port,
                estate.answered(
                    place,
                    TARGET_HEALTH,
                    "TargetHealthDescriptions",
                    lambda one: _target(one.item("Target"), port, vpc_id),
                    {"TargetGroupArn": arn},
                ),
            )

        return estate.build(TARGET_GROUPS, "TargetGroups", build)


def _target(item: Item, port: int | None, vpc_id: str | None) -> Target:
    own = item.number("Port", None)
    return Target(item.text("Id"), own if own is not None else port if port is not None else 0, vpc_id)


@dataclass(frozen=True, slots=True)
class LoadBalancer(Subject):
    """A load balancer of version 2."""

    type: ClassVar[str] = "load-balancer"
    operations: ClassVar[tuple[str, ...]] = (LOAD_BALANCERS,)

    arn: str
    place: Place
    name: str
    scheme: str | None
    kind: str

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.arn, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[LoadBalancer]:
        return estate.build(LOAD_BALANCERS, "LoadBalancers", cls._build)

    @classmethod
    def _build(cls, item: Item, place: Place) -> LoadBalancer:
        arn = item.text("LoadBalancerArn")
        return cls(
            arn,
            place,
            item.text("LoadBalancerName", arn),
            item.text("Scheme", None),
            item.text("Type", "application"),
        )


@dataclass(frozen=True, slots=True)
class LoadBalancerListener(Subject):
    """A listener of a load balancer and the target groups that its default actions forward to."""

    type: ClassVar[str] = "load-balancer-listener"
    operations: ClassVar[tuple[str, ...]] = (LOAD_BALANCERS, LISTENERS, TARGET_GROUPS, TARGET_HEALTH)

    arn: str
    load_balancer: LoadBalancer
    port: int
    protocol: str
    target_group_arns: tuple[str, ...] | Unobserved
    estate: Estate = field(repr=False, compare=False)

    @property
    def subject(self) -> SubjectName:
        name = f"{self.load_balancer.name} {self.protocol}:{self.port}"
        return SubjectName(self.type, self.arn, name, *self.load_balancer.place)

    @property
    def target_groups(self) -> Seen[TargetGroup]:
        """The groups that it forwards to."""
        if isinstance(self.target_group_arns, Unobserved):
            return Seen((), (self.target_group_arns,))
        found = [self.estate.one(TargetGroup, arn) for arn in self.target_group_arns]
        return Seen(
            tuple(one for one in found if not isinstance(one, Unobserved)),
            tuple(one for one in found if isinstance(one, Unobserved)),
        )

    @classmethod
    def find(cls, estate: Estate) -> Seen[LoadBalancerListener]:
        balancers = estate.all(LoadBalancer)
        listeners: list[LoadBalancerListener] = []
        missing = dict.fromkeys(balancers.missing)
        for balancer in balancers:
            answered = estate.answered(
                balancer.place,
                LISTENERS,
                "Listeners",
                lambda item, balancer=balancer: cls(  # type: ignore[misc]  # mypy infers no type for the default
                    item.text("ListenerArn"),
                    balancer,
                    item.number("Port", 0),
                    item.text("Protocol", ""),
                    item.fact(_target_group_arns),
                    estate,
                ),
                {"LoadBalancerArn": balancer.arn},
            )
            if isinstance(answered, Unobserved):
                missing[answered] = None
            else:
                listeners += answered
        return Seen(tuple(listeners), tuple(missing))


def _target_group_arns(item: Item) -> tuple[str, ...]:
    arns: dict[str, None] = {}
    for action in item.items("DefaultActions"):
        if action.text("Type", "forward") != "forward":
            continue
        weighted = list(action.item("ForwardConfig").items("TargetGroups"))
        for one in weighted:
            if one.number("Weight", 1) > 0:
                arns[one.text("TargetGroupArn")] = None
        single = action.text("TargetGroupArn", None)
        if single and not weighted:
            arns[single] = None
    return tuple(arns)
