"""The demo's register of licences, all of it invented: a file beside this one, and the licence of who walks along."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.register import RegisterKind
from workflows.office import Office
from workflows.register_import import ImportReport, import_register

# Licences of two units: one that publishes and reprints, one that only reprints.
PUBLISHING_LICENCE: Final = "33120269901"
REPRINTING_LICENCE: Final = "33220269902"
BY_DEMO: Final = "DEMO"
_FILE: Final = Path(__file__).with_name("demo_licences.csv")


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """A unit that publishes and reprints; its licence has no last day unless the register says so."""

    name: str
    number: str
    valid_to: str = ""


def register_with(units: Iterable[ListedUnit] = ()) -> bytes:
    """The register as CSV: the file's licences, and those of these units."""
    more = (f"{unit.number},{unit.name},330000,1,示例主管机关,2026-01-01,{unit.valid_to}\n" for unit in units)
    return _FILE.read_bytes() + "".join(more).encode()


async def import_licences(office: Office, units: Iterable[ListedUnit] = ()) -> ImportReport:
    """Import the register; importing it again writes nothing."""
    register = register_with(units)

    async def source() -> AsyncIterator[bytes]:
        yield register

    return await import_register(office.database, office.clock, RegisterKind.LICENCES, source, BY_DEMO, _silent)


def _silent(_rows: int, _bytes: int) -> None: ...
