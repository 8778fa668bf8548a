"""A regulator imports a register over HTTP; an application whose name comes close to a listed unit is flagged."""

from __future__ import annotations

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


async def run(person: Person, document_id: str) -> dict[str, object]:
    asked = {"documentId": document_id, "kind": "SOURCES", "idempotencyKey": unique("key-")}
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
