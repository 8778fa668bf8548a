"""The tables of the workflows as the design states them, written out by hand for what exists so far.

Nothing here is taken from the code: a row that changes there must be changed here by somebody who means it.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

H, R, C, I, P, N, O = (  # noqa: E741 - the letters of the design
    "HOLDER",
    "REVIEWER",
    "COMPLIANCE_OFFICER",
    "INTEGRATION",
    "PROVINCIAL_REGULATOR",
    "NATIONAL_REGULATOR",
    "OPERATOR",
)
G: Final = (P, N)
STAYS: Final = None
NOTHING: Final = ()  # the case is not there yet
FOLLOW_UP: Final = ()  # nobody may ask for it
TIME: Final = ()  # T of the design: a deadline has passed
IN_USE: Final = ("REVIEWED", "FILED", "BADGED")
UNDECIDED: Final = ("OPENED", "NOTIFIED")
UNHEARD: Final = ("WARNING", "RESTRICTED")  # "a case warned or restricted unheard may still be heard"
RUNGS: Final = ("WARNING", "RESTRICTED", "SUSPENDED", "CLOSED")
DECIDED: Final = (*RUNGS, "DISMISSED")
ANYWHERE: Final = (*UNDECIDED, *DECIDED, "LIFTED", "EXPIRED", "OVERTURNED")
Eyes = Literal[
    "one",
    "two",
    "two when flagged",
    "two for organs and news units",
    "two unless a special approval",
    "two when a skip",
    "two with proof",
]


class Expected(NamedTuple):
    """One row: trigger, from, to, who, how many eyes, where else it may lead."""

    trigger: str
    sources: tuple[str, ...]
    target: str | None
    who: tuple[str, ...]
    eyes: Eyes = "one"
    or_to: tuple[str | None, ...] = ()

    @property
    def targets(self) -> tuple[str | None, ...]:
        """Everywhere it may lead."""
        return (self.target, *self.or_to)


TABLES: Final[dict[str, tuple[Expected, ...]]] = {
    "identity": (
        Expected("submit", ("UNVERIFIED", "VERIFIED", "STALE"), STAYS, (H, I)),
        Expected("verify", ("UNVERIFIED", "VERIFIED", "STALE"), "VERIFIED", (R, I), "two with proof"),
        Expected("fail", ("UNVERIFIED", "VERIFIED", "STALE"), STAYS, (R, I)),
        Expected("remind", ("VERIFIED",), STAYS, TIME),  # 90, 60, 30 C before its end
        Expected("go_stale", ("VERIFIED",), "STALE", TIME),
    ),
    "agreement": (Expected("publish", NOTHING, "PUBLISHED", (C,)),),
    "provider": (
        Expected("register", NOTHING, "REGISTERED", G),
        Expected("configure", ("REGISTERED",), STAYS, (C, *G)),
        Expected("go_live", ("REGISTERED",), STAYS, G),
    ),
    "holder": (
        Expected("enrol", NOTHING, "ENROLLED", (H, I)),
        Expected("consent", ("ENROLLED",), STAYS, (H, I)),
    ),
    "staff": (
        Expected("enrol", NOTHING, "ENROLLED", (C, *G, O)),
        Expected("disable", ("ENROLLED",), "DISABLED", (C, *G)),
        Expected("recuse", ("ENROLLED",), STAYS, (R, C, *G)),
        Expected("lift_recusal", ("ENROLLED",), STAYS, (C, *G), "two"),
    ),
    "qualification": (
        Expected("submit", NOTHING, "SUBMITTED", (C,)),
        Expected("verify", ("SUBMITTED",), "VERIFIED", G),
        Expected("refuse", ("SUBMITTED",), "REFUSED", G),
        Expected("renew", ("VERIFIED", "LAPSED"), STAYS, (C,)),
        Expected("renewed", ("VERIFIED", "LAPSED"), "VERIFIED", G),
        Expected("suspend", ("VERIFIED",), "SUSPENDED", G),
        Expected("resume", ("SUSPENDED",), "VERIFIED", G),
        Expected("revoke", ("VERIFIED", "SUSPENDED"), "REVOKED", G, "two"),
        Expected("remind", ("VERIFIED",), STAYS, TIME),  # 90, 60, 30 C before its last day
        Expected("lapse", ("VERIFIED",), "LAPSED", TIME),
    ),
    "account": (
        Expected("apply", NOTHING, "APPLIED", (H, I)),
        Expected("adopt", NOTHING, "REVIEWED", (C, I), "two"),
        Expected("claim", ("APPLIED",), STAYS, (R,)),
        Expected("renew_lease", ("APPLIED",), STAYS, (R,)),
        Expected("release", ("APPLIED",), STAYS, (R,)),
        Expected("request_supplement", ("APPLIED",), "SUPPLEMENT_REQUESTED", (R,)),
        Expected("supplement", ("SUPPLEMENT_REQUESTED",), "APPLIED", (H, I)),
        Expected("remind", ("SUPPLEMENT_REQUESTED", *IN_USE), STAYS, TIME),  # "overdue, reminded"; and of a change
        Expected("lapse", ("SUPPLEMENT_REQUESTED",), "WITHDRAWN", TIME),
        Expected("recount", ("APPLIED", "SUPPLEMENT_REQUESTED", *IN_USE), STAYS, TIME),  # "moves a date later"
        Expected("withdraw", ("APPLIED", "SUPPLEMENT_REQUESTED"), "WITHDRAWN", (H,)),
        Expected("approve", ("APPLIED",), "REVIEWED", (R,), "two when flagged"),
        Expected("reject", ("APPLIED",), "REJECTED", (R,), "two for organs and news units"),
        Expected("reapply", ("REJECTED",), "APPLIED", (H, I)),
        Expected("review_overdue", ("APPLIED", *IN_USE), STAYS, TIME),  # of an application, and "as" of a change
        Expected("change", IN_USE, STAYS, (H, I)),
        Expected("claim_change", IN_USE, STAYS, (R,)),
        Expected("request_change_supplement", IN_USE, STAYS, (R,)),
        Expected("supplement_change", IN_USE, STAYS, (H, I)),
        Expected("time_change", IN_USE, STAYS, FOLLOW_UP),  # "the clocks of an open change stand meanwhile"
        Expected("lapse_change", IN_USE, STAYS, TIME),
        Expected("withdraw_change", IN_USE, STAYS, (H,)),
        Expected("approve_change", IN_USE, STAYS, (R,), "two when flagged"),
        Expected("reject_change", IN_USE, STAYS, (R,), "two for organs and news units"),
        Expected("ask_close", IN_USE, STAYS, (H,)),
        Expected("hold_closing", IN_USE, STAYS, FOLLOW_UP),  # "paused and resumed by follow-ups of the sanction"
        Expected("resume_closing", IN_USE, STAYS, FOLLOW_UP),
        Expected("cancel_close", IN_USE, STAYS, (H,)),
        Expected("close", IN_USE, "CLOSED", (C,), "two"),  # and TIME, when the holder has cooled off
        Expected("file", ("REVIEWED",), "FILED", FOLLOW_UP),
        Expected("unfile", ("FILED", "BADGED"), "REVIEWED", FOLLOW_UP),
        Expected("badge", ("FILED",), "BADGED", FOLLOW_UP),
        Expected("unbadge", ("BADGED",), "FILED", FOLLOW_UP),
        Expected("rebadge", ("BADGED",), STAYS, FOLLOW_UP),  # "badge re-issued": narrow, renewed
        Expected("rename", IN_USE, STAYS, TIME),  # "one due row an account amends its filing"
        Expected("resume_rename", IN_USE, STAYS, FOLLOW_UP),  # "resumed by the step that ends it"
        Expected("amend", ("REVIEWED", "FILED", "BADGED"), STAYS, FOLLOW_UP),  # "old particulars stand until accepted"
        Expected("reinstate", ("CLOSED",), "REVIEWED", FOLLOW_UP),
    ),
    "filing": (
        Expected("prepare", NOTHING, "PREPARED", FOLLOW_UP),
        Expected("submit", ("PREPARED", "RETURNED"), "SUBMITTED", (C, I)),
        Expected("pull_back", ("SUBMITTED",), "PREPARED", (C,)),
        Expected("accept", ("SUBMITTED",), "ACCEPTED", G),
        Expected("return", ("SUBMITTED",), "RETURNED", G),
        Expected("decline", ("SUBMITTED",), "DECLINED", G),
        Expected("prepare_again", ("DECLINED", "REVOKED"), "PREPARED", (C, I)),
        Expected("revoke", ("ACCEPTED",), "REVOKED", G, "two"),
        Expected("reinstate", ("REVOKED",), "ACCEPTED", G, "two"),
        Expected("ask_transfer", ("SUBMITTED", "ACCEPTED"), STAYS, G),
        Expected("withdraw_transfer", ("SUBMITTED", "ACCEPTED"), STAYS, G),
        Expected("transfer", ("SUBMITTED", "ACCEPTED"), STAYS, G),
        Expected("refuse_transfer", ("SUBMITTED", "ACCEPTED"), STAYS, G),
        Expected("designate", ("SUBMITTED", "ACCEPTED"), STAYS, (N,)),
        Expected("overdue", ("PREPARED", "SUBMITTED", "RETURNED", "DECLINED", "REVOKED"), STAYS, TIME),
        Expected("recount", ("PREPARED", "SUBMITTED", "RETURNED", "DECLINED", "REVOKED"), STAYS, TIME),
        Expected("amend", NOTHING, "PREPARED", FOLLOW_UP),
        Expected("revise", ("PREPARED", "RETURNED", "DECLINED"), STAYS, FOLLOW_UP),
        Expected("supersede", ("ACCEPTED",), "SUPERSEDED", FOLLOW_UP),
        Expected("rest", ("REVOKED",), STAYS, FOLLOW_UP),  # "refiling due" of an account in use only
        Expected("cancel", ("PREPARED", "SUBMITTED", "RETURNED", "DECLINED", "ACCEPTED"), "CANCELLED", FOLLOW_UP),
        Expected("restore", ("CANCELLED",), "ACCEPTED", FOLLOW_UP, or_to=("PREPARED",)),
        Expected("wake", ("REVOKED",), STAYS, FOLLOW_UP),  # "refiling due" again once its account is back
    ),
    "permission": (
        Expected("request", NOTHING, "REQUESTED", (H, I)),
        Expected("grant", ("REQUESTED",), "GRANTED", (C, *G), "two unless a special approval"),
        Expected("replace", ("GRANTED", "SUSPENDED"), "REPLACED", FOLLOW_UP),
        Expected("refuse", ("REQUESTED",), "REFUSED", (C, *G)),
        Expected("withdraw", ("REQUESTED",), "WITHDRAWN", (H, I)),
        Expected("overdue", ("REQUESTED",), STAYS, TIME),  # due 15 W
        Expected("recount", ("REQUESTED", "GRANTED", "SUSPENDED"), STAYS, TIME),
        Expected("narrow", ("GRANTED",), STAYS, (C, *G)),
        Expected("renew", ("GRANTED", "SUSPENDED"), STAYS, (H, I)),
        Expected("renewed", ("GRANTED", "SUSPENDED"), STAYS, (C, *G)),  # G: special approvals
        Expected("settle_doubt", ("GRANTED", "SUSPENDED"), STAYS, (C,)),  # LICENCE_DOUBTFUL for C
        Expected("doubt_overdue", ("GRANTED", "SUSPENDED"), STAYS, TIME),  # LICENCE_DOUBTFUL for C (5 W)
        Expected("suspend", ("GRANTED", "SUSPENDED"), "SUSPENDED", (C, *G)),
        Expected("resume", ("SUSPENDED",), "GRANTED", (C, *G)),
        Expected("revoke", ("GRANTED", "SUSPENDED"), "REVOKED", (C, *G), "two"),
        Expected("give_up", ("GRANTED", "SUSPENDED"), "REVOKED", (H,)),
        Expected("remind", ("GRANTED", "SUSPENDED"), STAYS, TIME),  # 90, 60, 30 C before its last day
        Expected("expire", ("GRANTED", "SUSPENDED"), "EXPIRED", TIME),
    ),
    "sanction": (
        Expected("open", NOTHING, "OPENED", (R, C, I)),
        Expected("recount", (*UNDECIDED, *UNHEARD), STAYS, TIME),
        Expected("interim", UNDECIDED, STAYS, (C,)),
        Expected("extend_interim", ("NOTIFIED",), STAYS, (C,), "two"),
        Expected("lapse_interim", (*UNDECIDED, *DECIDED), STAYS, FOLLOW_UP),  # and TIME; "any decision"
        Expected("notify", ("OPENED", *UNHEARD), "NOTIFIED", (R, C), or_to=(STAYS,)),
        Expected("answer", ("NOTIFIED", *UNHEARD), STAYS, (H,)),
        Expected("waive", ("NOTIFIED", *UNHEARD), STAYS, (H,)),
        Expected("warn", UNDECIDED, "WARNING", (R, C)),
        Expected("acknowledge", ("WARNING",), STAYS, (H,)),
        Expected("restrict", (*UNDECIDED, "WARNING"), "RESTRICTED", (C,), "two when a skip"),
        Expected("suspend", ("NOTIFIED", "WARNING", "RESTRICTED"), "SUSPENDED", (C,), "two"),
        Expected("close", ("NOTIFIED", "WARNING", "RESTRICTED", "SUSPENDED"), "CLOSED", (C,), "two"),
        Expected("prolong", ("RESTRICTED", "SUSPENDED"), STAYS, (C,), "two"),
        Expected(
            "reduce",
            ("RESTRICTED", "SUSPENDED", "CLOSED"),
            "WARNING",
            (C,),
            or_to=("RESTRICTED", "SUSPENDED"),  # "lower, or the same level with an earlier end"
        ),
        Expected("lift", ("WARNING", "RESTRICTED", "SUSPENDED"), "LIFTED", (C,)),
        Expected("expire", ("WARNING", "RESTRICTED", "SUSPENDED"), "EXPIRED", TIME),
        Expected("rescind", ANYWHERE, "OVERTURNED", (C,), "two", (STAYS, "EXPIRED")),
        Expected("overdue", UNDECIDED, STAYS, TIME),  # "tells C and the authority"
        Expected("dismiss", UNDECIDED, "DISMISSED", (R, C)),
        Expected("reopen", ("DISMISSED", "EXPIRED", "LIFTED"), "OPENED", (C,)),
    ),
    "authority_report": (
        Expected("create", NOTHING, "DUE", FOLLOW_UP),
        Expected("overdue", ("DUE",), STAYS, TIME),
        Expected("recount", ("DUE",), STAYS, TIME),
    ),
    "batch": (
        Expected("fill", NOTHING, "FILLING", (C, I)),
        Expected("add", ("FILLING",), STAYS, (C, I)),
        Expected("adopt", ("FILLING",), "CARRIED_OUT", (C, I), "two"),
        Expected("fill_decisions", NOTHING, "FILLING", (C,)),
        Expected("add_decisions", ("FILLING",), STAYS, (C,)),
        Expected("decide", ("FILLING",), "CARRIED_OUT", (C,), "two"),
        Expected("discard", ("FILLING",), "DISCARDED", (C, I)),
    ),
}
STATES: Final[dict[str, tuple[str, ...]]] = {
    "identity": ("UNVERIFIED", "VERIFIED", "STALE"),
    "agreement": ("PUBLISHED",),
    "provider": ("REGISTERED",),
    "holder": ("ENROLLED",),
    "staff": ("ENROLLED", "DISABLED"),
    "qualification": ("SUBMITTED", "VERIFIED", "REFUSED", "SUSPENDED", "LAPSED", "REVOKED"),
    "account": ("APPLIED", "SUPPLEMENT_REQUESTED", "REVIEWED", "FILED", "BADGED", "REJECTED", "WITHDRAWN", "CLOSED"),
    "filing": (
        "PREPARED",
        "SUBMITTED",
        "ACCEPTED",
        "RETURNED",
        "DECLINED",
        "REVOKED",
        "CANCELLED",
        "SUPERSEDED",
    ),
    "sanction": (*UNDECIDED, *RUNGS, "DISMISSED", "LIFTED", "EXPIRED", "OVERTURNED"),
    "authority_report": ("DUE",),
    "batch": ("FILLING", "CARRIED_OUT", "DISCARDED"),
    "permission": ("REQUESTED", "GRANTED", "REFUSED", "SUSPENDED", "EXPIRED", "REVOKED", "WITHDRAWN", "REPLACED"),
}
# what passed, what fires: the rows whose who is T, as far as they exist
TIMED: Final = {
    "FILING_AGAIN": "filing.overdue",  # "DECLINED filings … marked after 30 W"
    "PERMISSION_DECISION": "permission.overdue",  # "due 15 W"
    "SUPPLEMENT": "account.lapse",
    "CHANGE_SUPPLEMENT": "account.lapse_change",
    "REVIEW_DECISION": "account.review_overdue",
    "CHANGE_DECISION": "account.review_overdue",
    "FILING_SUBMISSION": "filing.overdue",
    "FILING_ANSWER": "filing.overdue",
    "FILING_DECISION": "filing.overdue",
    "COOLING_OFF": "account.close",
    "NAME_AMENDMENT": "account.rename",
    "LICENCE_DOUBT": "permission.doubt_overdue",
    "IDENTITY_REMINDER": "identity.remind",
    "IDENTITY_VALIDITY": "identity.go_stale",
    "QUALIFICATION_REMINDER": "qualification.remind",
    "QUALIFICATION_VALIDITY": "qualification.lapse",
    "PERMISSION_REMINDER": "permission.remind",
    "PERMISSION_VALIDITY": "permission.expire",
    "SUPPLEMENT_REMINDER": "account.remind",
    "CHANGE_SUPPLEMENT_REMINDER": "account.remind",
    "SANCTION_ANSWER": None,  # "hearing is over": asked of the date itself
    "SANCTION_DECISION": "sanction.overdue",
    "INTERIM_END": "sanction.lapse_interim",
    "MEASURE_END": "sanction.expire",
    "AUTHORITY_REPORT": "authority_report.overdue",
    "PROPOSAL": None,
}
_NO_OTHER_CLOSURE: Final = "unless a sanction is another case of the account whose closure is in force"
_NO_OTHER_ON_NEWS: Final = (
    "unless a sanction is another case of the account whose measure keeps its news permission suspended: "
    "a rung that is over does not"
)
_THE_LAST_ENDS: Final = f"{_NO_OTHER_ON_NEWS}, given that the licence behind it stands"
_OF_WEIGHT: Final = "given that the measure rescinded was more than a warning: its authority was told of it"
_NOTHING_HOLDS: Final = (
    "given that neither the case, after its step, nor another of the account holds the closing any more"
)
# cause, what fires, where the target must stand (none: it is created)
FOLLOW_UPS: Final = (
    ("account.approve", "filing.prepare", ()),
    ("account.adopt", "filing.prepare", ()),
    ("account.approve_change", "filing.cancel", ("DECLINED",)),
    ("account.approve_change, filing ACCEPTED", "filing.amend", ()),
    ("account.rename, filing ACCEPTED", "filing.amend", ()),
    ("account.approve_change", "filing.revise", ("PREPARED", "RETURNED", "DECLINED")),
    ("filing.accept", "filing.supersede", ("ACCEPTED",)),
    ("filing.accept", "account.amend", ("REVIEWED", "FILED", "BADGED")),
    ("filing enters ACCEPTED", "account.file", ("REVIEWED",)),
    ("filing leaves SUBMITTED", "account.resume_rename", IN_USE),
    ("permission.grant", "permission.replace", ("GRANTED", "SUSPENDED")),
    ("account.file, permission GRANTED", "account.badge", ("FILED",)),
    ("permission enters GRANTED", "account.badge", ("FILED",)),
    ("permission leaves GRANTED", "account.unbadge", ("BADGED",)),
    ("permission.narrow", "account.rebadge", ("BADGED",)),
    ("permission.renewed", "account.rebadge", ("BADGED",)),
    ("filing.revoke", "filing.cancel", ("PREPARED", "SUBMITTED", "RETURNED", "DECLINED")),
    ("filing.revoke", "account.unfile", ("FILED", "BADGED")),
    ("account.close", "filing.cancel", ("PREPARED", "SUBMITTED", "RETURNED", "DECLINED", "ACCEPTED")),
    ("account.close", "filing.rest", ("REVOKED",)),
    ("sanction.warn", "sanction.lapse_interim", DECIDED),
    ("sanction.restrict", "sanction.lapse_interim", DECIDED),
    ("sanction.suspend", "sanction.lapse_interim", DECIDED),
    ("sanction.close", "sanction.lapse_interim", DECIDED),
    ("sanction.dismiss", "sanction.lapse_interim", DECIDED),
    ("sanction.close", "account.close", IN_USE),
    (f"sanction leaves CLOSED, {_NO_OTHER_CLOSURE}", "account.reinstate", ("CLOSED",)),
    ("account.reinstate", "filing.restore", ("CANCELLED",)),
    ("account.reinstate", "filing.wake", ("REVOKED",)),
    ("sanction.restrict", "permission.suspend", ("GRANTED",)),
    ("sanction.suspend", "permission.suspend", ("GRANTED",)),
    ("sanction.close", "permission.suspend", ("GRANTED",)),
    (f"sanction.reduce, {_THE_LAST_ENDS}", "permission.resume", ("SUSPENDED",)),
    (f"sanction.lift, {_THE_LAST_ENDS}", "permission.resume", ("SUSPENDED",)),
    (f"sanction.expire, {_THE_LAST_ENDS}", "permission.resume", ("SUSPENDED",)),
    (f"sanction.rescind, {_THE_LAST_ENDS}", "permission.resume", ("SUSPENDED",)),
    (f"permission.renewed, {_NO_OTHER_ON_NEWS}", "permission.resume", ("SUSPENDED",)),
    ("sanction.interim", "account.time_change", IN_USE),
    ("sanction.restrict", "account.time_change", IN_USE),
    ("sanction.suspend", "account.time_change", IN_USE),
    ("sanction.lapse_interim", "account.time_change", IN_USE),
    ("sanction.reduce", "account.time_change", IN_USE),
    ("sanction.lift", "account.time_change", IN_USE),
    ("sanction.expire", "account.time_change", IN_USE),
    ("sanction.rescind", "account.time_change", IN_USE),
    ("sanction.notify", "account.hold_closing", IN_USE),
    ("sanction.interim", "account.hold_closing", IN_USE),
    ("sanction.restrict", "account.hold_closing", IN_USE),
    ("sanction.suspend", "account.hold_closing", IN_USE),
    ("sanction.reopen", "account.hold_closing", IN_USE),
    (f"sanction.lapse_interim, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.overdue, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.warn, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.dismiss, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.lift, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.expire, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.reduce, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    (f"sanction.rescind, {_NOTHING_HOLDS}", "account.resume_closing", IN_USE),
    ("sanction.interim", "authority_report.create", ()),
    ("sanction.extend_interim", "authority_report.create", ()),
    ("sanction.restrict", "authority_report.create", ()),
    ("sanction.suspend", "authority_report.create", ()),
    ("sanction.close", "authority_report.create", ()),
    ("sanction.prolong", "authority_report.create", ()),
    ("sanction.reduce", "authority_report.create", ()),
    (f"sanction.rescind, {_OF_WEIGHT}", "authority_report.create", ()),
    ("provider.go_live", "provider.register", ()),
)
ADVERSE: Final = (
    "identity.fail",
    "qualification.refuse",
    "qualification.suspend",
    "qualification.revoke",
    "account.reject",
    "account.reject_change",
    "filing.return",
    "filing.decline",
    "filing.revoke",
    "permission.refuse",
    "permission.narrow",
    "permission.suspend",
    "permission.revoke",
    "sanction.interim",
    "sanction.extend_interim",
    "sanction.warn",
    "sanction.restrict",
    "sanction.suspend",
    "sanction.close",
    "sanction.prolong",
    "sanction.dismiss",
)
