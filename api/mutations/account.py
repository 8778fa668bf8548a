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
