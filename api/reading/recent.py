"""The most recently used values, so that no cache grows without bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """At most `size` values, the least recently used of which goes first."""

    __slots__ = ("_kept", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value under the key, made where there is none."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        made = self._kept[key] = make()
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return made


class RecentOf(Generic[V]):
    """The same, and of each owner at most a share: nobody's values push out those of all others."""

    def __init__(self, size: int, share: int) -> None:
        self._size, self._share = size, share
        self._kept: OrderedDict[Hashable, tuple[V, Hashable]] = OrderedDict()
        self._owned: dict[Hashable, OrderedDict[Hashable, None]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable) -> V | None:
        """The value under the key, whoever owns it."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        value, owner = found
        self._owned[owner].move_to_end(key)
        return value

    def keep(self, key: Hashable, value: V, owner: Hashable) -> None:
        """Keep a new value; the owner's oldest, or the oldest of all, makes room."""
        self._kept[key] = (value, owner)
        owned = self._owned.setdefault(owner, OrderedDict())
        owned[key] = None
        if len(owned) > self._share:
            self._drop(next(iter(owned)))
        elif len(self._kept) > self._size:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Any) -> None:
        _, owner = self._kept.pop(key)
        owned = self._owned[owner]
        del owned[key]
        if not owned:
            del self._owned[owner]
