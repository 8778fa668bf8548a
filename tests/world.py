"""A small world over HTTP: a deployment on a real database, and the people who use it, each with a token.

Every test makes its own provider and its own people in it, and cleans nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx2
import sqlalchemy as sa
from stdnum.cn import ric

from api import dev_issuer
from api.app import Deployment, create_app, opened
from api.settings import SecretKeys, Settings
from domain.agreement import Baseline
from domain.authorities import NATION, authority_id
from domain.ids import new_id
from domain.licence import Licence, LicenceServices
from domain.names import name_key
from domain.policy.roles import Role
from domain.provider import Provider as ProviderRow
from domain.table import Table, table_of
from domain.viewer import Viewer
from tests import stored
from workflows.database import compile_once
from workflows.jobs import Worker
from workflows.registry import WORKFLOWS
from workflows.staff import StaffEnrol
from workflows.timed_steps import deadlines_of
from workflows.unit_of_work import carry_out
from workflows.writing import insertion

KEYS: Final = SecretKeys(
    mask="bWFza21hc2ttYXNrbWFza21hc2ttYXNrbWFza21hc2s=",
    clear="Y2xlYXJjbGVhcmNsZWFyY2xlYXJjbGVhcmNsZWFyY2w=",
    index="aW5kZXhpbmRleGluZGV4aW5kZXhpbmRleGluZGV4aW4=",
)
NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai
ZHEJIANG, SHANGHAI = "330000", "310000"
NEWS_REASON: Final[dict[str, Any]] = {
    "reasonCodes": ["OTHER"],
    "facts": "示例事实",
    "legalBases": ["IM_2014_ART_7"],
    "publicReason": "示例理由。可在收到通知后补正并重新提出。",
}
PERMISSION_REASON: Final[dict[str, Any]] = {**NEWS_REASON, "reasonCodes": ["LICENCE_DOUBTFUL"]}
REVOCATION: Final[dict[str, Any]] = {
    "reasons": {**NEWS_REASON, "reasonCodes": ["FALSE_MATERIAL"]},
    "notifiedOn": "2026-02-20",
    "answer": "示例答复",
}
_PAYLOADS: Final = {
    "accountAdopt": "batch", "sanctionBatchFill": "batch", "sanctionDecide": "batch",
    "agreementConsent": "holder", "account": "account", "batch": "batch", "filing": "filing",
    "holder": "holder", "identity": "identity", "provider": "provider", "qualification": "qualification",
    "agreement": "agreement", "staff": "staff", "permission": "permission", "sanction": "sanction",
}  # fmt: skip
_numbers = count(1)
R = TypeVar("R", bound=Table)


def settings_for(database_url: str, **more: Any) -> Settings:
    """Settings of a test: known keys, no limit on unknown documents that a test could reach."""
    many = {"unknown_documents_per_minute": 1_000_000, "anonymous_unknown_documents_per_minute": 1_000_000}
    return Settings(database_url=database_url, keys=KEYS, **{**many, "uploads_per_minute": 1_000_000, **more})


def resident_id(number: int | None = None) -> str:
    """A synthetic resident id: its region is not assigned, its check digit is right."""
    number = next(_numbers) if number is None else number
    days, serial = divmod(number, 999)
    born = datetime(1960, 1, 1, tzinfo=UTC) + timedelta(days=days)
    bare = f"000000{born:%Y%m%d}{serial + 1:03d}"
    return bare + ric.calc_check_digit(bare + "0")


def mobile() -> str:
    """A synthetic mobile number."""
    return f"139{next(_numbers) % 100_000_000:08d}"


def unique(prefix: str) -> str:
    """A name nobody else uses."""
    return f"{prefix}{uuid4().hex[:12]}"


@dataclass(eq=False)
class Clock:
    """A clock that a test moves; it goes on by `tick` at each look where a test wants it to run."""

    now: datetime = NOON
    tick: timedelta = timedelta()

    def __call__(self) -> datetime:
        self.now += self.tick
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Answer:
    """What a mutation answered."""

    payload: Mapping[str, Any]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Code and path of each refusal."""
        return [(problem["code"], ".".join(problem["path"])) for problem in self.payload["problems"]]

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.problems]

    @property
    def case(self) -> dict[str, Any]:
        found: dict[str, Any] = self.payload["case"]
        return found

    @property
    def id(self) -> str:
        return str(self.case["id"])

    @property
    def version(self) -> int:
        return int(self.case["version"])

    @property
    def state(self) -> str:
        return str(self.case["stateCode"])

    @property
    def proposal(self) -> dict[str, str]:
        found: dict[str, str] = self.payload["proposal"]
        return found


