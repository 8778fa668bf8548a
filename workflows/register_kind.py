"""What an import must know of a kind of register, and how its rows are sorted against what is known (Art. 7).

A kind is an object: how a record is read, which rows are known, what is written of those that are new or say otherwise,
and which known ones a file no longer lists. The run itself is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from domain.register import QuarantineReason, RegisterKind
from workflows.database import Connection, Transaction
from workflows.register_rows import Cells, Quarantined

PAGE_ROWS: Final = 500
Key = tuple[str, ...]


class Listed(Protocol):
    """A row as a file lists it. `key` says what it lists, `content_hash` whether it says anything new of it."""

    @property
    def line(self) -> int: ...
    @property
    def raw(self) -> str: ...
    @property
    def key(self) -> Key: ...
    @property
    def content_hash(self) -> str: ...


L = TypeVar("L", bound=Listed)


class Known(NamedTuple):
    """What is known of a key."""

    id: str
    content_hash: str
    is_of_this_file: bool  # whether this file said so
    said: Mapping[str, str | None] = {}  # in words, where the kind keeps what was said before a change


class Stamp(NamedTuple):
    """Which import writes, and when."""

    import_id: str
    at: datetime


@dataclass(slots=True)
class Sorted(Generic[L]):
    """What is to become of the rows of a batch."""

    created: list[L] = field(default_factory=list)
    changed: list[L] = field(default_factory=list)
    unchanged: list[L] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


class Register(Protocol[L]):
    """One kind of register."""

    kind: RegisterKind

    def read(self, cells: Cells) -> L:
        """What a record lists; Unfit where it is not let in."""
        ...

    async def known(self, transaction: Transaction, listed: Sequence[L], file_sha256: str) -> Mapping[Key, Known]:
        """What is known of the keys of a batch."""
        ...

    async def write(self, transaction: Transaction, stamp: Stamp, rows: Sorted[L], known: Mapping[Key, Known]) -> None:
        """Write a batch."""
        ...

    async def missing(self, connection: Connection, *, file_sha256: str, after: str) -> Sequence[str]:
        """The next ids, in order and at most PAGE_ROWS, that this file does not list and none was noted for."""
        ...

    async def note_missing(self, transaction: Transaction, stamp: Stamp, ids: Sequence[str]) -> None:
        """Note that an import does not list these."""
        ...


def sort_out(batch: Sequence[Any], known: Mapping[Key, Known]) -> Sorted[Any]:
    """Compare each row with what is known. The first row of a file that speaks of a key holds against later ones."""
    out, stands = Sorted[Any](), dict(known)
    for row in batch:
        if isinstance(row, Quarantined):
            out.quarantined.append(row)
            continue
        before = stands.get(row.key)
        if before is not None and before.content_hash != row.content_hash and before.is_of_this_file:
            out.quarantined.append(Quarantined(row.line, row.raw, QuarantineReason.CONTRADICTION))
            continue
        if before is None:
            out.created.append(row)
        elif before.content_hash == row.content_hash:
            out.unchanged.append(row)
        else:
            out.changed.append(row)
        stands[row.key] = Known("", row.content_hash, is_of_this_file=True)
    return out
