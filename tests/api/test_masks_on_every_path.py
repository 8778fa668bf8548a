"""Every role sees every personal value in the form of the page on access, by whatever path it comes (Art. 5, 6).

The paths are walked in the schema: every way from a root to an identity, a text or a proposal, every fragment, every
payload. What must be shown is worked out here by hand from what was submitted, never by the product's own code.
"""

from __future__ import annotations

import hmac
import json
from base64 import b32encode, urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

from domain.authorities import NATION, authority_id
from domain.policy.masking import Kind
from domain.policy.roles import Role
from tests.api import sdl
from tests.api.neighbours import SAID, Neighbour, furnished
from tests.contracts.test_access_is_complete import on_the_page
from tests.world import NEWS_REASON, ZHEJIANG, Person, World, resident_id, unique

FORMS = {cell: held.form.value for cell, held in on_the_page()}
SHOWN_ON = ("Identity", "StepText", "Proposal", "Evidence")
STEPS_MAX, PATHS_A_DOCUMENT = 3, 4
STEPS = {"node": 2, "nodes": 1}  # beyond the first type their ways are those of the other roots
KINDS = {
    "legalName": "LEGAL_NAME", "residentId": "RESIDENT_ID", "mobile": "MOBILE", "email": "EMAIL", "address": "ADDRESS",
    "organisationName": "ORGANISATION", "uscc": "ORGANISATION", "mandate": "DOCUMENT", "text": "FREE_TEXT",
    "input": "FREE_TEXT",
}  # fmt: skip
# Who has no row with a person in it: what they ask for is absent, whatever the path.
BLIND = (Role.PUBLIC, Role.APPEAL_REVIEWER)
Path = tuple[str, ...]
REJECTED = 2  # the place among the house's holders of the one who was given reasons


@dataclass
class Onlooker:
    """Somebody who looks, in whose name, and as what."""

    person: Person
    role: Role
    body: str


def masked_fields(type_name: str) -> list[str]:
    """The fields of a type that are personal."""
    fields = sdl.SCHEMA.type_map[type_name].fields  # type: ignore[attr-defined]
    return [name for name, field in fields.items() if get_named_type(field.type).name == "MaskedText"]


def chosen(type_name: str) -> str:
    """All personal values of a type, with what tells whose they are."""
    more = " name" if type_name == "StepText" else ""
    shown = " ".join(f"{name} {{ display form revealable }}" for name in masked_fields(type_name))
    return f"__typename id{more} {shown}"


def paths(type_: Any, seen: frozenset[str], steps: int) -> Iterator[tuple[Path, str]]:
    """Every way from a type to a personal value, through each type once."""
    named = get_named_type(type_)
    if named.name in SHOWN_ON:
        yield (), named.name
    if steps == 0:
        return
    if is_abstract_type(named):
        for possible in sdl.SCHEMA.get_possible_types(named):
            if possible.name not in seen:
                for path, last in paths(possible, seen | {possible.name}, steps):
                    yield (f"... on {possible.name}", *path), last
        return
    for name, field in named.fields.items():
        target = get_named_type(field.type)
        if is_leaf_type(target) or target.name in seen or any(map(is_required_argument, field.args.values())):
            continue
        rows, ways = through(name, field)
        for path, last in paths(rows, seen | {rows.name}, steps - 1) if rows.name not in seen else ():
            yield from (((*way, *path), last) for way in ways)


def through(name: str, field: GraphQLField) -> tuple[Any, list[Path]]:
    """What a field leads to, and the ways to spell it: a page has two."""
    target: Any = get_named_type(field.type)
    first = f"{name}(first: 2)" if "first" in field.args else name
    if not target.name.endswith("Connection"):
        return target, [(first,)]
    return get_named_type(target.fields["nodes"].type), [(first, "nodes"), (first, "edges", "node")]


def spelled(path: Path, inner: str) -> str:
    """A selection along a path."""
    for step in reversed(path):
        inner = f"{step} {{ {inner} }}"
    return inner


