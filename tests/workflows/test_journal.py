"""The journal: append-only, chained, committed to its texts, an event a step, nothing personal in clear (Art. 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.identity import Identity
from domain.journal import CANONICAL, GENESIS, Step, StepText, link
from domain.outbox import Event
from domain.table import table_of
from domain.vault.cipher import Place, unseal
from domain.vault.keys import open_mask_key
from domain.vault.texts import unpack_text
from tests.world import NEWS_REASON, World
from workflows.soundness import verify_chains


async def test_a_chain_begins_at_nothing_and_ends_at_the_head_of_its_case(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.rejected()

    steps = await world.rows(Step, case_id=account.id, order_by="seq")

    (row,) = await world.rows(Account, id=account.id)
    values = [{name: getattr(step, name) for name in CANONICAL} for step in steps]
    assert steps[0].prev_hash == GENESIS
    assert steps[0].hash == link(GENESIS, values[0])
    assert steps[1].prev_hash == steps[0].hash
    assert steps[1].hash == link(steps[0].hash, values[1]) == row.head


async def test_a_step_says_who_did_what_when_and_why(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()

    (step,) = await world.rows(Step, case_id=account.id, trigger="reject")

    assert (step.actor_id, step.actor_role) == (provider.reviewer.id, "REVIEWER")
    assert (step.from_state, step.to_state, step.at) == ("APPLIED", "REJECTED", world.clock())
    assert (step.reason_codes, step.legal_bases, step.ruleset) == ("OTHER", "IM_2014_ART_7", 1)
    assert (step.provider_id, step.holder_id) == (provider.id, holder.id)


async def test_a_step_is_committed_to_texts_that_are_sealed_beside_it(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()
    (step,) = await world.rows(Step, case_id=account.id, trigger="reject")
    (identity,) = await world.rows(Identity, id=holder.identity_id)
    key = open_mask_key(world.keys, identity.mask_key, identity.id)

    texts = await world.rows(StepText, step_id=step.id, order_by="id")

    opened = {text.name: unseal(key, text.sealed, Place("step_text", "sealed", text.id)) for text in texts}
    assert {name: unpack_text(packed)[1] for name, packed in opened.items()} == {
        "PUBLIC_REASON": NEWS_REASON["publicReason"],
        "FACTS": NEWS_REASON["facts"],
    }
    assert [word.partition(":")[0] for word in step.texts.split()] == ["PUBLIC_REASON", "FACTS"]
    assert NEWS_REASON["facts"] not in step.texts + step.details


async def test_a_clock_moved_backwards_does_not_turn_the_journal_round(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    world.clock.advance(hours=-5)

    await holder.person.must("accountWithdraw", id=account.id, version=1)

    first, second = await world.rows(Step, case_id=account.id, order_by="seq")
    assert second.at == first.at == world.clock() + timedelta(hours=5)


async def test_every_step_has_its_event_of_ids_and_states(world: World) -> None:
    provider = await world.provider()
    _, account_id, filing = await provider.filed()

    events = await world.rows(Event, case_id=account_id, order_by="seq")
    of_filing = await world.rows(Event, case_id=filing.id, order_by="seq")

    assert [(event.type, event.state) for event in events] == [
        ("account.applied", "APPLIED"),
        ("account.approved", "REVIEWED"),
        ("account.filed", "FILED"),
    ]
    assert [event.type for event in of_filing] == ["filing.prepared", "filing.submitted", "filing.accepted"]


@pytest.mark.parametrize(
    "word", ["UPDATE step SET trigger = 'x'", "DELETE FROM step", "UPDATE access_log SET hits = 9"]
)
async def test_the_database_itself_keeps_what_was_journalled(world: World, word: str) -> None:
    provider = await world.provider()
    await provider.applied()

    async def tamper(transaction: Any) -> None:
        await transaction.fetch(sa.text(word), {})

    async with world.untouched():
        with pytest.raises(Exception, match="append-only"):
            await world.office.database.write(tamper)


async def test_the_chains_of_a_whole_deployment_verify(world: World) -> None:
    provider = await world.provider()
    await provider.filed()

    chains = await verify_chains(world.office.database)

    assert chains.are_whole
    assert chains.steps == len(await world.rows(Step))


async def test_a_forged_head_is_noticed(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    table = table_of(Account)
    (row,) = await world.rows(Account, id=account.id)

    async def set_head(head: bytes) -> None:
        clause = sa.update(table).where(table.c.id == account.id).values(head=head)
        await world.office.database.write(lambda transaction: transaction.fetch(clause, {}))

    await set_head(bytes(32))
    broken = (await verify_chains(world.office.database)).broken
    await set_head(row.head)

    assert broken == (account.id,)


async def test_details_are_plain_and_sorted(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied(category="CULTURE")

    (step,) = await world.rows(Step, case_id=account.id)

    assert orjson.loads(step.details)["category"] == "CULTURE"
    assert list(orjson.loads(step.details)) == sorted(orjson.loads(step.details))
