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
    filing_reinstate = mutation(FILING, "reinstate", FilingPayload, "Annul a revocation; needs two.")
