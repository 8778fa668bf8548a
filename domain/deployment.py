"""The deployment itself: its two characters in filing numbers, its vault's keys, and when a worker was last seen."""

from __future__ import annotations

from datetime import datetime

from domain.columns import integer, moment, text
from domain.table import Table


class Deployment(Table, table=True):
    """One row. A key file with another id stops the start."""

    number: int = integer(primary_key=True)
    code: str = text()
    key_id: str | None = text(nullable=True)
    worker_passed_at: datetime | None = moment(nullable=True)
    sequenced_after: str = text()  # a mark of the sequencer: up to it every step has its position
    looked_after: str = text()  # how far the present look through the whole journal has come
    counted_by: str = text()  # the mark of the calendar that due dates were last counted by
    look_at: datetime | None = moment(nullable=True)  # when it goes on, by whoever claims that first
