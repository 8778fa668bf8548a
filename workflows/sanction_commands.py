"""What may be asked of a sanction (Art. 8)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from domain.circumstances import Cooperation, Detection, Gravity, Harm, Intent, Spread
from domain.sanction import SanctionLevel
from workflows.commands import (
    AdverseCommand,
    CaseCommand,
    CodeName,
    Command,
    Day,
    Id,
    Input,
    Listed,
    Moment,
    Paragraph,
    ProposableCommand,
    Reasons,
    Sha256,
    ToldLine,
    ToldParagraph,
)

RESTRICTION_DAYS_MAX: Final = 30
SUSPENSION_DAYS: Final = (7, 15, 30, 90)
SUSPENSION_DAYS_MAX: Final = 180  # prolongations included
INTERIM_HOURS_MAX: Final = 72
INTERIM_DAYS_MAX: Final = 10  # extended
BAN_DAYS_MAX: Final = 1_095  # three years
POINTS_MAX: Final = 200  # arguments of all answers in a case: a decision addresses each

_Scope = Annotated[CodeName, Listed("restriction_scopes")]
Restricted = Annotated[list[_Scope], Field(min_length=1, max_length=10)]
Pieces = Annotated[list[Id], Field(min_length=1, max_length=50)]


class EvidencePiece(Input):
    """A piece of evidence as it is sent; nothing is fetched."""

    text: Paragraph
    """What it shows, or its words."""
    is_disclosable: bool
    """Whether the holder may be shown it. A decision rests on disclosed pieces only."""
    sha256: Sha256 | None = None
    """Of the original that the provider keeps."""
    address: ToldLine | None = None
    """Where it was public. No personal data."""
    captured_at: Moment | None = None
    """When it was captured."""


class SanctionOpen(Command):
    """Open a case on a course of conduct."""

    account_id: Id
    """The account."""
    ground: Annotated[CodeName, Listed("sanction_grounds", is_dated=False)]
    """A code of `sanction_grounds`."""
    gravity: Gravity
    """How grave it looks."""
    conduct_on: Day
    """The last day of the conduct; within two years, five where it harms life or property."""
    harms_life_or_property: bool
    """Whether it harms life or property."""
    detection: Detection
    """How it came to be known."""
    findings: Paragraph
    """What was found; an internal note."""
    evidence: Annotated[list[EvidencePiece], Field(min_length=1, max_length=20)]
    """The evidence; at least one piece of it disclosable."""


class SanctionStep(CaseCommand):
    """Act on a sanction."""


class SanctionNotify(CaseCommand):
    """Tell the holder what is held against them, so that they may answer."""

    proposed_level: SanctionLevel
    """What is thought of."""
    facts: ToldParagraph
    """The facts as the holder is told them."""
    evidence_ids: Pieces
    """The pieces that the holder is shown."""
    answer_hours: Annotated[int, Field(ge=24, le=240)] | None = None
    """Within how many hours to answer, on urgent grounds; five working days where it is left out."""


class SanctionAnswer(CaseCommand):
    """Answer what is held against one."""

    points: Annotated[list[Paragraph], Field(min_length=1, max_length=20)]
    """Each argument by itself: the decision addresses each."""


class Addressed(Input):
    """What a decision says to one argument."""

    point: Annotated[int, Field(ge=1, le=POINTS_MAX)]
    """The number of the argument, from 1."""
    text: ToldParagraph
    """What is said to it."""


class Circumstances(Input):
    """What the choice of a rung rests on."""

    gravity: Gravity
    """How grave the conduct is."""
    intent: Intent
    """Whether it was meant."""
    harm: Harm
    """What it led to."""
    spread: Spread
    """How far it went."""
    cooperation: Cooperation
    """What the holder did about it."""


class SanctionInterim(AdverseCommand):
    """Restrict at once, on an urgent ground, until the case is decided."""

    scope: Restricted
    """Codes of `restriction_scopes`."""
    hours: Annotated[int, Field(ge=1, le=INTERIM_HOURS_MAX)]
    """For how long, at most 72 hours."""


class SanctionExtendInterim(AdverseCommand):
    """Extend the interim measure to the end of the answer period, at most to its tenth day."""


class WarnDecision(Input):
    """A warning. Decides the case, until it is repeated."""

    reasons: Reasons
    """Reason codes, facts, legal bases and the public reason."""
    evidence_ids: Pieces
    """The disclosable pieces that it rests on; the holder is shown them."""
    addressed: Annotated[list[Addressed], Field(max_length=POINTS_MAX)] | None = None
    """What is said to each argument of the holder's answer."""
    circumstances: Circumstances | None = None
    """Required where rungs are skipped."""


class RestrictDecision(WarnDecision):
    """A restriction of functions of the account."""

    scope: Restricted
    """Codes of `restriction_scopes`."""
    days: Annotated[int, Field(ge=1, le=RESTRICTION_DAYS_MAX)]
    """For how many calendar days."""


class SuspendDecision(WarnDecision):
    """A suspension of updates of the account."""

    days: Annotated[int, Field(ge=1, le=SUSPENSION_DAYS_MAX)]
    """For how many calendar days: 7, 15, 30 or 90, or another number with a reason."""
    length_reason: ToldParagraph | None = None
    """Why the length is another."""


class CloseDecision(WarnDecision):
    """The closure of the account."""

    ban_days: Annotated[int, Field(ge=1, le=BAN_DAYS_MAX)] | None = None
    """For how many calendar days the subject may have no new account; at most three years."""


class SanctionWarn(WarnDecision, AdverseCommand):
    """Warn. Decides the case, until it is repeated."""


class SanctionRestrict(RestrictDecision, AdverseCommand):
    """Restrict functions of the account."""


class SanctionSuspend(SuspendDecision, AdverseCommand):
    """Suspend updates of the account."""


class SanctionClose(CloseDecision, AdverseCommand):
    """Close the account. Its name and handle are kept from coming back while an appeal is open."""


class SanctionProlong(AdverseCommand):
    """Prolong a restriction or suspension before its end, on new facts."""

    days: Annotated[int, Field(ge=1, le=SUSPENSION_DAYS_MAX)]
    """How many calendar days are added to its end."""
    evidence_ids: Pieces
    """The disclosable pieces that it rests on."""


class SanctionReduce(ProposableCommand):
    """Put a milder measure in the place of the one in force."""

    level: SanctionLevel
    """The new level: lower, or the same with an earlier end."""
    scope: Annotated[list[_Scope], Field(max_length=10)] | None = None
    """Codes of `restriction_scopes`, where it becomes or stays a restriction."""
    days: Annotated[int, Field(ge=1, le=SUSPENSION_DAYS_MAX)] | None = None
    """For how many calendar days from now, where it becomes or stays a restriction or a suspension."""
    reason: ToldParagraph
    """Why; the holder is told."""


class SanctionLift(CaseCommand):
    """Lift the measure before its end."""

    reason: ToldParagraph
    """Why; the holder is told."""


class SanctionRescind(ProposableCommand):
    """Take back a decision of one's own that was wrong: the measure should not have been."""

    measure_id: Id
    """The measure."""
    reason: ToldParagraph
    """Why; the holder is told."""


class SanctionDismiss(AdverseCommand):
    """Leave it without a measure."""


class SanctionReopen(CaseCommand):
    """Take a case up again on new evidence."""

    findings: Paragraph
    """What is new; an internal note."""
    evidence: Annotated[list[EvidencePiece], Field(min_length=1, max_length=20)]
    """The new evidence; at least one piece of it disclosable."""
