"""What stops the start: each declaration that could leak or break its promise, with the cure in its message."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from strawberry import ID
from strawberry.schema.config import StrawberryConfig

from api.reading.checks import NotAlwaysThere, OrderUnfit, PersonalColumn, check, is_personal
from api.reading.fields import (
    any_by_id,
    column,
    computed,
    identifier,
    latest,
    masked,
    masked_text,
    newest,
    one,
    paged,
    related,
    value,
)  # fmt: skip
from api.reading.filters import equals
from api.reading.planned import NotResolved
from api.reading.shapes import Undeclared, plain, shape
from api.types.connection import Connection
from api.types.masked import MaskedText
from api.types.scalars import SCALARS
from domain.account import Account
from domain.authority import Authority
from domain.holder import Holder
from domain.identity import Identity
from domain.journal import Step, StepText
from domain.policy.masking import Kind
from domain.proposal import Proposal
from domain.provider import Provider
from domain.staff import Staff
from domain.tables import METADATA


def checked(field: Any, annotation: Any, model: Any = Account, **names: Any) -> None:
    """Check a schema of one type over a table, with one field more than its id."""
    members = {
        "__annotations__": {"id": ID, "more": annotation},
        "id": identifier(model.id),
        "more": field,
        "__doc__": "A row.",
        "__module__": __name__,
    }
    row: Any = shape(model, prefix="row")(type("Row", (), members))
    query_members = {"__annotations__": {"row": row | None}, "row": one(), "__doc__": "Q.", "__module__": __name__}
    query: Any = shape()(type("Query", (), {**query_members, **names}))
    check(strawberry.Schema(query, config=StrawberryConfig(scalar_map=SCALARS))._schema)


@shape(Authority, prefix="other")
class Other:
    """Another row."""

    id: ID = identifier(Authority.id)


@shape(Provider, prefix="provider")
class Tenant:
    """A row that not everybody sees."""

    id: ID = identifier(Provider.id)


PERSONAL = (
    Identity.bundle, Identity.mask_key, Identity.clear_key, Identity.sealed, Identity.resident_id_index,
    Identity.pending_bundle, Identity.pending_sealed, Identity.pending_uscc_index, StepText.sealed,
    Proposal.proposer_person, Staff.person,
)  # fmt: skip


@pytest.mark.parametrize("attribute", PERSONAL)
def test_a_personal_column_is_never_shown_as_it_is(attribute: Any) -> None:
    with pytest.raises(PersonalColumn, match="use masked"):
        checked(column(attribute), str, attribute.class_)


@pytest.mark.parametrize("attribute", PERSONAL)
def test_a_personal_column_is_never_computed_with(attribute: Any) -> None:
    with pytest.raises(PersonalColumn, match="personal"):
        checked(computed(str, needs=(attribute,)), str, attribute.class_)


def test_every_sealed_or_secret_column_of_the_tables_counts_as_personal() -> None:
    shown = {f"{t.name}.{c.key}" for t in METADATA.sorted_tables for c in t.c if is_personal(c)}

    for wanted in (
        "identity.bundle",
        "step_text.sealed",
        "document_chunk.sealed",
        "notice.secret_hash",
        "staff.person",
    ):
        assert wanted in shown
    assert not shown & {"step.hash", "step.prev_hash", "account.head", "account.state", "account.id"}


def test_a_personal_column_is_not_filtered_by() -> None:
    @strawberry.input
    class RowFilter:
        index: str | None = equals(Identity.resident_id_index)

    with pytest.raises(PersonalColumn, match="RowFilter"):
        checked(
            paged(Identity.holder_id, order=newest(Identity.created_at, Identity.id), filters=RowFilter),
            Connection[Other],
            Holder,
        )


def test_a_non_null_relation_that_may_be_out_of_sight_is_refused() -> None:
    with pytest.raises(NotAlwaysThere, match=r"declare it `Tenant \| None`"):
        checked(related(Account.provider_id, Provider.id), Tenant)


def test_a_non_null_relation_by_a_nullable_column_is_refused() -> None:
    with pytest.raises(NotAlwaysThere, match="nullable"):
        checked(related(Staff.jurisdiction, Authority.id), Other, Staff)


def test_a_non_null_relation_that_everybody_sees_is_allowed() -> None:
    checked(related(Account.jurisdiction, Authority.id), Other)


def test_a_relation_to_what_is_not_unique_is_refused() -> None:
    with pytest.raises(Undeclared, match="not unique"):
        checked(related(Account.id, Step.case_id), Other | None)


def test_an_order_by_a_nullable_column_is_refused() -> None:
    with pytest.raises(OrderUnfit, match="nullable"):
        checked(latest(Account.holder_id, newest(Account.claimed_until, Account.id)), list[Other], Holder)


def test_an_order_that_does_not_end_in_the_id_is_refused() -> None:
    with pytest.raises(OrderUnfit, match="not the id"):
        checked(latest(Account.holder_id, newest(Account.created_at)), list[Other], Holder)


def test_a_column_of_another_table_is_refused() -> None:
    with pytest.raises(Undeclared, match="own table"):
        checked(column(Holder.display_name), str)


def test_masked_fields_belong_to_identities() -> None:
    with pytest.raises(Undeclared, match="table of identities"):
        checked(masked(Kind.LEGAL_NAME, "legal_name"), MaskedText)


def test_masked_fields_have_the_kind_of_their_name() -> None:
    with pytest.raises(TypeError, match="is a LEGAL_NAME, not a MOBILE"):
        masked(Kind.MOBILE, "legal_name")


def test_a_masked_text_needs_its_subject() -> None:
    with pytest.raises(Undeclared, match="identity_id"):
        checked(masked_text(Kind.FREE_TEXT, StepText.sealed), MaskedText)


def test_a_root_field_of_a_row_is_refused() -> None:
    with pytest.raises(Undeclared, match="cannot be a Value here"):
        checked(value(print), str)  # type: ignore[arg-type]


def test_what_is_found_by_its_prefix_has_one() -> None:
    @shape(Holder)
    class Nameless:
        """A type without prefix."""

        id: ID = identifier(Holder.id)

    with pytest.raises(Undeclared, match="no prefix"):
        checked(
            column(Account.handle),
            str,
            found=any_by_id(),
            __annotations__={"row": Other | None, "found": Nameless | None},
        )


def test_a_type_with_a_resolver_is_refused() -> None:
    with pytest.raises(Undeclared, match="has a resolver"):

        @shape(Account)
        class Resolving:
            """A type that queries."""

            id: ID = identifier(Account.id)

            @strawberry.field
            def late(self) -> str:
                return ""


def test_a_bare_attribute_is_refused() -> None:
    with pytest.raises(Undeclared, match="must say what it is"):

        @shape(Account)
        class Bare:
            """A type with a bare attribute."""

            id: ID


def test_a_plain_type_with_a_resolver_is_refused() -> None:
    with pytest.raises(Undeclared, match="use computed"):

        @plain
        class Resolving:
            """A plain type that queries."""

            @strawberry.field
            def late(self) -> str:
                return ""


def test_a_planned_field_does_not_resolve_itself() -> None:
    with pytest.raises(NotResolved, match="planned"):
        column(Account.handle).get_result(None, None, [], {})  # type: ignore[attr-defined]