def roots() -> Iterator[tuple[str, str, Path, str]]:
    """Every root field with every path below it, and of which type an id it needs."""
    for name, field in sdl.SCHEMA.query_type.fields.items():  # type: ignore[union-attr]
        if is_leaf_type(get_named_type(field.type)) or name == "codes":
            continue
        rows, ways = through(name, field)
        takes_id = "id" in field.args or "ids" in field.args
        steps = STEPS.get(name, STEPS_MAX if takes_id else STEPS_MAX - 1)
        for path, last in paths(rows, frozenset({rows.name}), steps):
            of = path[0].removeprefix("... on ") if is_abstract_type(rows) else rows.name
            for root, *way in ways:
                yield root, of if takes_id else "", (*way, *path), last


def found_in(data: Any) -> Iterator[dict[str, Any]]:
    """Every object with personal values in an answer."""
    if isinstance(data, dict):
        if data.get("__typename") in SHOWN_ON:
            yield data
        for value in data.values():
            yield from found_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from found_in(value)


class Looked:
    """What was seen, held against what must be seen."""

    def __init__(self, world: World, house: Neighbour) -> None:
        self.house, self.key = house, world.office.keys.derived("pseudonym")
        self.wrong: list[Any] = []
        self.seen: Counter[tuple[str, str]] = Counter()

    def hold(self, onlooker: Onlooker, where: str, data: Any) -> None:
        """Note each value that is shown otherwise than it must be."""
        for row in found_in(data):
            for name, shown in row.items():
                if not isinstance(shown, dict) or "form" not in shown or name not in KINDS:
                    continue
                self.seen[onlooker.role, name] += 1
                form = FORMS[Kind(KINDS[name]), onlooker.role]
                display = self.display(onlooker, row, name, form)
                expected = {"display": display, "form": form, "revealable": False}
                if onlooker.role in BLIND or shown != expected:
                    self.wrong.append((onlooker.role.value, where, row["id"], name, shown, expected))

    def display(self, onlooker: Onlooker, row: Mapping[str, Any], name: str, form: str) -> str | None:
        """What is to be shown, from the value that was submitted and the rules of the page."""
        if row["__typename"] == "Identity":
            return by_hand(form, KINDS[name], self.value(row, name), self.pseudonym(onlooker, row["id"]))
        if form == "HIDDEN":
            return None
        if row["__typename"] == "StepText":
            return SAID[row["name"]]
        if row["__typename"] == "Evidence":
            return SAID["NOTE"]
        body = json.loads(row[name]["display"])
        known = {made["id"] for made in self.house.proposals.values()}
        assert row["id"] not in known or body["id"] in {id_ for id_, _ in self.house.cases.values()}
        return str(row[name]["display"])

    def value(self, row: Mapping[str, Any], name: str) -> str | None:
        values = self.house.identities[row["id"]]
        return values.get(name)

    def pseudonym(self, onlooker: Onlooker, subject: str) -> str:
        digest = hmac.new(self.key, f"{onlooker.body}\0{subject}".encode(), "sha256").digest()
        return b32encode(digest)[:8].decode()


def by_hand(form: str, kind: str, value: str | None, pseudonym: str) -> str | None:
    """The forms of the page on access, for the synthetic values of these tests."""
    if value is None or form == "HIDDEN":
        return None
    partial = {"LEGAL_NAME": "欧阳**", "MOBILE": "*******" + value[-4:], "EMAIL": "s***@qq.com", "ADDRESS": "杭州市"}
    return {
        "CLEAR": value,
        "PRESENCE": "provided",
        "PSEUDONYM": pseudonym,
        "LAST_FOUR": "**************" + value[-4:],
        "PARTIAL": partial.get(kind),
    }[form]


async def onlookers(world: World, house: Neighbour) -> list[Onlooker]:
    """Somebody of every role, and an auditor of the authority too."""
    provider = house.provider
    made = [Onlooker(person, role, provider.id) for role, person in provider.staff.items()]
    for role, division in (
        (Role.PROVINCIAL_REGULATOR, ZHEJIANG),
        (Role.NATIONAL_REGULATOR, NATION),
        (Role.AUDITOR, ZHEJIANG),
    ):
        person = await world.enrol(role, division=division)
        made.append(Onlooker(person, role, authority_id(division)))
    made += [Onlooker(house.holders[REJECTED].person, Role.HOLDER, house.holders[REJECTED].id)]
    return [*made, Onlooker(world.public, Role.PUBLIC, "")]


