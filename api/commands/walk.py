"""One application walked as the different people would walk it, over HTTP: steps, refusals, and what each role sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.callers import Caller, Unexpected, expect
from domain.agreement import Baseline
from domain.policy.roles import Role
from domain.problems import ProblemCode
from workflows.demo_people import mobile, resident_id

_FIELDS: Final = ("legalName", "residentId", "mobile", "email", "address", "mandate")
_IDENTITY: Final = "".join(f" {name} {{ display form }}" for name in _FIELDS)
_SEES: Final = f"query($id: ID!) {{ identity(id: $id) {{ stateCode{_IDENTITY} }} }}"
_ACCOUNT: Final = "query($id: ID!) { account(id: $id) { id version stateCode } }"
_QUEUE: Final = """query($id: ID!) {
  accounts(first: 1, orderBy: QUEUE, where: {state: [APPLIED]}) { totalCount { value } }
  account(id: $id) { version flags dueAt candidates { isExact unit { name section level } }
    availableSteps { mutation allowed needsEndorsement } } }"""
_ACCEPT: Final = "mutation($input: FilingStepInput!) { filingAccept(input: $input) { problems { code message path } } }"
_JOURNAL: Final = """query($id: ID!) { account(id: $id) { caption(audience: PARTY, language: EN)
  filing { number stateCode } journal(first: 100) {
  nodes { seq trigger toState actorRole actorNumber causeKind hash } } } }"""
_AGREEMENT: Final = "query($id: ID!) { provider(id: $id) { agreements(first: 1) { nodes { id number } } } }"
_WHOSE: Final = "{ viewer { providerId } }"


def _nobody(role: Role, subject: str, _: str | None) -> Caller:
    raise Unexpected(f"No server is there to speak to as {subject or role}.")


@dataclass
class Walk:
    """The people, the ids met on the way, and where it is told. `find` gives the caller of a subject."""

    console: Console
    unit_name: str  # a listed unit, whose name the application comes close to
    today: date
    suffix: str = ""  # makes names new where an earlier walk has been
    find: Callable[[Role, str, str | None], Caller] = _nobody
    begun: float = field(default_factory=monotonic)
    requests: int = 0
    refusals: int = 0
    ids: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def staff(self, role: Role, subject: str) -> Caller:
        return self.find(role, subject, None)

    @property
    def holder(self) -> Caller:
        return self.find(Role.HOLDER, f"demo-walker{self.suffix}", self.ids["provider"])

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}", align="left")

    def tell(self, who: Role, text: str) -> None:
        self.console.print(f"[cyan]{who.zh}[/] [dim]{who}[/]  {text}")

    def refuse(self, who: Role, text: str, problems: Iterable[Mapping[str, Any]]) -> None:
        self.tell(who, text)
        for problem in problems:
            self.refusals += 1
            path = f" [dim]at {'.'.join(problem['path'])}[/]" if problem["path"] else ""
            told = f"{problem['message']} {problem['zh'].split(' ')[0]}"
            self.console.print(f"    [red]✗ {problem['code']}[/]{path}  {escape(told)}")
            self.console.print(f"      [dim]→ {escape(problem['fix'])}[/]")


def walk(story: Walk) -> str:
    """Walk it; the number of the filing. Unexpected where the server answers otherwise."""
    enrol(story)
    apply_too_early(story)
    verify_and_consent(story)
    apply_for_good(story)
    review(story)
    number = file(story)
    show_identity(story)
    show_journal(story)
    return number


def enrol(story: Walk) -> None:
    """Somebody becomes a holder at a provider."""
    story.chapter("1  A person becomes a holder 使用者 (Art. 6)")
    officer = story.staff(Role.COMPLIANCE_OFFICER, "demo-officer")
    story.ids["provider"] = officer.ask(_WHOSE)["viewer"]["providerId"]
    asked = {"subjectType": "INDIVIDUAL", "displayName": f"示例青茶人{story.suffix}", "division": "330100"}
    holder = story.holder.do("holderEnrol", {**asked, "idempotencyKey": uuid4().hex})["holder"]
    story.ids |= {"holder": holder["id"], "identity": holder["identity"]["id"]}
    story.versions["holder"] = holder["version"]
    story.tell(Role.HOLDER, f"enrols at the provider 示例即时通信有限公司 → {holder['stateCode']}")


def apply_too_early(story: Walk) -> None:
    """Whatever is missing is told at once, and nothing is written."""
    story.chapter("2  Applying too early: everything that is missing, at once")
    missing = (
        ProblemCode.IDENTITY_NOT_VERIFIED,
        ProblemCode.AGREEMENT_NOT_CONSENTED,
        ProblemCode.MATERIALS_MISSING,
    )
    asked = {"particulars": {**_particulars(story), "materials": []}, "idempotencyKey": uuid4().hex}
    answer = story.holder.do("accountApply", asked, refused=missing)
    story.refuse(Role.HOLDER, "applies 申请 with nothing in hand; nothing is written:", answer["problems"])


def verify_and_consent(story: Walk) -> None:
    """Real name backstage: submitted by the holder, verified by somebody else. Then the seven baselines."""
    story.chapter("3  Real name backstage 后台实名, and the seven baselines 七条底线")
    person = {"legalName": "欧阳示例", "email": "ouyang@example.com", "address": "示例市示例路1号"}
    number = 900 if not story.suffix else 200 + int(story.suffix, 16) % 700
    person |= {"residentId": resident_id(number), "mobile": mobile(number), "mandate": "ref-mandate-1"}
    identity = {"id": story.ids["identity"], "version": 0}
    story.holder.do("identitySubmit", {**identity, **person})
    story.tell(Role.HOLDER, "submits a name, a resident id, a mobile number …: sealed before they reach the database")
    claimed = {"id": story.ids["identity"], "version": 1, "method": "DOCUMENT_CHECK"}
    answer = story.holder.do("identityVerify", claimed, refused=(ProblemCode.NOT_ALLOWED,))
    story.refuse(Role.HOLDER, "would verify that identity too:", answer["problems"])
    verified = story.staff(Role.REVIEWER, "demo-reviewer").do("identityVerify", claimed)["identity"]
    story.tell(Role.REVIEWER, f"compares the documents → identity {verified['stateCode']}")
    holder = {"id": story.ids["holder"], "version": story.versions["holder"]}
    number = agree(story.holder, story.ids["provider"], holder)
    story.tell(Role.HOLDER, f"consents to each of the {len(Baseline)} clauses of agreement 协议 no. {number}")


def agree(person: Caller, provider_id: str, holder: Mapping[str, Any]) -> int:
    """Consent to every clause of the provider's agreement; its number."""
    found = person.ask(_AGREEMENT, id=provider_id)["provider"]["agreements"]["nodes"][0]
    consent = {"agreementId": found["id"], "clauses": [str(clause) for clause in Baseline], "channel": "WEB"}
    person.do("agreementConsent", {"id": holder["id"], "version": holder["version"], **consent})
    return int(found["number"])