@dataclass(eq=False)
class Person:
    """Somebody with a token."""

    world: World
    subject: str
    role: Role | None
    provider_id: str | None = None
    id: str = ""

    @property
    def token(self) -> str:
        return dev_issuer.token(
            self.world.keys,
            subject=self.subject,
            audience="signet",
            now=self.world.clock(),
            minutes=10,
            role=self.role,
            provider_id=self.provider_id if self.role is Role.HOLDER else None,
        )

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query that must succeed."""
        response = await self.post(query, variables)
        body: dict[str, Any] = response.json()
        assert response.status_code == 200, body
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def post(self, query: str, variables: Mapping[str, Any] | None = None) -> httpx2.Response:
        """The response to a request, whatever it is."""
        headers = {"authorization": f"Bearer {self.token}"} if self.role is not None else {}
        body = {"query": query, "variables": dict(variables or {})}
        return await self.world.client.post("/graphql", json=body, headers=headers)

    async def do(self, mutation: str, *, select: str = "", **input_: Any) -> Answer:
        """Fire a mutation; what it answered, refused or not."""
        return Answer((await self.ask(document(mutation, select), input=input_))[mutation])

    async def must(self, mutation: str, *, select: str = "", **input_: Any) -> Answer:
        """Fire a mutation that is not refused."""
        answer = await self.do(mutation, select=select, **input_)
        assert answer.payload["problems"] == [], answer.problems
        return answer

    async def refused(self, mutation: str, **input_: Any) -> Answer:
        """Fire a mutation that is refused: a problem is there; row, journal and outbox are as they were."""
        async with self.world.untouched(str(input_.get("id", ""))):
            answer = await self.do(mutation, **input_)
        assert answer.payload["problems"] != []
        assert answer.payload.get("step") is None
        return answer


def document(mutation: str, select: str = "") -> str:
    """The document of a mutation with what tests look at."""
    named = mutation[0].upper() + mutation[1:]
    if mutation in ("proposalEndorse", "proposalWithdraw"):
        chosen = f"proposal {{ id state hash {select} }}"
    else:
        noun = _PAYLOADS.get(mutation) or next(n for p, n in _PAYLOADS.items() if mutation.startswith(p))
        chosen = f"case: {noun} {{ id version stateCode {select} }} step {{ id seq trigger }}"
        if noun in ("account", "batch", "filing", "identity", "permission", "qualification", "sanction", "staff"):
            chosen += " proposal { id hash }"
        if noun == "batch":
            chosen += " results { index id step problems { code path } }"
    command = "AgreementConsent" if mutation == "agreementConsent" else named
    lease = {"accountClaim": "AccountLease", "accountRenewLease": "AccountLease", "accountRelease": "AccountLease"}
    inputs = {**lease, **_SHARED}
    type_ = inputs.get(mutation, command)
    return (
        f"mutation($input: {type_}Input!) {{ {mutation}(input: $input) "
        f"{{ {chosen} problems {{ code path message fix }} }} }}"
    )


# Mutations whose inputs have the same form share it.
_SHARED: Final = {
    "filingSubmit": "FilingStep", "filingPullBack": "FilingStep", "filingAccept": "FilingStep",
    "filingTransfer": "FilingTransferAnswer", "filingRefuseTransfer": "FilingTransferAnswer",
    "filingWithdrawTransfer": "FilingTransferAnswer",
    "filingPrepareAgain": "FilingStep", "filingDecline": "FilingAgainst",
    "qualificationVerify": "QualificationStep", "qualificationRenew": "QualificationStep",
    "qualificationResume": "QualificationStep", "qualificationRefuse": "QualificationAgainst",
    "qualificationSuspend": "QualificationAgainst", "qualificationRevoke": "QualificationAgainst",
    "permissionRefuse": "PermissionAgainst", "permissionNarrow": "PermissionAgainst",
    "permissionSuspend": "PermissionAgainst", "permissionRevoke": "PermissionAgainst",
    "permissionResume": "PermissionStep", "permissionGiveUp": "PermissionStep",
    "permissionWithdraw": "PermissionStep",
    "sanctionWaive": "SanctionStep", "sanctionAcknowledge": "SanctionStep",
}  # fmt: skip


@dataclass(eq=False)
class World:
    """A deployment and everybody in it."""

    deployment: Deployment
    client: httpx2.AsyncClient
    clock: Clock
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def keys(self) -> Any:
        return self.deployment.office.keys

    @property
    def office(self) -> Any:
        return self.deployment.office

    @property
    def public(self) -> Person:
        return Person(self, "", None)

    @asynccontextmanager
    async def untouched(self, *ids: str) -> AsyncIterator[None]:
        """Nothing is written meanwhile: no row in any table, nothing of these cases."""
        before = await stored.written(self.office.database, ids)
        yield
        assert await stored.written(self.office.database, ids) == before

    async def rows(self, model: type[R], *, order_by: str | None = None, **where: Any) -> list[R]:
        """Rows as they are stored."""
        return await stored.rows(self.office.database, model, order_by=order_by, **where)

    async def sweep(self, workers: int = 1) -> int:
        """Let time do what is due now; how many claims that took. Nothing may fail."""
        faults: list[Exception] = []
        works = [deadlines_of(self.office)]
        made = [Worker(self.office.database, self.clock, works, failed=faults.append) for _ in range(workers)]
        swept = await asyncio.gather(*(worker.sweep() for worker in made))
        assert faults == []
        return sum(swept)

    async def licence(self, holder_name: str, **values: Any) -> str:
        """A licence in the register, held under this name; its number."""
        serial = next(_numbers)
        number = f"331{2_012 + serial // 10_000}{serial % 10_000:04d}"
        row = {
            "id": new_id("licence"),
            "created_at": self.clock(),
            "number": number,
            "holder_name": holder_name,
            "holder_name_key": name_key(holder_name),
            "province": "330000",
            "licence_class": 1,
            "services": LicenceServices.PUBLISH_AND_REPRINT,
            "is_legacy": False,
            "issuer": "示例机关",
            "valid_from": date(2025, 1, 1),
            "valid_to": date(2028, 1, 1),
            "content_hash": "",
            "import_id": "",
            "seen_in": "",
            **dict.fromkeys(("year", "serial", "missing_from")),
            **values,
        }
        clause = insertion(table_of(Licence))
        await self.office.database.write(lambda transaction: transaction.fetch(clause, row))
        return str(row["number"])

    async def relist(self, number: str, **values: Any) -> None:
        """The register says otherwise of a licence than before."""
        table = table_of(Licence)
        clause = sa.update(table).where(table.c.number == number).values(values)
        statement = compile_once(clause, self.office.database.dialect)
        await self.office.database.write(lambda transaction: transaction.fetch(statement, {}))

    async def enrol(
        self, role: Role, *, provider_id: str | None = None, division: str | None = None, person: str | None = None
    ) -> Person:
        """A member of staff, enrolled at the machine's own command line; `person` is a resident id, if it matters."""
        subject = unique(f"{role.value.lower()}-")
        authority = authority_id(division) if division else None
        command = StaffEnrol(
            provider_id=provider_id,
            authority_id=authority,
            issuer=dev_issuer.ISSUER,
            subject=subject,
            role=role,
            staff_number=unique("N"),
            resident_id=person or resident_id(),
            idempotency_key=unique("key-"),
        )
        outcome = await carry_out(self.office, Viewer("operator", Role.OPERATOR), WORKFLOWS["staff"], "enrol", command)
        assert outcome.problems == ()
        return Person(self, subject, role, provider_id, str(outcome.case_id))

    async def regulator(self, division: str = ZHEJIANG) -> Person:
        """Somebody who acts for a province, or for the nation."""
        role = Role.NATIONAL_REGULATOR if division == NATION else Role.PROVINCIAL_REGULATOR
        return await self.enrol(role, division=division)

    async def provider(self, division: str = ZHEJIANG) -> Provider:
        """A provider in a province, with its people and an agreement."""
        regulator = await self.regulator(division)
        answer = await regulator.must(
            "providerRegister",
            name=unique("示例即时通信"),
            uscc="91350100M000100Y43",
            division=f"{division[:2]}0100" if division not in ("310000", "110000") else division,
            idempotencyKey=unique("key-"),
        )
        return await self.staffed(answer.id, division, regulator)

    async def staffed(self, provider_id: str, division: str, regulator: Person) -> Provider:
        """A provider's row with its people and an agreement."""
        staff = {}
        for role in (Role.COMPLIANCE_OFFICER, Role.REVIEWER, Role.INTEGRATION, Role.AUDITOR, Role.APPEAL_REVIEWER):
            staff[role] = await self.enrol(role, provider_id=provider_id)
        second = await self.enrol(Role.REVIEWER, provider_id=provider_id)
        made = Provider(self, provider_id, division, regulator, staff, second)
        made.agreement_id = await made.publish_agreement()
        return made


