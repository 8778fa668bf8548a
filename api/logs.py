"""Logs: one JSON object a line on the standard error. What is logged are names and ids, never arguments or bodies."""

from __future__ import annotations

import logging
import sys
import traceback
from uuid import uuid4

import orjson
import structlog


def set_up(level: int = logging.INFO) -> None:
    """Send our events and the libraries' warnings to the standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_dumped),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,  # a logger that is kept would keep the standard error of its first word
    )
    logging.basicConfig(handlers=[_Forwarded()], level=logging.WARNING, force=True)


def _to_standard_error(*_: object) -> structlog.PrintLogger:
    """To what is the standard error when something is logged: it may be another than at the start."""
    return structlog.PrintLogger(sys.stderr)


def noted(fault: Exception) -> str:
    """Log a fault: an id, its type and where it rose, never a value; the id, to be told."""
    id_ = uuid4().hex[:12]
    frames = traceback.extract_tb(fault.__traceback__)[-8:]
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    structlog.get_logger().error("fault", id=id_, type=type(fault).__qualname__, where=where)
    return id_


def noted_away(away: Exception) -> None:
    """Log that the database was not to be had, and why, which no value of a request tells."""
    structlog.get_logger().warning("database.unavailable", reason=str(away))


class _Forwarded(logging.Handler):
    """What libraries say of themselves: where, and the message without the arguments it was to be filled with."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__qualname__ if record.exc_info and record.exc_info[0] else None
        message = str(record.msg).partition("\n")[0]  # of a traceback that was made a message no values
        structlog.get_logger().log(record.levelno, "library", logger=record.name, message=message, error=error)


def _dumped(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
