"""Keys are loaded whole, from a place nobody else can read, or not at all."""

from __future__ import annotations

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from domain.vault.keys import KeyNotHeld
from workflows.keys import (
    KeyFileInDataFolder,
    KeyFileOpenToOthers,
    KeysGenerated,
    KeysMalformed,
    KeysMissing,
    clear_fingerprint,
    keys_from_file,
    keys_from_values,
)

MASK, CLEAR, INDEX = (b64encode(letter * 32).decode() for letter in (b"m", b"c", b"i"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_values_of_the_environment_give_a_ring() -> None:
    ring = keys_from_values(mask=MASK, clear=CLEAR, index=INDEX)

    assert ring.mask == b"m" * 32
    assert len(ring.clear_kek(0)) == 32
    assert len(ring.id) == 16


def test_a_reading_process_needs_the_fingerprint_and_has_the_same_id() -> None:
    whole = keys_from_values(mask=MASK, clear=CLEAR, index=INDEX)

    reader = keys_from_values(
        mask=MASK, clear=None, index=INDEX, clear_fingerprint=clear_fingerprint(CLEAR), reading_only=True
    )

    assert reader.id == whole.id == keys_from_values(mask=MASK, clear=CLEAR, index=INDEX, reading_only=True).id
    assert reader.clear is None
    with pytest.raises(KeyNotHeld):
        reader.clear_kek(0)


@pytest.mark.parametrize("bad", ["", "not base64!", b64encode(b"short").decode(), b64encode(b"x" * 33).decode(), MASK])
def test_a_secret_that_is_short_unreadable_or_used_twice_is_refused(bad: str) -> None:
    with pytest.raises(KeysMalformed):
        keys_from_values(mask=MASK, clear=bad, index=INDEX)


def test_a_writing_process_is_refused_without_its_clear_key() -> None:
    with pytest.raises(KeysMalformed):
        keys_from_values(mask=MASK, clear=None, index=INDEX, clear_fingerprint=clear_fingerprint(CLEAR))
    with pytest.raises(KeysMalformed):
        keys_from_values(mask=MASK, clear=None, index=INDEX, reading_only=True)


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "keys" / "signet.json"

    first = keys_from_file(path, data_folder=data, production=False)

    assert path.stat().st_mode & 0o777 == 0o600
    assert keys_from_file(path, data_folder=data, production=False) == first
    assert keys_from_file(path, data_folder=data, production=False, reading_only=True).id == first.id
    assert [entry.name for entry in path.parent.iterdir()] == ["signet.json"]


def test_processes_that_start_together_read_the_same_keys(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "keys" / "signet.json"

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: keys_from_file(path, data_folder=data, production=False), range(16)))

    assert len({ring.id for ring in rings}) == 1


def test_a_reading_process_holds_no_clear_key_from_a_file(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "signet.json"
    keys_from_file(path, data_folder=data, production=False)

    reader = keys_from_file(path, data_folder=data, production=False, reading_only=True)

    with pytest.raises(KeyNotHeld):
        reader.clear_kek(0)


def test_keys_in_the_data_folder_are_refused(tmp_path: Path, data: Path) -> None:
    (tmp_path / "link").symlink_to(data)

    for path in (data / "keys.json", tmp_path / "link" / "keys.json", data / ".." / "data" / "keys.json"):
        with pytest.raises(KeyFileInDataFolder):
            keys_from_file(path, data_folder=data, production=False)
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_others_may_read_is_refused(tmp_path: Path, data: Path, mode: int) -> None:
    path = tmp_path / "signet.json"
    keys_from_file(path, data_folder=data, production=False)
    path.chmod(mode)

    with pytest.raises(KeyFileOpenToOthers, match="chmod 600"):
        keys_from_file(path, data_folder=data, production=False)


def test_a_key_file_that_is_a_link_is_refused(tmp_path: Path, data: Path) -> None:
    keys_from_file(tmp_path / "real.json", data_folder=data, production=False)
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")

    with pytest.raises(KeyFileOpenToOthers):
        keys_from_file(tmp_path / "link.json", data_folder=data, production=False)


def test_production_neither_makes_keys_nor_takes_generated_ones(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "signet.json"

    with pytest.raises(KeysMissing):
        keys_from_file(path, data_folder=data, production=True)
    assert not path.exists()
    keys_from_file(path, data_folder=data, production=False)
    with pytest.raises(KeysGenerated):
        keys_from_file(path, data_folder=data, production=True)


def test_production_takes_a_key_file_that_people_made(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "signet.json"
    path.write_bytes(orjson.dumps({"format": 1, "mask": MASK, "clear": CLEAR, "index": INDEX}))
    path.chmod(0o600)

    ring = keys_from_file(path, data_folder=data, production=True)

    assert ring.id == keys_from_values(mask=MASK, clear=CLEAR, index=INDEX).id


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"format":2}', b'{"format":1,"mask":3}', bytes(range(128, 192))]
)
def test_a_key_file_with_other_content_is_refused_without_showing_it(
    tmp_path: Path, data: Path, content: bytes
) -> None:
    path = tmp_path / "signet.json"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(KeysMalformed) as refusal:
        keys_from_file(path, data_folder=data, production=False)

    assert refusal.value.__cause__ is None
    assert "three different ones of 32 bytes" in str(refusal.value)
