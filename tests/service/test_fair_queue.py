"""Promise: one visitor cannot starve the others at the model."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lora_demo.service.fair_queue import FairQueue, Rounds, fair_order
from tests.scenes import run


def order(arrivals: str, served: str = "") -> str:
    """The visitors of `arrivals`, one letter for each request, in the order of their turns."""
    return "".join(fair_order(arrivals, lambda visitor: visitor, served))


def test_each_visitors_first_request_comes_before_anyones_second():
    assert order("aaabbc") == "abcaba"
    assert order("aaab", served="a") == "baaa"
    assert order("ab", served="abc") == "ab", "where all had their turn, arrival decides"
    assert order("") == ""


@given(st.text("abcd"), st.sets(st.sampled_from("abcd")))
def test_the_fair_order_is_made_of_rounds(arrivals, served):
    result = order(arrivals, "".join(served))
    assert Counter(result) == Counter(arrivals)
    rounds = []
    turns = Counter(served)
    for visitor in result:
        rounds.append(turns[visitor])
        turns[visitor] += 1
    assert rounds == sorted(rounds)


@given(st.text("abcd", max_size=12))
def test_taking_one_request_at_a_time_gives_the_announced_order(arrivals):
    announced = fair_order(list(enumerate(arrivals)), lambda request: request[1])
    waiting, rounds, taken = list(enumerate(arrivals)), Rounds(), []
    while waiting:
        taken.append(fair_order(waiting, lambda request: request[1], rounds.served)[0])
        waiting.remove(taken[-1])
        rounds.begin(taken[-1][1])
    assert taken == announced


def served(queue: FairQueue, arrivals: list[str], leave: str = "") -> list[str]:
    """The order in which visitors get their turn, who all arrive while a request runs.

    The requests of `leave` are cancelled before it ends.
    """
    order = []

    async def request(visitor: str):
        async with queue.turn(visitor, "address"):
            order.append(visitor)

    async def scene():
        async with queue.turn("first", "address"):
            tasks = []
            for visitor in arrivals:
                tasks.append(asyncio.create_task(request(visitor)))
                await asyncio.sleep(0)
            for task, visitor in zip(tasks, arrivals, strict=True):
                if visitor == leave:
                    task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = run(scene)
    assert queue._running == 0
    assert not queue._waiting
    assert not queue._rounds.served
    return order + [str(outcome) for outcome in outcomes if isinstance(outcome, ValueError)]


def test_the_queue_serves_visitors_in_fair_order():
    assert served(FairQueue(1), ["a", "a", "a", "b", "b", "c"]) == ["a", "b", "c", "a", "b", "a"]


def test_a_late_visitor_does_not_wait_behind_a_flood():
    assert served(FairQueue(1), ["flood"] * 15 + ["late"]).index("late") == 1


def test_a_visitor_who_was_just_served_waits_for_the_others():
    async def scene():
        queue, order = FairQueue(1), []

        async def request(name: str):
            async with queue.turn(name[0], "address"):
                order.append(name)

        async with queue.turn("a", "address"):
            tasks = [asyncio.create_task(request(name)) for name in ("a2", "b1")]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return order

    assert run(scene) == ["b1", "a2"]


def test_cancelled_requests_are_skipped():
    assert served(FairQueue(1), ["a", "b", "a", "c"], leave="b") == ["a", "c", "a"]


def test_a_request_cancelled_with_its_turn_in_hand_passes_it_on():
    async def scene():
        queue, order = FairQueue(1), []

        async def request(visitor: str):
            async with queue.turn(visitor, "address"):
                order.append(visitor)

        async with queue.turn("first", "address"):
            tasks = [asyncio.create_task(request(visitor)) for visitor in "ab"]
            await asyncio.sleep(0)
        tasks[0].cancel()  # its turn was given out a moment ago, but it has not run since
        await asyncio.gather(*tasks, return_exceptions=True)
        return order, queue._running

    assert run(scene) == (["b"], 0)


def test_the_length_of_the_queue_is_limited():
    assert served(FairQueue(1, max_per_visitor=2), ["a", "a", "a", "b"]) == [
        "a",
        "b",
        "a",
        "You already have 2 requests queued. Wait for one to finish.",
    ]
    full = "Too many requests are queued. Try again in a moment."
    assert served(FairQueue(1, max_per_address=2), ["a", "b", "c"]) == ["a", "b", full]
    assert served(FairQueue(1, max_total=2), ["a", "b", "c"]) == ["a", "b", full]


def test_an_error_passes_the_turn_on():
    async def scene():
        queue = FairQueue(1)
        for _ in range(3):
            with pytest.raises(KeyError):
                async with queue.turn("a", "x"):
                    raise KeyError
        async with queue.turn("a", "x"):
            return queue._running

    assert run(scene) == 1
