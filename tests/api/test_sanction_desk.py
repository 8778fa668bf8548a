"""The desk of sanctions: what waits for whom, the lists behind each number, and what each role reads of a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from domain.authorities import NATION
from domain.columns import UtcTime
from domain.ids import new_id
from domain.policy.roles import Role
from domain.sanction import was_heard, was_heard_sql
from tests.api.test_regulator_desk import queues
from tests.sanctions import CIRCUMSTANCES, PIECE, REASONS, Case, opened, sanctioned
from tests.world import Person, World
from workflows.database import Connection

NOTES: Final = {**PIECE, "text": "What the desk found besides.", "isDisclosable": False}
WALK: Final = """
query($sanction: ID!, $account: ID!, $measure: ID!, $evidence: [ID!]!) {
  sanction(id: $sanction) {
    state
    measures(first: 4) { nodes { id level } }
    evidence(first: 4) { nodes { number text { display } disclosedAt } }
    authorityReports(first: 4) { nodes { kind state } }
    journal(first: 6) { nodes { trigger texts { name text { display } } } }
  }
  account(id: $account) { sanctions(first: 1) { totalCount { value } nodes { id } } }
  measure(id: $measure) { level inForce step { trigger } sanction { id } }
  nodes(ids: $evidence) { id }
  sanctions(first: 20, orderBy: NEWEST) { nodes { id } }
  measures(first: 20, orderBy: NEWEST) { nodes { id } }
  authorityReports(first: 20) { nodes { sanction { id } } }
}
"""
NOTICES: Final = """
{ viewer { notices { totalCount { value } nodes {
  step { trigger texts { name text { display } } }
  case { ... on Sanction { id state measures { nodes { level } } evidence { nodes { number } } } }
} } } }
"""


class Seen(NamedTuple):
    """What somebody reads of a case, each thing by itself."""

    state: str | None = None
    measures: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()
    reports: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    in_account: int = 0
    by_node: int = 0
    in_lists: tuple[bool, bool, bool] = (False, False, False)  # sanctions, measures, reports


async def seen(person: Person, case: Case, measure: str = "measure_01h455vb4pex5vsknk084sn02q") -> Seen:
    """The case by every way to it."""
    pieces = await case.told("evidence { nodes { id } }")
    ids = [piece["id"] for piece in pieces["evidence"]["nodes"]]
    found = await person.ask(WALK, sanction=case.id, account=case.account_id, measure=measure, evidence=ids)
    one, account = found["sanction"], found["account"]
    in_lists = (
        any(each["id"] == case.id for each in found["sanctions"]["nodes"]),
        any(each["id"] == measure for each in found["measures"]["nodes"]),
        any((each["sanction"] or {}).get("id") == case.id for each in found["authorityReports"]["nodes"]),
    )
    counted = 0 if account is None else account["sanctions"]["totalCount"]["value"]
    nodes = sum(node is not None for node in found["nodes"])
    if one is None:
        assert found["measure"] is None
        return Seen(in_account=counted, by_node=nodes, in_lists=in_lists)
    steps = one["journal"]["nodes"]
    return Seen(
        one["state"],
        tuple(each["level"] for each in one["measures"]["nodes"]),
        tuple(each["number"] for each in one["evidence"]["nodes"]),
        tuple(each["kind"] for each in one["authorityReports"]["nodes"]),
        tuple(step["trigger"] for step in steps),
        tuple(sorted({text["name"] for step in steps for text in step["texts"] if text["text"]["display"]})),
        counted,
        nodes,
        in_lists,
    )


async def listed(person: Person, field: str, where: str) -> list[str]:
    """The ids of a list as a filter leaves it."""
    found = await person.ask(f"{{ {field}(first: 100, where: {{{where}}}) {{ nodes {{ id }} }} }}")
    return [node["id"] for node in found[field]["nodes"]]


async def answer_until(case: Case) -> datetime:
    """Until when to answer."""
    return datetime.fromisoformat((await case.told("answerUntil"))["answerUntil"])


def to(world: World, moment: datetime) -> None:
    """Set the clock."""
    world.clock.advance(seconds=(moment - world.clock()).total_seconds())


# --- what waits ------------------------------------------------------------------------------------------------
async def test_a_case_moves_from_queue_to_queue(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    assert case.holder is not None
    handlers, holder = (provider.officer, provider.reviewer), case.holder.person

    async def waits(person: Person) -> tuple[int, ...]:
        found = await queues(person)
        return tuple(found[name] for name in ("SANCTION_OPEN", "ANSWER_DUE", "SANCTION_DECISION"))

    assert [await waits(person) for person in handlers] == [(1, 0, 0)] * 2
    assert (await queues(holder))["ANSWER_DUE"] == 0
    await case.notify()
    assert [await waits(person) for person in handlers] == [(0, 1, 0)] * 2
    assert (await queues(holder))["ANSWER_DUE"] == 1
    await case.answer("It was satire.")
    assert [await waits(person) for person in handlers] == [(0, 0, 1)] * 2
    assert (await queues(holder))["ANSWER_DUE"] == 0
    await case.dismiss()
    assert [await waits(person) for person in handlers] == [(0, 0, 0)] * 2


async def test_an_answer_that_does_not_come_is_due_no_more_at_its_moment(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    assert case.holder is not None
    await case.notify()
    until = await answer_until(case)
    found = []

    for moment in (until - timedelta(seconds=1), until, until + timedelta(seconds=1)):
        to(world, moment)
        waiting = await queues(provider.officer)
        due, heard = await listed(provider.officer, "sanctions", "heard: false"), "heard: true, state: [NOTIFIED]"
        decisions = await listed(provider.officer, "sanctions", heard)
        found.append((waiting["ANSWER_DUE"], waiting["SANCTION_DECISION"], due, decisions))

    assert found == [(1, 0, [case.id], []), (0, 1, [], [case.id]), (0, 1, [], [case.id])]
    assert (await queues(case.holder.person))["ANSWER_DUE"] == 1  # until the decision it may still come
    await case.waive()
    assert (await queues(case.holder.person))["ANSWER_DUE"] == 0


async def test_each_number_has_its_list_and_neither_tells_of_another_provider(world: World) -> None:
    provider, other = await world.provider(), await world.provider()
    holder, account_id, _ = await provider.filed()
    untold, due, heard = [await opened(provider, account_id, holder, conductOn=f"2026-02-0{day}") for day in (1, 2, 3)]
    await due.notify()
    await heard.notify()
    await heard.waive()
    for elsewhere in (await sanctioned(other), await sanctioned(other, conductOn="2026-02-04")):
        await elsewhere.restrict(circumstances=CIRCUMSTANCES)
    desk = {
        "SANCTION_OPEN": ("sanctions", "state: [OPENED]"),
        "ANSWER_DUE": ("sanctions", "state: [NOTIFIED], heard: false"),
        "SANCTION_DECISION": ("sanctions", "state: [NOTIFIED], heard: true"),
        "AUTHORITY_REPORT_DUE": ("authorityReports", "state: [DUE]"),
    }

    mine = await queues(provider.officer)
    lists = {name: await listed(provider.officer, *asked) for name, asked in desk.items()}

    assert lists == {
        "SANCTION_OPEN": [untold.id], "ANSWER_DUE": [due.id], "SANCTION_DECISION": [heard.id],
        "AUTHORITY_REPORT_DUE": [],
    }  # fmt: skip
    assert {name: mine[name] for name in desk} == {name: len(ids) for name, ids in lists.items()}
    theirs = await queues(other.officer)
    assert {name: theirs[name] for name in desk} == {**dict.fromkeys(desk, 0), "AUTHORITY_REPORT_DUE": 2}


async def test_measures_that_end_within_seven_days_are_told_of_until_they_do(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.restrict(days=10, circumstances=CIRCUMSTANCES)
    [measure] = (await case.told("measures { nodes { id until } }"))["measures"]["nodes"]
    until = datetime.fromisoformat(measure["until"])
    found, second = [], timedelta(seconds=1)

    for moment in (until - timedelta(days=7, seconds=1), until - timedelta(days=7), until - second, until):
        to(world, moment)
        soon = (moment + timedelta(days=7)).isoformat()
        ids = await listed(provider.officer, "measures", f'inForce: true, endsBy: "{soon}"')
        found.append(((await queues(provider.officer))["MEASURES_ENDING"], ids))

    assert found == [(0, []), (1, [measure["id"]]), (1, [measure["id"]]), (0, [])]
    assert await listed(provider.officer, "measures", "inForce: false") == [measure["id"]]
    assert (await case.told("stateCode"))["stateCode"] == "RESTRICTED"  # no worker has run


async def test_a_proposal_waits_for_everybody_who_may_endorse_it_but_its_proposer(world: World) -> None:
    provider = await world.provider()
    second = await provider.second_officer()
    case = await sanctioned(provider)
    await case.notify()
    await case.waive()
    people = (provider.officer, second, provider.reviewer, provider.regulator)

    async def waiting() -> list[int]:
        return [(await queues(person))["PROPOSALS_WAITING"] for person in people]

    before = await waiting()
    asked = await case.input(days=7, circumstances=CIRCUMSTANCES)
    proposed = (await provider.officer.must("sanctionSuspend", **asked)).proposal

    assert [after - was for was, after in zip(before, await waiting(), strict=True)] == [0, 1, 0, 0]
    await second.must("proposalEndorse", id=proposed["id"], hash=proposed["hash"])
    assert await waiting() == before
    for person in (provider.integration, provider.auditor):
        assert "PROPOSALS_WAITING" not in await queues(person)


async def test_a_report_that_is_late_is_known_to_the_authority_it_is_owed_to(world: World) -> None:
    provider = await world.provider("460000")
    elsewhere = await world.regulator("450000")
    case = await sanctioned(provider, ground="UNLAWFUL_CONTENT", gravity="GRAVE")
    await case.restrict(circumstances=CIRCUMSTANCES)
    [report] = (await case.told("authorityReports { nodes { id dueAt clock } }"))["authorityReports"]["nodes"]
    people, found = (provider.regulator, elsewhere), []

    due = datetime.fromisoformat(report["dueAt"])
    for moment in (due, due + timedelta(seconds=1)):
        to(world, moment)
        found.append([(await queues(person))["AUTHORITY_REPORT_OVERDUE"] for person in people])

    assert found == [[0, 0], [1, 0]]
    assert await listed(provider.regulator, "authorityReports", "clock: OVERDUE") == [report["id"]]
    assert await listed(elsewhere, "authorityReports", "clock: OVERDUE") == []
    assert (await queues(provider.officer))["AUTHORITY_REPORT_DUE"] == 1  # late or not, it is owed


async def test_only_those_whose_work_it_is_have_the_queues(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    assert case.holder is not None
    appeals = await world.enrol(Role.APPEAL_REVIEWER, provider_id=provider.id)
    names = {"SANCTION_OPEN", "ANSWER_DUE", "SANCTION_DECISION", "MEASURES_ENDING", "AUTHORITY_REPORT_DUE",
             "AUTHORITY_REPORT_OVERDUE", "PROPOSALS_WAITING"}  # fmt: skip
    whose = {
        provider.officer: names - {"AUTHORITY_REPORT_OVERDUE"},
        provider.reviewer: {"SANCTION_OPEN", "ANSWER_DUE", "SANCTION_DECISION", "PROPOSALS_WAITING"},
        case.holder.person: {"ANSWER_DUE"},
        provider.regulator: {"AUTHORITY_REPORT_OVERDUE", "PROPOSALS_WAITING"},
        provider.integration: set(), provider.auditor: set(), appeals: set(), world.public: set(),
    }  # fmt: skip

    assert {person.role: (await queues(person)).keys() & names for person in whose} == {
        person.role: expected for person, expected in whose.items()
    }


# --- who reads what --------------------------------------------------------------------------------------------
async def test_each_role_reads_of_a_case_what_it_may_before_and_after_its_holder_is_told(world: World) -> None:
    provider, other = await world.provider(), await world.provider("310000")
    case = await sanctioned(provider, evidence=[PIECE, NOTES])
    assert case.holder is not None
    stranger = (await provider.holder()).person
    appeals = await world.enrol(Role.APPEAL_REVIEWER, provider_id=provider.id)
    nothing = (stranger, appeals, provider.auditor, world.public, other.officer, other.regulator)
    nation = await world.regulator(NATION)

    # Before: the holder does not learn that they are looked into.
    whole = Seen("OPENED", evidence=(1, 2), steps=("open",), texts=("NOTE",), in_account=1, by_node=2)
    whole = whole._replace(in_lists=(True, False, False))
    for person in (provider.reviewer, provider.officer):
        assert await seen(person, case) == whole
    for regulator in (provider.regulator, nation):  # the notes are the provider's own
        assert await seen(regulator, case) == whole._replace(texts=())
    assert await seen(provider.integration, case) == whole._replace(texts=(), evidence=(), by_node=0)
    for person in (*nothing, case.holder.person):
        assert await seen(person, case) == Seen(), person.role
    assert await steps_of(case.holder.person, case) == 0
    asked: dict[str, Any] = {"version": 1, "points": ["It was satire."]}
    refused = [await case.holder.person.do("sanctionAnswer", id=id_, **asked) for id_ in (case.id, new_id("sanction"))]
    assert [answer.problems for answer in refused] == [[("NOT_FOUND", "id")]] * 2

    await case.notify()
    told = await seen(case.holder.person, case)
    assert told == Seen("NOTIFIED", (), (1,), (), ("open", "notify"), ("FACTS",), 1, 1, (True, False, False))

    # After: decision, texts, what it rests on; never notes, nor what the authority is told.
    await case.answer("It was satire.")
    await case.restrict(addressed=[{"point": 1, "text": "It was not."}], circumstances=CIRCUMSTANCES)
    measure = (await case.told("measure { id }"))["measure"]["id"]
    steps = ("open", "notify", "answer", "restrict")
    holders = Seen(
        "RESTRICTED", ("RESTRICTED",), (1,), (), steps, ("ADDRESSED", "ANSWER", "FACTS", "PUBLIC_REASON"), 1, 1,
        (True, True, False),
    )  # fmt: skip
    assert await seen(case.holder.person, case, measure) == holders
    party = holders._replace(evidence=(1, 2), by_node=2)
    for person in (provider.officer, provider.reviewer):
        reads = party._replace(texts=tuple(sorted({*holders.texts, "NOTE"})))
        if person is provider.officer:
            reads = reads._replace(reports=("MEASURE",), in_lists=(True, True, True))
        assert await seen(person, case, measure) == reads, person.role
    for regulator in (provider.regulator, nation):
        assert await seen(regulator, case, measure) == party._replace(reports=("MEASURE",), in_lists=(True, True, True))
    machine = party._replace(reports=("MEASURE",), in_lists=(True, True, True), evidence=(), by_node=0)
    assert await seen(provider.integration, case, measure) == machine
    for person in nothing:
        assert await seen(person, case, measure) == Seen(), person.role


async def steps_of(person: Person, case: Case) -> int:
    """How many steps of the case, or about what is owed to the authority, somebody finds in the whole journal."""
    found = await person.ask("{ steps(first: 100) { nodes { caseKind trigger case { id } } } }")
    return sum(step["caseKind"] in ("sanction", "authority_report") for step in found["steps"]["nodes"])


async def test_a_holder_finds_no_step_of_what_the_authority_is_told(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    assert case.holder is not None
    await case.restrict(circumstances=CIRCUMSTANCES)
    found = await provider.officer.ask("{ steps(first: 20) { nodes { id caseKind } } }")
    reported = [step["id"] for step in found["steps"]["nodes"] if step["caseKind"] == "authority_report"]

    assert len(reported) == 1
    assert await case.holder.person.ask("query($id: ID!) { step(id: $id) { id } }", id=reported[0]) == {"step": None}
    assert await steps_of(case.holder.person, case) == 2  # open, restrict


async def test_a_holder_walks_from_a_notice_to_the_decision_and_what_it_rests_on(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, evidence=[PIECE, NOTES])
    assert case.holder is not None
    before = (await case.holder.person.ask(NOTICES))["viewer"]["notices"]["totalCount"]["value"]

    await case.notify()
    await case.answer("It was satire.")
    await case.restrict(addressed=[{"point": 1, "text": "It was not."}], circumstances=CIRCUMSTANCES)

    found = (await case.holder.person.ask(NOTICES))["viewer"]["notices"]
    assert found["totalCount"]["value"] - before == 2
    decision, told = found["nodes"][:2]
    about = {"id": case.id, "state": "RESTRICTED", "measures": {"nodes": [{"level": "RESTRICTED"}]},
             "evidence": {"nodes": [{"number": 1}]}}  # fmt: skip
    assert (decision["case"], told["case"]) == (about, about)
    assert (decision["step"]["trigger"], told["step"]["trigger"]) == ("restrict", "notify")
    words = {text["name"]: text["text"]["display"] for text in decision["step"]["texts"]}
    assert words == {
        "FACTS": REASONS["facts"], "PUBLIC_REASON": REASONS["publicReason"], "ADDRESSED": "1. It was not.",
    }  # fmt: skip


# --- one expression --------------------------------------------------------------------------------------------
class Hearing(NamedTuple):
    """What a hearing rests on."""

    notified_at: datetime | None
    answered_at: datetime | None
    waived_at: datetime | None
    answer_until: datetime | None


NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
EARLIER: Final = NOON - timedelta(microseconds=1)
HEARINGS: Final = [
    Hearing(*each) for each in product(*[(None, EARLIER)] * 3, (None, EARLIER, NOON, NOON + timedelta(microseconds=1)))
]


async def test_a_hearing_is_over_in_memory_exactly_when_it_is_in_a_list(world: World) -> None:
    bound = {name: sa.bindparam(name, type_=UtcTime(), required=False) for name in (*Hearing._fields, "now")}
    moments = [sa.cast(bound[name], UtcTime()).label(name) for name in Hearing._fields]
    one = sa.select(*moments).subquery()
    asked = sa.select(
        sa.case((was_heard_sql(one.c, bound["now"]), sa.literal_column("1")), else_=sa.literal_column("0"))
    )

    async def work(connection: Connection) -> list[bool]:
        return [bool((await connection.fetch(asked, {**each._asdict(), "now": NOON}))[0][0]) for each in HEARINGS]

    assert await world.office.database.read(work) == [was_heard(each, NOON) for each in HEARINGS]
    assert sum(was_heard(each, NOON) for each in HEARINGS) == 14
