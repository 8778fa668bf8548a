"""What may be done for a holder and the identity behind."""

from __future__ import annotations

import strawberry

from api.mutations.fields import mutation
from api.mutations.payloads import HolderPayload, IdentityPayload
from workflows.holder import HOLDER
from workflows.identity import IDENTITY


@strawberry.type
class HolderMutations:
    """Steps of holders and identities."""

    holder_enrol = mutation(HOLDER, "enrol", HolderPayload, "Become a holder at a provider, or make one known there.")
    agreement_consent = mutation(HOLDER, "consent", HolderPayload, "Consent to clauses of the latest agreement.")
    identity_submit = mutation(IDENTITY, "submit", IdentityPayload, "Submit the real identity; it is sealed at once.")
    identity_verify = mutation(IDENTITY, "verify", IdentityPayload, "Confirm a submitted identity.")
    identity_fail = mutation(IDENTITY, "fail", IdentityPayload, "Say that an identity could not be verified.")
