"""The tool that checks badges offline believes a signature and a fresh list, and says what else is wrong (Art. 7)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zlib
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any, Final

import pytest

from domain.vault.keys import KeyRing
from domain.vault.signing import BADGE, MANIFEST, STATUS_LIST, signer
from tools import verify_badge

OURS: Final = signer(KeyRing(b"m" * 32, b"c" * 32, b"i" * 32))
OTHERS: Final = signer(KeyRing(b"m" * 32, b"c" * 32, b"o" * 32))
URL: Final = "https://register.example"
LIST: Final = f"{URL}/badges/status.json"
PAYLOAD: Final[dict[str, Any]] = {
    "iss": URL,
    "jti": "badge_1",
    "subject": "示例报社",
    "kind": "REPRINT_ONLY",
    "mode": "PRODUCTION",
    "verify": f"{URL}/badges/badge_1",
    "status": {"status_list": {"uri": LIST, "idx": 9}},
}


def status_list(byte: int, *, age_seconds: int = 0, **more: Any) -> str:
    """A signed list of sixteen badges; `byte` is the second eight."""
    at = int(time.time()) - age_seconds
    lst = urlsafe_b64encode(zlib.compress(bytes([0, byte]))).rstrip(b"=").decode()
    said = {"iss": URL, "sub": LIST, "iat": at, "exp": at + 60, "status_list": {"bits": 1, "lst": lst}}
    return OURS.sign(said | more, STATUS_LIST)


def checked(
    folder: Path, badge: str, status: str | None = None, keys: Any = OURS.key_set, *, capsys: Any = None
) -> int:
    for name, text in {"keys.json": json.dumps(dict(keys)), "badge": badge, "status": status or ""}.items():
        (folder / name).write_text(text, "utf-8")
    given = ["--keys", str(folder / "keys.json"), str(folder / "badge")]
    return verify_badge.main([*given, *(["--status", str(folder / "status")] if status is not None else [])])


def test_a_genuine_badge_that_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = checked(tmp_path, OURS.sign(PAYLOAD, BADGE), status_list(0b1111_1101))

    told = capsys.readouterr().out
    assert code == 0
    assert "subject: 示例报社" in told
    assert "It stands." in told


def test_the_answers_of_a_deployment_may_be_given_as_they_are(tmp_path: Path) -> None:
    badge = json.dumps({"asOf": "x", "badgeRecord": {"jws": OURS.sign(PAYLOAD, BADGE)}})

    assert checked(tmp_path, badge, json.dumps({"jws": status_list(0)})) == 0


def test_without_a_list_only_the_issue_is_proven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, OURS.sign(PAYLOAD, BADGE)) == 0
    assert "was not asked" in capsys.readouterr().out


def test_a_genuine_badge_that_does_not_stand(tmp_path: Path) -> None:
    assert checked(tmp_path, OURS.sign(PAYLOAD, BADGE), status_list(0b0000_0010)) == 3


@pytest.mark.parametrize(
    "badge",
    [
        OTHERS.sign(PAYLOAD, BADGE),
        OURS.sign(PAYLOAD, MANIFEST),
        OURS.sign(PAYLOAD, BADGE)[:-4] + "AAAA",
        "x.y.z",
        "",
        "..",
        ".".join(
            [urlsafe_b64encode(b'{"alg":"none","kid":"x","typ":"signet-badge+jwt"}').decode().rstrip("="), "e30", ""]
        ),
        OURS.sign(PAYLOAD, BADGE).replace(".", ".e30.", 1),
    ],
)
def test_what_was_not_signed_as_a_badge_is_not_genuine(tmp_path: Path, badge: str) -> None:
    assert checked(tmp_path, badge) == 1


def test_every_character_of_a_badge_counts(tmp_path: Path) -> None:
    good = OURS.sign(PAYLOAD, BADGE)
    last = good.rindex(".") + 86  # of the signature's last character only four bits count

    for at in range(0, last - 1, 7):
        other = "A" if good[at] != "A" else "B"
        assert checked(tmp_path, good[:at] + other + good[at + 1 :]) == 1


@pytest.mark.parametrize(
    "status",
    [
        status_list(0, age_seconds=120),
        status_list(0, age_seconds=-120),
        status_list(0, iss="https://other.example"),
        status_list(0, sub="https://other.example/badges/status.json"),
        OTHERS.sign({}, STATUS_LIST),
        OURS.sign(PAYLOAD, BADGE),
        "",
    ],
)
def test_a_list_that_is_old_or_of_another_says_nothing(tmp_path: Path, status: str) -> None:
    assert checked(tmp_path, OURS.sign(PAYLOAD, BADGE), status) == 4


def test_a_badge_is_not_asked_of_an_address_that_only_it_names(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(dict(OURS.key_set)))
    (tmp_path / "badge").write_text(OURS.sign(PAYLOAD, BADGE))

    assert verify_badge.main(["--keys", str(tmp_path / "keys.json"), "--status", "-", str(tmp_path / "badge")]) == 4


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, {"keys": [{"kty": "RSA"}]}, {"keys": [{"kty": "OKP", "crv": "Ed25519"}]}]
)
def test_keys_that_are_none_are_told(tmp_path: Path, keys: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, OURS.sign(PAYLOAD, BADGE), keys=keys) == 2
    assert capsys.readouterr().err != ""


def test_the_tool_needs_nothing_of_signet(tmp_path: Path) -> None:
    tool = tmp_path / "verify_badge.py"
    tool.write_text(Path(verify_badge.__file__).read_text("utf-8"), "utf-8")
    (tmp_path / "keys.json").write_text(json.dumps(dict(OURS.key_set)))

    done = subprocess.run(
        [sys.executable, "-I", str(tool), "--keys", "keys.json", "-"],
        input=OURS.sign(PAYLOAD, BADGE), capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Genuine: issued by {URL}.")
