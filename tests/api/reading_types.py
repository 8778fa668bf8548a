"""Types over the real tables, with a field of each kind: for the tests of reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Optional

import sqlalchemy as sa
import strawberry
from strawberry import ID

from api.reading.fields import (
    any_of,
    batched,
    by,
    column,
    computed,
    digest,
    identifier,
    latest,
    masked,
    masked_text,
    newest,
    paged,
    related,
    shared,
)  # fmt: skip
from api.reading.filters import contains_flag, equals, given, is_viewer, one_of, overdue_clock, since, until
from api.reading.shapes import plain, shape
from api.types.connection import Connection
from api.types.masked import MaskedText
from api.types.scalars import Hash
from api.types.words import word
from domain import account as account_rows
from domain import authority as authority_rows
from domain import filing as filing_rows
from domain import holder as holder_rows
from domain import identity as identity_rows
from domain import journal as journal_rows
from domain import provider as provider_rows
from domain.account import BLIND_FLAGS, AccountState
from domain.case import ClockState
from domain.holder import SubjectType
from domain.policy.masking import Kind
from domain.policy.roles import Role
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Among
from workflows.database import Connection as Port

for _members in (AccountState, ClockState, SubjectType, Role):
    word(_members)
Accounts = table_of(account_rows.Account)
COUNTED = (
    sa.select(Accounts.c.holder_id, sa.func.count())
    .where(Among(Accounts.c.holder_id, "ids"))
    .group_by(Accounts.c.holder_id)
)


@strawberry.interface
class Node:
    """Anything with an id."""

    id: ID


@shape(interface=True)
class Case(Node):
    """What is handled."""

    id: ID
    version: int = shared("seq", "The number of its last step.")
    due_at: datetime = shared("due_at")


@plain
class Available:
    """A step that may be taken."""

    trigger: str
    allowed: bool
    states: list[AccountState]
    caption: str = computed(lambda language, trigger: f"{language}:{trigger}", needs=("trigger",), by_language=True)


@plain
class Tally:
    """How many accounts a holder has."""

    accounts: int
    note: str | None


class Tallies:
    """Counts the accounts of holders, in one statement for any number of them."""

    def __init__(self) -> None:
        self.loads = 0

    async def load(self, connection: Port, ids: Sequence[str], viewer: Viewer, now: datetime) -> Mapping[str, object]:
        self.loads += 1
        rows = await connection.fetch(COUNTED, {"ids": ids})
        return {row[0]: Tally(accounts=row[1], note=None) for row in rows}


TALLIES = Tallies()


def steps_from(role: Role, now: datetime, state: AccountState) -> list[Available]:
    """The steps from here."""
    return [Available(trigger="approve", allowed=role is Role.REVIEWER, states=[state])]


def titled(display_name: str, state: AccountState, *, mark: str | None, times: int | None) -> str:
    """The name, its state's caption and a mark."""
    return f"{display_name} {state.en}{(mark or '') * (times or 1)}"


def may_see(role: Role, code: str) -> bool:
    return code not in BLIND_FLAGS or role is Role.REVIEWER


@strawberry.input
class AccountFilter:
    state: list[AccountState] | None = one_of(account_rows.Account.state)
    category: str | None = equals(account_rows.Account.category)
    created_since: datetime | None = since(account_rows.Account.created_at)
    created_before: datetime | None = until(account_rows.Account.created_at)
    claimed: bool | None = given(account_rows.Account.claimed_by)
    claimed_by_me: bool | None = is_viewer(account_rows.Account.claimed_by)
    flag: str | None = contains_flag(account_rows.Account.flags, seen_by=may_see)
    clock: ClockState | None = overdue_clock(account_rows.Account.clock, account_rows.Account.due_at)


@strawberry.enum
class AccountOrder(Enum):
    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"


ORDERS = {
    AccountOrder.NEWEST: newest(account_rows.Account.created_at, account_rows.Account.id),
    AccountOrder.OLDEST: by(account_rows.Account.created_at, account_rows.Account.id),
    AccountOrder.DUE: by(account_rows.Account.rank, account_rows.Account.due_at, account_rows.Account.id),
}


@shape(authority_rows.Authority, prefix="authority")
class Authority(Node):
    """Who answers for an area."""

    id: ID = identifier(authority_rows.Authority.id)
    name: str = column(authority_rows.Authority.name_en)


