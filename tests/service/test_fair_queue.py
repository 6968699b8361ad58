"""Promise: one visitor cannot starve the rest, at the model or in the line of runs; and nobody waits for ever behind who left."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest
from gradio.context import LocalContext

from lora_demo.service.fair_queue import Turns
from lora_demo.service.limits import Limits
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.training.config import TrainConfig
from lora_demo.training.runs import create
from lora_demo.web.handlers import in_turn, newest, said


def run(scene):
    """Its result, in a thread of its own, since the browser's tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(scene())).result()


def served(turns: Turns, arrivals: list[str], leave: str = "") -> list[str]:
    """The order in which visitors get their turn, who all come while somebody works; some leave before."""
    order = []

    async def come(visitor: str):
        async with turns.turn(visitor, "address"):
            order.append(visitor)

    async def scene():
        async with turns.turn("first", "address"):
            tasks = []
            for visitor in arrivals:
                tasks.append(asyncio.create_task(come(visitor)))
                await asyncio.sleep(0)
            for task, visitor in zip(tasks, arrivals):
                if visitor == leave:
                    task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = run(scene)
    assert turns._working == 0 and not turns._of and not turns._next
    return order + [str(outcome) for outcome in outcomes if isinstance(outcome, ValueError)]


def test_everybodys_first_comes_before_anybodys_second():
    assert served(Turns(1), ["a", "a", "a", "b", "b", "c"]) == ["a", "b", "c", "a", "b", "a"]


def test_who_comes_later_is_not_behind_a_flood():
    assert served(Turns(1), ["flood"] * 15 + ["late"]).index("late") == 1


def test_who_leaves_is_passed_over():
    assert served(Turns(1), ["a", "b", "a", "c"], leave="b") == ["a", "c", "a"]


def test_so_many_may_wait():
    assert served(Turns(1, own=2), ["a", "a", "a", "b"]) == [
        "a",
        "b",
        "a",
        "2 calls of yours wait here already: wait for one to end.",
    ]
    assert (
        served(Turns(1, each=2), ["a", "b", "c"])[:2] == ["a", "b"]
        and "Too many" in served(Turns(1, all=2), ["a", "b", "c"])[2]
    )


@pytest.mark.parametrize("handler", [lambda refuse: refuse, said], ids=["bare", "said"])
def test_a_refusal_is_worded_once(handler):
    def refuse(visitor: str):
        raise ValueError("no <b> here")

    async def scene():
        LocalContext.request.set(None)
        return await in_turn(Turns(1), handler(refuse))("me")

    with pytest.raises(gr.Error) as caught:
        run(scene)
    assert caught.value.message == "no &lt;b&gt; here"


def test_an_error_gives_the_turn_on():
    async def scene():
        turns = Turns(1)
        for _ in range(3):
            with pytest.raises(KeyError):
                async with turns.turn("a", "x"):
                    raise KeyError
        async with turns.turn("a", "x"):
            return turns._working

    assert run(scene) == 1


def test_runs_take_turns_by_visitor_and_a_recovered_one_is_first(tmp_path):
    config, line, runs = (
        TrainConfig(base="mini", data="builtin", steps=1),
        TrainingQueue(tmp_path, Limits()),
        {},
    )
    for number, (visitor, name) in enumerate(
        [("a", "1"), ("a", "2"), ("a", "3"), ("b", "4"), ("c", "5"), ("b", "6")]
    ):
        runs[name] = create(config, tmp_path / visitor, tmp_path / visitor / name)
        runs[name].enqueue(10**18 + number)
    assert [run.id for run in line.waiting()] == ["1", "4", "5", "2", "6", "3"]
    assert line.place(runs["4"]) == 2
    (runs["1"].folder / "queued").unlink()
    (runs["1"].folder / "asked").touch()
    assert [run.id for run in line.waiting()] == ["4", "5", "2", "6", "3"]
    os.utime(runs["1"].folder / "asked", (1, 1))
    line.recover()
    assert line.waiting()[0].id == "1"


def test_of_several_answers_on_their_way_only_the_newest_counts():
    began = []

    def answer(seconds: float):
        began.append(seconds)
        time.sleep(abs(seconds))
        if seconds < 0:
            raise ValueError("refused")
        return seconds

    async def one_after_another(turns: Turns | None, *waits: float):
        LocalContext.request.set(None)
        asked, handler, tasks = {}, newest(said(answer), turns), []
        for wait in waits:
            tasks.append(asyncio.create_task(handler(asked, wait)))
            await asyncio.sleep(0.1)
        return await asyncio.gather(*tasks)

    assert run(lambda: one_after_another(None, 0.6, -0.4, 0.01)) == [
        gr.skip(),
        gr.skip(),
        0.01,
    ] and began == [0.6, -0.4, 0.01]
    began.clear()
    assert run(lambda: one_after_another(Turns(1), 0.6, -0.4, 0.01)) == [
        gr.skip(),
        gr.skip(),
        0.01,
    ] and began == [0.6, 0.01], "what is no longer wanted is not begun"
    with pytest.raises(gr.Error):
        run(lambda: one_after_another(None, 0.01, -0.1))
