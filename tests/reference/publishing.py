"""The slow reference of publishing rights: the paragraph of the design once more, as questions asked in turn.

It works on rows as they are stored, written as plain dictionaries, and uses nothing of domain/publishing.py. Days are
those of Shanghai, eight hours ahead of UTC. The rows of a case:

    account         state, is_adopted, closing_at
    provider        mode, publish_before_filing
    identity        created_at, verified_until
    filing          state, was_refused, due_at; or None
    agreements      id, number, valid_from
    consents        agreement_id, clause
    qualifications  kind, state, valid_from, valid_to, renewal_asked_at, left (when it left VERIFIED, each time)
    permissions     kind, state, suspended_by_follow_up, valid_until, renewal_asked_at,
                    licence (services, valid_from, valid_to; or None)
    cooling_off     due_at, left_seconds of the clock of a closing that was asked for; or None
    decisions       when the decision is due of each undecided case that the holder was told of
    measures        id, level, scope, is_news, from_at, until, ended_at, stayed_from, stayed_until
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Rows = Mapping[str, Any]
ACTS = ("PUBLISH", "UPDATE", "COMMENT", "REMOVE")
CONTENTS = ("GENERAL", "NEWS_ORIGINAL", "NEWS_REPRINT")
THIRTY_DAYS = timedelta(days=30)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
# What a restriction or an interim measure of each scope takes.
OF_SCOPE = {
    "PUBLISH": lambda act, content: act == "PUBLISH",
    "COMMENT": lambda act, content: act == "COMMENT",
    "PROFILE": lambda act, content: act == "UPDATE",
    "NEWS": lambda act, content: content != "GENERAL",
}
NINETY_DAYS = timedelta(days=90)


def day_of(moment: datetime) -> date:
    return (moment + timedelta(hours=8)).date()


def end_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1) - timedelta(hours=8)


def blockers(rows: Rows, act: str, content: str, now: datetime) -> list[str]:
    """Everything in the way, in alphabetical order."""
    state = rows["account"]["state"]
    closures = [one for one in rows["measures"] if one["level"] == "CLOSED" and is_in_force(one, now)]
    if state == "CLOSED" or closures or has_closed(rows, now):
        return ["CLOSED"] * max(1, len(closures))
    if state in ("APPLIED", "SUPPLEMENT_REQUESTED", "REJECTED", "WITHDRAWN"):
        return ["NOT_REVIEWED"]
    if act == "REMOVE":
        return []
    found = [code for _, code, _ in measures_in_the_way(rows, act, content, now)]
    if rows["account"]["closing_at"] is not None and rows["account"]["closing_at"] <= now:
        found.append("CLOSING")
    if act in ("PUBLISH", "COMMENT") and not has_base_right(rows, now):
        found.append(why_no_base_right(rows))
    if agreement_holds(rows, now):
        found.append("AGREEMENT_LAPSED")
    if identity_holds(rows, now):
        found.append("IDENTITY_LAPSED")
    if provider_holds(rows, now):
        found.append("PROVIDER_UNQUALIFIED")
    if content != "GENERAL" and (missing := badge_missing(rows, content, now)) is not None:
        found.append(missing)
    return sorted(found)


# --- a closing that its holder asked for ---------------------------------------------------------------------------
def has_closed(rows: Rows, now: datetime) -> bool:
    """Whether its time has passed and nothing that the holder was told of holds it, though no worker came."""
    clock = rows["cooling_off"]
    if clock is None:
        return False
    heavy = [one for one in rows["measures"] if one["level"] in ("INTERIM", "RESTRICTED", "SUSPENDED", "CLOSED")]
    held_until = [*rows["decisions"], *(min(one["ended_at"], one["until"]) for one in heavy)]
    if any(now <= until for until in held_until):
        return False
    if clock["left_seconds"] is None or not held_until:
        return bool(clock["due_at"] < now)
    return bool(max(held_until) + timedelta(seconds=clock["left_seconds"]) < now)


# --- measures ----------------------------------------------------------------------------------------------------
def measures_in_the_way(rows: Rows, act: str, content: str, now: datetime) -> list[tuple[str, str, datetime | None]]:
    """The measures that stand in the way of an act that is not to take down: which, as what, and until when."""
    found = []
    for one in rows["measures"]:
        if is_in_force(one, now) and takes(one, act, content):
            code = "INTERIM_MEASURE" if one["level"] == "INTERIM" else str(one["level"])
            end = min(one["ended_at"], one["until"])
            found.append((one["id"], code, None if end == FOREVER else end))
    return sorted(found)


def takes(one: Rows, act: str, content: str) -> bool:
    if act == "REMOVE" or one["level"] == "WARNING":
        return False
    if one["level"] in ("SUSPENDED", "CLOSED") or not one["scope"]:
        return True
    if one["is_news"] and one["level"] == "RESTRICTED" and content != "GENERAL":
        return True
    return any(OF_SCOPE[code](act, content) for code in one["scope"])


def is_in_force(one: Rows, now: datetime) -> bool:
    return any(begins <= now < ends for begins, ends in spans(one))


def spans(one: Rows) -> list[tuple[datetime, datetime]]:
    """When it is in force: from its beginning to its end, but for the time it is stayed."""
    end = min(one["ended_at"], one["until"])
    before = (one["from_at"], min(end, one["stayed_from"]))
    after = (max(one["from_at"], one["stayed_until"]), end)
    return [before, after]


# --- base --------------------------------------------------------------------------------------------------------
def has_base_right(rows: Rows, now: datetime) -> bool:
    if rows["account"]["state"] in ("FILED", "BADGED"):
        return True
    filing = rows["filing"]
    if filing is None or filing["was_refused"]:
        return False
    if filing["state"] not in ("PREPARED", "SUBMITTED", "RETURNED"):
        return False
    if rows["provider"]["publish_before_filing"]:
        return True
    is_overdue = now > filing["due_at"]
    if is_overdue:
        return True
    return bool(rows["account"]["is_adopted"] and not is_overdue)


def why_no_base_right(rows: Rows) -> str:
    filing = rows["filing"]
    if filing is not None and filing["state"] in ("DECLINED", "REVOKED"):
        return "FILING_REFUSED"
    if filing is not None and filing["was_refused"]:
        return "FILING_REFUSED"
    return "NOT_FILED"


# --- holds -------------------------------------------------------------------------------------------------------
def agreement_holds(rows: Rows, now: datetime) -> bool:
    """A version in force, newer than the last one consented to, that the holder has had thirty days for."""
    consented = [0]
    for version in rows["agreements"]:
        clauses = {one["clause"] for one in rows["consents"] if one["agreement_id"] == version["id"]}
        if len(clauses) == 7:
            consented.append(version["number"])
    for version in rows["agreements"]:
        if version["number"] <= max(consented) or version["valid_from"] > now:
            continue
        since = max(version["valid_from"], rows["identity"]["created_at"])
        if now >= since + THIRTY_DAYS:
            return True
    return False


def identity_holds(rows: Rows, now: datetime) -> bool:
    until = rows["identity"]["verified_until"]
    return until is None or now >= until + THIRTY_DAYS


def provider_holds(rows: Rows, now: datetime) -> bool:
    """A kind that nobody vouches for now, nor did at any moment of the last thirty days."""
    if rows["provider"]["mode"] == "SANDBOX":
        return False
    for kind in ("TELECOM", "NEWS_INFORMATION"):
        mine = [one for one in rows["qualifications"] if one["kind"] == kind]
        if not any(vouches_since(one, now) for one in mine):
            return True
    return False


def vouches_since(one: Rows, now: datetime) -> bool:
    """Whether it stood at some moment after thirty days ago."""
    if one["state"] in ("SUBMITTED", "REFUSED") or day_of(now) < one["valid_from"]:
        return False
    last = one["valid_to"]
    asked_at = one["renewal_asked_at"]
    if asked_at is not None and day_of(asked_at) <= last:
        last = last + NINETY_DAYS
    over = end_of(last)
    if one["state"] != "VERIFIED":
        over = min(over, max(one["left"]))
    stood = over > end_of(one["valid_from"] - timedelta(days=1))
    return stood and now < over + THIRTY_DAYS


# --- news --------------------------------------------------------------------------------------------------------
def badge_missing(rows: Rows, content: str, now: datetime) -> str | None:
    granted = [one for one in rows["permissions"] if is_held(one)]
    if rows["account"]["state"] not in ("FILED", "BADGED") or not granted:
        return "NO_BADGE"
    [one] = granted
    if not stands(one, day_of(now)):
        return "LICENCE_LAPSED"
    if content == "NEWS_ORIGINAL" and one["kind"] != "PUBLISH_AND_REPRINT":
        return "BADGE_ONLY_REPRINTS"
    return None


def is_held(one: Rows) -> bool:
    """Granted, or suspended for a measure only: while that is in force it is what stands in the way."""
    return bool(one["state"] == "GRANTED" or (one["state"] == "SUSPENDED" and one["suspended_by_follow_up"]))


def stands(one: Rows, today: date) -> bool:
    """By its own last day and, unless the authority approved it specially, by the licence in the register."""
    ends = [one["valid_until"]]
    if one["kind"] != "SPECIAL_APPROVAL":
        licence = one["licence"]
        if licence is None or not covers(licence["services"], one["kind"]):
            return False
        if licence["valid_from"] is not None and today < licence["valid_from"]:
            return False
        ends.append(licence["valid_to"])
    known = [end for end in ends if end is not None]
    if not known or today <= min(known):
        return True
    asked_at = one["renewal_asked_at"]
    in_time = asked_at is not None and day_of(asked_at) <= min(known) - THIRTY_DAYS
    return in_time and today <= min(known) + NINETY_DAYS


def covers(services: str | None, kind: str) -> bool:
    """A licence whose services are unknown covers nothing."""
    if services == "PUBLISH_AND_REPRINT":
        return True
    return services == "REPRINT_ONLY" and kind == "REPRINT_ONLY"
