"""Deadlines: rows, the only place of due dates. Lengths are data, in working or calendar days."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Index
from sqlalchemy import text as sql

from domain.case import Tenant
from domain.columns import flag, integer, moment, text, word
from domain.state import Word

# Settled rows pile up: what is asked again and again is asked of those that are open.
_OPEN: Final = sql("settled_at IS NULL")
_WAITING: Final = sql("settled_at IS NULL AND next_at IS NOT NULL")
_TROUBLED: Final = sql("settled_at IS NULL AND problem IS NOT NULL")  # in hand, failed, or put aside


class DeadlineKind(Word):
    """What is due."""

    REVIEW_DECISION = "REVIEW_DECISION", "审核决定", "The provider decides an application"
    SUPPLEMENT = "SUPPLEMENT", "补充材料", "The holder supplements an application"
    FILING_SUBMISSION = "FILING_SUBMISSION", "报送备案", "The provider submits a filing"
    FILING_DECISION = "FILING_DECISION", "备案决定", "The authority decides a filing"
    FILING_ANSWER = "FILING_ANSWER", "补正答复", "The provider answers a return"
    FILING_AGAIN = "FILING_AGAIN", "不予备案后重新准备", "The provider prepares a declined filing again"
    CHANGE_DECISION = "CHANGE_DECISION", "变更审核决定", "The provider decides a change of particulars"
    CHANGE_SUPPLEMENT = "CHANGE_SUPPLEMENT", "补充变更材料", "The holder supplements a change"
    COOLING_OFF = "COOLING_OFF", "注销冷静期", "An account asked to be closed is closed"
    NAME_AMENDMENT = "NAME_AMENDMENT", "单位更名备案变更", "A filing in force takes a changed name of its organisation"
    LICENCE_DOUBT = "LICENCE_DOUBT", "许可证存疑核查", "The provider looks into a licence in doubt"
    SANCTION_ANSWER = "SANCTION_ANSWER", "听取陈述申辩", "The holder answers a notice of sanction"
    SANCTION_DECISION = "SANCTION_DECISION", "处置决定", "A sanction is decided"
    INTERIM_END = "INTERIM_END", "临时措施期限", "An interim measure ends"
    MEASURE_END = "MEASURE_END", "处置期限", "The last measure of a sanction ends"
    AUTHORITY_REPORT = "AUTHORITY_REPORT", "向主管部门报告", "The provider tells the authority"
    PROPOSAL = "PROPOSAL", "复核时限", "A proposal is endorsed and used"
    IDENTITY_VALIDITY = "IDENTITY_VALIDITY", "身份核验效力", "A verification that ran out is past its grace"
    IDENTITY_REMINDER = "IDENTITY_REMINDER", "身份核验到期提醒", "The holder is reminded of their verification's end"
    PERMISSION_DECISION = "PERMISSION_DECISION", "许可决定", "A permission is decided on"
    QUALIFICATION_VALIDITY = "QUALIFICATION_VALIDITY", "资质有效期", "A qualification ends"
    QUALIFICATION_REMINDER = "QUALIFICATION_REMINDER", "资质到期提醒", "The provider is reminded of its end"
    PERMISSION_VALIDITY = "PERMISSION_VALIDITY", "许可有效期", "A permission ends"
    PERMISSION_REMINDER = "PERMISSION_REMINDER", "许可到期提醒", "The holder is reminded of its end"
    SUPPLEMENT_REMINDER = "SUPPLEMENT_REMINDER", "补充材料提醒", "The holder is reminded of a supplement"
    CHANGE_SUPPLEMENT_REMINDER = "CHANGE_SUPPLEMENT_REMINDER", "补充变更材料提醒", "The same of a change"


class Outcome(Word):
    """How a deadline ended. One that is OVERDUE has been told of and stays open until what was due is done."""

    MET = "MET", "已完成", "What was due was done"
    MOOT = "MOOT", "已失效", "Nothing was due any more"
    PASSED = "PASSED", "已届满", "It passed, and what follows from that was done"
    OVERDUE = "OVERDUE", "已超期", "It passed, and was told; what is due is still to be done"


class Deadline(Tenant, table=True):
    """One due date. `next_at`, `attempts` and `failures` belong to the worker that fires it."""

    root_id: str = text()  # what its case hangs on, as every step locks it
    case_kind: str = text()
    case_id: str = text()
    holder_id: str | None = text(nullable=True)
    kind: DeadlineKind = word(DeadlineKind)
    runs_from: datetime = moment()
    due_at: datetime = moment()
    paused_at: datetime | None = moment(nullable=True)
    left_seconds: int | None = integer(nullable=True)
    counted_from: datetime | None = moment(nullable=True)  # where its working days are counted from, if they are
    counted_seconds: int | None = integer(nullable=True)  # how much working time, where it ran on; else its length
    is_assumed: bool = flag()  # counted into a year whose calendar was not published
    next_at: datetime | None = moment(nullable=True)
    attempts: int = integer()
    failures: int = integer()
    settled_at: datetime | None = moment(nullable=True)
    outcome: Outcome | None = word(Outcome, nullable=True)
    problem: str | None = text(nullable=True)

    __table_args__ = (
        Index("ix_deadline_case", "case_id", "kind"),
        Index("ix_deadline_root", "root_id", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_deadline_next", "next_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_deadline_problem", "next_at", sqlite_where=_TROUBLED, postgresql_where=_TROUBLED),
    )