def apply_for_good(story: Walk) -> None:
    """The application, and the same request again."""
    story.chapter("4  The application 申请, sent twice")
    asked = {"particulars": _particulars(story), "idempotencyKey": uuid4().hex}
    first = story.holder.do("accountApply", asked)["account"]
    again = story.holder.do("accountApply", asked)["account"]
    expect("The same request again", found=again["id"], wanted=first["id"])
    story.ids["account"] = first["id"]
    story.versions["account"] = first["version"]
    name = _particulars(story)["displayName"]
    story.tell(Role.HOLDER, f"applies for “{escape(name)}” → {first['stateCode']}, receipt {first['receiptNumber']}")
    story.tell(
        Role.HOLDER, "loses the answer and sends the same idempotency key again → the same account, no second one"
    )
    expect("The application's flags", found="NAME_SOURCE_UNIT" in first["flags"], wanted=True)


def review(story: Walk) -> None:
    """A flagged name: candidates, a lease, a proposal, a second person, and nobody from next door."""
    story.chapter("5  Review 审核 by four eyes 双人复核 ② (Art. 7)")
    first, second = (story.staff(Role.REVIEWER, name) for name in ("demo-reviewer", "demo-reviewer-2"))
    _show_candidates(story, first)
    _from_next_door(story)
    case = {"id": story.ids["account"], "version": story.versions["account"]}
    first.do("accountClaim", {"id": case["id"]})
    story.tell(Role.REVIEWER, "R-01 takes the lease 领取 for 30 minutes")
    decision = {**case, "category": "LIFESTYLE"}
    proposal = first.do("accountApprove", decision)["proposal"]
    story.tell(Role.REVIEWER, "R-01 approves; the name is flagged, so this only writes a proposal")
    endorsement = {"id": proposal["id"], "hash": proposal["hash"]}
    answer = first.do("proposalEndorse", endorsement, refused=(ProblemCode.SAME_PERSON,))
    story.refuse(Role.REVIEWER, "R-01 would endorse their own proposal:", answer["problems"])
    second.do("proposalEndorse", endorsement)
    story.tell(Role.REVIEWER, "R-02 endorses exactly that input, named by its hash")
    approved = first.do("accountApprove", {**decision, "proposal": proposal["id"]})["account"]
    expect("The account after its approval", found=approved["stateCode"], wanted="REVIEWED")
    story.ids["filing"] = approved["filing"]["id"]
    story.versions["filing"] = approved["filing"]["version"]
    filing = approved["filing"]["stateCode"]
    story.tell(Role.REVIEWER, f"R-01 carries it out → account {approved['stateCode']}, its filing 备案 {filing}")
    answer = story.holder.do("accountWithdraw", case, refused=(ProblemCode.STALE_VERSION,))
    story.refuse(Role.HOLDER, f"would withdraw, having seen version {case['version']}:", answer["problems"])


