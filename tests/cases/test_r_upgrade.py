"""R1, R4: what an earlier release let in is mended by the upgrade (Art. 7)."""

from __future__ import annotations

import sqlalchemy as sa

from domain.account import Account
from domain.licence import Licence
from domain.names import name_key
from domain.permission import RegisterEntry
from domain.table import Table, table_of
from tests.workflows.test_migrations import moved
from tests.world import World, opened_world


async def keyed(world: World, model: type[Table], id_: str, key: str) -> None:
    """Give a row the key that the release before gave it."""
    table = table_of(model)
    clause = sa.update(table).where(table.c.id == sa.literal(id_)).values(name_key=key).returning(table.c.id)
    literal = sa.text(str(clause.compile(compile_kwargs={"literal_binds": True})))
    await world.office.database.write(lambda transaction: transaction.fetch(literal, {}))


async def test_r4_names_of_before_get_their_keys_and_two_alike_keep_theirs(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        alone, one = [(await (await provider.holder()).apply(displayName=name)).id for name in ("⽰民⺠网", "示民晚报")]
        beside = (await (await provider.holder()).apply(displayName="另一个名字")).id
        await keyed(world, Account, alone, "示民⺠网")
        await keyed(world, Account, beside, "示⺠晚报")
        _, filed, _ = await provider.filed()
        (entry,) = await world.rows(RegisterEntry, account_id=filed)
        await keyed(world, RegisterEntry, entry.id, "⻓江")

    await moved(own_database_url, "0011", down=True)
    await moved(own_database_url, "-1", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        keys = {row.id: row.name_key for row in await world.rows(Account)}
        assert (keys[alone], keys[one], keys[beside]) == (name_key("示民民网"), name_key("示民晚报"), "示⺠晚报")
        assert (await world.rows(RegisterEntry, id=entry.id))[0].name_key == "长江"


async def test_r4_a_name_that_was_given_up_keeps_no_other_from_its_key(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        former = await provider.holder()
        given_up = await former.apply(displayName="示民早报")
        await former.person.must("accountWithdraw", id=given_up.id, version=1)
        lives = (await (await provider.holder()).apply(displayName="又一个名字")).id
        await keyed(world, Account, lives, "示⺠早报")

    await moved(own_database_url, "0011", down=True)
    await moved(own_database_url, "-1", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        keys = {row.id: row.name_key for row in await world.rows(Account)}
    assert keys[given_up.id] == keys[lives] == name_key("示民早报")


async def test_r1_numbers_of_before_that_are_none_go_or_cover_nothing(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await world.licence("示例晨社", number="00000019900101107X", is_legacy=True)
        await world.licence("示例晚社", number="沪新备A2006012", is_legacy=True)
        holder, account_id, number = await provider.news_unit()
        await holder.request(account_id, number)
        await world.licence("示例午社", number="浙ICP备12345678号1", is_legacy=True)
        table = "UPDATE permission SET licence_number = '浙ICP备12345678号1' RETURNING id"
        await world.office.database.write(lambda transaction: transaction.fetch(sa.text(table), {}))

    await moved(own_database_url, "0011", down=True)
    await moved(own_database_url, "-1", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        listed = {row.number: row.services for row in await world.rows(Licence) if row.number != number}
    assert listed == {"沪新备A2006012": "PUBLISH_AND_REPRINT", "浙ICP备12345678号1": None}
