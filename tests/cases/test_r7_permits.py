"""R7: cards of foreign permanent residents and older permits are numbers of documents (Art. 6)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.identifiers import Malformed, PersonDocument, resident_id
from tests.world import World

TODAY = date(2026, 3, 2)
CARD, HK_MACAO = PersonDocument.PERMANENT_RESIDENCE_CARD, PersonDocument.TRAVEL_PERMIT_HK_MACAO


@pytest.mark.parametrize(
    ("written", "value", "document"),
    [
        ("XXX000000010101", "XXX000000010101", CARD),
        ("xxx 0000 000101 01", "XXX000000010101", CARD),
        ("ＸＸＸ０００００００１０１０１", "XXX000000010101", CARD),
        ("900000199001010010", "900000199001010010", CARD),
        ("H1234567801", "H12345678", HK_MACAO),
        ("m12345678-02", "M12345678", HK_MACAO),
    ],
)
async def test_r7_such_a_card_is_let_in(world: World, written: str, value: str, document: PersonDocument) -> None:
    holder = await (await world.provider()).newcomer()

    answer = await holder.submit_identity(residentId=written)

    assert answer.problems == []
    found = resident_id(written, today=TODAY)
    assert (found.value, found.document) == (value, document)


@pytest.mark.parametrize(
    "written", ["XX0000000010101", "XXXX00000010101", "XXX00000001010", "XXX0000000101011", "900000199001010017"]
)
def test_r7_what_is_nearly_one_is_refused(written: str) -> None:
    with pytest.raises(Malformed):
        resident_id(written, today=TODAY)
