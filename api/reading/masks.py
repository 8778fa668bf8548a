"""Personal values in a plan: which form is shown is decided here once, by kind and sight, and opened row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from graphql import FieldNode, GraphQLObjectType

from api.reading import kinds
from api.reading.levels import Rows, is_out_of_sight, visible
from api.reading.values import Scene
from domain.identity import Identity
from domain.policy.masking import MASKS, Form
from domain.table import table_of
from domain.vault.cipher import Place
from domain.vault.forms import shown

_IDENTITY = table_of(Identity)


def masked(scene: Scene, type_: GraphQLObjectType, nodes: Sequence[FieldNode], what: kinds.Masked, rows: Rows) -> str:
    """The expression of a masked value of an identity."""
    form = MASKS[what.kind, scene.role].form
    return _masked_text(scene, type_, nodes, form, rows, lambda: _display(what, form, rows))


def masked_words(
    scene: Scene, type_: GraphQLObjectType, nodes: Sequence[FieldNode], what: kinds.MaskedWords, rows: Rows
) -> str:
    """The expression of a sealed text."""
    form = MASKS[what.kind, scene.role].form
    return _masked_text(scene, type_, nodes, form, rows, lambda: _words(scene, what, form, rows))


def _masked_text(
    scene: Scene,
    type_: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    form: Form,
    rows: Rows,
    display: Callable[[], str],
) -> str:
    parts = []
    for key, same in scene.selection.fields(type_, nodes).items():
        rows.level.body.weight += 1
        match same[0].name.value:
            case "display":
                written = "None" if form is Form.HIDDEN else display()
            case "form":
                written = repr(str(form))
            case "revealable":
                written = "False"  # there is no door to a value in clear yet
            case _:
                written = repr(type_.name)
        parts.append(f"{key!r}: {written}")
    return "{" + ", ".join(parts) + "}"


def _display(what: kinds.Masked, form: Form, rows: Rows) -> str:
    body = rows.level.body
    identity_id = rows.value(rows.alias.c.id)
    opened = rows.opened.get("forms")
    if opened is None:  # the first masked field of an object opens its bundle for all others
        opened = rows.opened["forms"] = body.fresh("b")
        key, bundle = rows.value(rows.alias.c.mask_key), rows.value(rows.alias.c.bundle)
        forms = f"({opened} := look.forms({identity_id}, {key}, {bundle}))"
    else:
        forms = opened
    stand_in = f"lambda: look.pseudonym({identity_id})" if form is Form.PSEUDONYM else "None"
    return f"{body.name(shown)}({body.name(form)}, {forms}.get({what.name!r}), {stand_in})"


def _words(scene: Scene, what: kinds.MaskedWords, form: Form, rows: Rows) -> str:
    """Opened with the mask key of its subject, which is joined under the viewer's scope."""
    if form is not Form.CLEAR:
        raise TypeError(f"a text of kind {what.kind} can be CLEAR or HIDDEN, not {form}: mend domain/policy/masking.py")
    level, columns = rows.level, rows.alias.c
    key = "None"
    if not is_out_of_sight(_IDENTITY, scene.role):
        subject = level.another(_IDENTITY)
        on = sa.and_(subject.c.id == columns.identity_id, *visible(_IDENTITY, subject, scene.role))
        level.joins.append((subject, on, True))
        key = rows.value(subject.c.mask_key)
    row_id, sealed, identity_id = (rows.value(columns[name]) for name in ("id", what.of.key, "identity_id"))
    place = f"{level.body.name(Place)}({what.of.table.name!r}, {what.of.key!r}, {row_id})"
    return f"look.words({place}, {sealed}, {identity_id}, {key})"
