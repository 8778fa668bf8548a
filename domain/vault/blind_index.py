"""Blind indexes: equal values are found without being readable, and never across two providers (Art. 5, 6).

The key is derived for one owner and one kind, so nothing links the values of two providers or of two kinds.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from domain.identifiers import compact, email, mobile
from domain.names import name_key
from domain.state import Word
from domain.vault.keys import Keys, derive


class Indexed(Word):
    """What is looked up blind."""

    RESIDENT_ID = "RESIDENT_ID", "证件号码", "Number of a person's document"
    USCC = "USCC", "统一社会信用代码", "Unified social credit code"
    MOBILE = "MOBILE", "手机号码", "Mobile number"
    EMAIL = "EMAIL", "电子邮箱", "E-mail address"
    NAME = "NAME", "名称", "Name of an account or a body"


def _email_key(value: str) -> str:
    return email(value).casefold()


_NORMALISED: Final[Mapping[Indexed, Callable[[str], str]]] = MappingProxyType(
    {
        Indexed.RESIDENT_ID: compact,
        Indexed.USCC: compact,
        Indexed.MOBILE: mobile,
        Indexed.EMAIL: _email_key,
        Indexed.NAME: name_key,
    }
)


def blind_index(keys: Keys, owner_id: str, indexed: Indexed, value: str) -> bytes:
    """32 bytes for a value as one provider or authority keeps it. Malformed where the value cannot be normalised."""
    key = derive(keys.derived("blind-index"), f"{owner_id}\0{indexed}".encode())
    return hmac.digest(key, _NORMALISED[indexed](value).encode(), "sha256")


def ban_index(keys: Keys, provider_id: str, identity_index: bytes) -> bytes:
    """By what a ban knows a person or organisation: made from their blind index, and not to be joined with it."""
    key = derive(keys.derived("ban-index"), provider_id.encode())
    return hmac.digest(key, identity_index, "sha256")
