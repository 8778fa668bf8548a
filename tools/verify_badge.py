"""Check a Signet badge offline: that it was signed by a deployment and, with its status list, that it stands.

    python verify_badge.py --keys signet-keys.json badge.jws
    python verify_badge.py --keys https://register.example/.well-known/signet-keys.json --status - badge.jws

Needs Python 3.11 and `cryptography`, and nothing of Signet: copy this file anywhere. BADGE is a file or `-` for the
standard input: the JWS itself, or the JSON of /badges/{id}. --keys and --status are a file or an http(s) address;
`--status -` fetches the list that the badge names, if that lies where the keys do. A list older than a minute is
refused.

Exit codes: 0 genuine (and, with --status, it stands) · 1 not genuine · 2 wrong usage, or something cannot be read
· 3 genuine, but it does not stand · 4 genuine, but the status list is of no use: old, forged, or of another deployment.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from base64 import urlsafe_b64decode
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

GENUINE, NOT_GENUINE, UNREADABLE, DOES_NOT_STAND, NO_STATUS = range(5)
BADGE, STATUS_LIST = "signet-badge+jwt", "statuslist+jwt"
LEEWAY_SECONDS = 5
BYTES_MAX = 64 * 1024 * 1024
SHOWN = ("subject", "display_name", "handle", "provider", "kind", "category", "filing_number", "licence_number",
         "approval_number", "valid_until", "verify")  # fmt: skip


class Failed(Exception):
    """The check ends here."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def text_of(place: str) -> str:
    """What a file, an address or the standard input holds."""
    try:
        if place == "-":
            return sys.stdin.read(BYTES_MAX)
        if place.startswith(("https://", "http://")):
            with urlopen(place, timeout=10) as answer:  # noqa: S310 (the scheme was looked at)
                return answer.read(BYTES_MAX).decode()  # type: ignore[no-any-return]
        return Path(place).read_text("utf-8")
    except (OSError, URLError, UnicodeDecodeError, ValueError) as fault:
        raise Failed(UNREADABLE, f"{place} cannot be read: {fault}") from None


def jws_in(text: str) -> str:
    """The JWS of a text: bare, or in the JSON that Signet answers."""
    text = text.strip()
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError as fault:
        raise Failed(UNREADABLE, f"This is no JSON: {fault}") from None
    record = found.get("badgeRecord") or found
    if not isinstance(record, dict) or not isinstance(record.get("jws"), str):
        raise Failed(UNREADABLE, "The JSON holds no `jws`.")
    return str(record["jws"])


def keys_in(text: str) -> dict[str, Ed25519PublicKey]:
    """The public keys of a JWK set by their ids."""
    try:
        listed = json.loads(text)["keys"]
        okp = [key for key in listed if (key.get("kty"), key.get("crv")) == ("OKP", "Ed25519")]
        keys = {str(key["kid"]): Ed25519PublicKey.from_public_bytes(unpadded(key["x"])) for key in okp}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Failed(UNREADABLE, f"This is no set of keys as of /.well-known/signet-keys.json: {fault!r}") from None
    if not keys:
        raise Failed(UNREADABLE, "The set holds no Ed25519 key.")
    return keys


def unpadded(text: str) -> bytes:
    """Base64url without padding, strictly."""
    if any(not (character.isascii() and (character.isalnum() or character in "-_")) for character in text):
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(jws: str, keys: dict[str, Ed25519PublicKey], type_: str) -> dict[str, object]:
    """The payload of a JWS of that type, if one of the keys signed it."""
    try:
        head, body, signature = jws.strip().split(".")
        header, payload = json.loads(unpadded(head)), json.loads(unpadded(body))
        kid, algorithm, told = str(header["kid"]), header["alg"], header["typ"]
        signed = unpadded(signature)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise Failed(NOT_GENUINE, f"This is no signed record, three parts with dots between: {fault}") from None
    if algorithm not in ("EdDSA", "Ed25519") or told != type_ or not isinstance(payload, dict):
        raise Failed(NOT_GENUINE, f"It is a record of the kind {told} by {algorithm}, and not a {type_} by EdDSA.")
    if "crit" in header or kid not in keys:
        raise Failed(NOT_GENUINE, f"No key of the set is {kid}: it was signed by somebody else, or the set is old.")
    try:
        keys[kid].verify(signed, f"{head}.{body}".encode())
    except InvalidSignature:
        raise Failed(NOT_GENUINE, "The signature does not hold: the record was changed or forged.") from None
    return payload


