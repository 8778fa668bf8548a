"""What every table has in common: one metadata, snake-case names, and names for all constraints."""

from __future__ import annotations

import re
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.orm import declared_attr
from sqlmodel import SQLModel

METADATA: Final = SQLModel.metadata
METADATA.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Declares a table named after its class. Rows are values: nothing is written through them."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805 - a class is what it is given
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cast("type[Any]", cls).__name__).lower()


def table_of(model: type[SQLModel]) -> sa.Table:
    """The table that a model declares."""
    return cast("sa.Table", model.__table__)  # type: ignore[attr-defined]
