"""Nothing tips off who was not told: each answer to a holder is the same with an untold case and without (Art. 8)."""

from __future__ import annotations

import re
from typing import Any, Final

from tests.cases import test_w2_closing as w2
from tests.cases.test_w2_closing import alone
from tests.sanctions import Case, opened
from tests.world import Holder, Provider, World

__all__ = ["alone"]
ALL: Final = """query($id: ID!) {
    account(id: $id) {
        id version stateCode closingAt closingHeldAt closedCause flags isFlagged dueAt clock sanctionLevel sanctionUntil
        sanctions { nodes { id } } filings(first: 5) { nodes { id stateCode version } }
        permissions(first: 5) { nodes { id } }
        availableSteps { trigger allowed needsEndorsement problems { code message } }
        publishingRights { act content allowed validFor blockedBy { code until measure } }
        journal(first: 50) { nodes { seq trigger at skipped } }
    }
    sanctions(first: 5) { nodes { id } totalCount { value } }
    measures(first: 5) { nodes { id } totalCount { value } }
    viewer { queues { name count } notices(first: 50) { nodes { servedAt receiptNumber } } }
}"""
_IDS: Final = re.compile(r"\b([a-z_]+)_[0-9a-z]{26}\b|\b[AN]-[0-9A-Z]{16}\b")


async def seen(holder: Holder, account_id: str) -> bytes:
    return (await holder.person.post(ALL, {"id": account_id})).content


def told_apart_by_nothing(answer: bytes) -> str:
    """The answer without what differs between any two holders."""
    return _IDS.sub(r"\1", answer.decode())


async def test_w2_not_a_byte_changes_when_a_case_is_opened_worked_on_and_dismissed(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    before = await seen(holder, account_id)

    case = await opened(provider, account_id, holder)
    open_ = await seen(holder, account_id)
    await case.dismiss()
    over = await seen(holder, account_id)
    more: dict[str, Any] = {"findings": "More.", "evidence": [{"text": "A second item.", "isDisclosable": True}]}
    await provider.officer.must("sanctionReopen", id=case.id, version=await case.version(), **more)

    assert b'"stateCode":"FILED"' in before
    assert before == open_ == over == await seen(holder, account_id)


async def two(provider: Provider) -> list[tuple[Holder, str]]:
    """Two holders alike; a case is opened on the first that nobody tells them of."""
    alike = [(await provider.filed())[:2] for _ in range(2)]
    await opened(provider, alike[0][1], alike[0][0])
    return [(holder, id_) for holder, id_ in alike]


async def test_w2_an_untold_case_that_falls_overdue_changes_no_answer(alone: World) -> None:
    provider = await alone.provider()
    alike = await two(provider)
    for days in (0, 30, 40):
        await w2.sweep(alone, days=days)
        one, other = [told_apart_by_nothing(await seen(*each)) for each in alike]
        assert one == other


async def test_w2_a_closing_beside_an_untold_case_goes_as_one_without(alone: World) -> None:
    provider = await alone.provider()
    alike = await two(provider)
    asked = []
    for holder, id_ in alike:
        case = Case(provider, id_, "", holder)
        asked.append(told_apart_by_nothing(str((await w2.ask(case)).payload).encode()))
    answers = []
    for days in (0, 6, 1, 1):
        alone.clock.advance(days=days)
        answers.append([told_apart_by_nothing(await seen(*each)) for each in alike])  # with the worker stopped
        await alone.sweep()
        answers.append([told_apart_by_nothing(await seen(*each)) for each in alike])

    assert asked[0] == asked[1]
    assert all(one == other for one, other in answers)
    assert '"stateCode":"CLOSED"' in answers[-1][0]
