"""What a viewer is told they may do next is exactly what the mutation then does: every role, every reachable state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
import sqlalchemy as sa

from api import dev_issuer
from domain.account import Account
from domain.authorities import authority_id
from domain.filing import Filing
from domain.identity import Identity
from domain.ids import prefix_of
from domain.policy.roles import Role
from domain.problems import ProblemCode
from domain.provider import Provider as ProviderRow
from domain.qualification import Qualification
from domain.sanction import BanKind
from domain.table import table_of
from domain.viewer import Viewer
from tests import placed
from tests.stored import row as stored_row
from tests.workflows.sound_inputs import ELSEWHERE, SOUND, Asked, sound_input
from tests.workflows.test_account import ITEMS
from tests.workflows.test_account_change import approved_change, ask_change, changing
from tests.workflows.test_account_close import close
from tests.workflows.test_filing import DEFECT, by_two, revoked, submitted, wrong_item
from tests.world import (
    NEWS_REASON,
    SHANGHAI,
    Holder,
    Person,
    Provider,
    World,
    mobile,
    resident_id,
    unique,
)
from workflows.database import Transaction, compile_once
from workflows.engine import Transition, Workflow
from workflows.registry import WORKFLOWS
from workflows.unit_of_work import Outcome, carry_out

QUERY: Final = """query($id: ID!) { node(id: $id) { ... on Case {
    availableSteps { trigger mutation allowed needsEndorsement adverse problems { code } }
} } }"""


class Undone(Exception):
    """The rehearsal went well; nothing of it stays."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


