"""Turns at what is costly: few work at a time, and of those who wait everybody's first comes before anybody's second."""

import asyncio
import heapq
import itertools
from collections import Counter
from contextlib import asynccontextmanager


class Turns:
    """Hands out turns fairly (start-time fair queueing, Goyal et al. 1996); for one event loop.

    Args:
        at_once: how many work at a time.
        own, each, all: how many may wait of one visitor, of one address, and together.
    """

    def __init__(self, at_once: int, own: int = 20, each: int = 120, all: int = 200):
        self.at_once, self.own, self.each, self.all = at_once, own, each, all
        self._working, self._clock = 0, 0
        self._next: dict[str, int] = {}
        self._waiting: list[tuple[int, int, asyncio.Future]] = []
        self._number, self._of = itertools.count(), Counter()

    @asynccontextmanager
    async def turn(self, visitor: str, address: str):
        """Waits for a turn and holds it; ValueError at once where too many wait."""
        names = [("visitor", visitor), ("address", address), ("all", "")]
        if self._working >= self.at_once:
            await self._wait(visitor, names)
        else:
            self._working += 1
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, visitor: str, names: list[tuple[str, str]]):
        if self._of[names[0]] >= self.own:
            raise ValueError(f"{self.own} calls of yours wait here already: wait for one to end.")
        if self._of[names[1]] >= self.each or self._of[names[2]] >= self.all:
            raise ValueError("Too many wait here already: come back in a moment.")
        start, turn = (
            max(self._clock, self._next.get(visitor, 0)),
            asyncio.get_running_loop().create_future(),
        )
        self._next = {
            name: number for name, number in self._next.items() if number > self._clock
        } | {visitor: start + 1}
        heapq.heappush(self._waiting, (start, next(self._number), turn))
        self._of.update(names)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._hand_on()
            raise
        finally:
            self._of.subtract(names)
            self._of += Counter()

    def _hand_on(self):
        """Gives the turn to the next; those who left are passed over."""
        while self._waiting:
            self._clock, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                return turn.set_result(None)
        self._working -= 1
        if not self._working:
            self._clock, self._next = 0, {}
