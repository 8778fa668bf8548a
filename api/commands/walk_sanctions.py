"""How conduct is dealt with, over HTTP: heard, rung by rung, by two; a closure taken back; time passing (Art. 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final
from uuid import uuid4

from rich.markup import escape
from rich.table import Table

from api.commands.callers import Caller, Unexpected, by_two, expect
from api.commands.walk import Walk
from domain.policy.roles import Role
from domain.problems import ProblemCode
from workflows.demo_people import mobile

P = ProblemCode
DAYS_SUSPENDED: Final = 7
SWEPT_SECONDS: Final = 30
_CASE: Final = """query($id: ID!) { sanction(id: $id) { id version stateCode recommended { level days recurrence }
  evidence { nodes { id number } } measure { id level until } } }"""
_LEVEL: Final = "query($id: ID!) { account(id: $id) { stateCode sanctionLevel filing { number stateCode } } }"
_DECISION: Final = """query($items: [PublishingQuestion!]!) { publishingDecisions(items: $items) {
  act allowed blockedBy { code until measure } } }"""
_NOTICES: Final = """{ viewer { notices(first: 1) { nodes { id receiptNumber step { trigger } } } } }"""
_RECEIPT: Final = """query($number: String!, $secret: String!) { noticeByReceipt(number: $number, secret: $secret) {
  caption(language: EN) publicReason evidence { number text } remedyUntil openToAppeal } }"""
_JOURNAL: Final = """query($id: ID!) { sanction(id: $id) { stateCode
  journal(first: 100) { nodes { seq trigger toState actorRole at } } } }"""
_REASONS: Final = {
    "reasonCodes": ["AGREEMENT_BROKEN"],
    "facts": "本周发布的三条内容标题与正文不符。",
    "legalBases": ["IM_2014_ART_8"],
    "publicReason": "违反信息真实性底线。可在180日内申诉。",
}
_CIRCUMSTANCES: Final = {
    "gravity": "GRAVE", "intent": "INTENDED", "harm": "SUBSTANTIAL", "spread": "WIDE", "cooperation": "REFUSED",
}  # fmt: skip


@dataclass(slots=True)
class _Matter:
    """A case: its people, its id."""

    story: Walk
    id: str
    account_id: str
    holder: Caller

    @property
    def officers(self) -> tuple[Caller, Caller]:
        staff = self.story.staff
        return staff(Role.COMPLIANCE_OFFICER, "demo-officer"), staff(Role.COMPLIANCE_OFFICER, "demo-officer-2")

    @property
    def reviewer(self) -> Caller:
        return self.story.staff(Role.REVIEWER, "demo-reviewer")

    def now(self) -> dict[str, Any]:
        """The case as staff read it."""
        found: dict[str, Any] = self.reviewer.ask(_CASE, id=self.id)["sanction"]
        return found

    def named(self) -> dict[str, Any]:
        """Its id and version."""
        return {"id": self.id, "version": self.now()["version"]}

    def decided(self, **more: Any) -> dict[str, Any]:
        """What every decision says."""
        pieces = [piece["id"] for piece in self.now()["evidence"]["nodes"]]
        return {**self.named(), "evidenceIds": pieces, "reasons": _REASONS, **more}

    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.reviewer.ask(_LEVEL, id=self.account_id)["account"]
        return found


def walk_the_rungs(story: Walk) -> str:
    """Warned, restricted, suspended with two people; the id of the case."""
    matter = hear(story)
    warn_and_restrict(story, matter)
    suspend(story, matter)
    return matter.id


def hear(story: Walk) -> _Matter:
    """A case is opened, its holder told and heard."""
    story.chapter("15  Conduct that breaks the agreement: a case 立案, and a hearing 陈述申辩 (Art. 8)")
    matter = _opened(story, story.ids["account"], story.holder, ground="MISLEADING_HEADLINE", gravity="SERIOUS")
    found = matter.now()["recommended"]
    story.tell(Role.REVIEWER, f"opens a case with a piece of evidence → OPENED; the table recommends {found['level']}")
    story.tell(Role.HOLDER, f"asks for the case: {story.holder.ask(_CASE, id=matter.id)['sanction']}, not told yet")
    answer = matter.officers[0].do(
        "sanctionSuspend", matter.decided(days=DAYS_SUSPENDED), refused=(P.ILLEGAL_TRANSITION,)
    )
    story.refuse(Role.COMPLIANCE_OFFICER, "C-01 would suspend at once:", answer["problems"])
    _notified(matter)
    story.tell(Role.REVIEWER, "tells the holder 告知 what is held against them, with the evidence → NOTIFIED")
    points = ["标题是编辑误写。", "当天已经更正。"]
    matter.holder.do("sanctionAnswer", {**matter.named(), "points": points})
    story.tell(Role.HOLDER, f"reads the evidence and answers in {len(points)} points")
    return matter


def warn_and_restrict(story: Walk, matter: _Matter) -> None:
    """The first rungs: each takes the place of the one before."""
    story.chapter("16  Warning 警示, then a restriction 限制功能")
    answer = matter.reviewer.do("sanctionWarn", matter.decided(), refused=(P.POINTS_UNADDRESSED,))
    story.refuse(Role.REVIEWER, "would warn without a word to the answer:", answer["problems"])
    matter.reviewer.do("sanctionWarn", matter.decided(addressed=_addressed()))
    story.tell(Role.REVIEWER, f"addresses each point and warns → level {matter.account()['sanctionLevel']}")
    matter.holder.do("sanctionAcknowledge", matter.named())
    story.tell(Role.HOLDER, "acknowledges 确认知悉; the conduct goes on")
    asked = matter.decided(addressed=_addressed(), scope=["COMMENT"], days=10)
    telling = {**asked, "reasons": {**_REASONS, "publicReason": f"详情请致电{mobile(1)}。"}}
    answer = matter.officers[0].do("sanctionRestrict", telling, refused=(P.PERSONAL_DATA_IN_TEXT,))
    story.refuse(Role.COMPLIANCE_OFFICER, "C-01 names a mobile number in the public reason:", answer["problems"])
    matter.officers[0].do("sanctionRestrict", asked)
    story.tell(Role.COMPLIANCE_OFFICER, f"C-01 restricts replies for 10 days → {matter.account()['sanctionLevel']}")
    _asked(story, matter, blocked={"COMMENT": "RESTRICTED"})


def suspend(story: Walk, matter: _Matter) -> None:
    """The third rung takes two."""
    story.chapter("17  Suspension 暂停更新: two officers ②, a term, and the authority is told")
    asked = matter.decided(addressed=_addressed(), days=DAYS_SUSPENDED)
    proposal = matter.officers[0].do("sanctionSuspend", asked)["proposal"]
    endorsement = {"id": proposal["id"], "hash": proposal["hash"]}
    answer = matter.officers[0].do("proposalEndorse", endorsement, refused=(P.SAME_PERSON,))
    story.refuse(Role.COMPLIANCE_OFFICER, "C-01 would endorse it too:", answer["problems"])
    matter.officers[1].do("proposalEndorse", endorsement)
    matter.officers[0].do("sanctionSuspend", {**asked, "proposal": proposal["id"]})
    level = matter.account()["sanctionLevel"]
    expect("The level after the suspension", found=level, wanted="SUSPENDED")
    story.tell(Role.COMPLIANCE_OFFICER, f"C-02 endorses, C-01 carries out → {level} until {_until(matter)}")
    _asked(story, matter, blocked=dict.fromkeys(("PUBLISH", "UPDATE", "COMMENT"), "SUSPENDED"))


def walk_a_closure_back(story: Walk) -> str:
    """Another account is closed, and comes back because the closure was wrong; the number it is filed under."""
    story.chapter("18  Another account is closed 关闭 by two, and comes back by rescind 自行撤销")
    unit = story.find(Role.HOLDER, f"demo-news{story.suffix}", story.ids["provider"])
    matter = _opened(story, story.ids["news_account"], unit, ground="IMPERSONATION", gravity="GRAVE")
    before = matter.account()
    _notified(matter)
    unit.do("sanctionWaive", matter.named())
    asked = matter.decided(banDays=365)
    answer = matter.officers[0].do("sanctionClose", asked, refused=(P.CIRCUMSTANCES_MISSING,))
    story.refuse(
        Role.COMPLIANCE_OFFICER, "C-01 would close with no measure before, and no word why:", answer["problems"]
    )
    by_two(*matter.officers, "sanctionClose", {**asked, "circumstances": _CIRCUMSTANCES})
    closed = matter.account()
    expect("The account after the closure", found=closed["stateCode"], wanted="CLOSED")
    told = f"account {closed['stateCode']}, its filing {closed['filing']['stateCode']}"
    story.tell(Role.COMPLIANCE_OFFICER, f"with the circumstances on record 情节, and endorsed → {told}")
    _opened_by_receipt(story, unit)
    measure_id = matter.now()["measure"]["id"]
    wrong = {**matter.named(), "measureId": measure_id, "reason": "查明系他人仿冒,本账号无过错。"}
    by_two(*matter.officers, "sanctionRescind", wrong)
    after = matter.account()
    expect("The account after the rescission", found=after, wanted={**before, "sanctionLevel": "NONE"})
    number = str(after["filing"]["number"])
    story.tell(Role.COMPLIANCE_OFFICER, f"finds it was wrong; two rescind → {after['stateCode']} again under {number}")
    return number


def watch_time_pass(story: Walk, case_id: str) -> None:
    """On a server whose clock is set ahead: the term is over, and the worker writes that down."""
    story.chapter(f"19  Time passes: the same data, the clock set {DAYS_SUSPENDED + 1} days ahead")
    matter = _Matter(story, case_id, story.ids["account"], story.holder)
    until = monotonic() + SWEPT_SECONDS
    while (state := matter.now()["stateCode"]) != "EXPIRED":
        if monotonic() > until:
            raise Unexpected(f"The case is {state} still, {SWEPT_SECONDS} seconds after its term.")
        sleep(0.2)
    expect("The level after the term", found=matter.account()["sanctionLevel"], wanted="NONE")
    story.tell(Role.SYSTEM, "the worker journals what time has done → EXPIRED 期满, level NONE")
    _asked(story, matter, blocked={})
    table = Table("seq", "step", "state", "by", "at")
    for step in story.holder.ask(_JOURNAL, id=case_id)["sanction"]["journal"]["nodes"]:
        table.add_row(str(step["seq"]), step["trigger"], step["toState"], step["actorRole"], step["at"][:19])
    story.console.print(table)


def _opened(story: Walk, account_id: str, holder: Caller, *, ground: str, gravity: str) -> _Matter:
    """A case on an account, with one piece of evidence."""
    piece = {"text": "截图:标题与正文不符。", "isDisclosable": True, "address": "im.example/item/1"}
    conduct = {"conductOn": story.today.isoformat(), "harmsLifeOrProperty": False, "detection": "MANUAL"}
    found = {"findings": "巡查发现。", "evidence": [piece], "idempotencyKey": uuid4().hex}
    asked = {"accountId": account_id, "ground": ground, "gravity": gravity, **conduct, **found}
    case = story.staff(Role.REVIEWER, "demo-reviewer").do("sanctionOpen", asked)["sanction"]
    return _Matter(story, case["id"], account_id, holder)


def _notified(matter: _Matter) -> None:
    pieces = [piece["id"] for piece in matter.now()["evidence"]["nodes"]]
    told = {"proposedLevel": "SUSPENDED", "facts": "三条内容标题与正文不符。", "evidenceIds": pieces}
    matter.reviewer.do("sanctionNotify", {**matter.named(), **told})


def _addressed() -> list[dict[str, Any]]:
    return [{"point": 1, "text": "三天内三次,不能认为是误写。"}, {"point": 2, "text": "已予考虑。"}]


def _until(matter: _Matter) -> str:
    return str(matter.now()["measure"]["until"])[:19]


def _asked(story: Walk, matter: _Matter, *, blocked: Mapping[str, str]) -> None:
    """Ask whether the account may publish, update, reply; what stands in the way names measure and end."""
    acts = ("PUBLISH", "UPDATE", "COMMENT", "REMOVE")
    items = [{"account": matter.account_id, "act": act, "content": "GENERAL"} for act in acts]
    caller = story.staff(Role.INTEGRATION, "demo-integration")
    for decision in caller.ask(_DECISION, items=items)["publishingDecisions"]:
        found = decision["blockedBy"]
        wanted = [blocked[decision["act"]]] if decision["act"] in blocked else []
        expect(f"What stands in the way of {decision['act']}", found=[one["code"] for one in found], wanted=wanted)
        told = "[green]✓ allowed[/]"
        if found:
            told = f"[red]✗ {found[0]['code']}[/] by {found[0]['measure'][:16]}… until {found[0]['until'][:19]}"
        story.console.print(f"    {decision['act']:<8} {told}")


def _opened_by_receipt(story: Walk, unit: Caller) -> None:
    """The receipt of the notice opens the decision for whoever holds it, without a login."""
    [notice] = unit.ask(_NOTICES)["viewer"]["notices"]["nodes"]
    secret = unit.do("noticeSee", {"id": notice["id"]})["receiptSecret"]
    public = story.find(Role.PUBLIC, "", None)
    told = public.ask(_RECEIPT, number=notice["receiptNumber"], secret=secret)["noticeByReceipt"]
    expect("What opens the remedy", found=told["openToAppeal"], wanted=True)
    wrong = public.ask(_RECEIPT, number=notice["receiptNumber"], secret="A" * 26)["noticeByReceipt"]
    expect("A wrong secret", found=wrong, wanted=None)
    words = escape(told["publicReason"])
    story.tell(Role.PUBLIC, f"with receipt 回执 {notice['receiptNumber']} and its secret, no login: “{words}”")