def _show_candidates(story: Walk, reviewer: Caller) -> None:
    seen = reviewer.ask(_QUEUE, id=story.ids["account"])
    account = seen["account"]
    waiting = seen["accounts"]["totalCount"]["value"]
    story.tell(
        Role.REVIEWER, f"finds {waiting} applications waiting; this one is flagged {', '.join(account['flags'])}"
    )
    for candidate in account["candidates"][:3]:
        unit, how = candidate["unit"], "equals" if candidate["isExact"] else "resembles"
        story.console.print(f"    {how} the listed unit 稿源单位 [bold]{escape(unit['name'])}[/] ({unit['section']})")
    names = [candidate["unit"]["name"] for candidate in account["candidates"]]
    expect("The candidates hold the listed unit", found=story.unit_name in names, wanted=True)
    approve = next(step for step in account["availableSteps"] if step["mutation"] == "accountApprove")
    expect("Approving takes two", found=approve["needsEndorsement"], wanted=True)


def _from_next_door(story: Walk) -> None:
    """A reviewer of another provider cannot tell this case from one that never was."""
    stranger = story.staff(Role.REVIEWER, "demo-reviewer-shanghai")
    expect(
        "The case seen from next door", found=stranger.ask(_ACCOUNT, id=story.ids["account"])["account"], wanted=None
    )
    answer = stranger.do("accountClaim", {"id": story.ids["account"]}, refused=(ProblemCode.NOT_FOUND,))
    story.refuse(Role.REVIEWER, "of the provider in Shanghai reads null, and would take the lease:", answer["problems"])