async def ids_by_type(house: Neighbour) -> dict[str, list[str]]:
    """Ids of the house by the type that shows them, those first that lead somewhere."""
    ids = await house.ids()
    rejected, flagged = house.cases["rejected"][0], house.cases["flagged"][0]
    steps = await house.provider.officer.ask(
        "query($id: ID!) { account(id: $id) { journal(last: 1) { nodes { id } } } }", id=rejected
    )
    last = steps["account"]["journal"]["nodes"][0]["id"]
    return {
        "Account": [rejected, flagged], "Filing": [house.cases["submitted"][0]], "Holder": ids["holder"],
        "Identity": list(house.identities), "Step": [last], "Notice": ids["notice"],
        "Proposal": [house.proposals["flagged"]["id"], house.proposals["accepted"]["id"]],
        "Submission": ids["submission"], "Provider": ids["provider"], "Qualification": ids["qualification"],
        "AgreementVersion": ids["agreement"], "Staff": ids["staff"], "Consent": ids["consent"],
        "Material": ids["material"], "Sanction": [house.cases["told"][0], house.cases["untold"][0]],
        "Measure": ids["measure"], "Evidence": ids["evidence"], "AuthorityReport": ids["authority_report"],
    }  # fmt: skip


@pytest.fixture
async def looked(world: World) -> Looked:
    return Looked(world, await furnished(world, ZHEJIANG))


async def test_every_path_of_every_role_shows_the_form_of_the_page(world: World, looked: Looked) -> None:
    house, every = looked.house, list(roots())
    known, ours = await ids_by_type(house), await of_the_house(house)
    reached: Counter[tuple[str, str]] = Counter()
    sanctioned = Onlooker(house.filed_by.person, Role.HOLDER, house.filed_by.id)
    for onlooker in (*await onlookers(world, house), sanctioned):
        for start in range(0, len(every), PATHS_A_DOCUMENT):
            parts = []
            for number, (root, of, path, last) in enumerate(every[start : start + PATHS_A_DOCUMENT]):
                ids = known.get(of, [])[:2]
                argument = f"(ids: {json.dumps(ids)})" if root == "nodes" else f'(id: "{ids[0]}")' if ids else ""
                if ids or not of:
                    parts.append(f"p{number}: {root}{argument} {{ {spelled(path, chosen(last))} }}")
            if parts:
                data = await onlooker.person.ask("{ " + " ".join(parts) + " }")
                looked.hold(onlooker, " ".join(parts), _ours(data, ours))
                reached.update((onlooker.role, row["__typename"]) for row in found_in(data))

    assert looked.wrong == []
    assert len(every) > 200
    seeing = [role for role in dict.fromkeys(role for _, role in FORMS) if role not in (*BLIND, "OPERATOR", "SYSTEM")]
    assert {role for role, name in looked.seen if name == "residentId"} == set(seeing)
    assert {role for role, kind in reached if kind == "StepText"} == set(seeing) - {Role.AUDITOR}
    assert {role for role, kind in reached if kind == "Evidence"} == set(seeing) - {Role.AUDITOR, Role.INTEGRATION}
    assert not {role for role, _ in reached} & set(BLIND)


async def of_the_house(house: Neighbour) -> frozenset[str]:
    """The ids of what is said of the house's people."""
    ids = await house.ids()
    return frozenset((*house.identities, *ids["step_text"], *ids["evidence"]))


def _ours(data: Any, ours: frozenset[str]) -> Any:
    """Without identities and words of other tests, whose values nobody here knows."""
    if isinstance(data, dict):
        if data.get("__typename") in ("Identity", "StepText", "Evidence") and data["id"] not in ours:
            return None
        return {key: _ours(value, ours) for key, value in data.items()}
    return [_ours(value, ours) for value in data] if isinstance(data, list) else data


