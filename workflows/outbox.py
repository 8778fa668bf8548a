"""What is told to others of a step: `noun.past`, with ids and states only."""

from __future__ import annotations

from typing import Final

# The past of every trigger, as others read it.
PAST: Final = {
    "accept": "accepted", "apply": "applied", "approve": "approved", "configure": "configured", "consent": "consented",
    "decline": "declined", "disable": "disabled", "enrol": "enrolled", "fail": "failed", "file": "filed",
    "go_live": "went_live", "prepare": "prepared", "prepare_again": "prepared_again", "publish": "published",
    "pull_back": "pulled_back", "reapply": "reapplied", "refuse": "refused", "register": "registered",
    "reinstate": "reinstated", "reject": "rejected", "renew": "renewal_asked", "renewed": "renewed",
    "request_supplement": "supplement_requested", "resume": "resumed", "return": "returned", "revoke": "revoked",
    "submit": "submitted", "supplement": "supplemented", "suspend": "suspended", "unfile": "unfiled",
    "verify": "verified", "withdraw": "withdrawn",
}  # fmt: skip


def event_type(noun: str, trigger: str) -> str:
    """The name of the event beside a step, such as `account.approved`."""
    return f"{noun}.{PAST[trigger]}"