@dataclass
class Rehearsed:
    """One real transaction as a database of its own: what it commits is there for the next, and undone with it."""

    transaction: Transaction

    @property
    def dialect(self) -> Any:
        return self.transaction.dialect

    async def read(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        return await work(self.transaction)

    async def write(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        async with self.transaction.savepoint():
            return await work(self.transaction)


@dataclass
class Scene:
    """A case in some state, its holder, and everybody who may look at it."""

    provider: Provider
    holder: Holder
    id: str
    model: type[Any]

    def people(self, outsiders: Mapping[str, Person]) -> dict[str, Person]:
        staff = {str(role): person for role, person in self.provider.staff.items()}
        own = {"second": self.provider.second_reviewer, "regulator": self.provider.regulator}
        return {**staff, **own, **outsiders, "holder": self.holder.person}


def viewer(person: Person) -> Viewer:
    """The viewer that a person's token makes."""
    assert person.role is not None
    provider_id = person.provider_id if person.role is Role.HOLDER else None
    return Viewer(person.id, person.role, issuer=dev_issuer.ISSUER, subject=person.subject, provider_id=provider_id)


async def rehearse(scene: Scene, workflow: Workflow, transition: Transition, person: Person, version: int) -> Outcome:
    """What the mutation would answer, after one repeat with the version told, without leaving a trace."""
    office, table = scene.provider.world.office, table_of(workflow.model)
    assert transition.command is not None
    asked = Asked(scene.provider, scene.holder, scene.id, person)
    given = {"idempotency_key": unique("key-"), **await sound_input(asked, workflow.noun, transition, version)}
    command = transition.command

    async def undone(transaction: Transaction) -> Outcome:
        rehearsing = replace(office, database=Rehearsed(transaction))
        asked = viewer(person), workflow, transition.trigger
        found = await carry_out(rehearsing, *asked, command.model_validate(given))
        if [problem.code for problem in found.problems] == [ProblemCode.STALE_VERSION]:
            now = sa.select(table.c.seq).where(table.c.id == scene.id)
            rows = await transaction.fetch(compile_once(now, transaction.dialect), {})
            found = await carry_out(rehearsing, *asked, command.model_validate({**given, "version": rows[0][0]}))
        raise Undone(found)

    with pytest.raises(Undone) as ended:
        await office.database.write(undone)
    found: Outcome = ended.value.result
    return found


async def assert_told_is_done(scene: Scene, name: str, person: Person, version: int) -> set[str]:
    """Compare what one person is told with what each mutation then does; the triggers that were allowed."""
    workflow = WORKFLOWS[prefix_of(scene.id)]
    node = (await person.ask(QUERY, id=scene.id))["node"]
    told = {step["trigger"]: step for step in (node or {"availableSteps": []})["availableSteps"]}
    allowed = set()
    for transition in workflow.transitions:
        if transition.command is None or transition.creates:
            assert transition.trigger not in told
            continue
        outcome = await rehearse(scene, workflow, transition, person, version)
        codes = [str(problem.code) for problem in outcome.problems]
        place = f"{name}: {workflow.noun}.{transition.trigger}"
        if transition.trigger not in told:
            assert codes == (["NOT_ALLOWED"] if node or codes == ["NOT_ALLOWED"] else ["NOT_FOUND"]), place
            continue
        step = told[transition.trigger]
        assert codes == [problem["code"] for problem in step["problems"]], place
        assert step["allowed"] is (codes == []), place
        assert step["adverse"] is transition.adverse, place
        if step["allowed"]:
            assert step["needsEndorsement"] is (outcome.proposal_id is not None), place
            allowed.add(transition.trigger)
    return allowed


# --- scenes ------------------------------------------------------------------------------------------------------
Made = tuple[Holder, str, type[Any]]


async def applied(p: Provider) -> Made:
    holder, account = await p.applied()
    return holder, account.id, Account


async def claimed(p: Provider) -> Made:
    holder, id_, model = await applied(p)
    await p.reviewer.must("accountClaim", id=id_)
    return holder, id_, model


async def flagged(p: Provider) -> Made:
    holder, account = await p.applied(category="NEWS")
    await p.reviewer.must("accountClaim", id=account.id)
    return holder, account.id, Account


async def organ(p: Provider) -> Made:
    holder = await p.holder("GOVERNMENT")
    id_ = (await holder.apply()).id
    await p.reviewer.must("accountClaim", id=id_)
    return holder, id_, Account


async def own_matter(p: Provider) -> Made:
    number = resident_id()
    holder = await p.holder(residentId=number)
    p.second_reviewer = await p.world.enrol(Role.REVIEWER, provider_id=p.id, person=number)
    return holder, (await holder.apply()).id, Account


async def of_somebody_closed(p: Provider) -> Made:
    """Their account under another holder was closed as a measure: read by two, though nothing says so on its face."""
    number = resident_id()
    first = await (await p.holder(residentId=number)).apply()
    await placed.closed(p.world, first.id)
    holder = await p.holder(residentId=number)
    id_ = (await holder.apply()).id
    await p.reviewer.must("accountClaim", id=id_)
    await placed.ban(p.world, first.id, BanKind.NAME)
    return holder, id_, Account


async def of_somebody_banned(p: Provider) -> Made:
    number = resident_id()
    first = await (await p.holder(residentId=number)).apply()
    await placed.closed(p.world, first.id)
    holder = await p.holder(residentId=number)
    id_ = (await holder.apply()).id
    await p.reviewer.must("accountClaim", id=id_)
    await placed.ban(p.world, first.id, BanKind.SUBJECT)
    return holder, id_, Account


async def supplement_asked(p: Provider) -> Made:
    holder, id_, model = await claimed(p)
    await p.reviewer.must("accountRequestSupplement", id=id_, version=1, items=ITEMS)
    return holder, id_, model


async def approved(p: Provider) -> Made:
    holder, account = await p.approved()
    return holder, account.id, Account


async def filed(p: Provider) -> Made:
    holder, id_, _ = await p.filed()
    return holder, id_, Account


async def change_asked(p: Provider) -> Made:
    holder, id_, model = await approved(p)
    await ask_change(holder, id_)
    return holder, id_, model


async def change_claimed(p: Provider) -> Made:
    holder, id_, model = await approved(p)
    await changing(p, id_, holder)
    return holder, id_, model


async def change_flagged(p: Provider) -> Made:
    holder, id_, model = await filed(p)
    await changing(p, id_, holder, category="NEWS")
    return holder, id_, model


async def change_beside_a_submitted_filing(p: Provider) -> Made:
    holder, id_, _ = await submitted(p)
    await changing(p, id_, holder)
    return holder, id_, Account


async def change_supplement_asked(p: Provider) -> Made:
    holder, id_, model = await filed(p)
    version = await changing(p, id_, holder)
    await p.reviewer.must("accountRequestChangeSupplement", id=id_, version=version, items=ITEMS)
    return holder, id_, model


async def amending(p: Provider) -> Made:
    holder, id_, model = await filed(p)
    await approved_change(p, id_, holder)
    return holder, id_, model


async def closing(p: Provider) -> Made:
    holder, id_, model = await approved(p)
    await holder.person.must("accountAskClose", id=id_, version=2)
    return holder, id_, model


async def closed(p: Provider) -> Made:
    holder, id_, model = await filed(p)
    await close(p, id_)
    return holder, id_, model


async def rejected(p: Provider) -> Made:
    holder, account = await p.rejected()
    return holder, account.id, Account


async def reapplied_too_often(p: Provider) -> Made:
    holder, id_, model = await rejected(p)
    for version in (2, 4, 6):
        await holder.person.must("accountReapply", id=id_, version=version, particulars=holder.particulars())
        await p.reviewer.must("accountClaim", id=id_)
        await p.reviewer.must("accountReject", id=id_, version=version + 1, reasons=NEWS_REASON)
    return holder, id_, model


async def withdrawn(p: Provider) -> Made:
    holder, id_, model = await applied(p)
    await holder.person.must("accountWithdraw", id=id_, version=1)
    return holder, id_, model


async def filing_prepared(p: Provider) -> Made:
    holder, account = await p.approved()
    return holder, account.case["filing"]["id"], Filing


async def filing_submitted(p: Provider) -> Made:
    holder, _, id_ = await submitted(p)
    return holder, id_, Filing


async def filing_returned(p: Provider) -> Made:
    holder, _, id_ = await submitted(p)
    await p.regulator.must("filingReturn", id=id_, version=2, reasons=wrong_item(), defects=[DEFECT])
    return holder, id_, Filing


async def filing_declined(p: Provider) -> Made:
    holder, _, id_ = await submitted(p)
    await p.regulator.must("filingDecline", id=id_, version=2, reasons=wrong_item())
    return holder, id_, Filing


async def filing_accepted(p: Provider) -> Made:
    holder, _, filing = await p.filed()
    return holder, filing.id, Filing


async def filing_asked_for(p: Provider) -> Made:
    holder, _, id_ = await submitted(p)
    asked = {"authorityId": authority_id(SHANGHAI), "grounds": "示例"}
    await p.regulator.must("filingAskTransfer", id=id_, version=2, **asked)
    return holder, id_, Filing


async def filing_revoked(p: Provider) -> Made:
    _, id_ = await revoked(p)
    return await p.newcomer(), id_, Filing


async def identity_empty(p: Provider) -> Made:
    holder = await p.newcomer()
    return holder, holder.identity_id, Identity


async def identity_submitted(p: Provider) -> Made:
    holder = await p.newcomer()
    await holder.submit_identity()
    return holder, holder.identity_id, Identity


async def identity_without_mandate(p: Provider) -> Made:
    holder = await p.newcomer("ENTERPRISE")
    given = {"legalName": "示例", "residentId": resident_id(), "mobile": mobile()}
    await holder.person.must("identitySubmit", id=holder.identity_id, version=0, **given)
    return holder, holder.identity_id, Identity


async def identity_verified(p: Provider) -> Made:
    holder = await p.holder()
    return holder, holder.identity_id, Identity


async def identity_changing(p: Provider) -> Made:
    holder = await p.holder()
    await holder.submit_identity(2)
    return holder, holder.identity_id, Identity


async def qualification_submitted(p: Provider) -> Made:
    return await p.newcomer(), (await p.submit_qualification()).id, Qualification


async def qualification_verified(p: Provider) -> Made:
    holder, id_, model = await qualification_submitted(p)
    await p.regulator.must("qualificationVerify", id=id_, version=1)
    return holder, id_, model


async def qualification_refused(p: Provider) -> Made:
    holder, id_, model = await qualification_submitted(p)
    await p.regulator.must("qualificationRefuse", id=id_, version=1, reasons=NEWS_REASON)
    return holder, id_, model


async def qualification_renewing(p: Provider) -> Made:
    holder, id_, model = await qualification_verified(p)
    await p.officer.must("qualificationRenew", id=id_, version=2)
    return holder, id_, model


async def qualification_suspended(p: Provider) -> Made:
    holder, id_, model = await qualification_verified(p)
    await p.regulator.must("qualificationSuspend", id=id_, version=2, reasons=NEWS_REASON)
    return holder, id_, model


async def qualification_revoked(p: Provider) -> Made:
    holder, id_, model = await qualification_verified(p)
    colleague = await p.world.regulator(p.division)
    await by_two(p.regulator, colleague, "qualificationRevoke", id=id_, version=2, reasons=NEWS_REASON)
    return holder, id_, model


async def sandbox(p: Provider) -> Made:
    return await p.newcomer(), p.id, ProviderRow


async def qualified(p: Provider) -> Made:
    await p.qualify()
    return await p.newcomer(), p.id, ProviderRow


async def gone_live(p: Provider) -> Made:
    await p.live()
    return await p.newcomer(), p.id, ProviderRow


# A scene, and who is allowed what in it.
SCENES: Final[dict[Callable[[Provider], Awaitable[Made]], dict[str, set[str]]]] = {
    applied: {"REVIEWER": {"claim"}, "second": {"claim"}, "holder": {"withdraw"}},
    claimed: {
        "REVIEWER": {"claim", "renew_lease", "release", "request_supplement", "approve", "reject"},
        "holder": {"withdraw"},
    },
    flagged: {
        "REVIEWER": {"claim", "renew_lease", "release", "request_supplement", "approve", "reject"},
        "holder": {"withdraw"},
    },
    organ: {
        "REVIEWER": {"claim", "renew_lease", "release", "request_supplement", "approve", "reject"},
        "holder": {"withdraw"},
    },
    own_matter: {"REVIEWER": {"claim"}, "holder": {"withdraw"}},
    of_somebody_closed: {
        "REVIEWER": {"claim", "renew_lease", "release", "request_supplement", "approve", "reject"},
        "holder": {"withdraw"},
    },
    of_somebody_banned: {
        "REVIEWER": {"claim", "renew_lease", "release", "request_supplement", "reject"},
        "holder": {"withdraw"},
    },
    supplement_asked: {"INTEGRATION": {"supplement"}, "holder": {"supplement", "withdraw"}},
    approved: {"COMPLIANCE_OFFICER": {"close"}, "INTEGRATION": {"change"}, "holder": {"change", "ask_close"}},
    filed: {"COMPLIANCE_OFFICER": {"close"}, "INTEGRATION": {"change"}, "holder": {"change", "ask_close"}},
    change_asked: {
        "COMPLIANCE_OFFICER": {"close"},
        "REVIEWER": {"claim_change"},
        "second": {"claim_change"},
        "holder": {"withdraw_change", "ask_close"},
    },
    change_claimed: {
        "COMPLIANCE_OFFICER": {"close"},
        "REVIEWER": {"claim_change", "request_change_supplement", "approve_change", "reject_change"},
        "holder": {"withdraw_change", "ask_close"},
    },
    change_flagged: {
        "COMPLIANCE_OFFICER": {"close"},
        "REVIEWER": {"claim_change", "request_change_supplement", "approve_change", "reject_change"},
        "holder": {"withdraw_change", "ask_close"},
    },
    change_beside_a_submitted_filing: {
        "COMPLIANCE_OFFICER": {"close"},
        "REVIEWER": {"claim_change", "request_change_supplement", "reject_change"},
        "holder": {"withdraw_change", "ask_close"},
    },
    change_supplement_asked: {
        "COMPLIANCE_OFFICER": {"close"},
        "INTEGRATION": {"supplement_change"},
        "holder": {"supplement_change", "withdraw_change", "ask_close"},
    },
    amending: {"COMPLIANCE_OFFICER": {"close"}, "holder": {"ask_close"}},
    closing: {"COMPLIANCE_OFFICER": {"close"}, "INTEGRATION": {"change"}, "holder": {"change", "cancel_close"}},
    closed: {},
    rejected: {"INTEGRATION": {"reapply"}, "holder": {"reapply"}},
    reapplied_too_often: {},
    withdrawn: {},
    filing_prepared: {"COMPLIANCE_OFFICER": {"submit"}, "INTEGRATION": {"submit"}},
    filing_submitted: {
        "COMPLIANCE_OFFICER": {"pull_back"},
        "regulator": {"accept", "return", "decline", "ask_transfer"},
        "nation": {"designate"},
    },
    filing_asked_for: {
        "COMPLIANCE_OFFICER": {"pull_back"},
        "regulator": {"accept", "return", "decline", "withdraw_transfer"},
        "elsewhere": {"transfer", "refuse_transfer"},
        "nation": {"designate"},
    },
    filing_returned: {"COMPLIANCE_OFFICER": {"submit"}, "INTEGRATION": {"submit"}},
    filing_declined: {"COMPLIANCE_OFFICER": {"prepare_again"}, "INTEGRATION": {"prepare_again"}},
    filing_accepted: {"regulator": {"revoke", "ask_transfer"}, "nation": {"designate"}},
    filing_revoked: {
        "COMPLIANCE_OFFICER": {"prepare_again"},
        "INTEGRATION": {"prepare_again"},
        "regulator": {"reinstate"},
    },
    identity_empty: {"INTEGRATION": {"submit"}, "holder": {"submit"}},
    identity_submitted: {
        "REVIEWER": {"verify", "fail"},
        "second": {"verify", "fail"},
        "INTEGRATION": {"submit", "verify", "fail"},
        "holder": {"submit"},
    },
    identity_without_mandate: {
        "REVIEWER": {"fail"},
        "second": {"fail"},
        "INTEGRATION": {"submit", "fail"},
        "holder": {"submit"},
    },
    identity_verified: {"INTEGRATION": {"submit"}, "holder": {"submit"}},
    identity_changing: {
        "REVIEWER": {"verify", "fail"},
        "second": {"verify", "fail"},
        "INTEGRATION": {"submit", "fail"},
        "holder": {"submit"},
    },
    qualification_submitted: {"regulator": {"verify", "refuse"}},
    qualification_verified: {"COMPLIANCE_OFFICER": {"renew"}, "regulator": {"suspend", "revoke"}},
    qualification_refused: {},
    qualification_renewing: {"COMPLIANCE_OFFICER": {"renew"}, "regulator": {"renewed", "suspend", "revoke"}},
    qualification_suspended: {"regulator": {"resume", "revoke"}},
    qualification_revoked: {},
    sandbox: {"COMPLIANCE_OFFICER": {"configure"}, "regulator": {"configure"}},
    qualified: {"COMPLIANCE_OFFICER": {"configure"}, "regulator": {"configure", "go_live"}},
    gone_live: {"COMPLIANCE_OFFICER": {"configure"}, "regulator": {"configure"}},
}


async def assert_told_to_all(p: Provider, holder: Holder, id_: str, model: type[Any]) -> dict[str, set[str]]:
    """Compare it for everybody at the provider, at its authority and elsewhere; what each was allowed."""
    other = await p.world.provider()
    scene = Scene(p, holder, id_, model)
    version = (await stored_row(p.world.office.database, model, id_)).seq
    outsiders = {
        "nation": await p.world.regulator("000000"),
        "elsewhere": await p.world.regulator(SHANGHAI),
        "other reviewer": other.reviewer,
        "other officer": other.officer,
    }
    found = {
        name: await assert_told_is_done(scene, name, person, version)
        for name, person in scene.people(outsiders).items()
    }
    return {name: allowed for name, allowed in found.items() if allowed}


@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
async def test_what_everybody_is_told_is_what_the_mutation_does(
    world: World, make: Callable[[Provider], Awaitable[Made]]
) -> None:
    provider = await world.provider()

    assert await assert_told_to_all(provider, *(await make(provider))) == SCENES[make]


def test_every_trigger_of_a_standing_case_has_a_sound_input() -> None:
    known = {
        f"{workflow.noun}.{row.trigger}"
        for workflow in WORKFLOWS.values()
        for row in workflow.transitions
        if row.command is not None and not row.creates
    }
    missing, gone = sorted(known - {*SOUND, *ELSEWHERE}), sorted({*SOUND, *ELSEWHERE} - known)

    assert missing == [], f"add a row for each to SOUND in tests/workflows/sound_inputs.py: {', '.join(missing)}"
    assert gone == [], f"take these out of tests/workflows/sound_inputs.py: {', '.join(gone)}"


async def test_a_waiting_proposal_is_shown_beside_its_step(world: World) -> None:
    provider = await world.provider()
    _, id_, _ = await flagged(provider)
    proposed = await provider.reviewer.must("accountApprove", id=id_, version=1, category="NEWS")
    query = "query($id: ID!) { account(id: $id) { availableSteps { trigger proposal { id hash } } } }"

    async def waiting() -> list[Any]:
        steps = (await provider.second_reviewer.ask(query, id=id_))["account"]["availableSteps"]
        return [step["proposal"] for step in steps if step["trigger"] == "approve"]

    shown = await waiting()
    await provider.reviewer.must("proposalWithdraw", id=proposed.proposal["id"])

    assert shown == [proposed.proposal]
    assert await waiting() == [None]
