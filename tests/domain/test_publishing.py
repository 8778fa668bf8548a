"""What an account may publish: what the slow reference says of generated standings, as long as said (Art. 6, 7, 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any, Final

import pytest

from domain.account import AccountState
from domain.agreement import Baseline
from domain.case import NO_DUE_DATE
from domain.closing import HOLDING, closes_at
from domain.filing import FilingState
from domain.permission import PermissionKind, PermissionState
from domain.publishing import Act, Block, Blocker, Content, Decision, Granted, Held, OnFile, Standing, decide
from domain.restriction import Running
from domain.sanction import NEVER, MeasureLevel
from tests.reference.publishing import blockers, measures_in_the_way

NOW: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in Shanghai
TODAY: Final = date(2026, 3, 2)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ALL: Final = tuple(product(Act, Content))
BEFORE, AFTER = NOW - 400 * DAY, NOW + 400 * DAY
CLAUSES: Final = [str(clause) for clause in Baseline]
Scene = dict[str, Any]


# --- what is generated: each choice is rows for the reference, and what the statement makes of them ----------------
def filings(due: Sequence[datetime]) -> list[Any]:
    states = [*FilingState]
    return [
        None,
        *({"state": str(s), "was_refused": r, "due_at": d} for s in states for r in (False, True) for d in due),
    ]


def _version(number: int, valid_from: datetime) -> dict[str, Any]:
    return {"id": f"v{number}", "number": number, "valid_from": valid_from}


def _consents(*numbers: int, clauses: Sequence[str] = CLAUSES) -> list[dict[str, Any]]:
    return [{"agreement_id": f"v{number}", "clause": clause} for number in numbers for clause in clauses]


# Agreements, consents, and since when the holder's consent is not current.
AGREEMENTS: Final[list[tuple[list[Any], list[Any], datetime | None]]] = [
    ([], [], None),
    ([_version(1, BEFORE)], _consents(1), None),
    ([_version(1, BEFORE), _version(2, AFTER)], _consents(1), None),
    *(
        ([_version(1, BEFORE), _version(2, NOW - days * DAY + edge)], _consents(1), NOW - days * DAY + edge)
        for days, edge in ((0, 0 * SECOND), (29, 0 * SECOND), (30, SECOND), (30, 0 * SECOND), (31, 0 * SECOND))
    ),
    # Another version begins no new grace; the newest in force is what counts, and in part is not at all.
    ([_version(1, BEFORE), _version(2, NOW - 31 * DAY), _version(3, NOW - DAY)], _consents(1), NOW - 31 * DAY),
    ([_version(1, BEFORE), _version(2, NOW - 31 * DAY), _version(3, NOW - DAY)], _consents(1, 3), None),
    ([_version(1, BEFORE)], _consents(1, clauses=CLAUSES[:6]), BEFORE),
]
VERIFIED: Final = [
    None, AFTER, NOW, NOW - 29 * DAY, NOW - 30 * DAY + SECOND, NOW - 30 * DAY, NOW - 30 * DAY - SECOND,
]  # fmt: skip


def _held(kind: str, state: str = "VERIFIED", ends: int = 400, left: int | None = None, **more: Any) -> dict[str, Any]:
    made = {"kind": kind, "state": state, "valid_from": TODAY - 900 * DAY, "valid_to": TODAY + ends * DAY}
    return {**made, "renewal_asked_at": None, "left": [] if left is None else [NOW - left * DAY], **more}


_NEWS: Final = _held("NEWS_INFORMATION")
PROVIDERS: Final[list[tuple[str, list[dict[str, Any]]]]] = [
    ("SANDBOX", []),
    ("PRODUCTION", []),
    ("PRODUCTION", [_held("TELECOM"), _NEWS]),
    ("PRODUCTION", [_NEWS]),
    ("PRODUCTION", [_held("TELECOM", "SUBMITTED"), _NEWS]),
    *(("PRODUCTION", [_held("TELECOM", ends=days), _NEWS]) for days in (0, -1, -29, -30, -31, -32)),
    *(("PRODUCTION", [_held("TELECOM", "SUSPENDED", left=days), _NEWS]) for days in (0, 29, 30, 31)),
    ("PRODUCTION", [_held("TELECOM", "REVOKED", left=10, ends=-40), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", "REVOKED", left=100), _held("TELECOM"), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", "REVOKED", left=100), _held("TELECOM", ends=-10), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", valid_from=TODAY + DAY), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", ends=-89, renewal_asked_at=NOW - 89 * DAY), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", ends=-89, renewal_asked_at=NOW - 88 * DAY), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", ends=-120, renewal_asked_at=NOW - 200 * DAY), _NEWS]),
    ("PRODUCTION", [_held("TELECOM", ends=-121, renewal_asked_at=NOW - 200 * DAY), _NEWS]),
]


def _permissions() -> Iterator[list[dict[str, Any]]]:
    yield []
    whole = {"services": "PUBLISH_AND_REPRINT", "valid_from": TODAY - 400 * DAY, "valid_to": TODAY + 400 * DAY}
    unlike: tuple[dict[str, Any], ...] = (
        {}, {"services": "REPRINT_ONLY"}, {"services": "PLATFORM"}, {"services": None}, {"valid_to": None},
        {"valid_to": TODAY}, {"valid_to": TODAY - DAY}, {"valid_from": TODAY + DAY},
    )  # fmt: skip
    for kind, changed in product(PermissionKind, (*unlike, None)):
        licence = None if changed is None else {**whole, **changed}
        for state in PermissionState:
            yield [_permission(kind, state, licence)]
        yield [_permission(kind, PermissionState.SUSPENDED, licence, suspended_by_follow_up=True)]
    for kind, last, asked in product(PermissionKind, (0, -1, -90, -91), (None, 30, 29)):
        until = TODAY + last * DAY
        at = None if asked is None else datetime(until.year, until.month, until.day, 4, tzinfo=UTC) - asked * DAY
        yield [_permission(kind, PermissionState.GRANTED, whole, valid_until=until, renewal_asked_at=at)]


def _permission(kind: str, state: str, licence: Any, **more: Any) -> dict[str, Any]:
    made = {"kind": str(kind), "state": str(state), "valid_until": None, "renewal_asked_at": None}
    return {**made, "suspended_by_follow_up": False, "licence": licence, **more}


PERMISSIONS: Final = list(_permissions())
_WINDOWS: Final[tuple[dict[str, datetime], ...]] = (
    {},
    {"from_at": NOW}, {"from_at": NOW + SECOND},
    {"until": NOW + SECOND}, {"until": NOW}, {"until": NOW - SECOND},
    {"ended_at": NOW + SECOND}, {"ended_at": NOW}, {"ended_at": NOW - DAY},
    {"stayed_from": NOW}, {"stayed_from": NOW + SECOND}, {"stayed_from": NOW - DAY, "stayed_until": NOW},
    {"stayed_from": NOW - DAY, "stayed_until": NOW + SECOND},
)  # fmt: skip
_SCOPES: Final[Sequence[list[str]]] = (
    [], ["PUBLISH"], ["COMMENT"], ["PROFILE"], ["NEWS"], ["COMMENT", "PROFILE"], ["NEWS", "PUBLISH"],
)  # fmt: skip


def measure(level: str, scope: Sequence[str] = (), *, is_news: bool = False, **more: datetime) -> dict[str, Any]:
    never = dict.fromkeys(("ended_at", "stayed_from", "stayed_until"), NEVER)
    made = {"level": str(level), "scope": list(scope), "is_news": is_news, "from_at": NOW - 10 * DAY}
    until = NEVER if level == MeasureLevel.CLOSED else NOW + 10 * DAY
    return {"id": "measure_1", **made, "until": until, **never, **more}


def _scopes(level: MeasureLevel) -> Sequence[list[str]]:
    return _SCOPES if level in ("RESTRICTED", "INTERIM") else _SCOPES[:1]


MEASURES: Final = [
    measure(level, scope, is_news=is_news, **window)
    for level in MeasureLevel
    for scope, is_news, window in product(_scopes(level), (False, True), _WINDOWS)
]
DUE: Final = (NO_DUE_DATE, AFTER, NOW + SECOND, NOW, NOW - SECOND)
ACCOUNTS: Final = list(product(map(str, AccountState), (False, True), (False, True)))


HOUR: Final = timedelta(hours=1)
# Until when a closing cools off, its clock, what is left where that stands, and when told decisions are due.
Closing = tuple[datetime | None, datetime | None, int | None, list[datetime]]
NO_CLOSING: Final[Closing] = (None, None, None, [])
CLOSINGS: Final[list[Closing]] = [
    NO_CLOSING,
    *((at, at, None, []) for at in (AFTER, NOW + SECOND, NOW, NOW - SECOND, NOW - DAY)),
    *((NOW - DAY, NOW - DAY, None, [at]) for at in (AFTER, NOW + SECOND, NOW, NOW - SECOND, NOW - 2 * DAY)),
    *((NOW - DAY, NOW - DAY, 3_600, [NOW - HOUR + edge]) for edge in (SECOND, 0 * SECOND, -SECOND)),
    (NOW + DAY, NOW + DAY, 3_600, [NOW - 3 * DAY, NOW - 2 * HOUR]),
    (NOW - DAY, NOW - DAY, 0, [NOW - SECOND, NOW + SECOND]),
]


def scene(
    account: tuple[str, bool, bool] = ("FILED", False, False),
    filing: Any = None,
    agreement: tuple[list[Any], list[Any], datetime | None] = AGREEMENTS[1],
    verified: datetime | None = AFTER,
    provider: tuple[str, list[dict[str, Any]]] = PROVIDERS[0],
    permissions: Sequence[dict[str, Any]] = (),
    measures: Sequence[dict[str, Any]] = (),
    closing: Closing = NO_CLOSING,
) -> Scene:
    """The rows of a case."""
    closing_at, due_at, left, decisions = closing
    return {
        "account": {"state": account[0], "is_adopted": account[1], "closing_at": closing_at},
        "cooling_off": None if due_at is None else {"due_at": due_at, "left_seconds": left},
        "decisions": decisions,
        "provider": {"mode": provider[0], "publish_before_filing": account[2]},
        "identity": {"created_at": BEFORE, "verified_until": verified},
        "filing": filing, "agreements": agreement[0], "consents": agreement[1], "lost_at": agreement[2],
        "qualifications": provider[1], "permissions": permissions,
        "measures": [{**one, "id": f"measure_{i}"} for i, one in enumerate(measures)],
    }  # fmt: skip


def standing_of(rows: Mapping[str, Any]) -> Standing:
    """The same as the statement reads it."""
    held = [one for one in rows["qualifications"] if one["state"] not in ("SUBMITTED", "REFUSED")]
    ends = [min(one["until"], one["ended_at"]) for one in rows["measures"] if one["level"] in HOLDING]
    clock, held_until = rows["cooling_off"], max([*ends, *rows["decisions"]], default=None)
    return Standing(
        **rows["account"],
        closes_at=None if clock is None else closes_at(**clock, held_until=held_until),
        publishes_before_filing=rows["provider"]["publish_before_filing"],
        filing=None if rows["filing"] is None else OnFile(**rows["filing"]),
        consent_lost_at=rows["lost_at"],
        verified_until=rows["identity"]["verified_until"],
        held=None if rows["provider"]["mode"] == "SANDBOX" else tuple(map(_as_read, held)),
        permission=next((_granted(one) for one in rows["permissions"] if _is_held(one)), None),
        measures=tuple(Running(**{**one, "scope": tuple(one["scope"])}) for one in rows["measures"] if _runs(one)),
    )


def _is_held(one: Mapping[str, Any]) -> bool:
    return bool(one["state"] == "GRANTED" or one["suspended_by_follow_up"])


def _runs(one: Mapping[str, Any]) -> bool:
    """What begins after that, or ends, is told by `decide`: it reads all that are not over at the moment asked for."""
    return bool(one["level"] != "WARNING" and min(one["until"], one["ended_at"]) > NOW - 2 * DAY)


def _as_read(one: Mapping[str, Any]) -> Held:
    return Held(**{name: one[name] for name in one if name != "left"}, left_at=max(one["left"], default=None))


def _granted(one: Mapping[str, Any]) -> Granted:
    licence = one["licence"] or {"services": None, "valid_from": None, "valid_to": None}
    said = {f"licence_{name}": value for name, value in licence.items()}
    said["licence_is_listed"] = one["licence"] is not None
    kept = [name for name in one if name not in ("licence", "state", "suspended_by_follow_up")]
    return Granted(**{name: one[name] for name in kept}, **said)


def decided(rows: Scene, act: Act, content: Content, now: datetime = NOW) -> Decision:
    return decide(standing_of(rows), act, content, now)


def codes(decision: Decision) -> list[str]:
    return sorted(block.code for block in decision.blocked_by)


def named(decision: Decision) -> list[tuple[str, str, datetime | None]]:
    """The measures in the way, as the reference names them."""
    return sorted((block.measure, str(block.code), block.until) for block in decision.blocked_by if block.measure)


def compare(scenes: Iterator[Scene], now: datetime = NOW) -> int:
    """How many answers were compared with the reference; none may differ."""
    compared = 0
    for rows in scenes:
        standing = standing_of(rows)
        for act, content in ALL:
            made, wanted = decide(standing, act, content, now), blockers(rows, act, content, now)
            assert (made.allowed, codes(made)) == (not wanted, wanted), (rows, act, content)
            if wanted and wanted[0] not in ("CLOSED", "NOT_REVIEWED"):
                assert named(made) == measures_in_the_way(rows, act, content, now), (rows, act, content)
            compared += 1
    return compared


# --- equal to the reference --------------------------------------------------------------------------------------
def test_the_base_right_is_that_of_the_reference_in_every_combination() -> None:
    scenes = (scene(account, filing) for account, filing in product(ACCOUNTS, filings(DUE)))

    assert compare(scenes) == 8 * 4 * 81 * 12


def test_holds_and_news_rights_are_those_of_the_reference_in_every_combination_of_two() -> None:
    account = [("REVIEWED", False, True), ("FILED", False, False), ("BADGED", False, False)]
    filing = {"state": "PREPARED", "was_refused": False, "due_at": AFTER}
    holds = product(account[:2], AGREEMENTS, VERIFIED, PROVIDERS)
    scenes = (scene(one, filing, agreement, until, provider) for one, agreement, until, provider in holds)
    news = (scene(one, filing, permissions=each) for one, each in product(account, PERMISSIONS))

    assert compare(scenes) == 2 * len(AGREEMENTS) * len(VERIFIED) * len(PROVIDERS) * 12
    assert compare(news) == 3 * len(PERMISSIONS) * 12


def test_what_measures_take_is_that_of_the_reference_for_one_and_for_two_of_them() -> None:
    states = [(str(state), False, True) for state in AccountState]
    badge = [_permission(PermissionKind.PUBLISH_AND_REPRINT, "SUSPENDED", None, suspended_by_follow_up=True)]
    one = (scene(account, measures=[each]) for account, each in product(states, MEASURES))
    pairs = list(product(MEASURES[::7], MEASURES[::5]))
    two = (scene(("FILED", False, False), permissions=badge, measures=pair) for pair in pairs)

    assert compare(one) == len(states) * len(MEASURES) * 12
    assert compare(two) == len(pairs) * 12


def test_a_closing_takes_place_as_the_reference_says_whatever_holds_it() -> None:
    states = [(str(state), False, True) for state in AccountState]
    alone = (scene(account, closing=each) for account, each in product(states, CLOSINGS))
    held = (scene(measures=[one], closing=each) for one, each in product(MEASURES[::3], CLOSINGS))

    assert compare(alone) == len(states) * len(CLOSINGS) * 12
    assert compare(held) == len(MEASURES[::3]) * len(CLOSINGS) * 12


@pytest.mark.parametrize("seed", range(2))
def test_everything_at_once_is_as_in_the_reference(seed: int) -> None:
    """30,000 answers a seed, at moments around the ones that the rows name."""
    random, on_file = Random(seed), filings(DUE)

    for _ in range(2_500):
        rows = scene(
            random.choice(ACCOUNTS), random.choice(on_file), random.choice(AGREEMENTS), random.choice(VERIFIED),
            random.choice(PROVIDERS), random.choice(PERMISSIONS), random.choices(MEASURES, k=random.choice((0, 1, 3))),
            random.choice(CLOSINGS),
        )  # fmt: skip
        edge = random.choice((0 * SECOND, SECOND, -SECOND, timedelta(hours=12), timedelta(hours=-12, microseconds=-1)))
        # The consent of a version that is not in force at that moment is not lost: the statement says so.
        now = NOW + (edge if rows["lost_at"] is None or rows["lost_at"] <= NOW + edge else 0 * SECOND)

        assert compare(iter([rows]), now) == 12


@pytest.mark.parametrize("seed", range(2))
def test_an_answer_holds_for_as_long_as_it_says(seed: int) -> None:
    random, on_file = Random(seed), filings([NOW + s * SECOND for s in (-1, 0, 1, 7, 59, 61)])
    midnight, inside = NOW + timedelta(hours=12), timedelta(microseconds=1)

    for _ in range(2_000):
        rows = scene(
            random.choice(ACCOUNTS), random.choice(on_file), random.choice(AGREEMENTS), random.choice(VERIFIED),
            random.choice(PROVIDERS), random.choice(PERMISSIONS), random.choices(MEASURES, k=random.choice((0, 1, 3))),
            random.choice(CLOSINGS),
        )  # fmt: skip
        now = random.choice((NOW, NOW - SECOND, midnight - 3 * SECOND, midnight - 90 * SECOND))
        now -= timedelta(microseconds=random.choice((0, 1, 500_000)))
        act, content = random.choice(ALL)
        made = decided(rows, act, content, now)
        last = now + made.valid_for * SECOND - inside

        assert 0 <= made.valid_for <= 60
        assert made.decided_at == now
        if made.valid_for:
            assert decided(rows, act, content, last).blocked_by == made.blocked_by, (rows, act, content, now)


# --- in words ----------------------------------------------------------------------------------------------------
def test_what_is_published_before_filing_waits_for_the_due_date_and_says_so() -> None:
    rows = scene(("REVIEWED", False, False), {"state": "SUBMITTED", "was_refused": False, "due_at": NOW + 5 * SECOND})

    waiting = decided(rows, Act.PUBLISH, Content.GENERAL)
    overdue = decided(rows, Act.PUBLISH, Content.GENERAL, NOW + 5 * SECOND + timedelta(microseconds=1))

    assert waiting == Decision(False, (Block(Blocker.NOT_FILED, NOW + 5 * SECOND),), NOW, 5)
    assert (overdue.allowed, overdue.valid_for) == (True, 60)


def test_a_grace_ends_at_its_second() -> None:
    rows = scene(verified=NOW - 30 * DAY + 10 * SECOND)

    before = decided(rows, Act.COMMENT, Content.GENERAL)
    after = decided(rows, Act.COMMENT, Content.GENERAL, NOW + 10 * SECOND)

    assert before == Decision(True, (), NOW, 10)
    assert (after.allowed, after.blocked_by) == (False, (Block(Blocker.IDENTITY_LAPSED),))


def test_everything_in_the_way_is_told_at_once() -> None:
    rows = scene(("REVIEWED", False, False), None, AGREEMENTS[7], None, PROVIDERS[1])

    made = decided(rows, Act.PUBLISH, Content.NEWS_ORIGINAL)

    assert [block.code for block in made.blocked_by] == [
        Blocker.NOT_FILED, Blocker.AGREEMENT_LAPSED, Blocker.IDENTITY_LAPSED, Blocker.PROVIDER_UNQUALIFIED,
        Blocker.NO_BADGE,
    ]  # fmt: skip


def test_taking_down_is_in_nobodys_way_until_the_account_is_closed() -> None:
    rows = scene(("REVIEWED", False, False), None, AGREEMENTS[7], None, PROVIDERS[1])

    assert all(decided(rows, Act.REMOVE, content).allowed for content in Content)
    assert codes(decided(scene(("CLOSED", False, False)), Act.REMOVE, Content.GENERAL)) == ["CLOSED"]


def test_the_last_seconds_of_a_day_in_shanghai_shorten_every_answer() -> None:
    midnight = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)

    assert decided(scene(), Act.PUBLISH, Content.GENERAL, midnight - 20 * SECOND).valid_for == 20
    assert decided(scene(), Act.PUBLISH, Content.GENERAL, midnight).valid_for == 60


def test_a_validity_without_end_overruns_no_calendar() -> None:
    always = [_held(k, valid_from=date.min, valid_to=date.max) for k in ("TELECOM", "NEWS_INFORMATION")]
    asked = [{**one, "renewal_asked_at": NOW} for one in always]

    assert decided(scene(provider=("PRODUCTION", always)), Act.PUBLISH, Content.GENERAL).allowed
    assert decided(scene(provider=("PRODUCTION", asked)), Act.PUBLISH, Content.GENERAL).allowed


# --- measures in words -------------------------------------------------------------------------------------------
SUSPENDED_BY_MEASURE: Final = _permission(
    PermissionKind.PUBLISH_AND_REPRINT,
    PermissionState.SUSPENDED,
    {"services": "PUBLISH_AND_REPRINT", "valid_from": TODAY - 400 * DAY, "valid_to": TODAY + 400 * DAY},
    suspended_by_follow_up=True,
)


def test_a_suspension_is_named_with_its_end_and_is_over_at_that_instant() -> None:
    until = NOW + 10 * SECOND
    rows = scene(measures=[measure("SUSPENDED", until=until)])

    during = decided(rows, Act.UPDATE, Content.GENERAL, until - timedelta(microseconds=1))
    over = decided(rows, Act.UPDATE, Content.GENERAL, until)

    assert decided(rows, Act.PUBLISH, Content.GENERAL) == Decision(
        False, (Block(Blocker.SUSPENDED, until, "measure_0"),), NOW, 10
    )
    assert codes(during) == ["SUSPENDED"]
    assert (over.allowed, over.valid_for) == (True, 60)
    assert decided(rows, Act.REMOVE, Content.GENERAL).allowed


def test_measures_of_several_cases_are_all_named_and_ending_one_ends_no_other() -> None:
    first, second = NOW + 5 * SECOND, NOW + 9 * DAY
    rows = scene(measures=[measure("SUSPENDED", until=first), measure("RESTRICTED", ["PUBLISH"], until=second)])

    both = decided(rows, Act.PUBLISH, Content.GENERAL)
    later = decided(rows, Act.PUBLISH, Content.GENERAL, first)

    restricted = Block(Blocker.RESTRICTED, second, "measure_1")
    assert both.blocked_by == (Block(Blocker.SUSPENDED, first, "measure_0"), restricted)
    assert later.blocked_by == (restricted,)
    assert decided(rows, Act.COMMENT, Content.GENERAL, first).allowed


def test_a_warning_takes_nothing_and_an_interim_measure_without_a_scope_all_but_taking_down() -> None:
    warned, interim = scene(measures=[measure("WARNING")]), scene(measures=[measure("INTERIM")])

    assert all(decided(warned, act, Content.GENERAL).allowed for act in Act)
    assert [codes(decided(interim, act, Content.GENERAL)) for act in Act] == [["INTERIM_MEASURE"]] * 3 + [[]]


def test_a_measure_on_a_news_ground_takes_all_news_and_gives_it_back_though_nobody_has_resumed_the_permission() -> None:
    until = NOW + 10 * SECOND
    rows = scene(
        measures=[measure("RESTRICTED", ["COMMENT"], is_news=True, until=until)], permissions=[SUSPENDED_BY_MEASURE]
    )

    assert decided(rows, Act.PUBLISH, Content.GENERAL).allowed
    assert decided(rows, Act.PUBLISH, Content.NEWS_ORIGINAL).blocked_by == (
        Block(Blocker.RESTRICTED, until, "measure_0"),
    )
    assert decided(rows, Act.PUBLISH, Content.NEWS_ORIGINAL, until).allowed


def test_a_permission_that_somebody_suspended_comes_back_with_nothing_but_their_word() -> None:
    suspended = {**SUSPENDED_BY_MEASURE, "suspended_by_follow_up": False}

    assert codes(decided(scene(permissions=[suspended]), Act.PUBLISH, Content.NEWS_REPRINT)) == ["NO_BADGE"]


def test_a_closed_account_is_told_which_measure_closed_it() -> None:
    closed = ("CLOSED", False, False)
    by_its_holder, by_a_measure = scene(closed), scene(closed, measures=[measure("CLOSED"), measure("SUSPENDED")])

    assert decided(by_its_holder, Act.PUBLISH, Content.GENERAL).blocked_by == (Block(Blocker.CLOSED),)
    assert decided(by_a_measure, Act.REMOVE, Content.GENERAL).blocked_by == (Block(Blocker.CLOSED, None, "measure_0"),)


def test_a_scope_that_is_listed_no_more_takes_everything() -> None:
    rows = scene(measures=[measure("RESTRICTED", ["FORMER"])])

    assert [codes(decided(rows, act, Content.GENERAL)) for act in Act] == [["RESTRICTED"]] * 3 + [[]]
