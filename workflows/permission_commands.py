"""What may be asked for a permission: the inputs of its triggers (Art. 7)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from domain.identifiers import Malformed, licence_number
from domain.permission import PermissionKind
from workflows.commands import AdverseCommand, CaseCommand, Command, Day, Id, Line, Paragraph, ProposableCommand


def _normal(number: str) -> str:
    try:
        return licence_number(number).value
    except Malformed as malformed:
        raise ValueError(malformed.fault.en) from malformed


LicenceNumber = Annotated[Line, AfterValidator(_normal)]


class PermissionRequest(Command):
    """Request the permission to carry current-affairs news."""

    account_id: Id
    """The account; it is on file."""
    kind: PermissionKind
    """What is asked for."""
    licence_number: LicenceNumber | None = None
    """The licence that it rests on; left out for a special approval."""
    letter_id: Id | None = None
    """The letter of the parent that holds the licence: a document uploaded with POST /documents."""
    grounds: Paragraph | None = None
    """Why a special approval is asked for."""


class PermissionStep(CaseCommand):
    """Act on a permission."""


class PermissionGrant(ProposableCommand):
    """Grant a permission."""

    valid_until: Day | None = None
    """Its last day; as long as the licence where it is left out. Required of a special approval."""
    approval_number: Line | None = None
    """The number of the special approval."""


class PermissionAgainst(AdverseCommand):
    """Decide against a permission."""


class PermissionRenew(CaseCommand):
    """Say that the renewal of the licence was asked for, at least 30 days before its end."""

    receipt: Line
    """The authority's receipt for the application to renew."""


class PermissionRenewed(CaseCommand):
    """Record the renewal."""

    valid_until: Day
    """The new last day."""


class PermissionSettleDoubt(CaseCommand):
    """Say that a licence in doubt was looked into and stands."""

    finding: Paragraph
    """What was looked at and found."""
