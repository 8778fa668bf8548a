"""The schema shows and asks: its types query nothing, its personal values are masked, its mutations have a grant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest
import sqlalchemy as sa
import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, get_named_type

from api.mutations.account import AccountMutations
from api.mutations.fields import mutation
from api.mutations.payloads import AccountPayload
from api.reading import kinds
from api.reading.checks import check
from api.reading.fields import column
from api.reading.filters import FilterField, filter_of
from api.reading.shapes import BACKREF, shape, shape_of, what
from api.schema import schema
from api.types.scalars import SCALARS
from domain.identity import FIELDS, Identity
from domain.journal import StepText
from domain.notice import Notice
from domain.policy.masking import Kind
from domain.policy.roles import Grant
from domain.proposal import Proposal
from domain.tables import METADATA
from domain.vault.forms import MAKERS
from workflows.account import ACCOUNT
from workflows.registry import WORKFLOWS

# Every column from which somebody could be known. Nothing shows one but masked() and masked_text().
PERSONAL: Final = {
    "account": set[str](),
    "ban": {"subject_index"},
    "batch_item": {"sealed"},
    "document_chunk": {"sealed"},
    "evidence": {"sealed"},
    "filing": {"sealed"},
    "identity": {
        "mask_key", "clear_key", "bundle", "sealed", "resident_id_index", "mobile_index", "uscc_index",
        "pending_bundle", "pending_sealed", "pending_resident_id_index", "pending_mobile_index", "pending_uscc_index",
    },
    "involvement": {"person"},
    "notice": {"secret_hash"},
    "proposal": {"sealed", "proposer_person", "endorser_person"},
    "recusal": {"person"},
    "sanction": {"subject_index"},
    "staff": {"person", "issuer", "subject"},
    "holder": {"issuer", "subject"},
    "step_text": {"sealed"},
}  # fmt: skip
# Bytes that say nothing of anybody.
CHAINS: Final = {"head", "hash", "prev_hash"}
MASK_CURE: Final = "is personal: show it by masked(Kind…) or masked_text(Kind…), which know who sees which form"
RESOLVER_CURE: Final = "has a resolver: a type is a shape; use column(), computed() or batched(), which plan"
# Doors that are no step of a workflow.
OTHER_GRANTS: Final = {
    Grant.PROPOSAL_ENDORSE, Grant.PROPOSAL_WITHDRAW, Grant.REGISTER_IMPORT, Grant.DOCUMENT_UPLOAD, Grant.NOTICE_SEE,
    Grant.HEALTH_INSPECT,
}  # fmt: skip


def fields_of(made: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    """Every field of every object type."""
    for type_ in made.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                yield type_, name, field


def resolvers(made: GraphQLSchema) -> list[str]:
    """Each field outside Mutation with a resolver, with the cure."""
    found = []
    for type_, name, field in fields_of(made):
        definition = field.extensions.get(BACKREF)
        if type_ is not made.mutation_type and definition is not None and definition.base_resolver is not None:
            found.append(f"{type_.name}.{name} {RESOLVER_CURE}")
    return found


def exposed(made: GraphQLSchema) -> list[str]:
    """Each field or filter that rests on a personal column without a mask, with the cure."""
    found = []
    for type_, name, field in fields_of(made):
        is_shape = shape_of(type_)
        table = None if is_shape is None else is_shape.table
        for table_name, key in _rests_on(what(field), table):
            if key in PERSONAL.get(table_name, ()):
                found.append(f"{type_.name}.{name}: {table_name}.{key} {MASK_CURE}")
    for input_type in made.type_map.values():
        if isinstance(input_type, GraphQLInputObjectType):
            for name, input_field in input_type.fields.items():
                if isinstance(input_field.extensions.get(BACKREF), FilterField):
                    of = filter_of(input_field).of
                    if of.key in PERSONAL.get(of.table.name, ()):
                        found.append(f"{input_type.name}.{name}: {of.table.name}.{of.key} {MASK_CURE}")
    return found


def _rests_on(made: kinds.What | None, table: sa.Table | None) -> Iterator[tuple[str, str]]:
    named: list[Any] = []
    match made:
        case kinds.Column(of):
            named = [of]
        case kinds.Computed(needs=needs):
            named = list(needs)
        case kinds.ToMany(_, order, _):
            named = list(order.columns)
        case kinds.Paged(_, orders, _):
            named = [each for order in orders.values() for each in order.columns]
        case kinds.ToOne(local, remote):
            named = [local, remote]
        case kinds.AnyOf(local):
            named = [local]
    for one in named:
        if isinstance(one, str) and table is not None:
            yield table.name, one
        elif isinstance(one, sa.Column):
            yield one.table.name, one.key


def unlisted(tables: Iterable[sa.Table]) -> list[str]:
    """Each column of bytes or sealed values that this contract does not know."""
    return [
        f"{table.name}.{column.key}: say in PERSONAL that nothing may show it, or in CHAINS that it tells nothing"
        for table in tables
        for column in table.c
        if (isinstance(column.type, sa.LargeBinary) or "sealed" in column.key or column.key.endswith("_index"))
        and column.key not in CHAINS
        and column.key not in PERSONAL.get(table.name, ())
    ]


def ungranted(made: GraphQLSchema) -> list[str]:
    """Each mutation without @requires of a grant there is, or without its article."""
    assert made.mutation_type is not None
    found = []
    for name, field in made.mutation_type.fields.items():
        given = {type(one).__name__: one for one in field.extensions[BACKREF].directives}
        if getattr(given.get("RequiresDirective"), "grant", None) not in set(Grant):
            found.append(
                f"{name} has no grant: declare it by mutation(WORKFLOW, trigger, …), which takes the trigger's"
            )
        elif not 1 <= getattr(given.get("ArticleDirective"), "n", 0) <= 10:
            found.append(f"{name} names no article: say in its Transition which one it serves")
    return found


def mismatched(made: GraphQLSchema) -> list[str]:
    """Each trigger with a command that has not exactly one mutation, and each mutation of no trigger."""
    assert made.mutation_type is not None
    asked = Counter(
        one.grant
        for field in made.mutation_type.fields.values()
        for one in field.extensions[BACKREF].directives
        if type(one).__name__ == "RequiresDirective"
    )
    fired = {grant for w in WORKFLOWS.values() for trigger in w.by_trigger if (grant := w.grant(trigger)) is not None}
    found = [
        f"{grant} has {asked[grant]} mutations: declare it once in api/mutations/{grant.partition(':')[0]}.py"
        for grant in sorted(fired)
        if asked[grant] != 1
    ]
    return found + [f"{grant} is required by a mutation and fires nothing" for grant in asked
                    if grant not in fired | OTHER_GRANTS]  # fmt: skip


def test_no_type_has_a_resolver() -> None:
    assert resolvers(schema._schema) == []
    check(schema._schema)


def test_no_personal_column_is_shown_but_masked() -> None:
    assert exposed(schema._schema) == []


def test_every_sealed_column_is_known_to_this_contract() -> None:
    assert unlisted(METADATA.sorted_tables) == []


def test_every_mutation_has_a_grant_and_an_article() -> None:
    assert ungranted(schema._schema) == []


def test_every_trigger_that_may_be_asked_for_has_one_mutation() -> None:
    assert mismatched(schema._schema) == []


def test_every_personal_field_of_an_identity_is_shown_with_its_kind() -> None:
    shown = {
        field.extensions[BACKREF].python_name: (made.kind, made.name)
        for type_, _, field in fields_of(schema._schema)
        if isinstance(made := what(field), kinds.Masked)
    }

    assert shown == {name: (field.kind, name) for name, field in FIELDS.items()}
    assert set(MAKERS) == set(Kind)


def test_every_masked_value_says_its_kind_in_the_schema() -> None:
    missing = [
        f"{type_.name}.{name}"
        for type_, name, field in fields_of(schema._schema)
        if get_named_type(field.type).name == "MaskedText" and f"{name}: MaskedText" in str(schema)
        for line in str(schema).splitlines()
        if line.strip().startswith(f"{name}: MaskedText") and "@masked(kind:" not in line
    ]

    assert missing == []


def test_everything_in_the_schema_is_described() -> None:
    made = schema._schema
    bare = [
        type_.name
        for type_ in made.type_map.values()
        if not type_.name.startswith("__") and not type_.description and not type_.name.endswith("Edge")
    ]

    assert bare == []


def test_a_type_with_a_resolver_is_told_the_cure() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def account(self) -> str:
            return "queried"

    assert resolvers(strawberry.Schema(Query)._schema) == [f"Query.account {RESOLVER_CURE}"]


@pytest.mark.parametrize(
    ("model", "attribute"),
    [
        (Identity, "bundle"), (Identity, "resident_id_index"), (StepText, "sealed"), (Proposal, "sealed"),
        (Notice, "secret_hash"),
    ],
)  # fmt: skip
def test_a_personal_column_that_is_shown_is_told_the_cure(model: Any, attribute: str) -> None:
    class Planted:
        secret: str = column(getattr(model, attribute))

    Planted.__module__ = __name__
    made = shape(model)(Planted)
    Query = type("Query", (), {"__annotations__": {"planted": made}, "planted": None})  # noqa: N806
    planted = strawberry.Schema(strawberry.type(Query), config=None)._schema

    assert exposed(planted) == [f"Planted.secret: {model.__table__.name}.{attribute} {MASK_CURE}"]


def test_a_sealed_column_that_nobody_listed_is_told_the_cure() -> None:
    planted = sa.Table("planted", sa.MetaData(), sa.Column("secret", sa.LargeBinary), sa.Column("name_index", sa.Text))

    assert [line.partition(":")[0] for line in unlisted([planted])] == ["planted.secret", "planted.name_index"]


def test_a_mutation_without_a_grant_is_told_the_cure() -> None:
    @strawberry.type
    class Query:
        word: str

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        def account_erase(self) -> str:
            return "erased"

    found = ungranted(strawberry.Schema(Query, Mutation)._schema)

    assert found == [
        "accountErase has no grant: declare it by mutation(WORKFLOW, trigger, …), which takes the trigger's"
    ]


def test_a_trigger_without_a_mutation_or_with_two_is_told_the_cure() -> None:
    @strawberry.type
    class Twice(AccountMutations):
        account_claim_again = mutation(ACCOUNT, "claim", AccountPayload, "Take the lease again.")

    config = strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS)
    found = mismatched(strawberry.Schema(strawberry.type(type("Query", (), {"__annotations__": {"w": str}})), Twice,
                                         config=config)._schema)  # fmt: skip

    assert "account:claim has 2 mutations: declare it once in api/mutations/account.py" in found
    assert "filing:accept has 0 mutations: declare it once in api/mutations/filing.py" in found


def test_what_only_follow_ups_fire_can_have_no_mutation() -> None:
    with pytest.raises(TypeError, match="fired by follow-ups only"):
        mutation(ACCOUNT, "file", AccountPayload, "Put on file.")
