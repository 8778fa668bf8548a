"""For every trigger of a standing case an input against which no guard of the input has anything to say.

Whoever adds a trigger adds its row here: then all that is rehearsed with every role is rehearsed with the new one too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from domain.authorities import authority_id
from domain.policy.roles import Role
from domain.sanction import Evidence, Measure, Sanction
from tests.sanctions import CIRCUMSTANCES, DISMISSAL, PIECE, REASONS
from tests.workflows.test_account import ANSWERS, ITEMS
from tests.workflows.test_account_close import PROOF
from tests.workflows.test_filing import DEFECT, wrong_item
from tests.world import (
    NEWS_REASON,
    PERMISSION_REASON,
    REVOCATION,
    Holder,
    Person,
    Provider,
    mobile,
    resident_id,
    unique,
)
from workflows.engine import Transition

REGULATORS: Final = (Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR)
_REASONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "filing": wrong_item(), "permission": PERMISSION_REASON, "sanction": REASONS,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Who asks for what of which case."""

    provider: Provider
    holder: Holder
    id: str
    person: Person


Given = Mapping[str, Any]
Maker = Callable[[Asked], Given | Awaitable[Given]]


def nothing(_: Asked) -> Given:
    """What names the case is enough."""
    return {}


def always(**given: Any) -> Maker:
    """The same whatever is asked of."""
    return lambda _: given


def _handed_in(asked: Asked) -> Given:
    return {"particulars": asked.holder.particulars()}


def _supplemented(asked: Asked) -> Given:
    return {"answers": ANSWERS, **_handed_in(asked)}


def _configured(asked: Asked) -> Given:
    return {"publishBeforeFiling": True} if asked.person.role in REGULATORS else {"quotaOthers": 3}


def _consented(asked: Asked) -> Given:
    return {"agreementId": asked.provider.agreement_id, "clauses": ["TRUTHFULNESS"], "channel": "WEB"}


def _identified(_: Asked) -> Given:
    organisation = {"organisationName": "示例单位", "uscc": "91350100M000100Y43", "mandate": "m"}
    return {"legalName": "示例", "residentId": resident_id(), "mobile": mobile(), **organisation}


def _granted(asked: Asked) -> Given:
    until = asked.provider.world.clock() + timedelta(days=90)
    return {"validUntil": until.date().isoformat(), "approvalNumber": "示例1号"}


# --- sanctions ---------------------------------------------------------------------------------------------------
async def _shown(asked: Asked) -> dict[str, Any]:
    """The disclosable pieces of the case."""
    pieces = await asked.provider.world.rows(Evidence, sanction_id=asked.id)
    return {"evidenceIds": [piece.id for piece in pieces if piece.is_disclosable]}


async def _notified(asked: Asked) -> Given:
    return {"proposedLevel": "SUSPENDED", "facts": "What was found.", **await _shown(asked)}


def decided(**more: Any) -> Maker:
    """A rung, whatever is skipped and whatever was answered."""

    async def decide(asked: Asked) -> Given:
        (row,) = await asked.provider.world.rows(Sanction, id=asked.id)
        points = [{"point": number, "text": "It was not."} for number in range(1, row.answer_points + 1)]
        return {**await _shown(asked), "addressed": points, "circumstances": CIRCUMSTANCES, **more}

    return decide


async def _prolonged(asked: Asked) -> Given:
    return {"days": 1, **await _shown(asked)}


async def _rescinded(asked: Asked) -> Given:
    """The measure that the case stands by; a case without one has nothing to take back."""
    (row,) = await asked.provider.world.rows(Sanction, id=asked.id)
    known = await asked.provider.world.rows(Measure, sanction_id=asked.id)
    left = {one.id for one in known if one.ended_by != "OVERTURNED"}
    named = row.measure_id if row.measure_id in left else next(iter(left), row.measure_id or "measure_none")
    return {"measureId": named, "reason": "It was wrong."}


def _reopened(_: Asked) -> Given:
    """On words that the case does not know yet."""
    return {"findings": "More was found.", "evidence": [{**PIECE, "text": unique("Another item, ")}]}


