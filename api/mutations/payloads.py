"""What mutations answer: the case read anew, the step, the proposal, and the problems."""

from __future__ import annotations

from api.reading.fields import reread
from api.reading.shapes import shape
from api.types.account import Account
from api.types.batch import Batch, BatchResult
from api.types.filing import Filing
from api.types.holder import Holder, Identity
from api.types.journal import Step
from api.types.notice import Notice, Proposal
from api.types.permission import Permission
from api.types.problem import Problem
from api.types.provider import AgreementVersion, Provider, Qualification
from api.types.register import RegisterImport
from api.types.sanction import Sanction
from api.types.staff import Staff


@shape()
class AccountPayload:
    """What became of an account."""

    account: Account | None = reread("case_id", "The account as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class BatchPayload:
    """What became of a batch."""

    batch: Batch | None = reread("case_id", "The batch as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    results: list[BatchResult] = reread("results", "What became of each item that this request was about.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class FilingPayload:
    """What became of a filing."""

    filing: Filing | None = reread("case_id", "The filing as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class PermissionPayload:
    """What became of a permission."""

    permission: Permission | None = reread("case_id", "The permission as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class SanctionPayload:
    """What became of a sanction."""

    sanction: Sanction | None = reread("case_id", "The case as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class HolderPayload:
    """What became of a holder."""

    holder: Holder | None = reread("case_id", "The holder as they are now.")
    step: Step | None = reread("step_id", "The step taken.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class IdentityPayload:
    """What became of an identity."""

    identity: Identity | None = reread("case_id", "The identity as it is now, masked.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class AgreementPayload:
    """What became of an agreement."""

    agreement: AgreementVersion | None = reread("case_id", "The version as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class ProviderPayload:
    """What became of a provider."""

    provider: Provider | None = reread("case_id", "The provider as it is now.")
    production: Provider | None = reread("created_id", "The production row, where the step made one.")
    step: Step | None = reread("step_id", "The step taken.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class QualificationPayload:
    """What became of a qualification."""

    qualification: Qualification | None = reread("case_id", "The qualification as it is now.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class StaffPayload:
    """What became of a member of staff."""

    staff: Staff | None = reread("case_id", "The member of staff as they are now.")
    step: Step | None = reread("step_id", "The step taken.")
    proposal: Proposal | None = reread("proposal_id", "The proposal that now waits for a second person.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class ProposalPayload:
    """What became of a proposal."""

    proposal: Proposal | None = reread("proposal_id", "The proposal as it is now.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class NoticePayload:
    """What became of a notice."""

    notice: Notice | None = reread("notice_id", "The notice as it is now.")
    receipt_secret: str | None = reread(
        "receipt_secret", "What opens its receipt, with the receipt's number and without a login: keep it safe."
    )
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")


@shape()
class RegisterImportPayload:
    """What became of an import."""

    register_import: RegisterImport | None = reread("case_id", "The import and its counts.")
    problems: list[Problem] = reread("problems", "Why it was refused; empty where it was not.")
