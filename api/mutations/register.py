"""Importing published registers."""

from __future__ import annotations

from typing import Any

import strawberry

from api.context import Context
from api.mutations.fields import declared
from api.mutations.payloads import RegisterImportPayload
from domain.policy.roles import Grant
from domain.viewer import Viewer
from workflows.register_command import RegisterImportRun, run_import
from workflows.unit_of_work import Outcome


async def _run(viewer: Viewer, context: Context, asked: Any) -> Outcome:
    return await run_import(context.office, viewer, asked)


@strawberry.type
class RegisterMutations:
    """What may be done with registers."""

    register_import = declared(
        RegisterImportRun, Grant.REGISTER_IMPORT, 7, RegisterImportPayload, "Import an uploaded register.", _run
    )
