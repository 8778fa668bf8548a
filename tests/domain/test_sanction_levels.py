"""The level of an account: at every moment what the slow reference says, whatever happened in what order (Art. 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.authorities import authority_id
from domain.policy.roles import Role
from domain.sanction import Measure, MeasureLevel, SanctionLevel, in_force, level_at
from domain.table import METADATA
from domain.viewer import Viewer
from tests.reference import measures as reference
from tests.reference.measures import FOREVER, HOUR, VERBS, Move, Story
from tests.registers import opened
from tests.workflows.test_licence_doubts import row_of
from workflows.database import Connection, Database, Transaction, valued
from workflows.sanction_level import SanctionEnds, SanctionLevels

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MOVES: Final = st.lists(
    st.builds(
        Move,
        hours_on=st.integers(0, 6),
        case=st.integers(0, 2),
        verb=st.sampled_from(VERBS),
        rung=st.integers(0, 3),
        hours=st.integers(0, 30),
    ),
    max_size=14,
)


def measures_of(story: Story) -> list[Measure]:
    return [valued(Measure, dict(row)) for row in story.rows.values()]


# --- in memory ---------------------------------------------------------------------------------------------------
@settings(max_examples=400)
@given(MOVES)
def test_the_level_at_every_moment_is_that_of_the_reference_however_measures_overlap(moves: Sequence[Move]) -> None:
    story = Story(NOON).tell(moves)
    measures = measures_of(story)

    for moment in story.moments():
        standing = sorted(one.id for one in measures if in_force(one, moment))
        assert standing == reference.in_force(story, moment), moment
        assert level_at(measures, moment) == reference.level(story, moment), moment


@settings(max_examples=100)
@given(MOVES, st.randoms(use_true_random=False))
def test_the_order_in_which_measures_are_looked_at_is_nothing_to_the_level(moves: Sequence[Move], random: Any) -> None:
    story = Story(NOON).tell(moves)
    measures = measures_of(story)
    shuffled = random.sample(measures, len(measures))

    assert [level_at(shuffled, at) for at in story.moments()] == [level_at(measures, at) for at in story.moments()]


@settings(max_examples=100)
@given(MOVES, st.integers(0, 2))
def test_what_happens_in_one_case_ends_nothing_in_another(moves: Sequence[Move], case: int) -> None:
    alone = Story(NOON).tell(_only(moves, case))
    together = Story(NOON).tell(moves)

    for moment in together.moments():
        least = level_at(measures_of(alone), moment)
        assert level_at(measures_of(together), moment).rung >= least.rung


def _only(moves: Sequence[Move], case: int) -> list[Move]:
    """The moves of one case at their own times."""
    kept, waited = [], 0
    for move in moves:
        waited += move.hours_on
        if move.case == case and move.verb != "interim":
            kept.append(Move(waited, move.case, move.verb, move.rung, move.hours))
            waited = 0
    return kept


def test_a_measure_is_in_force_from_its_first_instant_to_the_one_before_its_end() -> None:
    story = Story(NOON).tell([Move(0, 0, "rung", 2, 6)])
    [measure], end = measures_of(story), NOON + 7 * HOUR
    before, after = NOON - timedelta(microseconds=1), end - timedelta(microseconds=1)

    assert [in_force(measure, at) for at in (before, NOON, after, end)] == [False, True, True, False]


def test_an_interim_measure_is_no_level() -> None:
    story = Story(NOON).tell([Move(0, 0, "interim", 0, 6)])

    assert in_force(measures_of(story)[0], NOON)
    assert level_at(measures_of(story), NOON) is SanctionLevel.NONE
    assert level_at((), NOON) is SanctionLevel.NONE
    assert [level.rung for level in SanctionLevel] == [0, 1, 2, 3, 4]
    assert {str(level) for level in MeasureLevel} - {str(level) for level in SanctionLevel} == {"INTERIM"}


# --- in the database ---------------------------------------------------------------------------------------------
@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as made:
        yield made


async def kept(database: Database, stories: Sequence[Story]) -> list[str]:
    """An account for each story, with its measures as they are stored."""
    provider = row_of("provider", jurisdiction=authority_id("330000"), state="REGISTERED", mode="SANDBOX", settings={})
    own = {"provider_id": provider["id"], "jurisdiction": provider["jurisdiction"]}
    holder = row_of("holder", **own)
    own["holder_id"] = holder["id"]
    rows: dict[str, list[dict[str, Any]]] = {
        "provider": [provider], "holder": [holder], "account": [], "sanction": [], "measure": [],
    }  # fmt: skip
    for number, story in enumerate(stories):
        account = row_of("account", **own, state="FILED", name_key=f"n{number}", handle_key=f"h{number}")
        account["receipt_number"] = account["id"]
        sanction = row_of("sanction", **own, account_id=account["id"], state="WARNING", due_at=FOREVER, clock="NONE")
        sanction["conduct_on"] = NOON.date()
        rows["account"].append(account)
        rows["sanction"].append(sanction)
        case = {**own, "account_id": account["id"], "sanction_id": sanction["id"]}
        for told in story.rows.values():
            measure = row_of("measure", **case, gravity="MINOR", recommended="WARNING")
            rows["measure"].append({**measure, **told, "id": measure["id"], "since": told["from_at"]})

    async def keep(transaction: Transaction) -> None:
        for table, each in rows.items():
            await transaction.fetch_each(sa.insert(METADATA.tables[table]), each)

    await database.write(keep)
    return [account["id"] for account in rows["account"]]


def drawn(random: Random) -> Story:
    moves = [
        Move(random.randrange(7), random.randrange(3), random.choice(VERBS), random.randrange(4), random.randrange(31))
        for _ in range(random.randrange(15))
    ]
    return Story(NOON).tell(moves)


async def test_the_database_tells_the_same_level_of_every_account_at_every_moment(database: Database) -> None:
    random = Random(8)
    stories = [drawn(random) for _ in range(60)]
    ids = await kept(database, stories)
    moments = sorted({at for story in stories for at in story.moments()})
    viewer = Viewer("", Role.COMPLIANCE_OFFICER)

    async def work(connection: Connection) -> None:
        for moment in random.sample(moments, 150):
            levels = await SanctionLevels().load(connection, ids, viewer, moment)
            ends = await SanctionEnds().load(connection, ids, viewer, moment)
            wanted = [reference.level(story, moment) for story in stories]
            assert [levels[id_] for id_ in ids] == wanted, moment
            assert [level_at(measures_of(story), moment) for story in stories] == wanted, moment
            assert [ends.get(id_, FOREVER) for id_ in ids] == [
                reference.until(story, moment) or FOREVER for story in stories
            ]

    await database.read(work)


async def test_of_accounts_that_are_unknown_or_have_no_measure_the_level_is_none(database: Database) -> None:
    [id_] = await kept(database, [Story(NOON)])

    levels = await database.read(
        lambda connection: SanctionLevels().load(connection, [id_, "account_0"], Viewer("", Role.HOLDER), NOON)
    )

    assert levels == {id_: SanctionLevel.NONE, "account_0": SanctionLevel.NONE}