@shape(provider_rows.Provider, prefix="provider")
class Provider(Node):
    """A provider."""

    id: ID = identifier(provider_rows.Provider.id)
    name: str = column(provider_rows.Provider.name)
    jurisdiction: Authority = related(provider_rows.Provider.jurisdiction, authority_rows.Authority.id)
    accounts: Connection[Account] = paged(account_rows.Account.provider_id, order=ORDERS, filters=AccountFilter)


@shape(identity_rows.Identity)
class Identity:
    """An identity, always masked."""

    state: str = column(identity_rows.Identity.state)
    legal_name: MaskedText = masked(Kind.LEGAL_NAME, "legal_name", "Name.")
    resident_id: MaskedText = masked(Kind.RESIDENT_ID, "resident_id", "Number.")
    mobile: MaskedText = masked(Kind.MOBILE, "mobile")
    email: MaskedText = masked(Kind.EMAIL, "email")
    verified_at: datetime | None = column(identity_rows.Identity.verified_at)


@shape(holder_rows.Holder, prefix="holder")
class Holder(Node):
    """A holder."""

    id: ID = identifier(holder_rows.Holder.id)
    display_name: str = column(holder_rows.Holder.display_name)
    subject_type: SubjectType = column(holder_rows.Holder.subject_type)
    identity: Optional[Identity] = related(holder_rows.Holder.id, identity_rows.Identity.holder_id)  # noqa: UP045 - hidden by its name
    provider: Provider | None = related(holder_rows.Holder.provider_id, provider_rows.Provider.id)
    accounts: Connection[Account] = paged(account_rows.Account.holder_id, order=ORDERS)
    tally: Tally | None = batched(TALLIES)


@shape(account_rows.Submission)
class Submission:
    """What was asked for."""

    id: ID = identifier(account_rows.Submission.id)
    round: int = column(account_rows.Submission.round)
    created_at: datetime = column(account_rows.Submission.created_at)
    account: Account | None = related(account_rows.Submission.account_id, account_rows.Account.id)


@shape(journal_rows.StepText)
class Text:
    """A text of a step."""

    name: str = column(journal_rows.StepText.name)
    body: MaskedText = masked_text(Kind.FREE_TEXT, journal_rows.StepText.sealed, "The words.")


@shape(journal_rows.Step)
class Step:
    """A step."""

    id: ID = identifier(journal_rows.Step.id)
    at: datetime = column(journal_rows.Step.at)
    hash: Hash = digest(journal_rows.Step.hash)
    case: Annotated[Account | Filing, strawberry.union("AnyCase")] | None = any_of(journal_rows.Step.case_id)
    texts: list[Text] = latest(journal_rows.StepText.step_id, by(journal_rows.StepText.id), limit=10)


@shape(filing_rows.Filing, prefix="filing")
class Filing(Case):
    """A filing."""

    id: ID = identifier(filing_rows.Filing.id)
    state: str = column(filing_rows.Filing.state)
    account: Account | None = related(filing_rows.Filing.account_id, account_rows.Account.id)


@shape(account_rows.Account, prefix="account")
class Account(Case):
    """An account."""

    id: ID = identifier(account_rows.Account.id)
    display_name: str = column(account_rows.Account.display_name, "The name the public sees.")
    category: str = column(account_rows.Account.category)
    state: AccountState = column(account_rows.Account.state)
    flags: list[str] = column(account_rows.Account.flags)
    is_flagged: bool = column(account_rows.Account.is_flagged)
    created_at: datetime = column(account_rows.Account.created_at)
    title: str = computed(
        titled,
        needs=(account_rows.Account.display_name, account_rows.Account.state),
        arguments={"mark": str | None, "times": int | None},
    )
    available_steps: list[Available] = computed(
        steps_from, needs=(account_rows.Account.state,), by_role=True, by_now=True
    )
    holder: Holder | None = related(account_rows.Account.holder_id, holder_rows.Holder.id)
    provider: Provider | None = related(account_rows.Account.provider_id, provider_rows.Provider.id)
    filing: Filing | None = related(account_rows.Account.id, filing_rows.Filing.current_of)
    submissions: Connection[Submission] = paged(
        account_rows.Submission.account_id, order=newest(account_rows.Submission.created_at, account_rows.Submission.id)
    )
    latest_submissions: list[Submission] = latest(
        account_rows.Submission.account_id,
        newest(account_rows.Submission.created_at, account_rows.Submission.id),
        limit=3,
    )
    journal: list[Step] = latest(journal_rows.Step.case_id, by(journal_rows.Step.id))
