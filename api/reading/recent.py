"""The most recently used values, so that no cache grows without bound. A large value counts as several."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

V = TypeVar("V")


def _one(_: Any) -> int:
    return 1


class Recent(Generic[V]):
    """Values of at most `size` in all, the least recently used of which go first."""

    __slots__ = ("_kept", "_size", "_used", "_weigh")

    def __init__(self, size: int, weigh: Callable[[V], int] = _one) -> None:
        self._size, self._weigh, self._used = size, weigh, 0
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
        self._used += self._weigh(made)
        while self._used > self._size and len(self._kept) > 1:
            self._used -= self._weigh(self._kept.popitem(last=False)[1])
        return made


class RecentOf(Generic[V]):
    """The same, and of each owner at most a share: nobody's values push out those of all others."""

    def __init__(self, size: int, share: int) -> None:
        self._size, self._share, self._used = size, share, 0
        self._kept: OrderedDict[Hashable, tuple[V, Hashable, int]] = OrderedDict()
        self._owned: dict[Hashable, OrderedDict[Hashable, int]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable) -> V | None:
        """The value under the key, whoever owns it."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        value, owner, _ = found
        self._owned[owner].move_to_end(key)
        return value

    def keep(self, key: Hashable, value: V, owner: Hashable, weight: int = 1) -> None:
        """Keep a new value, unless it outweighs a share; the owner's oldest, or the oldest of all, make room."""
        if weight > self._share:
            return
        owned = self._owned.setdefault(owner, OrderedDict())
        while owned and sum(owned.values()) + weight > self._share:
            self._drop(next(iter(owned)))
        while self._used + weight > self._size:
            self._drop(next(iter(self._kept)))
        self._kept[key] = (value, owner, weight)
        self._owned.setdefault(owner, owned)[key] = weight
        self._used += weight

    def _drop(self, key: Hashable) -> None:
        _, owner, weight = self._kept.pop(key)
        self._used -= weight
        owned = self._owned[owner]
        del owned[key]
        if not owned:
            del self._owned[owner]
