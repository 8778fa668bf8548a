"""What may be done with a filing."""

from __future__ import annotations

import strawberry

from api.mutations.fields import mutation
from api.mutations.payloads import FilingPayload
from workflows.filing import FILING


@strawberry.type
class FilingMutations:
    """Steps of a filing."""

    filing_submit = mutation(FILING, "submit", FilingPayload, "Submit a filing to its authority.")
    filing_pull_back = mutation(FILING, "pull_back", FilingPayload, "Take a submitted filing back before its decision.")
    filing_accept = mutation(
        FILING, "accept", FilingPayload, "Accept a filing: it gets its number, the account is filed."
    )
    filing_return = mutation(FILING, "return", FilingPayload, "Return a filing with all its defects at once.")
    filing_decline = mutation(FILING, "decline", FilingPayload, "Decline a filing with reasons and the remedy.")
    filing_prepare_again = mutation(
        FILING, "prepare_again", FilingPayload, "Prepare a declined or revoked filing again."
    )
    filing_revoke = mutation(
        FILING, "revoke", FilingPayload, "Revoke a filing; needs two. The account leaves the file."
    )
    filing_ask_transfer = mutation(
        FILING, "ask_transfer", FilingPayload, "Ask another authority to take a filing over."
    )
    filing_withdraw_transfer = mutation(FILING, "withdraw_transfer", FilingPayload, "Take a question of transfer back.")
    filing_transfer = mutation(
        FILING,
        "transfer",
        FilingPayload,
        "Take over a filing that one is asked to, with its account and all its cases.",
    )
    filing_refuse_transfer = mutation(FILING, "refuse_transfer", FilingPayload, "Refuse to take a filing over.")
    filing_designate = mutation(
        FILING, "designate", FilingPayload, "Decide in a dispute which authority answers for a filing."
    )
    filing_reinstate = mutation(FILING, "reinstate", FilingPayload, "Annul a revocation; needs two.")
