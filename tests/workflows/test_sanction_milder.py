"""What comes after a rung: prolonged, reduced, lifted, taken back; dismissed and taken up again (Art. 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from domain.authority_report import AuthorityReport
from domain.deadline import Deadline, DeadlineKind
from domain.ids import new_id
from domain.notice import Notice
from tests.sanctions import CIRCUMSTANCES, PIECE, Case, asked, opened, sanctioned
from tests.world import Answer, Provider, World
from workflows.catching_up import catch_up
from workflows.deadlines import due

SKIPPED: Final[dict[str, Any]] = {"circumstances": CIRCUMSTANCES}
DAY: Final = timedelta(days=1)


async def restricted(provider: Provider, **more: Any) -> Case:
    case = await sanctioned(provider)
    await case.warn()
    provider.world.clock.advance(minutes=1)
    await case.restrict(**more)
    return case


async def suspended(provider: Provider, **more: Any) -> Case:
    case = await sanctioned(provider)
    await case.notify()
    await case.waive()
    await case.suspend(**SKIPPED, **more)
    return case


async def refused(case: Case, mutation: str, **more: Any) -> list[tuple[str, str]]:
    given = {"id": case.id, "version": await case.version(), **more}
    return (await case.provider.officer.refused(mutation, **given)).problems


async def reducing(case: Case, **more: Any) -> list[tuple[str, str]]:
    return await refused(case, "sanctionReduce", reason="It was too much.", **more)


async def prolonging(case: Case, days: int) -> list[tuple[str, str]]:
    return (await case.provider.officer.refused("sanctionProlong", **await case.input(days=days))).problems


# --- prolong -----------------------------------------------------------------------------------------------------
async def test_a_restriction_is_prolonged_to_thirty_days_in_all(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider, days=10, scope=("NEWS",))
    begun = world.clock()
    world.clock.advance(days=5)

    assert await prolonging(case, 21) == [("TERM_TOO_LONG", "days")]
    proposed = await provider.officer.must("sanctionProlong", **await case.input(days=20))
    assert (proposed.payload["step"], bool(proposed.proposal)) == (None, True)
    await case.prolong(days=20)
    assert await prolonging(case, 1) == [("TERM_TOO_LONG", "days")]

    _, before, after = await case.measures()
    assert (before.ended_at, before.ended_by) == (world.clock(), "PROLONGED")
    assert (after.level, after.scope, after.since, after.from_at) == ("RESTRICTED", ["NEWS"], begun, world.clock())
    assert after.until == begun + 30 * DAY
    found = await case.row()
    assert (found.state, found.measure_id, found.measure_until, found.due_at) == (
        "RESTRICTED", after.id, after.until, after.until,
    )  # fmt: skip
    (waiting,) = await world.rows(Deadline, case_id=case.id, kind="MEASURE_END", settled_at=None)
    assert waiting.due_at == after.until
    reports = await world.rows(AuthorityReport, order_by="created_at", sanction_id=case.id)
    assert [(one.kind, one.measure_id) for one in reports] == [("MEASURE", before.id), ("MEASURE", after.id)]
    assert reports[1].due_at == due(DeadlineKind.AUTHORITY_REPORT, world.clock(), world.office.calendar)


async def test_a_suspension_is_prolonged_to_180_days_in_all_and_not_once_it_is_over(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=90)
    begun = world.clock()
    world.clock.advance(days=1)
    await case.prolong(days=60)
    world.clock.now = begun + 150 * DAY - timedelta(seconds=1)

    await catch_up(world.office, [case.account_id], world.clock())  # reports that nobody made
    assert await prolonging(case, 31) == [("TERM_TOO_LONG", "days")]
    assert await prolonging(case, 181) == [("INPUT_INVALID", "days")]
    world.clock.advance(seconds=1)  # its end has come, the worker has not
    late = await prolonging(case, 30)
    lifting = await refused(case, "sanctionLift", reason="It was put right.")
    milder = await reducing(case, level="WARNING")
    world.clock.advance(seconds=-1)
    await case.prolong(days=30)

    assert late == lifting == milder == [("MEASURE_NOT_IN_FORCE", "id")]
    *_, last = await case.measures()
    assert (last.since, last.until) == (begun, begun + 180 * DAY)
    warned = await sanctioned(provider)
    await warned.warn()
    answer = await provider.officer.refused("sanctionProlong", **await warned.input(days=1))
    assert answer.codes[0] == "ILLEGAL_TRANSITION"


# --- reduce ------------------------------------------------------------------------------------------------------
async def test_a_reduction_is_lower_or_ends_earlier_and_takes_no_more(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=15)
    world.clock.advance(days=1)

    assert await reducing(case, level="NONE") == [("LEVEL_INVALID", "level")]
    assert await reducing(case, level="CLOSED") == [("LEVEL_INVALID", "level")]
    assert await reducing(case, level="WARNING", days=7) == [("INPUT_INVALID", "days")]
    assert await reducing(case, level="SUSPENDED") == [("INPUT_INVALID", "days")]
    assert await reducing(case, level="SUSPENDED", days=7, scope=["NEWS"]) == [("INPUT_INVALID", "scope")]
    assert await reducing(case, level="RESTRICTED", days=7) == [("INPUT_INVALID", "scope")]
    assert await reducing(case, level="RESTRICTED", days=7, scope=["ALL"]) == [("CODE_UNKNOWN", "scope.0")]
    assert await reducing(case, level="RESTRICTED", days=31, scope=["NEWS"]) == [("TERM_TOO_LONG", "days")]
    # Fourteen days are left of it: no less would be no reduction.
    assert await reducing(case, level="SUSPENDED", days=14) == [("NOT_A_REDUCTION", "days")]
    done = await case.reduce("SUSPENDED", days=13)
    world.clock.advance(days=1)
    assert done.state == "SUSPENDED"
    assert (await case.reduce("RESTRICTED", days=10, scope=["PUBLISH", "NEWS"])).state == "RESTRICTED"
    world.clock.advance(days=1)
    assert await reducing(case, level="SUSPENDED", days=1) == [("NOT_A_REDUCTION", "level")]
    assert await reducing(case, level="RESTRICTED", days=1, scope=["COMMENT"]) == [("NOT_A_REDUCTION", "days")]
    assert await reducing(case, level="RESTRICTED", days=9, scope=["NEWS"]) == [("NOT_A_REDUCTION", "days")]
    assert (await case.reduce("RESTRICTED", days=8, scope=["NEWS"])).state == "RESTRICTED"
    world.clock.advance(days=1)
    assert (await case.reduce("WARNING")).state == "WARNING"

    made = await case.measures()
    assert [(one.level, one.scope, one.ended_by) for one in made] == [
        ("SUSPENDED", [], "REDUCED"),
        ("SUSPENDED", [], "REDUCED"),
        ("RESTRICTED", ["PUBLISH", "NEWS"], "REDUCED"),
        ("RESTRICTED", ["NEWS"], "REDUCED"),
        ("WARNING", [], None),
    ]
    assert [one.until - one.from_at for one in made] == [15 * DAY, 13 * DAY, 10 * DAY, 8 * DAY, 90 * DAY]
    assert made[1].since == made[0].from_at
    assert all(one.evidence_ids == made[0].evidence_ids for one in made)
    reports = await world.rows(AuthorityReport, order_by="created_at", sanction_id=case.id)
    assert [(one.kind, one.measure_id) for one in reports] == [
        ("MEASURE", made[0].id), *(("CORRECTION", one.id) for one in made[1:])
    ]  # fmt: skip
    assert (await reducing(case, level="WARNING"))[0][0] == "ALREADY_IN_STATE"


# --- lift --------------------------------------------------------------------------------------------------------
async def test_a_measure_is_lifted_before_its_end_with_a_reason(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider)
    world.clock.advance(hours=1)

    assert await refused(case, "sanctionLift", reason="") == [("INPUT_INVALID", "reason")]
    await case.lift()

    warning, measure = await case.measures()
    found = await case.row()
    assert (warning.ended_by, measure.ended_by, measure.ended_at) == ("REPLACED", "LIFTED", world.clock())
    assert (found.state, found.clock) == ("LIFTED", "NONE")
    assert await world.rows(Deadline, case_id=case.id, kind="MEASURE_END", settled_at=None) == []
    assert len(await world.rows(AuthorityReport, sanction_id=case.id)) == 1  # nothing was wrong with it
    told = await case.told("journal { nodes { trigger texts { name text { display } } } }", case.person)
    (lift,) = [step["texts"] for step in told["journal"]["nodes"] if step["trigger"] == "lift"]
    assert lift == [{"name": "PUBLIC_REASON", "text": {"display": "It was put right."}}]
    assert (await refused(case, "sanctionLift", reason="Again."))[0][0] == "ALREADY_IN_STATE"


# --- rescind -----------------------------------------------------------------------------------------------------
async def test_a_case_leaves_its_rung_only_with_the_measure_that_it_stands_by(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider)
    other = await sanctioned(provider)
    await other.warn()
    (foreign,) = await other.measures()
    warning, restriction = await case.measures()
    until = restriction.until
    world.clock.advance(hours=1)

    for unknown in (foreign.id, new_id("measure")):
        answer = await refused(case, "sanctionRescind", measureId=unknown, reason="It was wrong.")
        assert answer == [("NOT_FOUND", "measureId")]
    stays = await case.rescind(warning.id)
    again = await refused(case, "sanctionRescind", measureId=warning.id, reason="It was wrong.")
    first, second = await case.measures()
    assert stays.state == "RESTRICTED"
    assert again == [("MEASURE_OVERTURNED", "measureId")]
    assert (first.ended_by, first.ended_at) == ("OVERTURNED", warning.ended_at)  # it had ended before
    assert (second.ended_by, second.until, (await case.row()).measure_until) == (None, until, until)
    assert len(await world.rows(AuthorityReport, sanction_id=case.id)) == 1  # of a warning nobody was told

    leaves = await case.rescind()
    _, second = await case.measures()
    assert leaves.state == "OVERTURNED"
    assert (second.ended_by, second.ended_at) == ("OVERTURNED", world.clock())
    kinds = [one.kind for one in await world.rows(AuthorityReport, order_by="created_at", sanction_id=case.id)]
    assert kinds == ["MEASURE", "CORRECTION"]
    again = await refused(case, "sanctionRescind", measureId=second.id, reason="No.")
    assert again == [("MEASURE_OVERTURNED", "measureId")]


async def test_what_ran_out_or_was_lifted_may_be_found_wrong_still(world: World) -> None:
    provider = await world.provider()
    lifted, over = await restricted(provider), await suspended(provider, days=7)
    await lifted.lift()
    world.clock.advance(days=8)
    end = (await over.measures())[-1].until
    await catch_up(world.office, [lifted.account_id, over.account_id], world.clock())

    for case in (lifted, over):
        assert (await case.rescind()).state == "OVERTURNED"

    assert ((await over.measures())[-1].ended_by, (await over.measures())[-1].ended_at) == ("OVERTURNED", end)


# --- dismissed, taken up again -----------------------------------------------------------------------------------
async def test_a_case_is_taken_up_again_on_new_evidence_alone(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    known = {**PIECE, "sha256": "b" * 64}
    made = await provider.reviewer.must("sanctionOpen", **asked(account_id, evidence=[known]))
    case = Case(provider, account_id, made.id, holder)
    given: dict[str, Any] = {"findings": "There is more."}
    fresh = {**PIECE, "sha256": "c" * 64}

    early = await refused(case, "sanctionReopen", **given, evidence=[fresh])
    await case.dismiss()
    assert await world.rows(Notice, case_id=case.id) == []  # who was never told is not told now
    same = await refused(case, "sanctionReopen", **given, evidence=[known])
    hidden = await refused(case, "sanctionReopen", **given, evidence=[{**fresh, "isDisclosable": False}])
    none = await refused(case, "sanctionReopen", **given, evidence=[])
    assert early[0][0] == "ALREADY_IN_STATE"
    assert (same, hidden, none) == (
        [("EVIDENCE_NOT_NEW", "evidence")], [("EVIDENCE_UNDISCLOSABLE", "evidence")], [("INPUT_INVALID", "evidence")]
    )  # fmt: skip
    taken: Answer = await provider.officer.must("sanctionReopen", id=case.id, version=2, **given, evidence=[fresh])
    assert (taken.state, (await case.row()).reopened, len(await case.evidence())) == ("OPENED", 1, 2)

    await case.warn()
    await case.lift()
    version = await case.version()
    newest = {**PIECE, "sha256": "d" * 64}
    await provider.officer.must("sanctionReopen", id=case.id, version=version, **given, evidence=[newest])
    found = await case.row()
    assert (found.state, found.reopened, found.clock) == ("OPENED", 2, "RUNNING")
    # What it ended with is no rung to climb from, though its measure may still be found wrong.
    skip = await provider.officer.refused("sanctionRestrict", **await case.input(days=1, scope=["NEWS"]))
    assert skip.codes == ["CIRCUMSTANCES_MISSING"]
    await case.warn()
    first, second = await case.measures()
    assert ({first.ended_by, second.ended_by}, (await case.row()).state) == ({"LIFTED", None}, "WARNING")


async def test_a_case_is_dismissed_with_reasons_of_its_own_list(world: World) -> None:
    provider = await world.provider()
    case = await opened(provider, (await provider.filed())[1])
    reasons = {"facts": "Nothing.", "legalBases": ["IM_2014_ART_8"], "publicReason": "It was not so."}

    answer = await refused(case, "sanctionDismiss", reasons={**reasons, "reasonCodes": ["AGREEMENT_BROKEN"]})

    assert answer == [("CODE_UNKNOWN", "reasons.reasonCodes.0")]
    assert (await case.dismiss()).state == "DISMISSED"


async def test_no_suspension_or_restriction_of_a_case_outlasts_its_bounds_by_being_reduced_and_taken_anew(
    world: World,
) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.waive()
    await case.suspend(days=90, circumstances=CIRCUMSTANCES)
    world.clock.advance(days=80)
    await catch_up(world.office, [case.account_id], world.clock())
    await case.reduce("RESTRICTED", days=30, scope=["PUBLISH"])
    refused = await provider.officer.refused(
        "sanctionSuspend", **await case.input(days=101, lengthReason="It goes on.")
    )
    await case.suspend(days=90)
    world.clock.advance(days=10)
    await catch_up(world.office, [case.account_id], world.clock())
    longer = await provider.officer.refused("sanctionProlong", **await case.input(days=11))
    await case.reduce("WARNING")
    again = await provider.officer.refused("sanctionRestrict", **await case.input(days=31, scope=["PUBLISH"]))
    await case.restrict(days=30)
    world.clock.advance(days=1)
    await case.reduce("WARNING")
    over = await provider.officer.refused("sanctionRestrict", **await case.input(days=30, scope=["PUBLISH"]))

    assert refused.problems == longer.problems == over.problems == [("TERM_TOO_LONG", "days")]
    assert again.problems == [("INPUT_INVALID", "days")]


async def test_the_same_words_are_no_new_evidence(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.dismiss()
    given: dict[str, Any] = {"id": case.id, "version": await case.version(), "findings": "Once more."}

    same = await provider.officer.refused("sanctionReopen", **given, evidence=[PIECE])
    await provider.officer.must("sanctionReopen", **given, evidence=[{**PIECE, "text": "A copy of another item."}])

    assert same.problems == [("EVIDENCE_NOT_NEW", "evidence")]