@dataclass(eq=False)
class Provider:
    """A provider and its people."""

    world: World
    id: str
    division: str
    regulator: Person
    staff: Mapping[Role, Person]
    second_reviewer: Person
    agreement_id: str = ""

    @property
    def reviewer(self) -> Person:
        return self.staff[Role.REVIEWER]

    @property
    def officer(self) -> Person:
        return self.staff[Role.COMPLIANCE_OFFICER]

    @property
    def integration(self) -> Person:
        return self.staff[Role.INTEGRATION]

    @property
    def auditor(self) -> Person:
        return self.staff[Role.AUDITOR]

    async def second_officer(self) -> Person:
        """Another compliance officer."""
        return await self.world.enrol(Role.COMPLIANCE_OFFICER, provider_id=self.id)

    async def submit_qualification(self, kind: str = "TELECOM", **values: Any) -> Answer:
        """A qualification, submitted."""
        given = {"number": unique("Q"), "issuer": "示例机关", "validFrom": "2025-01-01", "validTo": "2027-12-31"}
        return await self.officer.must(
            "qualificationSubmit", kind=kind, idempotencyKey=unique("key-"), **{**given, **values}
        )

    async def qualify(self, **values: Any) -> list[Answer]:
        """Both qualifications, verified."""
        made = [await self.submit_qualification(kind, **values) for kind in ("TELECOM", "NEWS_INFORMATION")]
        return [await self.regulator.must("qualificationVerify", id=one.id, version=1) for one in made]

    async def live(self, **values: Any) -> Provider:
        """Its production row, once it is qualified, with people of its own."""
        await self.qualify(**values)
        provider = (await self.world.rows(ProviderRow, id=self.id))[0]
        made = await self.regulator.must("providerGoLive", id=self.id, version=provider.seq)
        (production,) = await self.world.rows(ProviderRow, sandbox_of=made.id)
        return await self.world.staffed(production.id, self.division, self.regulator)

    async def publish_agreement(self) -> str:
        """A new version of the agreement; its id."""
        body = unique("示例协议 ")
        answer = await self.officer.must(
            "agreementPublish",
            body=body,
            bodyHash=sha256(body.encode()).hexdigest(),
            clauses=[{"baseline": baseline.value, "words": baseline.zh} for baseline in Baseline],
            idempotencyKey=unique("key-"),
        )
        return answer.id

    async def newcomer(self, subject_type: str = "INDIVIDUAL") -> Holder:
        """A holder, enrolled and nothing more."""
        person = Person(self.world, unique("holder-"), Role.HOLDER, self.id)
        answer = await person.must(
            "holderEnrol",
            select="identity { id version }",
            subjectType=subject_type,
            displayName=unique("示例使用者"),
            division=f"{self.division[:2]}0100" if self.division not in ("310000", "110000") else self.division,
            idempotencyKey=unique("key-"),
        )
        person.id = answer.id
        identity = answer.case["identity"]
        return Holder(self, person, answer.id, identity["id"], subject_type)

    async def holder(self, subject_type: str = "INDIVIDUAL", **identity: Any) -> Holder:
        """A holder whose identity is verified and who consented to the agreement."""
        holder = await self.newcomer(subject_type)
        await holder.submit_identity(**identity)
        await self.reviewer.must("identityVerify", id=holder.identity_id, version=1, method="DOCUMENT_CHECK")
        await holder.consent()
        return holder

    async def applied(self, *, holder: Holder | None = None, **particulars: Any) -> tuple[Holder, Answer]:
        """An application of a new holder, where none is named."""
        holder = holder or await self.holder()
        return holder, await holder.apply(**particulars)

    async def approved(self, **particulars: Any) -> tuple[Holder, Answer]:
        """An approved application: its filing is prepared."""
        holder, account = await self.applied(**particulars)
        await self.reviewer.must("accountClaim", id=account.id)
        select = "filing { id version stateCode }"
        return holder, await self.reviewer.must(
            "accountApprove", select=select, id=account.id, version=account.version, category="LIFESTYLE"
        )

    async def rejected(self, **particulars: Any) -> tuple[Holder, Answer]:
        """A rejected application."""
        holder, account = await self.applied(**particulars)
        await self.reviewer.must("accountClaim", id=account.id)
        return holder, await self.reviewer.must("accountReject", id=account.id, version=1, reasons=NEWS_REASON)

    async def filed(self, **particulars: Any) -> tuple[Holder, str, Answer]:
        """A filed account: holder, account id, the accepted filing."""
        holder, account = await self.approved(**particulars)
        filing = account.case["filing"]
        await self.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
        accepted = await self.regulator.must("filingAccept", select="number", id=filing["id"], version=2)
        return holder, account.id, accepted

    async def news_unit(self, **particulars: Any) -> tuple[Holder, str, str]:
        """A news unit's filed account under a licence of its own: holder, account id, licence number."""
        name = unique("示例报社")
        holder = await self.holder("NEWS_UNIT", organisationName=name)
        number = await self.world.licence(name)
        kinds = ("CREDIT_CODE_CERTIFICATE", "MEDIA_LICENCE")
        materials = [{"kind": kind, "reference": unique("r-"), "sha256": "0" * 64} for kind in kinds]
        account = await holder.apply(**{"category": "NEWS", "materials": materials, **particulars})
        await self.reviewer.must("accountClaim", id=account.id)
        approve = {"id": account.id, "version": 1, "category": "NEWS"}
        approved = await by_two(self.reviewer, self.second_reviewer, "accountApprove", _FILING, **approve)
        filing = approved.case["filing"]
        await self.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
        await self.regulator.must("filingAccept", id=filing["id"], version=2)
        return holder, account.id, number

    async def requested(self, kind: str = "PUBLISH_AND_REPRINT") -> tuple[Holder, str, Answer]:
        """A permission that was requested: holder, account id, the request."""
        holder, account_id, number = await self.news_unit()
        return holder, account_id, await holder.request(account_id, number, kind)

    async def badged(self, kind: str = "PUBLISH_AND_REPRINT") -> tuple[Holder, str, Answer]:
        """A badged account: holder, account id, the granted permission."""
        holder, account_id, asked = await self.requested(kind)
        officers = (self.officer, await self.second_officer())
        return holder, account_id, await by_two(*officers, "permissionGrant", id=asked.id, version=asked.version)


