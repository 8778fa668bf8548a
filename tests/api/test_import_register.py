"""`signet import-register` says what it did, writes a report, and helps where it cannot (Art. 7)."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from api.commands.import_register import default_report, import_register_command
from domain.codes.lists import rows_of
from domain.register import QuarantineReason

DOCUMENT = Path(__file__).parents[2] / "docs" / "register-import.md"


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, own_database_url: str) -> None:
    monkeypatch.setenv("SIGNET_DATABASE_URL", own_database_url)


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(import_register_command)
    return CliRunner().invoke(app, list(arguments))


def test_a_register_is_imported_and_the_report_says_what_became_of_it(tmp_path: Path) -> None:
    file = tmp_path / "sources.csv"
    file.write_text("名称\n示例日报\n报\n", encoding="gb18030")

    first = run(str(file), "--kind", "sources")
    second = run(str(file), "--kind", "sources")

    report = orjson.loads((tmp_path / "sources.csv.report.json").read_bytes())
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "1 created" in first.output
    assert "1 unchanged" in second.output
    assert report["encoding"] == "GB18030"
    assert report["counts"] == {
        "read": 2, "created": 0, "changed": 0, "unchanged": 1, "quarantined": 1, "missing": 0,
    }  # fmt: skip
    assert [(row["line"], row["reason"], row["raw"]) for row in report["quarantined"]] == [(3, "BROKEN_FRAGMENT", "报")]


def test_a_register_of_licences_is_imported_and_what_it_no_longer_lists_is_told(tmp_path: Path) -> None:
    file, newer = tmp_path / "licences.csv", tmp_path / "newer.csv"
    file.write_text("licence_no,holder\n31120170001,示例社\n31220170002,示例网\n", encoding="utf-8")
    newer.write_text("licence_no,holder\n31120170001,示例社\n", encoding="utf-8")

    first = run(str(file), "--kind", "licences")
    second = run(str(newer), "--kind", "licences")

    report = orjson.loads((tmp_path / "newer.csv.report.json").read_bytes())
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "2 created" in first.output
    assert "1 known before are not in it" in " ".join(second.output.split())
    assert (report["counts"]["unchanged"], report["counts"]["missing"]) == (1, 1)


def test_a_file_that_is_no_register_ends_with_the_cure(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("colour,size\nred,1\n")

    ended = run(str(file), "--kind", "sources", "--report", str(tmp_path / "report.json"))

    assert ended.exit_code == 1
    assert "FILE_UNREADABLE" in ended.output
    assert not (tmp_path / "report.json").exists()


def test_a_report_into_no_folder_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "sources.csv"
    file.write_text("name\nSHINE\n")

    ended = run(str(file), "--kind", "sources", "--report", str(tmp_path / "none" / "report.json"))

    assert ended.exit_code == 2
    assert "--report" in ended.output


def test_the_report_of_a_file_in_a_read_only_folder_lies_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    folder.chmod(0o555)
    monkeypatch.chdir(tmp_path)

    assert default_report(folder / "sources.csv") == tmp_path / "sources.csv.report.json"


def test_the_page_names_every_header_and_every_reason() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")

    headers = {row["alias"] for row in rows_of("register_headers")}
    untold = {word for word in headers | set(QuarantineReason) if word not in page}

    assert untold == set(), f"Name them in {DOCUMENT.name}"
