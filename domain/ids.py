"""Identifiers: TypeIDs, a noun's prefix and a time-ordered random number, used as they are as GraphQL ids."""

from __future__ import annotations

from typing import Final

from typeid import TypeID

LONGEST: Final = 90  # characters; a longer claim cannot be an id


def new_id(prefix: str) -> str:
    """A new id such as `account_01h455vb4pex5vsknk084sn02q`."""
    return str(TypeID(prefix=prefix))


def prefix_of(id_: str) -> str:
    """The noun that an id names; empty where it names none."""
    return id_.rpartition("_")[0] if len(id_) <= LONGEST else ""
