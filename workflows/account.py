"""Public-account review 公众账号审核: applied for, supplemented, approved or rejected, and on file (Art. 6, 7)."""

from __future__ import annotations

from typing import Final

from domain.account import IN_USE, ON_FILE, Account, AccountState
from domain.holder import Holder
from workflows import account_commands as c
from workflows import account_effects as effects
from workflows import account_facts as facts
from workflows import account_guards as g
from workflows import account_records as records
from workflows import filed_names, leases
from workflows.account_adopt import ADOPT
from workflows.account_change import CHANGES
from workflows.account_change_facts import FILINGS
from workflows.account_close import CLOSING
from workflows.account_counts import LIVE_ACCOUNTS, LIVE_ACCOUNTS_BESIDE
from workflows.bans import BANNED, STILL_BANNED
from workflows.due_dates import defer
from workflows.engine import Transition, Workflow
from workflows.held_names import NAME_HELD
from workflows.own_matter import is_not_ones_own_matter

S = AccountState
_NAMES: Final = (g.name_is_available, g.handle_is_available)
_CONTENT: Final = (g.materials_are_complete, g.documents_are_usable)
_DECIDING: Final = (g.holds_the_lease, is_not_ones_own_matter)

ACCOUNT = Workflow(
    noun="account",
    zh="公众账号",
    model=Account,
    states=AccountState,
    root=Account,
    root_column="id",
    under=Holder,
    facts=(facts.STANDING, facts.HELD, facts.DECISIONS),
    facts_type=facts.AccountFacts,
    transitions=(
        Transition(
            "apply",
            (),
            S.APPLIED,
            6,
            c.AccountApply,
            guards=(
                g.identity_is_verified,
                g.identity_is_current,
                g.latest_agreement_is_consented_to,
                g.provider_is_qualified,
                g.quota_is_free_or_an_exception_is_asked,
                g.codes_are_known,
                *_NAMES,
                *_CONTENT,
            ),
            effects=(effects.keep_submission, effects.start_review),
            code_lists=("filing_categories", "divisions", "materials"),
            facts=(
                facts.APPLICANT,
                facts.APPLICANT_HELD,
                facts.APPLICANT_CONSENTED,
                LIVE_ACCOUNTS,
                BANNED,
                facts.TAKEN,
                facts.DOCUMENTS,
                facts.LIKENESSES,
                NAME_HELD,
            ),
            opening=effects.application,
            under="holder_id",
        ),
        ADOPT,
        Transition(
            "claim",
            (S.APPLIED,),
            None,
            7,
            c.AccountLease,
            guards=(g.lease_is_free, is_not_ones_own_matter),
            effects=(leases.lease,),
            journalled=False,
        ),
        Transition(
            "renew_lease",
            (S.APPLIED,),
            None,
            7,
            c.AccountLease,
            (g.holds_the_lease, is_not_ones_own_matter),
            (leases.lease,),
            journalled=False,
        ),
        Transition(
            "release",
            (S.APPLIED,),
            None,
            7,
            c.AccountLease,
            (g.holds_the_lease,),
            (leases.give_up_lease,),
            journalled=False,
        ),
        Transition(
            "request_supplement",
            (S.APPLIED,),
            S.SUPPLEMENT_REQUESTED,
            7,
            c.AccountRequestSupplement,
            guards=(*_DECIDING, g.rounds_of_supplement_are_left),
            effects=(effects.ask_for_supplement,),
            code_lists=("materials",),
        ),
        Transition(
            "supplement",
            (S.SUPPLEMENT_REQUESTED,),
            S.APPLIED,
            7,
            c.AccountSupplement,
            guards=(
                g.every_item_is_answered,
                g.codes_are_known,
                g.category_stays_with_its_authority,
                *_NAMES,
                *_CONTENT,
            ),
            effects=(effects.supplement, effects.keep_submission),
            code_lists=("filing_categories", "divisions", "materials"),
            facts=(facts.TAKEN_BY_OTHERS, LIVE_ACCOUNTS_BESIDE, BANNED, facts.DOCUMENTS, facts.LIKENESSES, NAME_HELD),
            locks_holder=True,  # a document is used once, whichever account it is handed in for
        ),
        Transition(
            "withdraw",
            (S.APPLIED, S.SUPPLEMENT_REQUESTED),
            S.WITHDRAWN,
            6,
            c.AccountWithdraw,
            effects=(effects.end_review,),
        ),
        Transition("remind", (S.SUPPLEMENT_REQUESTED, *IN_USE), None, 7, effects=(effects.remind,)),
        Transition(
            "lapse", (S.SUPPLEMENT_REQUESTED,), S.WITHDRAWN, 7, effects=(effects.lapse,), facts=(facts.REMINDED,)
        ),
        Transition("recount", (S.APPLIED, S.SUPPLEMENT_REQUESTED, *IN_USE), None, 7, effects=(defer,)),
        Transition("review_overdue", (S.APPLIED, *IN_USE), None, 7, effects=(effects.tell_overdue,)),
        Transition(
            "approve",
            (S.APPLIED,),
            S.REVIEWED,
            7,
            c.AccountApprove,
            guards=(
                *_DECIDING,
                g.provider_is_qualified,
                g.subject_is_not_banned,
                g.category_stays_with_its_authority,
            ),
            effects=(effects.approve,),
            facts=(BANNED, STILL_BANNED),
            four_eyes=effects.approval_needs_two,
            code_lists=("filing_categories",),
        ),
        Transition(
            "reject",
            (S.APPLIED,),
            S.REJECTED,
            7,
            c.AccountReject,
            guards=_DECIDING,
            effects=(effects.reject,),
            four_eyes=effects.rejection_needs_two,
            adverse=True,
            code_lists=("rejection_reasons", "legal_bases"),
        ),
        Transition(
            "reapply",
            (S.REJECTED,),
            S.APPLIED,
            7,
            c.AccountReapply,
            guards=(
                g.content_has_changed_or_time_has_passed,
                g.reapplications_are_left,
                g.identity_is_verified,
                g.identity_is_current,
                g.latest_agreement_is_consented_to,
                g.quota_is_free_or_an_exception_is_asked,
                g.codes_are_known,
                g.category_stays_with_its_authority,
                *_NAMES,
                *_CONTENT,
            ),
            effects=(effects.reapply, effects.keep_submission, effects.start_review),
            code_lists=("filing_categories", "divisions", "materials"),
            facts=(
                facts.HANDED_IN,
                facts.CONSENTED_BY_HOLDER,
                facts.TAKEN_BY_OTHERS,
                LIVE_ACCOUNTS_BESIDE,
                BANNED,
                facts.DOCUMENTS,
                facts.LIKENESSES,
                NAME_HELD,
            ),
            locks_holder=True,
        ),
        *CHANGES,
        *CLOSING,
        Transition("file", (S.REVIEWED,), S.FILED, 7, effects=(records.enter,)),
        Transition("amend", IN_USE, None, 7, effects=(records.take_particulars,)),
        Transition(
            "rename",
            IN_USE,
            None,
            7,
            effects=(filed_names.tell_renamed,),
            facts=(FILINGS, filed_names.NAME_STANDING),
        ),
        Transition("resume_rename", IN_USE, None, 7, effects=(filed_names.go_on,), journalled=False),
        Transition("badge", (S.FILED,), S.BADGED, 7, effects=(records.badge,)),
        Transition("rebadge", (S.BADGED,), None, 7, effects=(records.unbadge, records.badge)),
        Transition("unbadge", (S.BADGED,), S.FILED, 7, effects=(records.unbadge,)),
        Transition("unfile", ON_FILE, S.REVIEWED, 7, effects=(records.unbadge, records.leave)),
    ),
)