async def by_two(one: Person, other: Person, mutation: str, select: str = "", **input_: Any) -> Answer:
    """One proposes, the other endorses, the first carries it out."""
    proposed = await one.must(mutation, **input_)
    await other.must("proposalEndorse", id=proposed.proposal["id"], hash=proposed.proposal["hash"])
    return await one.must(mutation, select=select, **input_, proposal=proposed.proposal["id"])


_FILING: Final = "filing { id version stateCode }"


@dataclass(eq=False)
class Holder:
    """A holder and their own login."""

    provider: Provider
    person: Person
    id: str
    identity_id: str
    subject_type: str

    async def submit_identity(self, version: int = 0, **values: Any) -> Answer:
        """Submit an identity, synthetic where nothing is given."""
        given = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": mobile()}
        if self.subject_type not in ("INDIVIDUAL", "SOLE_TRADER"):
            given |= {"organisationName": "示例单位", "uscc": "91350100M000100Y43", "mandate": "mandate-1"}
        return await self.person.must("identitySubmit", id=self.identity_id, version=version, **{**given, **values})

    async def consent(self, clauses: list[str] | None = None) -> Answer:
        """Consent to all clauses of the provider's agreement, or to some."""
        version = (await self.person.ask("query($id: ID!) { holder(id: $id) { version } }", id=self.id))["holder"]
        return await self.person.must(
            "agreementConsent",
            id=self.id,
            version=version["version"],
            agreementId=self.provider.agreement_id,
            clauses=clauses or [baseline.value for baseline in Baseline],
            channel="WEB",
        )

    def particulars(self, **changed: Any) -> dict[str, Any]:
        """What an application asks for."""
        kinds = {"INDIVIDUAL": ["OPERATOR_ID"], "GOVERNMENT": GOVERNMENT_MATERIALS}.get(
            self.subject_type, ENTERPRISE_MATERIALS
        )
        materials = [{"kind": kind, "reference": unique("ref-"), "sha256": "0" * 64} for kind in kinds]
        asked = {
            "handle": unique("h"),
            "displayName": unique("絮语"),
            "description": "日常分享",
            "category": "LIFESTYLE",
            "division": "330100",
            "materials": materials,
        }
        return {**asked, **changed}

    async def try_to_apply(self, *, exception_reason: str | None = None, **changed: Any) -> Answer:
        """Apply; what came of it."""
        more = {"exceptionReason": exception_reason} if exception_reason else {}
        particulars = self.particulars(**changed)
        return await self.person.do("accountApply", particulars=particulars, idempotencyKey=unique("key-"), **more)

    async def request(self, account_id: str, number: str | None, kind: str = "PUBLISH_AND_REPRINT") -> Answer:
        """Request a permission with success."""
        asked = {"accountId": account_id, "kind": kind, "idempotencyKey": unique("key-")}
        return await self.person.must("permissionRequest", **asked, **({"licenceNumber": number} if number else {}))

    async def apply(self, **changed: Any) -> Answer:
        """Apply with success."""
        answer = await self.try_to_apply(**changed)
        assert answer.payload["problems"] == []
        return answer


ENTERPRISE_MATERIALS: Final = ["BUSINESS_LICENCE", "OPERATOR_ID", "OFFICIAL_LETTER"]
GOVERNMENT_MATERIALS: Final = ["OPERATOR_ID", "CREDIT_CODE_CERTIFICATE", "OFFICIAL_LETTER", "OPERATING_MANDATE"]


@asynccontextmanager
async def opened_world(database_url: str, **settings: Any) -> AsyncIterator[World]:
    """A world on a migrated database."""
    clock = Clock()
    chosen = settings_for(database_url, **settings)
    app = create_app(chosen, clock=clock)
    async with opened(chosen, clock=clock) as deployment:
        app.state.deployment = deployment
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://signet.test", timeout=60) as client:
            yield World(deployment, client, clock)
