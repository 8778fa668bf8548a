"""A regulator imports a register over HTTP; an application whose name comes close to a listed unit is flagged."""

from __future__ import annotations

from random import Random

from domain.authorities import NATION
from tests.world import Person, World, unique

IMPORT = """mutation($input: RegisterImportRunInput!) { registerImport(input: $input) {
  registerImport { id state rowsCreated rowsUnchanged rowsQuarantined quarantined { nodes { line reason } } }
  problems { code path } } }"""


async def upload(person: Person, text: str) -> str:
    files = {"file": ("register.csv", text.encode(), "text/csv")}
    headers = {"authorization": f"Bearer {person.token}"}
    response = await person.world.client.post("/documents", files=files, headers=headers)
    assert response.status_code in (200, 201), response.text
    return str(response.json()["id"])


async def run(person: Person, document_id: str, kind: str = "SOURCES") -> dict[str, object]:
    asked = {"documentId": document_id, "kind": kind, "idempotencyKey": unique("key-")}
    found: dict[str, object] = (await person.ask(IMPORT, input=asked))["registerImport"]
    return found


async def test_a_register_is_imported_by_its_document_and_names_close_to_it_are_flagged(world: World) -> None:
    nation = await world.regulator(NATION)
    name = unique("示例晨报")
    document_id = await upload(nation, f"name,section,form,level\n{name},LOCAL_NEWS,NEWS_UNIT,provincial\n,x,y,z\n")

    answer = await run(nation, document_id)

    made = answer["registerImport"]
    assert isinstance(made, dict)
    assert (made["state"], made["rowsCreated"], made["rowsQuarantined"]) == ("FINISHED", 1, 1)
    provider = await world.provider()
    _, account = await provider.applied(displayName=name)
    asked = "query($id: ID!) { account(id: $id) { flags isFlagged candidates { isExact unit { name } } } }"
    shown = (await provider.reviewer.ask(asked, id=account.id))["account"]
    assert "NAME_SOURCE_UNIT" in shown["flags"]
    assert shown["isFlagged"] is True
    assert {"isExact": True, "unit": {"name": name}} in shown["candidates"]


async def test_only_the_national_authority_imports_and_only_its_own_document(world: World) -> None:
    nation, province = await world.regulator(NATION), await world.regulator()
    document_id = await upload(nation, "name\n示例电视台\n")

    refused = await run(province, document_id)
    unknown = await run(nation, "document_01h455vb4pex5vsknk084sn02q")

    assert refused["problems"] == [{"code": "NOT_ALLOWED", "path": []}]
    assert unknown["problems"] == [{"code": "NOT_FOUND", "path": ["documentId"]}]


SHOWN = """query($where: LicenceFilter) { licences(where: $where, first: 5) { nodes {
  number holderName province licenceClass services year serial isLegacy issuer validFrom validTo isMissing
  doubts { nodes { cause changes { field before } registerImport { rowsChanged } } } } } }"""


async def test_a_regulator_imports_licences_and_everybody_reads_them_but_not_their_doubts(world: World) -> None:
    nation, provider = await world.regulator(NATION), await world.provider()
    number = f"3122019{Random().randrange(10_000):04}"
    row = f"{number},{unique('示例社')},2,示例机关,2019-01-01,"
    head = "许可证编号,持证单位,类别,发证机关,有效期起,有效期至"
    for valid_to in ("2027-01-01", "2028-01-01"):
        document_id = await upload(nation, f"{head}\n{row}{valid_to}\n")
        answer = await run(nation, document_id, "LICENCES")
        assert answer["problems"] == []

    where = {"number": number, "isLegacy": False, "province": "310000"}
    [officer_sees] = (await provider.officer.ask(SHOWN, where=where))["licences"]["nodes"]
    [public_sees] = (await world.public.ask(SHOWN, where=where))["licences"]["nodes"]

    assert officer_sees.pop("doubts")["nodes"] == [
        {
            "cause": "CHANGED",
            "changes": [{"field": "valid_to", "before": "2027-01-01"}],
            "registerImport": None,
        }
    ]
    assert public_sees.pop("doubts")["nodes"] == []
    assert officer_sees == public_sees
    assert public_sees == {
        "number": number, "holderName": row.split(",")[1], "province": "310000", "licenceClass": 2,
        "services": "REPRINT_ONLY", "year": 2019, "serial": number[7:], "isLegacy": False, "issuer": "示例机关",
        "validFrom": "2019-01-01", "validTo": "2028-01-01", "isMissing": False,
    }  # fmt: skip
