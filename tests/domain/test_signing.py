"""What a deployment signs can be checked by anybody who has its public keys, and by any library (Art. 7)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, OKPKey

from domain.vault.keys import KeyRing
from domain.vault.signing import BADGE, STATUS_LIST, Signer, signer

RING = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)
ALGORITHMS = ["EdDSA"]


def read(signed: str, by: Signer) -> Any:
    keys = KeySet.import_key_set(json.loads(json.dumps(by.key_set)))
    return json.loads(jws.deserialize_compact(signed, keys, algorithms=ALGORITHMS).payload or b"")


@given(st.dictionaries(st.text(max_size=10), st.one_of(st.text(max_size=20), st.integers(-(2**53), 2**53), st.none())))
def test_what_is_signed_is_read_by_another_library(payload: dict[str, Any]) -> None:
    assert read(signer(RING).sign(payload, BADGE), signer(RING)) == payload


def test_the_same_keys_sign_the_same_and_say_which_they_are() -> None:
    first, second = signer(RING), signer(KeyRing(b"x" * 32, b"y" * 32, b"i" * 32))
    signed = first.sign({"b": 1, "a": "号"}, STATUS_LIST)

    header = jws.extract_compact(signed.encode()).headers()
    assert signed == second.sign({"a": "号", "b": 1}, STATUS_LIST)
    assert header == {"alg": "EdDSA", "kid": first.kid, "typ": STATUS_LIST}
    assert first.kid == OKPKey.import_key({key: first.public[key] for key in ("kty", "crv", "x")}).thumbprint()


def test_a_process_that_only_reads_signs_alike() -> None:
    assert signer(RING.only_reading()).kid == signer(RING).kid


def test_other_keys_sign_otherwise() -> None:
    other = signer(KeyRing(b"m" * 32, b"c" * 32, b"o" * 32))
    forged = other.sign({"a": 1}, BADGE)
    renamed = signer(RING).sign({"a": 1}, BADGE).rpartition(".")[0] + "." + forged.rpartition(".")[2]

    assert other.kid != signer(RING).kid
    with pytest.raises(BadSignatureError):
        read(renamed, signer(RING))


def test_the_key_set_holds_nothing_secret() -> None:
    assert [sorted(key) for key in signer(RING).key_set["keys"]] == [["alg", "crv", "kid", "kty", "use", "x"]]
    assert "private" not in repr(signer(RING)).lower()
