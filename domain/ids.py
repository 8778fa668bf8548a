"""Identifiers: TypeIDs, a noun's prefix and a time-ordered random number, used as they are as GraphQL ids."""

from __future__ import annotations

from typing import Final

from typeid import TypeID
from typeid.codecs import base32
from uuid_utils import uuid7

_MILLISECONDS_AT: Final = 80  # a UUIDv7 begins with 48 bits of milliseconds
LONGEST: Final = 90  # characters; a longer claim cannot be an id


def new_id(prefix: str) -> str:
    """A new id such as `account_01h455vb4pex5vsknk084sn02q`."""
    return f"{prefix}_{base32.encode(uuid7().bytes)}"


def prefix_of(id_: str) -> str:
    """The noun that an id names; empty where it names none."""
    return id_.rpartition("_")[0] if len(id_) <= LONGEST else ""


def earlier(id_: str, milliseconds: int) -> str:
    """The lowest id that could have been made that much earlier."""
    made = TypeID.from_string(id_)
    moment = (made.uuid.int >> _MILLISECONDS_AT) - milliseconds
    return str(TypeID.from_uuid(type(made.uuid)(int=max(moment, 0) << _MILLISECONDS_AT), made.prefix))