def status_of(badge: dict[str, object], place: str, keys: dict[str, Ed25519PublicKey], keys_place: str) -> bool:
    """Whether the status list says that the badge stands."""
    try:
        named = badge["status"]["status_list"]  # type: ignore[index]
        uri, index = str(named["uri"]), int(named["idx"])
    except (KeyError, TypeError, ValueError):
        raise Failed(NO_STATUS, "The badge names no place in a status list.") from None
    if place == "-":
        if urlsplit(uri)[:2] != urlsplit(keys_place)[:2]:
            raise Failed(NO_STATUS, f"The badge names {uri}, which is not where the keys are: name the list yourself.")
        place = uri
    try:
        listed = verified(jws_in(text_of(place)), keys, STATUS_LIST)
        issued_at, ends_at = int(str(listed["iat"])), int(str(listed["exp"]))
        packed = unpadded(listed["status_list"]["lst"])  # type: ignore[index]
        bits = zlib.decompressobj().decompress(packed, BYTES_MAX)
    except (Failed, KeyError, TypeError, ValueError, zlib.error) as fault:
        raise Failed(NO_STATUS, f"The status list is of no use: {fault}") from None
    if listed.get("iss") != badge.get("iss") or listed.get("sub") != uri or not 0 <= index < len(bits) * 8:
        raise Failed(NO_STATUS, "The status list is another deployment's, or older than the badge.")
    if not issued_at - LEEWAY_SECONDS <= time.time() <= ends_at + LEEWAY_SECONDS:  # noqa: TID251 (a program of its own)
        raise Failed(NO_STATUS, "The status list is out of date: fetch it anew, and look at your clock.")
    return not bits[index // 8] >> index % 8 & 1


def check(badge_place: str, keys_place: str, status_place: str | None) -> tuple[int, str]:
    """The exit code, and what to tell."""
    keys = keys_in(text_of(keys_place))
    badge = verified(jws_in(text_of(badge_place)), keys, BADGE)
    told = "\n".join(f"  {name}: {badge[name]}" for name in SHOWN if badge.get(name) is not None)
    trial = "\nIt is a trial: of no effect." if badge.get("mode") == "SANDBOX" else ""
    genuine = f"Genuine: issued by {badge.get('iss')}.\n{told}{trial}"
    if status_place is None:
        return GENUINE, f"{genuine}\nWhether it still stands was not asked: add --status, or open the address above."
    try:
        stands = status_of(badge, status_place, keys, keys_place)
    except Failed as failed:
        return failed.code, f"{genuine}\nWhether it stands is not known. {failed}"
    if not stands:
        return DOES_NOT_STAND, f"{genuine}\nIt does NOT stand any more."
    return GENUINE, f"{genuine}\nIt stands."


def main(arguments: list[str] | None = None) -> int:
    """Check, tell, and end with the code."""
    parser = argparse.ArgumentParser(description="Check a Signet badge.", epilog=(__doc__ or "").rpartition("\n\n")[2])
    parser.add_argument("badge", help="file with the JWS or with the JSON of /badges/{id}; - for the standard input")
    parser.add_argument("--keys", required=True, help="file or address of the public keys")
    parser.add_argument("--status", help="file or address of the status list; - for the one that the badge names")
    given = parser.parse_args(arguments)
    try:
        code, message = check(given.badge, given.keys, given.status)
    except Failed as failed:
        code, message = failed.code, f"{'NOT genuine. ' if failed.code == NOT_GENUINE else ''}{failed}"
    printable = "".join(character if character.isprintable() or character == "\n" else "?" for character in message)
    print(printable, file=sys.stdout if code in (GENUINE, DOES_NOT_STAND) else sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
