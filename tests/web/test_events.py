"""Promise: handlers run in fair order, only the newest answer counts, errors are shown once."""

import asyncio
import time

import gradio as gr
import pytest

from lora_demo.service.fair_queue import FairQueue
from lora_demo.web.errors import show_errors
from lora_demo.web.events import in_turn, newest
from tests.scenes import run


@pytest.mark.parametrize("wrap", [lambda handler: handler, show_errors], ids=["bare", "shown"])
def test_an_error_is_escaped_once(wrap):
    def refuse(visitor: str):
        raise ValueError("no <b> here")

    async def scene():
        return await in_turn(FairQueue(1), wrap(refuse))("me")

    with pytest.raises(gr.Error) as caught:
        run(scene)
    assert caught.value.message == "no &lt;b&gt; here"


def wait_and_answer(started: list[float], seconds: float) -> float:
    """Answer after some seconds; refuse where they are negative."""
    started.append(seconds)
    time.sleep(abs(seconds))
    if seconds < 0:
        raise ValueError("refused")
    return seconds


async def call_in_quick_succession(
    started: list[float], waits: list[float], queue: FairQueue | None = None
):
    """Start a call for each wait, 0.1 s after the one before; return all answers."""

    def answer(seconds: float):
        return wait_and_answer(started, seconds)

    calls, handler, tasks = {}, newest(show_errors(answer), queue), []
    for seconds in waits:
        tasks.append(asyncio.create_task(handler(calls, seconds)))
        await asyncio.sleep(0.1)
    return await asyncio.gather(*tasks)


def test_only_the_newest_of_several_answers_counts():
    started = []
    answers = run(lambda: call_in_quick_succession(started, [0.6, -0.4, 0.01]))
    assert answers == [gr.skip(), gr.skip(), 0.01]
    assert started == [0.6, -0.4, 0.01]


def test_a_call_that_is_no_longer_the_newest_does_not_start():
    started = []
    answers = run(lambda: call_in_quick_succession(started, [0.6, -0.4, 0.01], FairQueue(1)))
    assert answers == [gr.skip(), gr.skip(), 0.01]
    assert started == [0.6, 0.01]


def test_an_error_of_the_newest_call_is_shown():
    with pytest.raises(gr.Error):
        run(lambda: call_in_quick_succession([], [0.01, -0.1]))
