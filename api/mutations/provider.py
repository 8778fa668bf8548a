"""What may be done with providers, their qualifications, agreements and staff."""

from __future__ import annotations

import strawberry

from api.mutations.fields import mutation
from api.mutations.payloads import AgreementPayload, ProviderPayload, QualificationPayload, StaffPayload
from workflows.agreement import AGREEMENT
from workflows.provider import PROVIDER
from workflows.qualification import QUALIFICATION
from workflows.staff import STAFF


@strawberry.type
class ProviderMutations:
    """Steps of providers and what belongs to them."""

    provider_register = mutation(PROVIDER, "register", ProviderPayload, "Register a provider, as a sandbox.")
    provider_configure = mutation(PROVIDER, "configure", ProviderPayload, "Change settings of a provider.")
    provider_go_live = mutation(PROVIDER, "go_live", ProviderPayload, "Make the production row of a qualified sandbox.")
    qualification_submit = mutation(QUALIFICATION, "submit", QualificationPayload, "Submit a qualification.")
    qualification_verify = mutation(QUALIFICATION, "verify", QualificationPayload, "Verify a qualification.")
    qualification_refuse = mutation(QUALIFICATION, "refuse", QualificationPayload, "Refuse a qualification.")
    qualification_renew = mutation(QUALIFICATION, "renew", QualificationPayload, "Ask for a renewal.")
    qualification_renewed = mutation(QUALIFICATION, "renewed", QualificationPayload, "Record a renewal.")
    qualification_suspend = mutation(QUALIFICATION, "suspend", QualificationPayload, "Suspend a qualification.")
    qualification_resume = mutation(QUALIFICATION, "resume", QualificationPayload, "Resume a qualification.")
    qualification_revoke = mutation(QUALIFICATION, "revoke", QualificationPayload, "Revoke a qualification; needs two.")
    agreement_publish = mutation(AGREEMENT, "publish", AgreementPayload, "Publish a version of the agreement.")
    staff_enrol = mutation(STAFF, "enrol", StaffPayload, "Let a person act for one's provider or authority.")
    staff_disable = mutation(STAFF, "disable", StaffPayload, "End a person's right to act.")
    staff_recuse = mutation(STAFF, "recuse", StaffPayload, "Keep a member of staff from the matters of a party.")
    staff_lift_recusal = mutation(STAFF, "lift_recusal", StaffPayload, "Lift a recusal; needs two.")
