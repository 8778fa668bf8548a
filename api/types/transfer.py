"""What went from one authority to another, and what was decided before it did (Art. 3)."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from api.reading.fields import by, column, identifier, newest, paged, related
from api.reading.filters import equals
from api.reading.shapes import shape
from api.types.authority import Authority
from api.types.connection import Connection
from api.types.filing import Filing
from api.types.journal import Step
from api.types.node import Node
from api.types.provider import Provider
from domain import account as account_rows
from domain import authority as authority_rows
from domain import filing as rows
from domain import journal as journal_rows
from domain import provider as provider_rows

TRANSFERS = newest(rows.Transfer.created_at, rows.Transfer.id)
_DECIDED = by(journal_rows.Step.id)


@strawberry.input(description="Which transfers. All that are given must hold.")
class TransferFilter:
    """Which transfers."""

    from_authority: ID | None = equals(rows.Transfer.from_authority, "The authority that answered before.")
    to_authority: ID | None = equals(rows.Transfer.to_authority, "The authority that it went to.")
    is_designated: bool | None = equals(rows.Transfer.is_designated, "Whether the national authority decided it.")


@shape(rows.Transfer, prefix="transfer")
class Transfer(Node):
    """An account whose cases went to another authority 移送管辖. The former one keeps sight of what it decided."""

    id: ID = identifier(rows.Transfer.id, "Its id.")
    created_at: datetime = column(rows.Transfer.created_at, "When they went.")
    received_at: datetime | None = column(rows.Transfer.received_at, "When the filing was first received; it stays.")
    is_designated: bool = column(rows.Transfer.is_designated, "Whether the national authority decided it.")
    from_authority: Authority | None = related(
        rows.Transfer.from_authority, authority_rows.Authority.id, "Who answered before."
    )
    to_authority: Authority | None = related(rows.Transfer.to_authority, authority_rows.Authority.id, "Who took over.")
    account: Account | None = related(rows.Transfer.account_id, account_rows.Account.id, "The account.")  # type: ignore[name-defined] # noqa: F821
    filing: Filing | None = related(rows.Transfer.filing_id, rows.Filing.id, "The filing.")
    provider: Provider | None = related(rows.Transfer.provider_id, provider_rows.Provider.id, "The provider.")
    steps: Connection[Step] = paged(
        journal_rows.Step.root_id,
        local=rows.Transfer.account_id,
        order=_DECIDED,
        description="The steps of the account's cases in the viewer's sight: of the former authority's, its decisions.",
    )
