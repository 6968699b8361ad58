"""Promise: handlers run in fair order, only the newest answer counts, errors are shown once."""

import asyncio
import threading

import gradio as gr
import pytest

from lora_demo.service.fair_queue import FairQueue
from lora_demo.web.errors import show_errors
from lora_demo.web.events import in_turn, newest
from tests.scenes import run
from tests.waiting import PATIENCE


@pytest.mark.parametrize("wrap", [lambda handler: handler, show_errors], ids=["bare", "shown"])
def test_an_error_is_escaped_once(wrap):
    def refuse(visitor: str):
        raise ValueError("no <b> here")

    async def scene():
        return await in_turn(FairQueue(1), wrap(refuse))("me")

    with pytest.raises(gr.Error) as caught:
        run(scene)
    assert caught.value.message == "no &lt;b&gt; here"


class Answers:
    """A handler whose calls answer with their names once they may, and refuse as "wrong"."""

    def __init__(self, *names: str) -> None:
        self.started: list[str] = []
        self.may_end = {name: threading.Event() for name in names}

    def __call__(self, name: str) -> str:
        self.started.append(name)
        assert self.may_end[name].wait(PATIENCE)
        if name == "wrong":
            raise ValueError("refused")
        return name

    async def call_all(self, queue: FairQueue | None = None) -> list:
        """Call for each name before the first call may end; without a queue, the last ends first.

        Returns:
            All answers.
        """

        def answer(name: str) -> str:
            return self(name)

        calls, handler, tasks = {}, newest(show_errors(answer), queue), []
        for number, name in enumerate(self.may_end, 1):
            tasks.append(asyncio.create_task(handler(calls, name)))
            await asyncio.sleep(0)
            while len(self.started) < (1 if queue else number):
                await asyncio.sleep(0.01)
        for event, task in reversed([*zip(self.may_end.values(), tasks, strict=True)]):
            event.set()
            if not queue:
                await asyncio.wait([task])
        return await asyncio.gather(*tasks)


def test_only_the_newest_of_several_answers_counts():
    answers = Answers("slow", "wrong", "fast")
    assert run(answers.call_all) == [gr.skip(), gr.skip(), "fast"]
    assert answers.started == ["slow", "wrong", "fast"]


def test_a_call_that_is_no_longer_the_newest_does_not_start():
    answers = Answers("slow", "wrong", "fast")
    assert run(lambda: answers.call_all(FairQueue(1))) == [gr.skip(), gr.skip(), "fast"]
    assert answers.started == ["slow", "fast"]


def test_an_error_of_the_newest_call_is_shown():
    with pytest.raises(gr.Error):
        run(Answers("slow", "wrong").call_all)
