"""What a submission brings with it: its materials, and the listed units its name comes close to (Art. 6, 7)."""

from __future__ import annotations

from collections.abc import Iterator

from domain.account import Candidate, Material
from domain.document import Document
from workflows.changes import Change, Insert, Update
from workflows.engine import On


def materials(on: On, submission_id: str) -> Iterator[Change]:
    """The pieces named, each document of them used from now on."""
    for material in on.input.particulars.materials:
        sha256 = material.sha256 or on.facts.documents[material.document_id]
        owner = {"submission_id": submission_id, "account_id": on.id}
        what = {"kind": material.kind, "sha256": sha256, "reference": material.reference}
        yield Insert(Material, {**owner, **what, "document_id": material.document_id})
        if material.document_id is not None:
            yield Update(Document, material.document_id, {"used_at": on.now})


def candidates(on: On) -> Iterator[Change]:
    """The listed units to show to the reviewer."""
    for unit_id, is_exact in on.facts.candidates:
        yield Insert(Candidate, {"account_id": on.id, "source_unit_id": unit_id, "is_exact": is_exact})