SPELLINGS = {
    "plain": "query($id: ID!) { identity(id: $id) { %s } }",
    "alias of the field": "query($id: ID!) { identity(id: $id) { __typename id %a } }",
    "alias of the root": "query($id: ID!) { display: identity(id: $id) { %s } }",
    "named fragment": "query($id: ID!) { identity(id: $id) { ...F } } fragment F on Identity { %s }",
    "nested fragments": "query($id: ID!) { node(id: $id) { ...G } } fragment G on Node { ...F } "
    "fragment F on Identity { %s }",
    "inline fragment": "query($id: ID!) { identity(id: $id) { ... on Identity { %s } } }",
    "fragment on Case": "query($id: ID!) { identity(id: $id) { ... on Case { ... on Identity { %s } } } }",
    "fragment on Node": "query($id: ID!) { identity(id: $id) { ... on Node { ... on Identity { %s } } } }",
    "node": "query($id: ID!) { node(id: $id) { ... on Identity { %s } } }",
    "nodes": "query($id: ID!) { nodes(ids: [$id, $id]) { ... on Identity { %s } } }",
    "node by Case": "query($id: ID!) { node(id: $id) { ... on Case { ... on Identity { %s } } } }",
    "merged": "query($id: ID!) { identity(id: $id) { __typename id } identity(id: $id) { %s } }",
    "included": "query($id: ID!, $y: Boolean = true) { identity(id: $id) { ... @include(if: $y) { %s } } }",
    "not skipped": "query($id: ID!, $n: Boolean = false) { identity(id: $id) @skip(if: $n) { %s } }",
}  # fmt: skip


@pytest.mark.parametrize("how", SPELLINGS)
async def test_no_spelling_of_a_query_changes_a_form(world: World, looked: Looked, how: str) -> None:
    ours = looked.house.holders[REJECTED].identity_id
    aliased = " ".join(f"a{name}: {name} {{ d: display f: form revealable }}" for name in masked_fields("Identity"))
    query = SPELLINGS[how].replace("%s", chosen("Identity")).replace("%a", aliased)
    for onlooker in await onlookers(world, looked.house):
        data = await onlooker.person.ask(query, id=ours)
        if how == "alias of the field":
            data = _unaliased(data)
        looked.hold(onlooker, how, data)
        assert bool(list(found_in(data))) == (onlooker.role not in BLIND)

    assert looked.wrong == []


def _unaliased(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    names = {"d": "display", "f": "form"}
    return {names.get(key, key[1:] if key[1:] in KINDS else key): _unaliased(value) for key, value in data.items()}


async def test_payloads_of_mutations_show_the_form_of_whoever_acts(world: World) -> None:
    house = Neighbour(await world.provider())
    looked, provider = Looked(world, house), house.provider
    holder = await provider.newcomer()
    values = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": "13912345678", "email": "someone@qq.com",
              "address": "浙江省杭州市示例路1号", "mandate": "mandate-1"}  # fmt: skip
    house.identities[holder.identity_id] = values
    identity, of_holder = chosen("Identity"), f"identity {{ {chosen('Identity')} }}"
    of_account = f"holder {{ {of_holder} }} journal(last: 1) {{ nodes {{ texts {{ {chosen('StepText')} }} }} }}"
    as_holder = Onlooker(holder.person, Role.HOLDER, holder.id)
    staff = {role: Onlooker(person, role, provider.id) for role, person in provider.staff.items()}
    reviewer, integration = staff[Role.REVIEWER], staff[Role.INTEGRATION]
    regulator = Onlooker(provider.regulator, Role.PROVINCIAL_REGULATOR, authority_id(ZHEJIANG))

    async def act(onlooker: Onlooker, mutation: str, select: str, **given: Any) -> dict[str, Any]:
        answer = await onlooker.person.must(mutation, select=f"__typename {select}", **given)
        before = sum(looked.seen.values())
        looked.hold(onlooker, mutation, answer.payload)
        assert sum(looked.seen.values()) > before, mutation
        return answer.case

    await act(as_holder, "identitySubmit", identity, id=holder.identity_id, version=0, **values)
    again = {**values, "residentId": resident_id()}
    # What is shown is the identity that was verified; a change waits unseen until it is.
    await act(reviewer, "identityVerify", identity, id=holder.identity_id, version=1, method="DOCUMENT_CHECK")
    await act(
        integration,
        "identitySubmit",
        identity,
        id=holder.identity_id,
        version=2,
        idempotencyKey=unique("key-"),
        **again,
    )
    await act(reviewer, "identityFail", identity, id=holder.identity_id, version=3, reasons=NEWS_REASON)
    await holder.consent()
    account = await act(
        as_holder, "accountApply", of_account, particulars=holder.particulars(), idempotencyKey=unique("key-")
    )
    await act(reviewer, "accountClaim", of_account, id=account["id"])
    approved = await act(
        reviewer, "accountApprove", f"{of_account} filing {{ id }}", id=account["id"], version=1, category="LIFESTYLE"
    )
    filing, of_filing = approved["filing"]["id"], f"account {{ {of_account} }}"
    await act(staff[Role.COMPLIANCE_OFFICER], "filingSubmit", of_filing, id=filing, version=1)
    await act(regulator, "filingAccept", of_filing, id=filing, version=2)

    assert looked.wrong == []


