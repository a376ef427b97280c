"""Every rule on every subject: what becomes of outcomes, of errors, of what was not seen, and of waivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final

import pytest

from orthaudit.declared import Config
from orthaudit.evidence import NotObserved, UnknownCode, Unobserved
from orthaudit.finding import Finding, Severity, Status, SubjectName, Waiver
from orthaudit.judge import judge
from orthaudit.model.estate import Estate, Place
from orthaudit.model.subject import Seen, Subject
from orthaudit.policy import POLICIES, Policy
from orthaudit.rule import Fail, NotApplicable, Note, Outcome, Rule, rule
from tests.estates import ELSEWHERE, HERE, expect, snapshot
from tests.structures import NOW

LOST: Final = Unobserved(UnknownCode.DENIED, "no answer", ("ec2.DescribeThings",), HERE)
OUTSIDE: Final = Unobserved(UnknownCode.NOT_DECLARED, "nobody said", ("archive.things",))


@dataclass(frozen=True)
class Thing(Subject):
    """A subject of one place. The estate's own things stand beside its snapshot."""

    type: ClassVar[str] = "test-thing"
    operations: ClassVar[tuple[str, ...]] = ("ec2.DescribeThings",)
    seen: ClassVar[Seen[Thing]] = Seen()

    id: str
    place: Place = HERE

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, None, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[Thing]:
        return cls.seen


ONE: Final = Thing("thing-1")
Judgement = Callable[[Thing, Policy], Iterable[Outcome]]


def a_rule(judgement: Judgement, fix: str = "Mend {thing.id}.", strict: Severity | None = None) -> Rule[Thing]:
    make = rule("a-rule", says="True.", severity=Severity.MEDIUM, cites="A.1", fix=fix, on=Thing, strict=strict)
    return make(judgement)


def yielding(*outcomes: Outcome | Exception) -> Rule[Thing]:
    """A rule that says these of every thing; an exception is raised."""

    def judgement(thing: Thing, policy: Policy) -> Iterator[Outcome]:
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
            yield outcome

    return a_rule(judgement)


def judged(monkeypatch: pytest.MonkeyPatch, seen: Seen[Thing], *rules: Rule[Thing], config: Config | None = None,
           places: tuple[Place, ...] = (HERE,)) -> tuple[Finding, ...]:  # fmt: skip
    monkeypatch.setattr(Thing, "seen", seen)
    return judge(Estate(snapshot({place: {} for place in places}), config or Config(), NOW), rules)[0]


@pytest.mark.parametrize(
    ("outcomes", "status", "message"),
    [
        pytest.param([], Status.PASS, "as it should be", id="nothing is a pass"),
        pytest.param([Note("a"), Note("b")], Status.PASS, "a; b", id="notes"),
        pytest.param([Fail("a")], Status.FAIL, "a", id="a failure"),
        pytest.param([Fail("a"), Note("n"), Fail("b")], Status.FAIL, "2 reasons: a; b", id="two failures"),
        pytest.param([LOST, Fail("a")], Status.FAIL, "a", id="a failure outweighs what was not seen"),
        pytest.param([Fail("a"), NotObserved(LOST)], Status.FAIL, "a", id="and stands when the rule stops"),
        pytest.param([Fail("a"), NotApplicable("n")], Status.FAIL, "a", id="and what does not apply"),
        pytest.param([LOST], Status.UNKNOWN, "no answer", id="not seen"),
        pytest.param([NotObserved(LOST)], Status.UNKNOWN, "no answer", id="needed and not seen"),
        pytest.param([LOST, LOST], Status.UNKNOWN, "no answer", id="the same twice"),
        pytest.param([LOST, Note("n")], Status.UNKNOWN, "no answer", id="a note is no pass"),
        pytest.param([LOST, OUTSIDE], Status.UNKNOWN, "2 reasons: no answer; nobody said", id="two"),
        pytest.param([NotApplicable("n"), LOST], Status.UNKNOWN, "no answer", id="may apply"),
        pytest.param([NotApplicable("n")], Status.NOT_APPLICABLE, "n", id="does not apply"),
        pytest.param([KeyError("k")], Status.ERROR, "the rule broke: KeyError: 'k'", id="it broke"),
        pytest.param([Fail("a"), KeyError("k")], Status.ERROR, "the rule broke: KeyError: 'k'", id="broke half-way"),
    ],
)
def test_one_rule_on_one_subject_is_one_finding(
    monkeypatch: pytest.MonkeyPatch, outcomes: list[Outcome | Exception], status: Status, message: str
) -> None:
    (one,) = judged(monkeypatch, Seen((ONE,)), yielding(*outcomes))
    assert (one.status, one.message) == (status, message)
    assert one.subject.id == (f"{HERE[0]}/{HERE[1]}" if status is Status.NOT_APPLICABLE else "thing-1")
    assert (one.unknown is not None) is (status is Status.UNKNOWN)