_CHANGED: Final = {"particulars": {"description": "另作他用", "materials": []}}
_ELSEWHERE: Final = {"authorityId": authority_id("110000"), "grounds": "示例"}
SOUND: Final[Mapping[str, Maker]] = {
    "provider.configure": _configured,
    "provider.go_live": nothing,
    "holder.consent": _consented,
    **dict.fromkeys((f"qualification.{name}" for name in ("verify", "refuse", "renew", "suspend", "resume")), nothing),
    "qualification.revoke": nothing,
    "qualification.renewed": always(validTo="2031-12-31"),
    "identity.submit": _identified,
    "identity.verify": always(method="DOCUMENT_CHECK"),
    "identity.fail": nothing,
    **dict.fromkeys((f"account.{name}" for name in ("claim", "renew_lease", "release", "claim_change")), nothing),
    "account.request_supplement": always(items=ITEMS),
    "account.supplement": _supplemented,
    "account.withdraw": nothing,
    "account.approve": always(category="LIFESTYLE"),
    "account.reject": nothing,
    "account.reapply": _handed_in,
    "account.change": always(**_CHANGED),
    "account.request_change_supplement": always(items=ITEMS),
    "account.supplement_change": always(answers=ANSWERS, **_CHANGED),
    **dict.fromkeys((f"account.{name}_change" for name in ("withdraw", "approve", "reject")), nothing),
    "account.ask_close": nothing,
    "account.cancel_close": nothing,
    "account.close": always(**PROOF),
    **dict.fromkeys(
        (f"filing.{name}" for name in ("submit", "pull_back", "accept", "decline", "prepare_again")), nothing
    ),
    "filing.return": always(defects=[DEFECT]),
    "filing.revoke": always(**REVOCATION),
    "filing.reinstate": always(grounds="撤销依据不成立"),
    "filing.ask_transfer": always(**_ELSEWHERE),
    "filing.designate": always(**_ELSEWHERE),
    **dict.fromkeys((f"filing.{name}transfer" for name in ("withdraw_", "", "refuse_")), nothing),
    "permission.grant": _granted,
    **dict.fromkeys((f"permission.{name}" for name in ("refuse", "narrow", "suspend", "resume", "revoke")), nothing),
    **dict.fromkeys((f"permission.{name}" for name in ("give_up", "withdraw")), nothing),
    "permission.renew": always(receipt="示例1号"),
    "permission.renewed": always(validUntil="2027-12-31"),
    "permission.settle_doubt": always(finding="示例"),
    "sanction.interim": always(scope=["PUBLISH"], hours=24),
    **dict.fromkeys((f"sanction.{name}" for name in ("extend_interim", "waive", "acknowledge")), nothing),
    "sanction.notify": _notified,
    "sanction.answer": always(points=["It was satire."]),
    "sanction.warn": decided(),
    "sanction.restrict": decided(scope=["PUBLISH"], days=3),
    "sanction.suspend": decided(days=7),
    "sanction.close": decided(),
    "sanction.prolong": _prolonged,
    "sanction.reduce": always(level="WARNING", reason="It was too much."),
    "sanction.lift": always(reason="It was put right."),
    "sanction.rescind": _rescinded,
    "sanction.dismiss": always(reasons=DISMISSAL),
    "sanction.reopen": _reopened,
}
# What is no matter of one case, and tried where all of it is set up.
ELSEWHERE: Final = {
    "staff.disable": "tests/workflows/test_staff.py",
    "staff.recuse": "tests/cases/test_recusal_of_staff.py",
    "staff.lift_recusal": "tests/cases/test_recusal_of_staff.py",
    "batch.add": "tests/workflows/test_adopt.py",
    "batch.adopt": "tests/workflows/test_adopt.py",
    "batch.add_decisions": "tests/workflows/test_sanction_batch.py",
    "batch.decide": "tests/workflows/test_sanction_batch.py",
    "batch.discard": "tests/workflows/test_sanction_batch.py",
}


async def sound_input(asked: Asked, noun: str, transition: Transition, version: int) -> dict[str, Any]:
    """The whole input."""
    made = SOUND[f"{noun}.{transition.trigger}"](asked)
    more = await made if isinstance(made, Awaitable) else made
    given = {} if not transition.journalled else {"version": version}
    reasons = {"reasons": _REASONS.get(noun, NEWS_REASON)} if transition.adverse else {}
    return {"id": asked.id, **given, **reasons, **more}
