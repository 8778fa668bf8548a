"""The demo data: loaded by the engine's own steps, so that every case has its journal. Loading again changes nothing.

Each step carries an idempotency key made of its name: a load that was interrupted goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa

from domain.agreement import Baseline
from domain.authorities import authority_id
from domain.calendar import local_day
from domain.codes.lists import materials_for
from domain.holder import SubjectType
from domain.identity import Identity
from domain.permission import PermissionKind
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode, Refused
from domain.proposal import Proposal
from domain.staff import Staff
from domain.table import table_of
from domain.viewer import Viewer
from workflows.demo_people import (
    BADGED,
    COMPANIES,
    FILED,
    IN_SUPPLEMENT,
    ISSUER,
    REGULATORS,
    SUBMITTED,
    UNVERIFIED,
    Applicant,
    Company,
    Member,
    credit_code,
    mobile,
    resident_id,
)
from workflows.demo_register import PUBLISHING_LICENCE, import_licences
from workflows.identity import PERSONS
from workflows.office import Office
from workflows.proposals import ProposalEndorse
from workflows.registry import workflow_of
from workflows.unit_of_work import Outcome, carry_out, endorse
from workflows.viewers import Proven, viewer_of

_OPERATOR: Final = Viewer("", Role.OPERATOR)
_STAFF, _IDENTITY, _PROPOSAL = table_of(Staff), table_of(Identity), table_of(Proposal)
_ENROLLED: Final = sa.select(_STAFF.c.id).where(
    _STAFF.c.issuer == ISSUER, _STAFF.c.subject == sa.bindparam("subject", type_=sa.Text)
)
_BEHIND: Final = sa.select(_IDENTITY.c.id).where(_IDENTITY.c.holder_id == sa.bindparam("holder", type_=sa.Text))
_HASH: Final = sa.select(_PROPOSAL.c.hash).where(_PROPOSAL.c.id == sa.bindparam("proposal", type_=sa.Text))
_CREDIT_CODES: Final = {SubjectType.GOVERNMENT: "11", SubjectType.ENTERPRISE: "91", SubjectType.NEWS_UNIT: "12"}
_DECIDERS: Final = (Role.COMPLIANCE_OFFICER, Role.REVIEWER)
_LAST: Final = COMPANIES[-1].staff[-1]  # enrolled after everything else: where this person is, all is


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """A holder who may apply."""

    who: Applicant
    holder_id: str
    company: Company


async def load_demo(office: Office) -> bool:
    """Load the demo data; False where it is there already."""
    if await office.database.read(lambda connection: connection.fetch(_ENROLLED, {"subject": _LAST.subject})):
        return False
    for division, officials in REGULATORS.items():
        for official in officials:
            await _enrol_member(office, official, authority_id=authority_id(division))
    await import_licences(office)
    for company in COMPANIES:
        await _load_company(office, company)
    return True


async def _load_company(office: Office, company: Company) -> None:
    values = {"name": company.name, "uscc": credit_code("91", len(company.name)), "division": company.division}
    registered = await _step(office, REGULATORS[company.authority][0].subject, "provider", "register", values)
    provider_id = str(registered.case_id)
    deciders = [member for member in company.staff if member.role in _DECIDERS]
    for member in deciders:
        await _enrol_member(office, member, provider_id=provider_id)
    officer, reviewer = (next(one for one in deciders if one.role is role) for role in _DECIDERS)
    agreement_id = await _publish_agreement(office, officer, company)
    for who in company.applicants:
        holder_id = await _enrol_holder(office, who, company, provider_id)
        if who is UNVERIFIED:
            continue
        await _verify_and_consent(office, who, holder_id, reviewer, agreement_id)
        await _apply(office, _Enrolled(who, holder_id, company), reviewer, officer)
    for member in company.staff:
        if member not in deciders:
            await _enrol_member(office, member, provider_id=provider_id)


async def _enrol_member(office: Office, member: Member, **body: str) -> None:
    who = {"issuer": ISSUER, "subject": member.subject, "role": member.role, "staff_number": member.staff_number}
    values = {**body, **who, "resident_id": resident_id(member.number)}
    await _fire(office, _OPERATOR, "staff", "enrol", values, member.subject)


async def _publish_agreement(office: Office, officer: Member, company: Company) -> str:
    body = f"{company.name}公众信息服务协议(示例)\n" + "\n".join(f"{clause.zh}。" for clause in Baseline)
    clauses = [{"baseline": clause, "words": f"本人承诺遵守{clause.zh}。"} for clause in Baseline]
    values = {"body": body, "body_hash": sha256(body.encode()).hexdigest(), "clauses": clauses}
    published = await _step(office, officer.subject, "agreement", "publish", values)
    return str(published.case_id)


async def _enrol_holder(office: Office, who: Applicant, company: Company, provider_id: str) -> str:
    """Enrolled, with an identity submitted."""
    values = {"subject_type": who.subject_type, "display_name": who.name, "division": company.division}
    enrolled = await _step(office, who.subject, "holder", "enrol", values, provider_id)
    holder_id = str(enrolled.case_id)
    given: dict[str, Any] = {"legal_name": who.person, "resident_id": resident_id(who.number)}
    given |= {"mobile": mobile(who.number), "email": f"{who.subject}@example.com", "address": "示例市示例路1号"}
    if who.subject_type not in PERSONS:
        code = credit_code(_CREDIT_CODES[who.subject_type], who.number)
        given |= {"organisation_name": who.name, "uscc": code, "mandate": f"demo-mandate-{who.number}"}
    case = {"id": await _identity_of(office, holder_id), "version": 0}
    await _step(office, who.subject, "identity", "submit", {**case, **given})
    return holder_id


async def _verify_and_consent(
    office: Office, who: Applicant, holder_id: str, reviewer: Member, agreement_id: str
) -> None:
    verified = {"id": await _identity_of(office, holder_id), "version": 1, "method": "DOCUMENT_CHECK"}
    await _step(office, reviewer.subject, "identity", "verify", verified, of=who)
    consent = {"agreement_id": agreement_id, "clauses": list(Baseline), "channel": "WEB"}
    await _step(office, who.subject, "holder", "consent", {"id": holder_id, "version": 1, **consent})


async def _apply(office: Office, enrolled: _Enrolled, reviewer: Member, officer: Member) -> None:
    """Apply, and go as far as this demo case is to go."""
    who = enrolled.who
    applied = await _step(office, who.subject, "account", "apply", {"particulars": _particulars(office, enrolled)})
    account_id = str(applied.case_id)
    if who not in (IN_SUPPLEMENT, SUBMITTED, FILED, BADGED):
        return
    await _step(office, reviewer.subject, "account", "claim", {"id": account_id}, of=who)
    case = {"id": account_id, "version": 1}
    if who is IN_SUPPLEMENT:
        items = [{"code": "DESCRIPTION", "text": "请说明作品是否为本人拍摄。"}]
        await _step(office, reviewer.subject, "account", "request_supplement", {**case, "items": items}, of=who)
        return
    approve = {**case, "category": who.category}
    approved = await _decided(office, reviewer, enrolled, "account", "approve", approve)
    filing = {"id": str(approved.created_id), "version": 1}
    await _step(office, officer.subject, "filing", "submit", filing, of=who)
    if who is SUBMITTED:
        return
    official = REGULATORS[enrolled.company.authority][0]
    await _step(office, official.subject, "filing", "accept", {**filing, "version": 2}, of=who)
    if who is BADGED:
        asked = {"kind": PermissionKind.PUBLISH_AND_REPRINT, "licence_number": PUBLISHING_LICENCE}
        requested = await _step(office, who.subject, "permission", "request", {"account_id": account_id, **asked})
        grant = {"id": str(requested.case_id), "version": 1}
        await _decided(office, officer, enrolled, "permission", "grant", grant)


async def _decided(
    office: Office, member: Member, enrolled: _Enrolled, noun: str, trigger: str, values: dict[str, Any]
) -> Outcome:
    """A decision; where it takes two, a colleague of the same role endorses it."""
    who = enrolled.who
    made = await _step(office, member.subject, noun, trigger, values, of=who)
    if made.proposal_id is None:
        return made
    proposal_id = made.proposal_id
    [row] = await office.database.read(lambda connection: connection.fetch(_HASH, {"proposal": proposal_id}))
    colleague = next(one for one in enrolled.company.staff if one.role is member.role and one is not member)
    key = f"demo:{who.subject}:{noun}.{trigger}:endorse"
    endorsement = ProposalEndorse(id=proposal_id, hash=row[0], idempotency_key=key)
    endorsed = await endorse(office, await _viewer(office, colleague.subject), endorsement)
    if endorsed.problems:
        raise Refused(*endorsed.problems)
    return await _step(office, member.subject, noun, trigger, {**values, "proposal": proposal_id}, of=who)


def _particulars(office: Office, enrolled: _Enrolled) -> dict[str, Any]:
    who = enrolled.who
    kinds = sorted(materials_for(who.subject_type, local_day(office.clock())))
    materials = [{"kind": kind, "reference": f"demo-{who.number}-{kind}", "sha256": "0" * 64} for kind in kinds]
    asked = {"handle": who.handle, "display_name": who.account, "description": who.description}
    return {**asked, "category": who.category, "division": enrolled.company.division, "materials": materials}


async def _identity_of(office: Office, holder_id: str) -> str:
    rows = await office.database.read(lambda connection: connection.fetch(_BEHIND, {"holder": holder_id}))
    return str(rows[0][0])


async def _step(
    office: Office,
    subject: str,
    noun: str,
    trigger: str,
    values: dict[str, Any],
    provider_id: str | None = None,
    *,
    of: Applicant | None = None,
) -> Outcome:
    """A step of one of the demo's people. Who is no holder yet says by `provider_id` where they enrol."""
    viewer = await _viewer(office, subject, provider_id)
    return await _fire(office, viewer, noun, trigger, values, of.subject if of else subject)


async def _viewer(office: Office, subject: str, provider_id: str | None = None) -> Viewer:
    proven = Proven(ISSUER, subject, frozenset(Role), provider_id)
    viewer = await office.database.read(lambda connection: viewer_of(connection, proven))
    if viewer is None:
        raise Refused(Problem(ProblemCode.NOT_FOUND, ("subject",), f"Nobody is enrolled as {subject}."))
    return viewer


async def _fire(office: Office, viewer: Viewer, noun: str, trigger: str, values: dict[str, Any], name: str) -> Outcome:
    workflow = workflow_of(noun)
    command = workflow.by_trigger[trigger].command
    if command is None:
        raise Refused(Problem(ProblemCode.NOT_ALLOWED, (noun, trigger), "Only follow-ups fire it."))
    key = f"demo:{name}:{noun}.{trigger}{':endorsed' if 'proposal' in values else ''}"
    outcome = await carry_out(office, viewer, workflow, trigger, command(**values, idempotency_key=key))
    if outcome.problems:
        raise Refused(*outcome.problems)
    return outcome