def test_evidence_lists_every_reason_and_what_was_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = judged(monkeypatch, Seen((ONE,)), yielding(Fail("a", source="x"), Fail("b"), LOST))
    told = [(each.source, each.detail) for each in one.evidence]
    assert told == [("x", "a"), ("ec2.DescribeThings", "b"), ("ec2.DescribeThings", "not seen: no answer")]


def test_every_code_of_an_unknown_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = judged(monkeypatch, Seen((ONE,)), yielding(OUTSIDE, LOST))
    assert one.unknown is not None
    assert (one.unknown.code, one.unknown.codes) == ("denied", ("denied", "not_declared"))
    assert set(one.unknown.needs) == {"ec2.DescribeThings", "archive.things"}


@pytest.mark.parametrize(
    ("fails", "policy", "severity"),
    [
        ([Fail("a")], "guide", Severity.MEDIUM),
        ([Fail("a")], "strict", Severity.HIGH),
        ([Fail("a", Severity.LOW)], "guide", Severity.LOW),
        ([Fail("a", Severity.INFO)], "strict", Severity.INFO),
        ([Fail("a", Severity.LOW), Fail("b", Severity.CRITICAL)], "guide", Severity.CRITICAL),
        ([Fail("a", Severity.LOW), Fail("b")], "guide", Severity.MEDIUM),
    ],
)
def test_the_worst_reason_is_the_severity(
    monkeypatch: pytest.MonkeyPatch, fails: list[Fail], policy: str, severity: Severity
) -> None:
    one_rule = replace(yielding(*fails), strict=Severity.HIGH)
    (one,) = judged(monkeypatch, Seen((ONE,)), one_rule, config=Config(policy=POLICIES[policy]))
    assert one.severity is severity


def test_a_rule_that_breaks_is_one_error_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def judgement(thing: Thing, policy: Policy) -> Iterator[Outcome]:
        if thing.id == "thing-2":
            raise ZeroDivisionError
        yield Fail("a")

    things = tuple(Thing(f"thing-{number}") for number in (1, 2, 3))
    other = replace(yielding(), id="b-rule")
    found = judged(monkeypatch, Seen(things), a_rule(judgement), other)
    assert [(one.rule, one.status) for one in found] == [
        ("a-rule", Status.FAIL),
        ("a-rule", Status.ERROR),
        ("a-rule", Status.FAIL),
        *(("b-rule", Status.PASS),) * 3,
    ]


def test_subjects_that_cannot_be_found_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(cls: type[Thing], estate: Estate) -> Seen[Thing]:
        raise RuntimeError("no")

    monkeypatch.setattr(Thing, "find", classmethod(broken))
    (one,) = judge(Estate(snapshot({HERE: {}}), Config(), NOW), [yielding()])[0]
    expect(one, Status.ERROR, "RuntimeError: no")


def test_a_broken_template_does_not_hide_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = judged(monkeypatch, Seen((ONE,)), replace(yielding(Fail("a")), fix="Mend {thing.colour}."))
    expect(one, Status.FAIL, "a")
    assert one.remediation.startswith("Mend {thing.colour}.")
    (one,) = judged(monkeypatch, Seen((ONE,)), yielding(Fail("a")))
    assert one.remediation == "Mend thing-1."


def test_a_pass_says_what_was_not_answered_in_its_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Thing, "seen", Seen((ONE, Thing("thing-2", ELSEWHERE))))
    evidence = snapshot({HERE: {}}, ["ec2.DescribeThings", "ec2.DescribeOthers"])
    evidence = replace(evidence, scope=snapshot({HERE: {}, ELSEWHERE: {}}).scope)
    here, elsewhere = judge(Estate(evidence, Config(), NOW), [yielding()])[0]
    expect(here, Status.PASS, "ec2.DescribeThings was not answered, and the verdict stands without it")
    assert "DescribeOthers" not in here.message
    assert elsewhere.message == "as it should be"