def test_no_filter_and_no_order_names_a_personal_value() -> None:
    named = []
    for type_ in sdl.SCHEMA.type_map.values():
        if type_.name.endswith("Filter") and isinstance(type_, GraphQLInputObjectType):
            named += [f"{type_.name}.{name}" for name in type_.fields if name in KINDS]
        if type_.name.endswith("Order"):
            words = {name.replace("_", "").lower() for name in type_.values}  # type: ignore[attr-defined]
            named += sorted(words & {kind.lower() for kind in KINDS})

    assert named == []


@pytest.mark.parametrize(
    "where",
    [
        'accounts(where: {%s: "欧阳示例"})',
        'holders(where: {%s: "欧阳示例"})',
        'filings(where: {%s: "欧阳示例"})',
        "accounts(orderBy: %s)",
        "holders(orderBy: %s)",
    ],
)
async def test_a_personal_value_is_neither_filtered_nor_sorted_by(world: World, where: str) -> None:
    reviewer = (await world.provider()).reviewer
    for name in ("legalName", "residentId", "mobile", "email", "address", "identity"):
        response = await reviewer.post(f"{{ {where % name} {{ nodes {{ id }} }} }}")
        assert response.status_code == 400
        assert "欧阳示例" not in response.text


async def test_no_cursor_holds_a_personal_value_or_its_form(world: World, looked: Looked) -> None:
    values = {value for known in looked.house.identities.values() for value in known.values()}
    forms = {"欧阳", "s***", "杭州市", *(value[-4:] for value in values if value.isdigit())}
    told = []
    for onlooker in await onlookers(world, looked.house):
        for root in sdl.connections():
            page = await onlooker.person.ask(
                f"{{ it: {root}(first: 20) {{ edges {{ cursor }} pageInfo {{ endCursor }} }} }}"
            )
            for cursor in [edge["cursor"] for edge in page["it"]["edges"]]:
                raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("latin-1")
                told += [
                    (root, one)
                    for one in values | {"欧阳", "s***"}
                    if one in raw or one.encode().decode("latin-1") in raw
                ]

    assert told == []
    assert forms


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("residentId", "110101199003071233"), ("mobile", "1391234567x"), ("email", "canary-at-example"),
        ("legalName", "金丝雀\u0007"), ("address", "金丝雀路" * 2000), ("uscc", "91350100M000100Y4X"),
    ],
)  # fmt: skip
async def test_no_error_repeats_a_personal_value(world: World, name: str, value: str) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    given = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": "13912345678", name: value}
    known = {"id": holder.identity_id, "version": 0, **given}
    query = (
        "mutation($input: IdentitySubmitInput!) { identitySubmit(input: $input) { problems { code message path } } }"
    )

    refused = await holder.person.post(query, {"input": known})
    mistyped = await holder.person.post(query, {"input": {**known, name: {"value": value}}})
    unknown = await holder.person.post(query, {"input": {**known, "passport": value}})
    spelled_out = await holder.person.post(query.replace("$input)", f"{json.dumps(value)})"))

    for response in (refused, mistyped, unknown, spelled_out):
        assert value not in response.text
        assert json.dumps(value)[1:-1] not in response.text
        assert all(other not in response.text for other in given.values() if len(other) > 6)
    assert [mistyped.status_code, unknown.status_code, spelled_out.status_code] == [400, 400, 400]
