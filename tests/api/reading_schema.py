"""A small schema over the real tables: for the tests of reading only."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
import strawberry
from strawberry import ID, Info
from strawberry.schema.config import StrawberryConfig

from api.reading.fields import (
    any_by_id,
    any_by_ids,
    by,
    from_viewer,
    group,
    one,
    paged,
    reread,
    value,
)  # fmt: skip
from api.reading.shapes import plain, shape
from api.types.connection import Connection
from api.types.language import Language
from api.types.scalars import SCALARS
from domain import account as account_rows
from domain import authority as authority_rows
from domain.policy.roles import Role
from domain.viewer import Viewer
from tests.api.reading_types import (
    ORDERS,
    Account,
    AccountFilter,
    Accounts,
    Authority,
    Case,
    Filing,
    Holder,
    Node,
    Provider,
    Step,
    Submission,
)
from workflows.database import Connection as Port


async def added(connection: Port, viewer: Viewer, now: datetime, *, first_number: int, other: int | None) -> list[int]:
    """The sum, read from the database."""
    rows = await connection.fetch(sa.select(sa.literal_column(str(int(first_number) + (other or 0)))), {})
    return [row[0] for row in rows]


@shape()
class Me:
    """Who asks."""

    id: str = from_viewer(lambda viewer: viewer.id)
    role: Role = from_viewer(lambda viewer: viewer.role)
    languages: list[Language] = from_viewer(lambda viewer: list(Language))
    mine: Connection[Account] = paged(order=ORDERS, filters=AccountFilter)
    sums: list[int] = value(added, {"first_number": int, "other": (int | None, 1)})


@shape()
class Query:
    """Everything that can be read."""

    viewer: Me = group("Who asks.")
    account: Account | None = one()
    holder: Holder | None = one()
    provider: Provider | None = one()
    accounts: Connection[Account] = paged(order=ORDERS, filters=AccountFilter)
    submissions: Connection[Submission] = paged(
        order=by(account_rows.Submission.created_at, account_rows.Submission.id)
    )
    authorities: Connection[Authority] = paged(
        order=by(authority_rows.Authority.created_at, authority_rows.Authority.id)
    )
    node: Node | None = any_by_id()
    nodes: list[Node | None] = any_by_ids()
    sums: list[int] = value(added, {"first_number": int, "other": (int | None, 1)})


@plain
class Problem:
    """Why a step was refused."""

    message: str
    path: list[str]


@strawberry.input
class RenameInput:
    id: ID
    name: str


@shape()
class AccountPayload:
    """What became of an account."""

    account: Account | None = reread("account_id")
    case: Case | None = reread("account_id")
    accounts: list[Account] = reread("account_ids")
    problems: list[Problem] = reread("problems")


RENAME = (
    sa.update(Accounts)
    .where(Accounts.c.id == sa.bindparam("case"))
    .values(display_name=sa.bindparam("name", type_=sa.Text))
)


@strawberry.type
class Mutation:
    """Steps."""

    @strawberry.mutation(description="Rename an account.")  # type: ignore[untyped-decorator]
    async def account_rename(self, info: Info[Any, Any], input: RenameInput) -> AccountPayload:
        if input.name == "fault":
            raise RuntimeError("secret of the machine room")
        if not input.name:
            problems = [Problem(message="Nothing is no name.", path=["name"])]
            return cast("AccountPayload", SimpleNamespace(account_id=None, account_ids=[], problems=problems))

        async def work(transaction: Any) -> None:
            await transaction.fetch_each(RENAME, [{"case": str(input.id), "name": input.name}])

        await info.context.database.write(work)
        return cast("AccountPayload", SimpleNamespace(account_id=input.id, account_ids=[input.id], problems=[]))


SCHEMA = strawberry.Schema(Query, Mutation, types=[Filing, Step], config=StrawberryConfig(scalar_map=SCALARS))
