"""What may be done with an account."""

from __future__ import annotations

import strawberry

from api.mutations.fields import mutation
from api.mutations.payloads import AccountPayload
from workflows.account import ACCOUNT


@strawberry.type
class AccountMutations:
    """Steps of public-account review."""

    account_apply = mutation(ACCOUNT, "apply", AccountPayload, "Apply for a public account.")
    account_claim = mutation(ACCOUNT, "claim", AccountPayload, "Take the lease of an application for 30 minutes.")
    account_renew_lease = mutation(ACCOUNT, "renew_lease", AccountPayload, "Prolong one's lease by 30 minutes.")
    account_release = mutation(ACCOUNT, "release", AccountPayload, "Give up one's lease.")
    account_request_supplement = mutation(
        ACCOUNT, "request_supplement", AccountPayload, "Ask the holder for a supplement; the review's clock stands."
    )
    account_supplement = mutation(
        ACCOUNT, "supplement", AccountPayload, "Supplement an application; the clock runs on."
    )
    account_withdraw = mutation(ACCOUNT, "withdraw", AccountPayload, "Withdraw an application.")
    account_approve = mutation(
        ACCOUNT, "approve", AccountPayload, "Approve an application: its filing is prepared. Flagged ones need two."
    )
    account_reject = mutation(ACCOUNT, "reject", AccountPayload, "Reject an application with reasons.")
    account_reapply = mutation(ACCOUNT, "reapply", AccountPayload, "Apply again after a rejection.")
    account_change = mutation(
        ACCOUNT,
        "change",
        AccountPayload,
        "Ask for other particulars of an account in use; the old ones stand till then.",
    )
    account_claim_change = mutation(
        ACCOUNT, "claim_change", AccountPayload, "Take the lease of a change for 30 minutes."
    )
    account_request_change_supplement = mutation(
        ACCOUNT, "request_change_supplement", AccountPayload, "Ask the holder to supplement a change; its clock stands."
    )
    account_supplement_change = mutation(
        ACCOUNT, "supplement_change", AccountPayload, "Supplement a change; its clock runs on."
    )
    account_withdraw_change = mutation(ACCOUNT, "withdraw_change", AccountPayload, "Withdraw a change.")
    account_approve_change = mutation(
        ACCOUNT,
        "approve_change",
        AccountPayload,
        "Approve a change: a filing in force is amended, else the open one takes it. Flagged ones need two.",
    )
    account_reject_change = mutation(ACCOUNT, "reject_change", AccountPayload, "Reject a change with reasons.")
    account_ask_close = mutation(
        ACCOUNT, "ask_close", AccountPayload, "Ask that the account be closed once seven days have passed."
    )
    account_cancel_close = mutation(ACCOUNT, "cancel_close", AccountPayload, "Take back that the account be closed.")
    account_close = mutation(
        ACCOUNT, "close", AccountPayload, "Close an account whose subject has ended, with proof. Needs two."
    )
