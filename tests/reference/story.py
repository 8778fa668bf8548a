"""Two providers in two provinces, and everything that may happen to an account on the way to its filing.

Told through the product's mutations. What they cannot make (neighbours out of sight on every relation) tangle.py adds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from domain.authorities import NATION, authority_id
from domain.policy.roles import Role
from domain.register import RegisterKind
from tests.sanctions import CIRCUMSTANCES, PIECE, Case, opened, sanctioned
from tests.world import NEWS_REASON, SHANGHAI, ZHEJIANG, Holder, Person, Provider, World, unique
from workflows.licence_doubts import tell_doubts
from workflows.register_import import import_register

REGISTER: Final = "名称\n示例日报\n示例晚报\n示例周刊\n报\n\u200b名\n"
LICENCES: Final = (
    (
        "许可证编号,持证单位,类别,有效期至\n31120170001,示例日报社,1,2027-01-01\n"
        "32220180002,示例网,2,\n沪新备A2006012,示例周刊,,\n"
    ),
    "许可证编号,持证单位,类别,有效期至\n31120170001,示例晚报社,1,2028-01-01\n32220180002,示例网,2,\n",
)
REASONS: Final = {**NEWS_REASON, "note": "示例内部备注"}
RETURNED: Final = {"code": "ITEM_WRONG", "item": "OPERATOR_ID", "text": "示例缺陷"}


@dataclass
class Story:
    """Who there is to ask."""

    world: World
    viewers: list[Person] = field(default_factory=list)
    providers: list[Provider] = field(default_factory=list)

    def of(self, role: str) -> list[Person]:
        """Those of a role."""
        return [person for person in self.viewers if str(person.role or "PUBLIC") == role]


async def tell(world: World) -> Story:
    """The whole story."""
    story = Story(world)
    await _import(world)
    nation = await world.regulator(NATION)
    for division in (ZHEJIANG, SHANGHAI):
        await _body(story, division)
        world.clock.advance(days=3)
    first = story.providers[0]
    await _transferred(story)
    stranger = Person(world, unique("stranger-"), Role.HOLDER, first.id)
    auditor = await world.enrol(Role.AUDITOR, division=ZHEJIANG)
    story.viewers += [nation, stranger, auditor, world.public]
    await tell_doubts(world.office.database, world.office.clock, world.office.calendar)
    return story


async def _transferred(story: Story) -> None:
    """A filing on file that went to the other province, and one that the other is asked to take over."""
    here, there = story.providers
    for is_taken in (True, False):
        _, _, filing = await here.filed()
        question = await here.regulator.must(
            "filingAskTransfer",
            id=filing.id,
            version=filing.version,
            authorityId=authority_id(SHANGHAI),
            grounds="示例理由",
        )
        if is_taken:
            await there.regulator.must("filingTransfer", id=filing.id, version=question.version)


async def _import(world: World) -> None:
    await _import_one(world, RegisterKind.SOURCES, REGISTER)
    for text in LICENCES:
        await _import_one(world, RegisterKind.LICENCES, text)


async def _import_one(world: World, kind: RegisterKind, text: str) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield text.encode()

    office = world.office
    await import_register(office.database, office.clock, kind, source, "TEST", lambda *_: None)


async def _body(story: Story, division: str) -> None:
    provider = await story.world.provider(division)
    story.providers.append(provider)
    await _qualified(provider)
    holders = [await _filings(provider), await _applications(provider), await _organisation(provider)]
    badged, _, _ = await provider.badged()
    holders += [badged, await _sanctions(provider)]
    await _proposals(provider)
    await _batches(provider)
    await _decisions(provider)
    await provider.newcomer()
    await _left(provider)
    story.viewers += [*provider.staff.values(), provider.second_reviewer, provider.regulator]
    story.viewers += [holder.person for holder in holders]


async def _qualified(provider: Provider) -> None:
    """Three qualifications in three states, one of them renewed."""
    dates = {"validFrom": "2025-01-01", "validTo": "2026-12-31"}
    for kind in ("TELECOM", "NEWS_INFORMATION"):
        made = await provider.officer.must(
            "qualificationSubmit",
            kind=kind,
            number=unique("Q"),
            issuer="示例机关",
            idempotencyKey=unique("k-"),
            **dates,
        )
        if kind == "TELECOM":
            await provider.regulator.must("qualificationVerify", id=made.id, version=1)
            await provider.officer.must("qualificationRenew", id=made.id, version=2)
        else:
            await provider.regulator.do("qualificationRefuse", id=made.id, version=1, reasons=REASONS)


async def _filings(provider: Provider) -> Holder:
    """A filing in each state it may be in, and an amendment of one."""
    holder, account_id, _ = await provider.filed()
    changed: dict[str, Any] = {
        "id": account_id,
        "version": 3,
        "particulars": {"description": "示例新简介", "materials": []},
    }
    change = await holder.person.must("accountChange", **changed)
    await provider.reviewer.must("accountClaimChange", id=account_id)
    await provider.reviewer.must("accountApproveChange", id=account_id, version=change.version)
    for trigger in ("", "filingSubmit", "filingReturn", "filingDecline"):
        _, account = await provider.approved()
        filing = account.case["filing"]
        if not trigger:
            continue
        await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
        if trigger == "filingSubmit":
            continue
        more: dict[str, Any] = {"defects": [RETURNED]} if trigger == "filingReturn" else {}
        await provider.regulator.do(trigger, id=filing["id"], version=2, reasons=REASONS, **more)
    return holder


async def _applications(provider: Provider) -> Holder:
    """An application in each state, and one that answered what it was asked."""
    reviewer, holder = provider.reviewer, await provider.holder(email="someone@qq.com", address="浙江省杭州市示例路1号")
    account = await holder.apply()
    await reviewer.must("accountClaim", id=account.id)
    items = [{"code": "DESCRIPTION", "text": "示例事项"}]
    asked = await reviewer.must("accountRequestSupplement", id=account.id, version=account.version, items=items)
    answers = [{"code": "DESCRIPTION", "answer": "示例答复"}]
    await holder.person.must(
        "accountSupplement", id=account.id, version=asked.version, answers=answers, particulars=holder.particulars()
    )
    _, rejected = await provider.applied()
    await reviewer.must("accountClaim", id=rejected.id)
    await reviewer.must("accountReject", id=rejected.id, version=rejected.version, reasons=REASONS)
    leaving, withdrawn = await provider.applied()
    await leaving.person.must("accountWithdraw", id=withdrawn.id, version=withdrawn.version)
    _, waiting = await provider.applied()
    await reviewer.must("accountClaim", id=waiting.id)
    await reviewer.must("accountRequestSupplement", id=waiting.id, version=waiting.version, items=items)
    await provider.applied(category="NATIONAL_MEDIA")  # the nation answers for it, though the provider is a province's
    return holder


async def _organisation(provider: Provider) -> Holder:
    """A holder that is no person: clear names, an operator behind them."""
    holder = await provider.holder("ENTERPRISE")
    await holder.try_to_apply()
    return holder


async def _proposals(provider: Provider) -> None:
    """Approvals that need a second reader: waiting, endorsed, withdrawn, used."""
    for fate in ("waiting", "endorsed", "withdrawn", "used"):
        _, account = await provider.applied(category="NEWS", displayName=unique("示例日报"))
        reviewer, second = provider.reviewer, provider.second_reviewer
        await reviewer.must("accountClaim", id=account.id)
        asked: dict[str, Any] = {"id": account.id, "version": account.version, "category": "NEWS", "note": "示例备注"}
        proposed = (await reviewer.must("accountApprove", **asked)).proposal
        if fate in ("endorsed", "used"):
            await second.must("proposalEndorse", id=proposed["id"], hash=proposed["hash"])
        if fate == "withdrawn":
            await reviewer.must("proposalWithdraw", id=proposed["id"])
        if fate == "used":
            await reviewer.must("accountApprove", proposal=proposed["id"], **asked)


async def _batches(provider: Provider) -> None:
    """Accounts adopted, one of them refused; and a batch that waits for its second person."""
    await provider.regulator.must("providerConfigure", id=provider.id, version=1, adoptionUntil="2027-01-01T00:00:00Z")
    holder, newcomer = await provider.holder(), await provider.newcomer()
    examination = {"examinedOn": "2025-06-01", "examiner": "示例审核员", "reference": "示例审核单"}
    for fate in ("adopted", "waiting"):
        items = []
        for each in (holder, newcomer):
            particulars = {name: value for name, value in each.particulars().items() if name != "materials"}
            items.append({"holderId": each.id, "particulars": particulars, "examination": examination})
        machine, key = provider.integration, {"idempotencyKey": unique("k-")}
        filled = await machine.must("batchFill", select="digest", items=items, **key)
        asked: dict[str, Any] = {"id": filled.id, "version": filled.version, "digest": filled.case["digest"]}
        proposed = (await machine.must("accountAdopt", **asked, idempotencyKey=unique("k-"))).proposal
        if fate == "adopted":
            await provider.officer.must("proposalEndorse", **proposed)
            await machine.must("accountAdopt", **asked, proposal=proposed["id"], idempotencyKey=unique("k-"))


async def _sanctions(provider: Provider) -> Holder:
    """Cases on one account in many states; of another, closed. The holder knows of all but the first."""
    holder, account_id, _ = await provider.filed()
    pieces = [PIECE, {**PIECE, "text": "示例附件", "isDisclosable": False}]
    second = await provider.second_officer()
    for number, fate in enumerate(("untold", "notified", "warned", "restricted", "suspended", "lifted", "closed"), 1):
        told = {"conductOn": f"2026-02-{number:02}", "evidence": pieces}
        if fate == "closed":
            case = await sanctioned(provider, **told)
        else:
            case = await opened(provider, account_id, holder, **told)
        case.second = second
        await _decided(case, fate)
    return holder


async def _decided(case: Case, fate: str) -> None:
    """Take a case to where it is to stand."""
    match fate:
        case "notified":
            await case.notify()
            await case.answer("示例陈述", "示例申辩")
        case "warned":
            await case.warn()
        case "restricted":
            await case.restrict(circumstances=CIRCUMSTANCES)
        case "suspended" | "closed":
            await case.notify()
            if fate == "closed":
                await case.waive()
                await case.close(circumstances=CIRCUMSTANCES)
            else:
                await case.answer("示例陈述")
                await case.suspend(circumstances=CIRCUMSTANCES, addressed=[{"point": 1, "text": "示例回应"}])
        case "lifted":
            await case.restrict(circumstances=CIRCUMSTANCES)
            await case.lift()


async def _decisions(provider: Provider) -> None:
    """Decisions in a batch, one of them refused; and a batch that waits for its second person."""
    second = await provider.second_officer()
    _, account_id, _ = await provider.filed()
    for month, fate in enumerate(("decided", "waiting"), 1):
        items = []
        for day, rung in enumerate(("suspend", "warn"), 1):
            case = await opened(provider, account_id, conductOn=f"2026-{month:02}-{day:02}")
            said = await case.input(**({"days": 7} if rung == "suspend" else {}))
            items.append({name: said.pop(name) for name in ("id", "version")} | {rung: said})
        key = {"idempotencyKey": unique("k-")}
        filled = await provider.officer.must("sanctionBatchFill", select="digest", items=items, **key)
        asked: dict[str, Any] = {"id": filled.id, "version": filled.version, "digest": filled.case["digest"]}
        proposed = (await provider.officer.must("sanctionDecide", **asked)).proposal
        if fate == "decided":
            await second.must("proposalEndorse", **proposed)
            await provider.officer.must("sanctionDecide", **asked, proposal=proposed["id"])


async def _left(provider: Provider) -> None:
    """A member of staff who left."""
    gone = await provider.world.enrol(Role.REVIEWER, provider_id=provider.id)
    await provider.officer.must("staffDisable", id=gone.id, version=1)
