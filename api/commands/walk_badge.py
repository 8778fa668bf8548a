"""How an account comes to its badge and loses it, over HTTP: licence, permission, what anybody can verify (Art. 7)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.markup import escape
from rich.table import Table

from api.commands.callers import Caller, Unexpected, by_two, expect
from api.commands.walk import Walk, agree
from domain.policy.roles import Role
from domain.problems import ProblemCode
from domain.publishing import Act, Blocker, Content
from workflows.demo_people import credit_code, mobile, resident_id
from workflows.demo_register import REPRINTING_LICENCE, ListedUnit, register_with

P = ProblemCode
_STATE: Final = "query($id: ID!) { account(id: $id) { stateCode } }"
_ENTRY: Final = """query($licence: String!) { registerEntries(first: 1, where: {licence: $licence}) { nodes {
  number organisationName badge { id kind standing } } } }"""
_DECISIONS: Final = """query($items: [PublishingQuestion!]!) { publishingDecisions(items: $items) {
  content allowed blockedBy { code } } }"""
_JOURNAL: Final = """query($id: ID!) { account(id: $id) { stateCode
  journal(first: 100) { nodes { seq trigger toState actorRole causeKind } } } }"""
_ENDED_ON: Final = "2026-01-31"


@dataclass(frozen=True, slots=True)
class _Unit:
    """The news unit that walks: its licence as the register lists it, its login, the officers who decide about it."""

    listed: ListedUnit
    person: Caller
    officers: tuple[Caller, Caller]
    account_id: str


def unit_of(suffix: str) -> ListedUnit:
    """The unit that walks, and its licence: a new one for each suffix."""
    serial = 9000 if not suffix else 9100 + int(suffix, 16) % 800
    return ListedUnit(f"示例夜航报社{suffix}", f"3312026{serial}")


def walk_to_the_badge(story: Walk) -> str:
    """Walk it, and the loss of the badge; the id of the badge."""
    unit = enter(story)
    permission = request(story, unit)
    grant(story, unit, permission)
    badge_id = verify(story, unit)
    lose_the_licence(story, unit, permission, badge_id)
    record_the_loss(story, unit, permission, badge_id)
    return badge_id


def enter(story: Walk) -> _Unit:
    """A news unit comes on file as the person did."""
    story.chapter("9  A news unit 新闻单位 comes on file the same way")
    listed, provider_id = unit_of(story.suffix), story.ids["provider"]
    person = story.find(Role.HOLDER, f"demo-news{story.suffix}", provider_id)
    asked = {"subjectType": "NEWS_UNIT", "displayName": listed.name, "division": "330100"}
    holder = person.do("holderEnrol", {**asked, "idempotencyKey": uuid4().hex})["holder"]
    identity = {"id": holder["identity"]["id"], "version": 0}
    person.do("identitySubmit", {**identity, **_identity(listed, story.suffix)})
    reviewers = (story.staff(Role.REVIEWER, "demo-reviewer"), story.staff(Role.REVIEWER, "demo-reviewer-2"))
    reviewers[0].do("identityVerify", {**identity, "version": 1, "method": "DOCUMENT_CHECK"})
    agree(person, provider_id, holder)
    applied = {"particulars": _particulars(story.suffix), "idempotencyKey": uuid4().hex}
    account = person.do("accountApply", applied)["account"]
    reviewers[0].do("accountClaim", {"id": account["id"]})
    approve = {"id": account["id"], "version": account["version"], "category": "NEWS"}
    filing = by_two(reviewers[0], reviewers[1], "accountApprove", approve)["account"]["filing"]
    officers = (
        story.staff(Role.COMPLIANCE_OFFICER, "demo-officer"),
        story.staff(Role.COMPLIANCE_OFFICER, "demo-officer-2"),
    )
    sent = officers[0].do("filingSubmit", {"id": filing["id"], "version": filing["version"]})["filing"]
    official = story.staff(Role.PROVINCIAL_REGULATOR, "demo-regulator-zhejiang")
    accepted = official.do("filingAccept", {"id": sent["id"], "version": sent["version"]})["filing"]
    story.tell(Role.HOLDER, f"“{listed.name}” enrols, is verified, consents, applies in the category NEWS")
    story.tell(Role.REVIEWER, "two approve: news always takes two")
    state = accepted["account"]["stateCode"]
    story.tell(Role.PROVINCIAL_REGULATOR, f"of Zhejiang accepts {accepted['number']} → account {state}")
    story.ids["news_account"] = account["id"]
    return _Unit(listed, person, officers, account["id"])


def request(story: Walk, unit: _Unit) -> dict[str, Any]:
    """What it may publish before, and the permission it asks for."""
    story.chapter("10  The permission 许可: a licence of one's own, and no more than it allows (Art. 7)")
    story.tell(Role.INTEGRATION, "asks before a post whether the account may publish it, publishingDecision:")
    _decide(story, unit, blocked={Content.NEWS_ORIGINAL: Blocker.NO_BADGE, Content.NEWS_REPRINT: Blocker.NO_BADGE})
    asked = {"accountId": unit.account_id, "kind": "PUBLISH_AND_REPRINT", "idempotencyKey": uuid4().hex}
    answer = unit.person.do(
        "permissionRequest",
        {**asked, "licenceNumber": REPRINTING_LICENCE},
        refused=(P.KIND_BEYOND_LICENCE, P.LICENCE_OF_ANOTHER),
    )
    story.refuse(Role.HOLDER, f"would publish on {REPRINTING_LICENCE}, by which others reprint:", answer["problems"])
    permission: dict[str, Any] = unit.person.do("permissionRequest", {**asked, "licenceNumber": unit.listed.number})[
        "permission"
    ]
    story.tell(
        Role.HOLDER, f"asks on its own licence 许可证 {unit.listed.number} → permission {permission['stateCode']}"
    )
    return permission


def grant(story: Walk, unit: _Unit, permission: dict[str, Any]) -> None:
    """Two officers grant it; the account is badged in the same step."""
    story.chapter("11  Granted by two officers 双人复核 ②, and badged 标识 in the same step")
    case = {"id": permission["id"], "version": permission["version"]}
    first, second = unit.officers
    proposal = first.do("permissionGrant", case)["proposal"]
    story.tell(Role.COMPLIANCE_OFFICER, f"C-01 grants; alone that is a proposal, and the account stays {_state(unit)}")
    endorsement = {"id": proposal["id"], "hash": proposal["hash"]}
    answer = first.do("proposalEndorse", endorsement, refused=(P.SAME_PERSON,))
    story.refuse(Role.COMPLIANCE_OFFICER, "C-01 would endorse it too:", answer["problems"])
    second.do("proposalEndorse", endorsement)
    granted = first.do("permissionGrant", {**case, "proposal": proposal["id"]})["permission"]
    permission["version"] = granted["version"]
    expect("The account after the grant", found=_state(unit), wanted="BADGED")
    story.tell(Role.COMPLIANCE_OFFICER, f"C-02 endorses, C-01 carries out → {granted['stateCode']}, account BADGED")
    story.tell(Role.INTEGRATION, "asks again:")
    _decide(story, unit, blocked={})


def verify(story: Walk, unit: _Unit) -> str:
    """Anybody finds the account in the register and checks the badge; its id."""
    story.chapter("12  The badge, verified by anybody (no login)")
    public = story.find(Role.PUBLIC, "", None)
    [entry] = public.ask(_ENTRY, licence=unit.listed.number)["registerEntries"]["nodes"]
    badge_id = str(entry["badge"]["id"])
    story.tell(Role.PUBLIC, f"finds {entry['organisationName']} in the register by its licence: {entry['number']}")
    record = _badge(public, badge_id, standing="STANDS")
    said = _signed(record["jws"], orjson.loads(public.get("/.well-known/signet-keys.json")))
    expect("The licence that the badge is signed for", found=said["licence_number"], wanted=unit.listed.number)
    story.tell(Role.PUBLIC, f"GET /badges/{badge_id} → {record['kind']}, [bold green]{record['standing']}[/]")
    story.tell(Role.PUBLIC, "checks its signature (Ed25519) with the keys of /.well-known/signet-keys.json: genuine")
    return badge_id


def lose_the_licence(story: Walk, unit: _Unit, permission: dict[str, Any], badge_id: str) -> None:
    """The register says that the licence has ended: the right is gone with it, before anybody takes a step."""
    story.chapter("13  The licence is lost: the right is gone at once")
    answer = unit.officers[0].do("permissionRevoke", _revocation(permission), refused=(P.LICENCE_STANDS,))
    story.refuse(Role.COMPLIANCE_OFFICER, "C-01 would revoke while the licence stands:", answer["problems"])
    national = story.staff(Role.NATIONAL_REGULATOR, "demo-regulator-national")
    ended = ListedUnit(unit.listed.name, unit.listed.number, valid_to=_ENDED_ON)
    document_id = national.upload("licences.csv", register_with([ended]), "text/csv")
    asked = {"documentId": document_id, "kind": "LICENCES", "idempotencyKey": uuid4().hex}
    done = national.do("registerImport", asked)["registerImport"]
    expect("The rows that changed", found=done["rowsChanged"], wanted=1)
    story.tell(Role.NATIONAL_REGULATOR, f"imports a newer register: {unit.listed.number} was valid until {_ENDED_ON}")
    record = _badge(story.find(Role.PUBLIC, "", None), badge_id, standing="ENDED")
    story.tell(Role.PUBLIC, f"GET /badges/{badge_id} → [bold red]{record['standing']}[/]")
    story.tell(Role.INTEGRATION, f"asks again; no step was taken, the account is {_state(unit)} still:")
    lapsed = Blocker.LICENCE_LAPSED
    _decide(story, unit, blocked={Content.NEWS_ORIGINAL: lapsed, Content.NEWS_REPRINT: lapsed})


def record_the_loss(story: Walk, unit: _Unit, permission: dict[str, Any], badge_id: str) -> None:
    """Two officers write down what is so already."""
    story.chapter("14  And it is written down: revoked by two officers")
    by_two(*unit.officers, "permissionRevoke", _revocation(permission))
    account = unit.person.ask(_JOURNAL, id=unit.account_id)["account"]
    expect("The account after the revocation", found=account["stateCode"], wanted="FILED")
    record = _badge(story.find(Role.PUBLIC, "", None), badge_id, standing="ENDED")
    expect("The badge is taken back", found=record["revokedAt"] is not None, wanted=True)
    story.tell(Role.COMPLIANCE_OFFICER, "C-01 revokes, C-02 endorses → the badge is taken back, the account FILED")
    table = Table("seq", "step", "state", "by")
    for step in account["journal"]["nodes"]:
        cause = f" [dim]because of a step of a {step['causeKind']}[/]" if step["causeKind"] else ""
        table.add_row(str(step["seq"]), step["trigger"] + cause, step["toState"], step["actorRole"])
    story.console.print(table)


def _state(unit: _Unit) -> str:
    return str(unit.officers[0].ask(_STATE, id=unit.account_id)["account"]["stateCode"])


def _badge(public: Caller, badge_id: str, *, standing: str) -> dict[str, Any]:
    record: dict[str, Any] = orjson.loads(public.get(f"/badges/{badge_id}"))["badgeRecord"]
    expect("Whether the badge stands", found=record["standing"], wanted=standing)
    return record


def _signed(jws: str, key_set: Mapping[str, Any]) -> dict[str, Any]:
    """What a badge says, once one of the public keys proves it: all that a stranger needs to check it."""
    head, body, signature = jws.split(".")
    kid = orjson.loads(_unpadded(head))["kid"]
    [key] = (one for one in key_set["keys"] if one["kid"] == kid)
    try:
        Ed25519PublicKey.from_public_bytes(_unpadded(key["x"])).verify(_unpadded(signature), f"{head}.{body}".encode())
    except InvalidSignature:
        raise Unexpected("The signature of the badge does not hold.") from None
    said: dict[str, Any] = orjson.loads(_unpadded(body))
    return said


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decide(story: Walk, unit: _Unit, *, blocked: Mapping[Content, Blocker]) -> None:
    """Ask for each kind of content, and tell the answers."""
    items = [{"account": unit.account_id, "act": Act.PUBLISH.value, "content": content.value} for content in Content]
    decisions = story.staff(Role.INTEGRATION, "demo-integration").ask(_DECISIONS, items=items)["publishingDecisions"]
    for content, decision in zip(Content, decisions, strict=True):
        codes = [block["code"] for block in decision["blockedBy"]]
        wanted = [blocked[content].value] if content in blocked else []
        expect(f"What stands in the way of {content}", found=codes, wanted=wanted)
        told = "[green]✓ allowed[/]" if decision["allowed"] else f"[red]✗ {_words(codes)}"
        story.console.print(f"    {content:<14} {told}")


def _words(codes: Iterable[str]) -> str:
    return ", ".join(f"{code}[/]  {escape(Blocker(code).en)}" for code in codes)


def _revocation(permission: Mapping[str, Any]) -> dict[str, Any]:
    """The input that revokes it, with its reasons."""
    reasons = {
        "reasonCodes": ["LICENCE_ENDED"],
        "facts": "公开登记显示许可证已到期。",
        "legalBases": ["IM_2014_ART_7"],
        "publicReason": "许可证已失效。可在180日内申诉。",
    }
    return {"id": permission["id"], "version": permission["version"], "reasons": reasons}


def _identity(listed: ListedUnit, suffix: str) -> dict[str, Any]:
    number = 901 if not suffix else 200 + (int(suffix, 16) + 350) % 700
    code = credit_code("12", 901 if not suffix else int(suffix, 16) % 1_000_000)
    person = {"legalName": "示例编辑", "residentId": resident_id(number), "mobile": mobile(number)}
    return person | {"organisationName": listed.name, "uscc": code, "mandate": "ref-mandate-2"}


def _particulars(suffix: str) -> dict[str, Any]:
    kinds = ("CREDIT_CODE_CERTIFICATE", "MEDIA_LICENCE")
    materials = [{"kind": kind, "reference": f"ref-{kind.lower()}", "sha256": "0" * 64} for kind in kinds]
    asked = {"handle": f"yehang-bao{suffix}", "displayName": f"示例夜航报{suffix}", "description": "本地要闻"}
    return {**asked, "category": "NEWS", "division": "330100", "materials": materials}