def file(story: Walk) -> str:
    """The filing: submitted by the provider, accepted by the authority that answers for it, and by no other."""
    story.chapter("6  Filing 备案 with the authority (Art. 7)")
    case = {"id": story.ids["filing"], "version": story.versions["filing"]}
    sent = story.staff(Role.COMPLIANCE_OFFICER, "demo-officer").do("filingSubmit", case)["filing"]
    story.tell(Role.COMPLIANCE_OFFICER, f"submits → {sent['stateCode']}, to {sent['jurisdiction']['nameZh']}")
    case["version"] = sent["version"]
    shanghai = story.staff(Role.PROVINCIAL_REGULATOR, "demo-regulator-shanghai")
    real = shanghai.post(_ACCEPT, input=case)
    never = shanghai.post(_ACCEPT, input={**case, "id": "filing_01h00000000000000000000000"})
    expect("The answer to another province, byte for byte that of an unknown id", found=real, wanted=never)
    answer = shanghai.do("filingAccept", case, refused=(ProblemCode.NOT_FOUND,))
    story.refuse(
        Role.PROVINCIAL_REGULATOR,
        "of Shanghai would accept it; byte for byte the answer to an id that never was:",
        answer["problems"],
    )
    accepted = story.staff(Role.PROVINCIAL_REGULATOR, "demo-regulator-zhejiang").do("filingAccept", case)["filing"]
    expect("The account after its filing", found=accepted["account"]["stateCode"], wanted="FILED")
    number = str(accepted["number"])
    story.tell(Role.PROVINCIAL_REGULATOR, f"of Zhejiang accepts → filing number 备案号 [bold green]{number}[/]")
    return number


def show_identity(story: Walk) -> None:
    """The same query, asked by everybody."""
    story.chapter("7  The same identity, asked for by everybody with the same query")
    table = Table(title="role × field: what is shown, and its form; null: for this role there is no such row")
    for name in ("role", *_FIELDS):
        table.add_column(name, no_wrap=True)
    for role, subject in _LOOKERS:
        caller = story.holder if role is Role.HOLDER else story.staff(role, subject)
        identity = caller.ask(_SEES, id=story.ids["identity"])["identity"]
        cells = [_shown(identity[name]) for name in _FIELDS] if identity else ["null"] * len(_FIELDS)
        table.add_row(f"{role}\n[dim]{subject or 'no token'}[/]", *cells)
    story.console.print(table)


_LOOKERS: Final = (
    (Role.HOLDER, "its own"),
    (Role.REVIEWER, "demo-reviewer"),
    (Role.COMPLIANCE_OFFICER, "demo-officer"),
    (Role.INTEGRATION, "demo-integration"),
    (Role.PROVINCIAL_REGULATOR, "demo-regulator-zhejiang"),
    (Role.NATIONAL_REGULATOR, "demo-regulator-national"),
    (Role.AUDITOR, "demo-auditor"),
    (Role.APPEAL_REVIEWER, "demo-appeal-reviewer"),
    (Role.PROVINCIAL_REGULATOR, "demo-regulator-shanghai"),
    (Role.PUBLIC, ""),
)


def _shown(value: Mapping[str, Any]) -> str:
    if "欧阳示例" in (value["display"] or ""):
        raise Unexpected(f"A name in clear: {value}")
    return f"{escape(value['display'] or '—')}\n[dim]{value['form']}[/]"


def show_journal(story: Walk) -> None:
    """What the holder can look up for good."""
    story.chapter("8  The journal 日志, as the holder reads it")
    account = story.holder.ask(_JOURNAL, id=story.ids["account"])["account"]
    steps = account["journal"]["nodes"]
    expect("The steps", found=[step["trigger"] for step in steps], wanted=["apply", "approve", "file"])
    table = Table("seq", "step", "state", "by", "hash, chained to the one before")
    for step in steps:
        by = step["actorRole"] + (f" {step['actorNumber']}" if step["actorNumber"] else "")
        cause = f"\n[dim]because of a step of a {step['causeKind']}[/]" if step["causeKind"] else ""
        table.add_row(str(step["seq"]), step["trigger"] + cause, step["toState"], by, step["hash"][:24] + "…")
    story.console.print(table)
    story.tell(Role.HOLDER, f"“{escape(account['caption'])}”, filing {account['filing']['number']}")


def _particulars(story: Walk) -> dict[str, Any]:
    material = {"kind": "OPERATOR_ID", "reference": "ref-operator-1", "sha256": "0" * 64}
    return {
        "handle": f"qingcha-shouji{story.suffix}",
        "displayName": f"{story.unit_name}茶话{story.suffix}",
        "description": "每周一款青茶的冲泡笔记",
        "category": "LIFESTYLE",
        "division": "330100",
        "materials": [material],
    }
