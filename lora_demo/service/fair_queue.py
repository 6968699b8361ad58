"""The fair order of waiting requests: each visitor's first comes before anyone's second."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from lora_demo.language import _

Item = TypeVar("Item")
Visitor = TypeVar("Visitor", bound=Hashable)


def fair_order(
    waiting: Sequence[Item],
    visitor_of: Callable[[Item], Visitor],
    served: Collection[Visitor] = (),
) -> list[Item]:
    """Order waiting requests in rounds: in a round, each visitor gets one turn.

    Args:
        waiting: The requests in order of arrival.
        visitor_of: Returns the visitor of a request.
        served: The visitors who already had their turn in the present round.

    Returns:
        The same requests, the next one first. Within a round they keep their order of arrival.
    """
    turns_before = Counter(served)
    rounds = []
    for item in waiting:
        visitor = visitor_of(item)
        rounds.append(turns_before[visitor])
        turns_before[visitor] += 1
    order = sorted(range(len(rounds)), key=rounds.__getitem__)  # stable: arrival breaks ties
    return [waiting[position] for position in order]


class Rounds:
    """Remember who already had a turn in the present round.

    Without this memory, a visitor whose request just ended would be first again.

    Attributes:
        served: The visitors who had their turn; pass them to `fair_order`.
    """

    def __init__(self) -> None:
        self.served: set[Hashable] = set()

    def begin(self, visitor: Hashable) -> None:
        """Record that a request of `visitor` starts; a second one starts the next round.

        Args:
            visitor: What `visitor_of` returns for the request; see `fair_order`.
        """
        if visitor in self.served:
            self.served.clear()
        self.served.add(visitor)

    def reset(self) -> None:
        """Start from the beginning, when no request runs or waits."""
        self.served.clear()


@dataclass(eq=False)
class _Waiting:
    """A request that waits: `turn` is resolved when it may start."""

    visitor: str
    address: str
    turn: asyncio.Future[None]


class FairQueue:
    """Run a few costly requests at a time and queue the others in fair order.

    For one event loop.

    Args:
        slots: Number of requests that run at a time.
        max_per_visitor: Largest number of waiting requests of one visitor.
        max_per_address: Largest number of waiting requests from one network address.
        max_total: Largest number of waiting requests in total.
    """

    def __init__(
        self,
        slots: int,
        max_per_visitor: int = 20,
        max_per_address: int = 120,
        max_total: int = 200,
    ) -> None:
        self.slots = slots
        self.max_per_visitor = max_per_visitor
        self.max_per_address = max_per_address
        self.max_total = max_total
        self._running = 0
        self._waiting: list[_Waiting] = []
        self._rounds = Rounds()

    @asynccontextmanager
    async def turn(self, visitor: str, address: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it.

        Args:
            visitor: Key of the visitor; decides the order.
            address: Network address of the request, which a whole class of students may share.

        Raises:
            ValueError: If too many requests wait already.
        """
        if self._running < self.slots:
            self._running += 1
            self._rounds.begin(visitor)
        else:
            self._check_room(visitor, address)
            await self._wait(visitor, address)
        try:
            yield
        finally:
            self._release()

    def _check_room(self, visitor: str, address: str) -> None:
        own = sum(request.visitor == visitor for request in self._waiting)
        if own >= self.max_per_visitor:
            raise ValueError(
                _("You already have {own} requests queued. Wait for one to finish.", own=own)
            )
        from_address = sum(request.address == address for request in self._waiting)
        if from_address >= self.max_per_address or len(self._waiting) >= self.max_total:
            raise ValueError(_("Too many requests are queued. Try again in a moment."))

    async def _wait(self, visitor: str, address: str) -> None:
        request = _Waiting(visitor, address, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        try:
            await request.turn
        except asyncio.CancelledError:
            if request.turn.cancelled():
                self._forget_cancelled()
            else:  # the slot was handed over just before the cancellation
                self._release()
            raise

    def _forget_cancelled(self) -> None:
        self._waiting = [request for request in self._waiting if not request.turn.cancelled()]

    def _release(self) -> None:
        """Hand the slot to the next request, or free it."""
        self._forget_cancelled()  # their own tasks may not have run yet
        if self._waiting:
            self._start(self._next())
            return
        self._running -= 1
        if not self._running:
            self._rounds.reset()

    def _next(self) -> _Waiting:
        return fair_order(self._waiting, lambda request: request.visitor, self._rounds.served)[0]

    def _start(self, request: _Waiting) -> None:
        self._waiting.remove(request)
        self._rounds.begin(request.visitor)
        request.turn.set_result(None)
