"""The vault: what is sealed opens only where it was sealed, only with its key, only as it was (Art. 5)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy.masking import Form
from domain.vault.bundle import open_bundle, seal_bundle
from domain.vault.cipher import SEALED_OVERHEAD_BYTES, NotOpened, Place, epoch_of, reseal, seal, unseal
from domain.vault.forms import pack
from domain.vault.keys import PURPOSES, KeyNotHeld, KeyRing, new_subject_keys, open_clear_key, open_mask_key
from domain.vault.pseudonym import pseudonym
from domain.vault.receipts import receipt, receipt_hash
from domain.vault.streams import CHUNK_BYTES, seal_chunks, unseal_chunks
from domain.vault.texts import commitment, is_committed, pack_text, unpack_text

KEY = bytes(range(32))
PLACE = Place("identity", "mobile", "identity_1")
RING = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32, epoch=1)
SUBJECT = "identity_01"


@given(st.binary(max_size=500), st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_what_is_sealed_opens_as_it_was(plain: bytes, key: bytes, epoch: int) -> None:
    sealed = seal(key, plain, PLACE, epoch=epoch)

    assert unseal(key, sealed, PLACE) == plain
    assert epoch_of(sealed) == epoch
    assert len(sealed) == len(plain) + SEALED_OVERHEAD_BYTES


def test_no_byte_of_a_sealed_value_may_change() -> None:
    sealed = seal(KEY, b"13800138000", PLACE, epoch=3)

    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(NotOpened):
            unseal(KEY, changed, PLACE)


@pytest.mark.parametrize("cut", [0, 1, 5, 17, 32, 33])
def test_a_sealed_value_cut_short_does_not_open(cut: int) -> None:
    with pytest.raises(NotOpened):
        unseal(KEY, seal(KEY, b"x", PLACE)[:cut], PLACE)


@pytest.mark.parametrize(
    "elsewhere", [PLACE._replace(table="account"), PLACE._replace(column="email"), PLACE._replace(row_id="identity_2")]
)
def test_a_sealed_value_does_not_open_at_another_place(elsewhere: Place) -> None:
    with pytest.raises(NotOpened):
        unseal(KEY, seal(KEY, b"x", PLACE), elsewhere)


def test_a_sealed_value_does_not_open_with_another_key() -> None:
    with pytest.raises(NotOpened):
        unseal(bytes(32), seal(KEY, b"x", PLACE), PLACE)


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(KEY, b"x", PLACE) != seal(KEY, b"x", PLACE)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(bytes(length), b"x", PLACE)


def test_a_pending_value_becomes_the_current_one_under_its_epoch() -> None:
    pending = PLACE._replace(column="pending_mobile")

    moved = reseal(KEY, seal(KEY, b"x", pending, epoch=4), before=pending, after=PLACE)

    assert unseal(KEY, moved, PLACE) == b"x"
    assert epoch_of(moved) == 4


def test_the_two_keys_of_a_subject_are_wrapped_apart() -> None:
    wrapped = new_subject_keys(RING, SUBJECT)

    assert open_mask_key(RING, wrapped.mask_key, SUBJECT) != open_clear_key(RING, wrapped.clear_key, SUBJECT)
    assert epoch_of(wrapped.mask_key) == epoch_of(wrapped.clear_key) == 1
    with pytest.raises(NotOpened):
        open_mask_key(RING, wrapped.clear_key, SUBJECT)
    with pytest.raises(NotOpened):
        open_mask_key(RING, wrapped.mask_key, "identity_02")


def test_a_process_that_only_reads_opens_masks_and_no_value() -> None:
    wrapped = new_subject_keys(RING, SUBJECT)

    reader = RING.only_reading()

    assert reader.id == RING.id
    assert open_mask_key(reader, wrapped.mask_key, SUBJECT) == open_mask_key(RING, wrapped.mask_key, SUBJECT)
    with pytest.raises(KeyNotHeld):
        open_clear_key(reader, wrapped.clear_key, SUBJECT)
    with pytest.raises(KeyNotHeld):
        new_subject_keys(reader, SUBJECT)


def test_keys_of_an_earlier_epoch_open_and_those_of_a_later_one_are_not_held() -> None:
    before = KeyRing(RING.mask, RING.clear, RING.index, epoch=0)
    early, late = new_subject_keys(before, SUBJECT), new_subject_keys(RING, SUBJECT)

    assert len(open_mask_key(RING, early.mask_key, SUBJECT)) == 32
    with pytest.raises(KeyNotHeld):
        open_mask_key(before, late.mask_key, SUBJECT)


def test_no_two_keys_of_a_ring_are_the_same() -> None:
    keys = [RING.derived(purpose) for purpose in PURPOSES]
    keys += [kek(epoch) for kek in (RING.mask_kek, RING.clear_kek) for epoch in (0, 1)]
    keys += [RING.mask, b"c" * 32, RING.index]

    assert len(set(keys)) == len(keys) == 15


def test_a_ring_shows_no_secret_when_printed() -> None:
    secret = os.urandom(32)

    printed = repr(KeyRing(secret, secret, secret))

    assert repr(secret)[2:-1] not in printed
    assert secret.hex() not in printed


@pytest.mark.parametrize("changed", ["mask", "clear", "index"])
def test_another_secret_gives_another_id(changed: str) -> None:
    secrets = {"mask": b"m" * 32, "clear": b"c" * 32, "index": b"i" * 32, changed: b"x" * 32}

    assert KeyRing(secrets["mask"], secrets["clear"], secrets["index"]).id != RING.id


def test_a_bundle_opens_with_the_mask_key_of_its_own_identity() -> None:
    wrapped = new_subject_keys(RING, SUBJECT)
    packed = pack({"mobile": {Form.PARTIAL: "*******8000"}, "mandate": {}})

    bundle = seal_bundle(open_mask_key(RING, wrapped.mask_key, SUBJECT), packed, SUBJECT)

    opened = open_bundle(RING.only_reading(), wrapped.mask_key, bundle, SUBJECT)
    assert opened == {"mobile": {"PARTIAL": "*******8000"}, "mandate": {}}
    assert opened["mobile"][Form.PARTIAL] == "*******8000"
    with pytest.raises(NotOpened):
        open_bundle(RING, wrapped.mask_key, bundle, SUBJECT, column="pending_bundle")
    with pytest.raises(NotOpened):
        open_bundle(RING, new_subject_keys(RING, SUBJECT).mask_key, bundle, SUBJECT)


def test_a_pseudonym_is_stable_within_a_body_and_differs_between_bodies() -> None:
    mine = pseudonym(RING, "provider_a", SUBJECT)

    assert mine == pseudonym(RING, "provider_a", SUBJECT)
    assert len(mine) == 8
    assert set(mine) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    assert len({mine, pseudonym(RING, "provider_b", SUBJECT), pseudonym(RING, "provider_a", "identity_02")}) == 3


@given(st.text())
def test_a_text_is_the_one_committed_to_and_no_other(text: str) -> None:
    text = text.encode(errors="ignore").decode()

    salt, digest = commitment(text)

    assert digest == sha256(salt + text.encode()).digest()
    assert is_committed(text, salt, digest)
    assert not is_committed(text + " ", salt, digest)
    assert unpack_text(pack_text(salt, text)) == (salt, text)


def test_two_commitments_to_one_text_cannot_be_told_to_be_of_one() -> None:
    assert commitment("同意").digest != commitment("同意").digest


def test_the_same_request_gets_the_same_receipt_and_another_gets_another() -> None:
    first = receipt(RING, "notice_1", "key-1")

    assert first == receipt(RING, "notice_1", "key-1")
    assert len(first.secret) == 26
    assert first.hash == receipt_hash(first.secret) == receipt_hash(f" {first.secret.lower()} ")
    assert (
        len({first.secret, receipt(RING, "notice_1", "key-2").secret, receipt(RING, "notice_2", "key-1").secret}) == 3
    )


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
@pytest.mark.parametrize("step", [1000, CHUNK_BYTES, 5 * CHUNK_BYTES])
def test_a_document_comes_back_whatever_the_pieces(size: int, step: int) -> None:
    document = os.urandom(size)

    sealed = b"".join(seal_chunks(KEY, _pieces(document, step), PLACE, epoch=2))

    assert epoch_of(sealed) == 2
    assert b"".join(unseal_chunks(KEY, _pieces(sealed, step + 7), PLACE)) == document


def test_a_stream_notices_every_disorder() -> None:
    start, chunk = 37, CHUNK_BYTES + 16
    sealed = b"".join(seal_chunks(KEY, [os.urandom(3 * CHUNK_BYTES + 5)], PLACE))
    other = b"".join(seal_chunks(KEY, [os.urandom(3 * CHUNK_BYTES + 5)], PLACE))
    bounds = [0, start, start + chunk, start + 2 * chunk, start + 3 * chunk, len(sealed)]
    head, one, two, three, last = (sealed[a:b] for a, b in pairwise(bounds))

    disorders = {
        "swapped": head + two + one + three + last,
        "cut at a chunk": head + one + two + three,
        "cut within": sealed[:-1],
        "without its first": head + two + three + last,
        "doubled": head + one + one + two + three + last,
        "appended to": sealed + last,
        "of another stream": head + other[start : start + chunk] + two + three + last,
        "another header": b"\x01\x00\x00\x00\x09" + sealed[5:],
        "another version": b"\x02" + sealed[1:],
        "only a header": head,
        "nothing": b"",
        "one bit": sealed[:-20] + bytes([sealed[-20] ^ 1]) + sealed[-19:],
    }

    for disorder in disorders.values():
        with pytest.raises(NotOpened):
            b"".join(unseal_chunks(KEY, [disorder], PLACE))
    with pytest.raises(NotOpened):
        b"".join(unseal_chunks(KEY, [sealed], PLACE._replace(row_id="document_2")))
    with pytest.raises(NotOpened):
        b"".join(unseal_chunks(bytes(32), [sealed], PLACE))


def _pieces(data: bytes, step: int) -> Sequence[bytes]:
    return [data[at : at + step] for at in range(0, len(data), step)]
