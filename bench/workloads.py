"""What is asked: five workloads as requests, for the product and for the bare endpoint beside it.

ONE       one account by id, six fields and four masked fields of the identity behind it
LIST      the first 20 accounts of a provider in a state, newest first, each with its holder and its latest submissions
PROVINCE  a regulator's newest 100 accounts, each with provider, holder and its latest two steps: 1,900 leaves
STEP      `filingSubmit` and `filingPullBack` in turn: locks, loads, guards, a deadline settled and one begun, a link of
          the journal, an event, the case at its next version, the commit, and the filing read anew
DECISION  `publishingDecision` by handle: whether an account may publish, and what stands in the way
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson

from bench.load import http
from domain.policy.roles import Role

NAMES: Final = ("ONE", "LIST", "PROVINCE", "STEP", "DECISION")
CONNECTIONS: Final = 32
FEW_CONNECTIONS: Final = 8  # of PROVINCE: an answer of it is long
_READS_EACH: Final = 150
_STEPS_EACH: Final = 500  # even, and more than a connection takes in a round
_STATES: Final = ("APPLIED", "FILED")

ONE: Final = (
    "query One($id: ID!) { account(id: $id) { id handle displayName state category createdAt holder { identity { "
    "legalName { display } residentId { display } mobile { display } email { display } } } } }"
)
LIST: Final = (
    "query List($states: [AccountState!]) { accounts(where: {state: $states}, orderBy: NEWEST, first: 20) { nodes { "
    "id handle displayName state createdAt holder { id displayName subjectType } "
    "latestSubmissions(first: 3) { id round kind createdAt displayName } } } }"
)
PROVINCE: Final = (
    "query Province { accounts(orderBy: NEWEST, first: 100) { nodes { "
    "id handle displayName state category division createdAt provider { id name } "
    "holder { id displayName subjectType division } journal(last: 2) { nodes { seq trigger toState } } } } }"
)
DECISION: Final = (
    "query Decision($handle: String!) { publishingDecision(handle: $handle, act: PUBLISH, content: GENERAL) { "
    "account handle allowed blockedBy { code until } validFor } }"
)
SUBMIT: Final = (
    "mutation Submit($input: FilingStepInput!) { filingSubmit(input: $input) { "
    "filing { id state version } problems { code } } }"
)
PULL_BACK: Final = SUBMIT.replace("Submit($", "PullBack($").replace("filingSubmit", "filingPullBack")

_FILED: Final = "SELECT id, provider_id, handle FROM account WHERE state = 'FILED' ORDER BY md5(id) LIMIT $1"
_OF_REVIEWED: Final = (
    "SELECT filing.id, filing.provider_id FROM filing JOIN account ON account.id = account_id "
    "WHERE account.state = 'REVIEWED' ORDER BY md5(filing.id) LIMIT $1"
)

_STAFF: Final = "SELECT coalesce(provider_id, jurisdiction), subject FROM staff WHERE role = $1"

_LISTS: Final = "SELECT DISTINCT provider_id, state FROM account WHERE state = ANY($1) ORDER BY provider_id, state"

Connections = list[list[bytes]]
Row = tuple[str, str]


@dataclass(frozen=True)
class Officer:
    """Who asks: the compliance officer of a provider, or an authority's."""

    body_id: str
    subject: str
    token: str


@dataclass(frozen=True)
class Sample:
    """Rows that the requests name, and who asks for them."""

    officers: dict[str, Officer]
    regulator: Officer
    accounts: Sequence[tuple[str, str, str]]  # id, provider id, handle
    filings: Sequence[Row]
    lists: Sequence[tuple[str, str]]  # provider id, state: where there are accounts, which a small seed may lack

    @classmethod
    async def read(cls, connection: asyncpg.Connection, token: Callable[[str, Role], str]) -> Sample:
        """Choose them: the same in every run on the same data."""
        staff = await connection.fetch(_STAFF, Role.COMPLIANCE_OFFICER)
        [(authority_id, subject)] = await connection.fetch(_STAFF, Role.PROVINCIAL_REGULATOR)
        accounts = await connection.fetch(_FILED, CONNECTIONS * _READS_EACH)
        filings = await connection.fetch(_OF_REVIEWED, 2 * CONNECTIONS)
        officers = {row[0]: Officer(row[0], row[1], token(row[1], Role.COMPLIANCE_OFFICER)) for row in staff}
        regulator = Officer(authority_id, subject, token(subject, Role.PROVINCIAL_REGULATOR))
        lists = await connection.fetch(_LISTS, _STATES)
        return cls(officers, regulator, *([tuple(row) for row in rows] for rows in (accounts, filings, lists)))


def one(sample: Sample, *, bare: bool, path: str = "/one") -> Connections:
    """The requests of ONE."""
    made = []
    for id_, provider_id, _ in sample.accounts:
        if bare:
            made.append(_bare(path, id=id_, provider=provider_id))
        else:
            made.append(_asked(sample.officers[provider_id], ONE, id=id_))
    return _spread(made)


def list_(sample: Sample, *, bare: bool) -> Connections:
    """The requests of LIST."""
    made = []
    for provider_id, state in sample.lists:
        if bare:
            made.append(_bare("/list", state=state, provider=provider_id))
        else:
            made.append(_asked(sample.officers[provider_id], LIST, states=[state]))
    return [made[number % len(made) :] + made[: number % len(made)] for number in range(CONNECTIONS)]


def province(sample: Sample, *, bare: bool) -> Connections:
    """The requests of PROVINCE."""
    request = _bare("/province", authority=sample.regulator.body_id) if bare else _asked(sample.regulator, PROVINCE)
    return [[request] for _ in range(FEW_CONNECTIONS)]


def decision(sample: Sample, *, bare: bool) -> Connections:
    """The requests of DECISION."""
    made = []
    for _, provider_id, handle in sample.accounts:
        if bare:
            made.append(_bare("/decision", handle=handle, provider=provider_id))
        else:
            made.append(_asked(sample.officers[provider_id], DECISION, handle=handle))
    return _spread(made)


async def step(sample: Sample, connection: asyncpg.Connection, *, bare: bool) -> Connections:
    """The requests of STEP: each connection has a filing of its own and begins where that stands now."""
    half = len(sample.filings) // 2
    filings = sample.filings[half:] if bare else sample.filings[:half]
    found = await connection.fetch("SELECT id, state, seq FROM filing WHERE id = ANY($1)", [row[0] for row in filings])
    stands = {row[0]: (row[1] == "PREPARED", row[2]) for row in found}
    return [_steps(id_, sample.officers[provider_id], *stands[id_], bare=bare) for id_, provider_id in filings]


def _steps(id_: str, officer: Officer, is_prepared: bool, version: int, *, bare: bool) -> list[bytes]:
    made = []
    for number in range(_STEPS_EACH):
        submits, at = is_prepared is (number % 2 == 0), version + number
        if bare:
            path = "/submit" if submits else "/pull-back"
            made.append(_bare(path, id=id_, version=at, subject=officer.subject, provider=officer.body_id))
        else:
            made.append(_asked(officer, SUBMIT if submits else PULL_BACK, input={"id": id_, "version": at}))
    return made


def _spread(requests: list[bytes]) -> Connections:
    return [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]


def _asked(officer: Officer, query: str, **variables: Any) -> bytes:
    return http("/graphql", orjson.dumps({"query": query, "variables": variables}), officer.token)


def _bare(path: str, **body: Any) -> bytes:
    return http(path, orjson.dumps(body))
