"""Limits: what each role may ask for, measured in one pass over the document, and how fast new documents may come."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from api.errors import ErrorCode, refused
from domain.policy.roles import Role

TOKENS_MAX: Final = 2_000
BODY_BYTES_MAX: Final = 1_000_000
INTROSPECTION_DEPTH_MAX: Final = 20  # of what tools ask; graphql-core bounds its lists


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation may be at most. `fields` are counted with every fragment spread out."""

    depth: int = 12
    aliases: int = 30
    directives: int = 20
    fields: int = 1_000
    cost: int = 5_000


_KNOWN: Final = Limits()
_ROWS: Final[Mapping[Role, Limits]] = {
    Role.PUBLIC: replace(_KNOWN, cost=1_000),
    Role.HOLDER: _KNOWN,
    Role.REVIEWER: _KNOWN,
    Role.COMPLIANCE_OFFICER: _KNOWN,
    Role.APPEAL_REVIEWER: _KNOWN,
    Role.INTEGRATION: _KNOWN,
    Role.PROVINCIAL_REGULATOR: _KNOWN,
    Role.NATIONAL_REGULATOR: _KNOWN,
    Role.AUDITOR: _KNOWN,
    Role.OPERATOR: replace(_KNOWN, cost=0),  # never a viewer of GraphQL
    Role.SYSTEM: replace(_KNOWN, cost=0),
}


class LimitsMissing(Exception):
    """A role has no limits: add its row in api/limits.py."""


if _missing := [role for role in Role if role not in _ROWS]:
    raise LimitsMissing(f"api/limits.py has no row for {', '.join(_missing)}")
LIMITS: Final = _ROWS


@dataclass(frozen=True, slots=True)
class Measure:
    """How large a selection is, with every fragment spread out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: Measure) -> Measure:
        """Both, side by side."""
        return Measure(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
        )

    def excess(self, limits: Limits) -> str:
        """What is more than allowed, in words; empty where nothing is."""
        for name in ("depth", "fields", "aliases", "directives"):
            found, most = getattr(self, name), getattr(limits, name)
            if found > most:
                return f"{name.capitalize()}: {found}, where {most} is the most."
        return ""


_NOTHING: Final = Measure()


def measured(document: DocumentNode) -> Mapping[OperationDefinitionNode, Measure]:
    """The measure of each operation. A fragment is measured once however often it is spread, so this is linear.

    It runs before validation, so that a bomb is never validated: unknown and circular fragments count nothing here.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    known: dict[str, Measure] = {}
    try:
        return {
            definition: replace(
                found := _of_set(definition.selection_set, fragments, known),
                directives=found.directives + len(definition.directives or ()),
            )
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
    except RecursionError:
        raise refused(ErrorCode.LIMIT_EXCEEDED, "It is nested too deeply.") from None


def _of_set(
    selected: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, Measure]
) -> Measure:
    total = _NOTHING
    for node in selected.selections if selected else ():
        total = total.beside(_of_node(node, fragments, known))
    return total


def _of_node(
    node: SelectionNode, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, Measure]
) -> Measure:
    own = Measure(directives=len(node.directives or ()))
    if isinstance(node, FragmentSpreadNode):
        name = node.name.value
        if name not in known:
            known[name] = _NOTHING  # while it is being measured: one that spreads itself ends here
            fragment = fragments.get(name)
            known[name] = _of_set(fragment.selection_set if fragment else None, fragments, known)
        below = known[name]
        return replace(below, directives=below.directives + own.directives)
    below = _of_set(cast("FieldNode | InlineFragmentNode", node).selection_set, fragments, known)
    if not isinstance(node, FieldNode):
        return replace(below, directives=below.directives + own.directives)
    depth = below.depth + 1
    if node.name.value in ("__schema", "__type"):
        depth = 1 if depth <= INTROSPECTION_DEPTH_MAX else depth
    return Measure(depth, below.fields + 1, below.aliases + (node.alias is not None), below.directives + own.directives)


# --- how fast unknown documents may come --------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: so many at once, refilled at so many per second."""

    burst: float = 60.0
    per_second: float = 5.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Buckets:
    """Token buckets by who asks. A distinct document costs milliseconds of CPU, a known one microseconds."""

    known: Rate = field(default_factory=Rate)
    anonymous: Rate = field(default_factory=lambda: Rate(20.0, 1.0))
    elapsed: Callable[[], float] = monotonic
    owners_max: int = 10_000
    _kept: OrderedDict[Hashable, _Bucket] = field(default_factory=OrderedDict)

    def wait_seconds(self, owner: Hashable, *, is_anonymous: bool) -> float:
        """Take one token; 0 if there was one, else how long to wait for the next."""
        rate, now = self.anonymous if is_anonymous else self.known, self.elapsed()
        bucket = self._kept.pop(owner, None) or _Bucket(rate.burst, now)
        bucket.tokens = min(rate.burst, bucket.tokens + (now - bucket.at) * rate.per_second)
        bucket.at = now
        self._kept[owner] = bucket
        if len(self._kept) > self.owners_max:
            self._kept.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / rate.per_second
        bucket.tokens -= 1
        return 0.0
