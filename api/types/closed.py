"""The closed lists of the domain as GraphQL enums, declared once and before any type names them."""

from __future__ import annotations

from typing import Final

from api.types.words import word
from domain.account import AccountFlag, AccountState, ChangeState, ClosedCause, SubmissionKind
from domain.agreement import AgreementState, Baseline
from domain.authority import Tier
from domain.batch import BatchKind, BatchState, ItemState
from domain.case import ClockState, Priority
from domain.filing import FilingState
from domain.holder import HolderState, SubjectType
from domain.identity import IdentityState
from domain.journal import TextName
from domain.licence import DoubtCause, LicenceServices
from domain.notice import Party
from domain.permission import PermissionKind, PermissionState, Standing
from domain.policy.roles import Role
from domain.policy.scopes import Reach
from domain.problems import ProblemCode
from domain.provider import Mode, ProviderState
from domain.publishing import Act, Blocker, Content
from domain.qualification import QualificationKind, QualificationState
from domain.register import ImportState, QuarantineReason, RegisterKind
from domain.sanction import SanctionLevel
from domain.staff import StaffState
from domain.state import Audience

CLOSED_LISTS: Final = (
    AccountFlag, AccountState, AgreementState, Audience, Baseline, BatchKind, BatchState, ClockState, FilingState,
    HolderState, IdentityState, ImportState, LicenceServices, PermissionKind, PermissionState, Priority, ProblemCode,
    ProviderState, QualificationKind, QualificationState, QuarantineReason, RegisterKind, Role, SanctionLevel,
    StaffState, SubjectType, SubmissionKind,
)  # fmt: skip
NAMED: Final = {
    Reach: "ViewerScope",
    ChangeState: "AccountChangeState",
    ClosedCause: "AccountClosedCause",
    Tier: "AuthorityTier",
    Mode: "ProviderMode",
    TextName: "StepTextName",
    Party: "NoticeParty",
    DoubtCause: "LicenceDoubtCause",
    Standing: "BadgeStanding",
    Act: "PublishingAct",
    ItemState: "BatchItemState",
    Content: "PublishingContent",
    Blocker: "PublishingBlocker",
}

for listed in CLOSED_LISTS:
    word(listed)
for named, name in NAMED.items():
    word(named, name=name)
