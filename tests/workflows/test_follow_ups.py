"""Follow-ups: fired in the cause's transaction, skipped where the target stands elsewhere, never an error (Art. 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any, Final

import pytest

from domain.account import Account, AccountState
from domain.calendar import WorkingDays
from domain.filing import Filing, FilingState
from domain.journal import GENESIS, Step
from domain.policy.roles import Role
from domain.problems import Refused
from domain.table import Table, table_of
from domain.viewer import Viewer
from tests.workflows.test_filing import submitted
from tests.world import World
from workflows import follow_ups, registry
from workflows.database import valued
from workflows.engine import NEW, On, refusals
from workflows.firing import fire
from workflows.follow_ups import FollowUp, caused_by
from workflows.hands import Hand, Writing
from workflows.registry import WORKFLOWS, TableIncomplete, reached_from

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ITEMS: Final = dict.fromkeys(("handle", "display_name", "description", "category", "division", "agreement_id"), "x")
FACTS: Final = SimpleNamespace(
    number="SG-330100-LIFESTYLE-202603-000001-X",
    number_version=1,
    account_state="REVIEWED",
    particulars=("x", "x", "x"),
)
DECIDED: Final = ("submit", "pull_back", "accept", "return", "decline", "prepare_again", "revoke", "reinstate")


def hand(noun: str, model: type[Table], state: str, **values: Any) -> Hand:
    """A case in memory: nothing but what the tables look at."""
    empty: dict[str, Any] = dict.fromkeys((column.key for column in table_of(model).c), None)
    row = valued(model, {**empty, "id": f"{noun}_1", "state": state, "seq": 3, "account_id": "account_1", **values})
    return Hand(WORKFLOWS[noun], f"{noun}_1", row, state, 3, GENESIS, NOON, seen=3)


def fired(filing_state: str, account_state: str, trigger: str) -> tuple[str, str, list[Any]]:
    """Fire a trigger of the filing without its guards; where both then stand, and the steps taken."""
    filing = hand("filing", Filing, filing_state, round=1, number=None, defects=[], **ITEMS)
    account = hand("account", Account, account_state, flags=[], items_asked=[])
    writing = Writing(Viewer("staff_1", Role.PROVINCIAL_REGULATOR), NOON, hands=[filing, account])
    workflow = WORKFLOWS["filing"]
    on = On(filing.row, FACTS, writing.viewer, NOON, _Input(), filing.id)
    transition = workflow.by_trigger[trigger]
    fire(writing, workflow, transition, filing, on, WorkingDays())
    return filing.state, account.state, writing.steps


class _Input:
    """An input of which no effect minds anything."""

    defects = ()

    def __getattr__(self, name: str) -> Any:
        return {"notified_on": NOON.date()}.get(name, "x")


CELLS = [
    (filing_state, str(account_state), row.trigger)
    for filing_state, account_state in product(map(str, FilingState), AccountState)
    for row in WORKFLOWS["filing"].transitions
    if filing_state in map(str, row.sources) and row.trigger in DECIDED
]


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_no_pair_of_states_makes_a_follow_up_fail(cell: tuple[str, str, str]) -> None:
    filing_state, account_state, trigger = cell

    after, account, steps = fired(filing_state, account_state, trigger)

    follows = {"ACCEPTED": (("REVIEWED",), "FILED", "file"), "REVOKED": (("FILED", "BADGED"), "REVIEWED", "unfile")}
    when, then, follow_up = follows.get(after, ((), "", ""))
    moves = account_state in when
    assert account == (then if moves else account_state)
    assert [step.trigger for step in steps] == ([trigger, follow_up] if moves else [trigger])
    assert steps[0].skipped == ([] if moves or not follow_up else [f"account.{follow_up}"])
    assert all(step.cause is steps[0] for step in steps[1:])


def test_the_lock_of_an_account_covers_all_that_a_filing_may_move() -> None:
    assert reached_from("filing", "accept") == {"account", "filing", "permission"}
    assert reached_from("permission", "grant") == {"account", "permission"}
    assert reached_from("filing", "submit") == reached_from("account", "apply") == frozenset()
    assert {WORKFLOWS[noun].root for noun in ("filing", "permission", "account")} == {Account}


def test_a_step_that_stays_enters_nothing() -> None:
    assert [row for row in caused_by("filing", "accept", "ACCEPTED", "ACCEPTED") if row.enters] == []
    assert [row.fires for row in caused_by("filing", "reinstate", "REVOKED", "ACCEPTED")] == [("account", "file")]
    assert [row.fires for row in caused_by("permission", "narrow", "GRANTED", "GRANTED")] == [("account", "rebadge")]


def test_what_a_follow_up_ordered_cannot_be_asked_for() -> None:
    for noun, trigger in (("account", "file"), ("account", "unfile"), ("filing", "prepare")):
        assert WORKFLOWS[noun].grant(trigger) is None
        assert WORKFLOWS[noun].who(trigger) == ()


def test_a_cycle_of_follow_ups_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    back = FollowUp("account", trigger="file", fires=("filing", "accept"), when=(FilingState.SUBMITTED,))
    monkeypatch.setattr(registry, "FOLLOW_UPS", (*follow_ups.FOLLOW_UPS, back))

    with pytest.raises(TableIncomplete, match="closes a cycle"):
        registry._checked(*WORKFLOWS.values())


def test_a_filing_that_lacks_an_item_is_not_submitted() -> None:
    items = {**ITEMS, "agreement_id": None, "handle": ""}
    filing = hand("filing", Filing, "PREPARED", round=0, number=None, **items)
    transition = WORKFLOWS["filing"].by_trigger["submit"]
    on = On(filing.row, FACTS, Viewer("staff_1", Role.COMPLIANCE_OFFICER), NOON, _Input(), filing.id)

    problems = refusals(WORKFLOWS["filing"], transition, "PREPARED", on, with_input=True)

    assert [(problem.code, problem.path) for problem in problems] == [
        ("FILING_INCOMPLETE", ("handle",)),
        ("FILING_INCOMPLETE", ("agreement_id",)),
    ]


def test_a_refused_cause_sets_nothing_off() -> None:
    with pytest.raises(Refused):
        fired("PREPARED", "REVIEWED", "accept")


def test_a_new_case_stands_nowhere_before() -> None:
    assert WORKFLOWS["account"].after("apply", NEW) == "APPLIED"


async def test_cause_and_follow_up_stand_in_one_transaction_and_name_each_other(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await submitted(provider)

    await provider.regulator.must("filingAccept", id=id_, version=2)

    (accept,) = await world.rows(Step, case_id=id_, trigger="accept")
    (file,) = await world.rows(Step, case_id=account_id, trigger="file")
    assert (file.cause, file.cause_kind, file.at) == (accept.id, "filing", accept.at)
    assert (file.actor_id, file.actor_role, file.actor_number) == (None, "SYSTEM", None)
    assert (accept.actor_id, accept.cause, accept.skipped) == (provider.regulator.id, None, "")