REGION: Final = f"{HERE[0]}/{HERE[1]}"
OTHER: Final = f"{ELSEWHERE[0]}/{ELSEWHERE[1]}"


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        pytest.param(Seen(), [(REGION, "not_applicable"), (OTHER, "not_applicable")], id="there is none"),
        pytest.param(Seen((ONE,)), [("thing-1", "pass"), (OTHER, "not_applicable")], id="one"),
        pytest.param(
            Seen((ONE, Thing("thing-2", ELSEWHERE))), [("thing-1", "pass"), ("thing-2", "pass")], id="one a place"
        ),
        pytest.param(Seen((), (LOST,)), [(REGION, "unknown"), (OTHER, "not_applicable")], id="one place not seen"),
        pytest.param(
            Seen((ONE,), (LOST,)),
            [(REGION, "unknown"), ("thing-1", "pass"), (OTHER, "not_applicable")],
            id="maybe more",
        ),
        pytest.param(Seen((), (OUTSIDE,)), [("scan", "unknown")], id="may be anywhere"),
        pytest.param(
            Seen((), (LOST, replace(LOST, where=ELSEWHERE))), [(REGION, "unknown"), (OTHER, "unknown")], id="no"
        ),
        pytest.param(
            Seen((), (LOST, replace(LOST, why="b"))), [(REGION, "unknown"), (OTHER, "not_applicable")], id="2"
        ),
    ],
)
def test_not_applicable_only_where_there_is_nothing_and_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, seen: Seen[Thing], found: list[tuple[str, str]]
) -> None:
    judgements = judged(monkeypatch, seen, yielding(), places=(HERE, ELSEWHERE))
    assert sorted((one.subject.id, one.status.value) for one in judgements) == sorted(found)


def test_what_does_not_apply_leaves_no_finding_beside_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def judgement(thing: Thing, policy: Policy) -> Iterator[Outcome]:
        if thing.id != "thing-2":
            yield NotApplicable("n")

    things = tuple(Thing(f"thing-{number}") for number in (1, 2, 3))
    found = judged(monkeypatch, Seen(things), a_rule(judgement))
    assert [(one.subject.id, one.status) for one in found] == [("thing-2", Status.PASS)]


def test_ids_are_stable_and_findings_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    things = [Thing(f"thing-{number}", place) for number in (3, 1, 2) for place in (HERE, ELSEWHERE)]
    rules = [replace(yielding(Fail("a")), id="b-rule"), yielding(LOST)]
    found = judged(monkeypatch, Seen(tuple(things)), *rules, places=(HERE, ELSEWHERE))
    again = judged(monkeypatch, Seen(tuple(things[::-1])), *rules[::-1], places=(ELSEWHERE, HERE))
    assert found == again
    assert len({one.id for one in found}) == 12
    assert [one.rule for one in found] == ["a-rule"] * 6 + ["b-rule"] * 6
    other_words = judged(monkeypatch, Seen(tuple(things)), *(yielding(Fail("b")),), places=(HERE, ELSEWHERE))
    assert [one.id for one in other_words] == [one.id for one in found[:6]]


WAIVER: Final = Waiver("a-rule", "thing-1", "reason", "owner", NOW.date())


@pytest.mark.parametrize(
    ("waiver", "outcome", "waived", "expired"),
    [
        pytest.param(WAIVER, Fail("a"), True, False, id="its last day"),
        pytest.param(replace(WAIVER, expires=NOW.date() - timedelta(1)), Fail("a"), False, True, id="a day later"),
        pytest.param(replace(WAIVER, expires=date(2099, 1, 1)), Fail("a"), True, False, id="for long"),
        pytest.param(WAIVER, LOST, False, False, id="unknown is not waived"),
        pytest.param(replace(WAIVER, statuses=("unknown",)), LOST, True, False, id="unknown, where it says so"),
        pytest.param(replace(WAIVER, statuses=("unknown",)), Fail("a"), False, False, id="then a failure is not"),
        pytest.param(replace(WAIVER, statuses=("fail", "error")), KeyError(), True, False, id="an error"),
        pytest.param(WAIVER, Note("n"), False, False, id="a pass needs none"),
        pytest.param(replace(WAIVER, rule="b-rule"), Fail("a"), False, False, id="another rule"),
        pytest.param(replace(WAIVER, subject="thing-11"), Fail("a"), False, False, id="another subject"),
        pytest.param(replace(WAIVER, subject="thing-*"), Fail("a"), False, False, id="subjects are no patterns"),
    ],
)
def test_waivers(
    monkeypatch: pytest.MonkeyPatch, waiver: Waiver, outcome: Outcome | Exception, waived: bool, expired: bool
) -> None:
    monkeypatch.setattr(Thing, "seen", Seen((ONE,)))
    found, over = judge(Estate(snapshot({HERE: {}}), Config(waivers=(waiver,)), NOW), [yielding(outcome)])
    assert [one.waiver for one in found] == [waiver if waived else None]
    assert over == ((waiver,) if expired else ())
    unwaived = judge(Estate(snapshot({HERE: {}}), Config(), NOW), [yielding(outcome)])[0]
    assert [replace(one, waiver=None) for one in found] == list(unwaived), "a waiver stands beside the status"


def test_a_waiver_that_expired_gives_way_to_one_that_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    old = replace(WAIVER, expires=NOW.date() - timedelta(1))
    (one,) = judged(monkeypatch, Seen((ONE,)), yielding(Fail("a")), config=Config(waivers=(old, WAIVER)))
    assert one.waiver == WAIVER
