"""What may be done with a sanction."""

from __future__ import annotations

import strawberry

from api.mutations.fields import mutation
from api.mutations.payloads import SanctionPayload
from workflows.sanction import SANCTION


@strawberry.type
class SanctionMutations:
    """Steps of a sanction."""

    sanction_open = mutation(SANCTION, "open", SanctionPayload, "Open a case on a course of conduct.")
    sanction_interim = mutation(
        SANCTION, "interim", SanctionPayload, "Take an interim measure of at most 72 hours, on an urgent ground."
    )
    sanction_extend_interim = mutation(
        SANCTION, "extend_interim", SanctionPayload, "Extend the interim measure; needs two."
    )
    sanction_notify = mutation(
        SANCTION,
        "notify",
        SanctionPayload,
        "Tell the holder what is held against them: the period to answer runs from then.",
    )
    sanction_answer = mutation(SANCTION, "answer", SanctionPayload, "Answer what is held against one.")
    sanction_waive = mutation(SANCTION, "waive", SanctionPayload, "Waive the answer.")
    sanction_warn = mutation(SANCTION, "warn", SanctionPayload, "Warn.")
    sanction_acknowledge = mutation(SANCTION, "acknowledge", SanctionPayload, "Acknowledge a warning.")
    sanction_restrict = mutation(
        SANCTION, "restrict", SanctionPayload, "Restrict functions of the account; needs two where a rung is skipped."
    )
    sanction_suspend = mutation(
        SANCTION, "suspend", SanctionPayload, "Suspend updates of the account; needs two, and a hearing that is over."
    )
    sanction_close = mutation(
        SANCTION, "close", SanctionPayload, "Close the account; needs two, and a hearing that is over."
    )
    sanction_prolong = mutation(
        SANCTION, "prolong", SanctionPayload, "Prolong a restriction or suspension before its end; needs two."
    )
    sanction_reduce = mutation(
        SANCTION, "reduce", SanctionPayload, "Put a milder measure in the place of the one in force."
    )
    sanction_lift = mutation(SANCTION, "lift", SanctionPayload, "Lift the measure before its end.")
    sanction_rescind = mutation(
        SANCTION,
        "rescind",
        SanctionPayload,
        "Take back a decision that was wrong; needs two. A closed account comes back.",
    )
    sanction_dismiss = mutation(SANCTION, "dismiss", SanctionPayload, "Leave it without a measure, with reasons.")
    sanction_reopen = mutation(SANCTION, "reopen", SanctionPayload, "Take a case up again on new evidence.")
