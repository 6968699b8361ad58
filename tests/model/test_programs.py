"""Promise: a batch is served by a compiled program unless compiling another one saves time."""

import math
import threading

import numpy as np
import pytest

from lora_demo.model.batch_decoder import Decoder
from lora_demo.model.batches import Batch
from lora_demo.model.programs import (
    MAX_ROOMY_OPERATIONS,
    OPERATIONS_PER_SECOND,
    Program,
    Programs,
    round_up,
)
from tests.fixtures import ours

SMALL = Program(4, 32, 128, 1, False, True, False, False)
"""A short text by a base and three adapters."""
OPERATIONS_OF_SMALL = 154_000_000
"""Of FLAN-T5-small, for a token."""


class Clock:
    """A compiler that takes a second, and programs that take their operations, on its own clock.

    Args:
        speed: Operations in a second.
    """

    def __init__(self, monkeypatch, operations=OPERATIONS_OF_SMALL, speed=1e12, **options) -> None:
        self.seconds = 0.0
        self.speed = speed
        self.names: list[str] = []
        monkeypatch.setattr("time.monotonic", lambda: self.seconds)
        self.programs = Programs(self.compile, operations, **options)

    def compile(self, program: Program):
        def search(*arguments):
            self.names.append(threading.current_thread().name)
            self.seconds += self.programs._operations(program) / self.speed
            return program

        self.seconds += 1.0
        return search

    def serve(self, fitting: Program, same_slot: bool = False) -> Program:
        program = self.programs.choose(fitting, fitting.rows, same_slot)
        return self.programs.run(program, ())


def choose(programs: Programs, fitting: Program) -> Program:
    return programs.choose(fitting, fitting.rows, same_slot=False)


def test_a_new_program_has_room_for_longer_texts(monkeypatch):
    programs = Clock(monkeypatch).programs
    assert choose(programs, SMALL)[:3] == (8, 128, 256)
    assert choose(programs, SMALL._replace(rows=16))[:3] == (32, 64, 128)
    assert choose(programs, SMALL._replace(num_beams=4))[:3] == (8, 64, 128)
    tiny = Clock(monkeypatch, operations=1000).programs
    assert choose(tiny, SMALL._replace(rows=16))[:3] == (32, 64, 128)
    long = SMALL._replace(rows=64, source_length=512, target_length=512)
    assert choose(programs, long) == long
    assert programs._operations(choose(programs, SMALL)) <= MAX_ROOMY_OPERATIONS


def test_a_decoder_of_one_size_compiles_that_size(monkeypatch):
    programs = Clock(monkeypatch, rows=(16,), lengths=(72,)).programs
    only = SMALL._replace(rows=16, source_length=72, target_length=72)
    assert choose(programs, only) == only


def test_a_program_is_reused_until_that_has_cost_a_compilation(monkeypatch):
    clock = Clock(monkeypatch)
    served = [clock.serve(SMALL) for _ in range(200)]
    roomy = served[0]
    assert roomy[:3] == (8, 128, 256)
    assert served[-1] == SMALL
    seconds = clock.programs._operations(roomy) / clock.speed
    share = clock.programs._cost(SMALL, 4) / clock.programs._cost(roomy, 4)
    assert share == (4 + 4) * 32 / ((8 + 4) * 128)
    estimated = clock.programs._operations(roomy) / OPERATIONS_PER_SECOND * (1 - share)
    # The first call compiles; the loss of the second one is estimated, those after it measured.
    calls = 2 + math.floor((1.0 + seconds - estimated) / (seconds * (1 - share)))
    assert served.count(roomy) == calls


def test_the_cheapest_program_with_room_is_reused(monkeypatch):
    clock = Clock(monkeypatch, operations=1000)
    for rows in (64, 32, 8):
        clock.programs.run(SMALL._replace(rows=rows), ())
    assert clock.serve(SMALL).rows == 8
    assert clock.serve(SMALL._replace(rows=16)).rows == 8
    assert clock.serve(SMALL._replace(rows=32)).rows == 32


def test_no_program_is_reused_if_compiling_takes_less(monkeypatch):
    clock = Clock(monkeypatch, speed=1e11)
    large = SMALL._replace(rows=64, source_length=512)
    clock.programs.run(large, ())
    clock.programs.run(SMALL._replace(num_beams=2), ())  # the last compilation took a second
    assert clock.serve(SMALL) == SMALL


@pytest.mark.parametrize(
    "change",
    [
        {"num_beams": 4},
        {"early_stopping": True},
        {"with_slots": False},
        {"with_ranks": True},
        {"target_length": 512},
    ],
)
def test_a_program_of_another_kind_is_not_reused(monkeypatch, change):
    clock = Clock(monkeypatch, operations=1000)
    first = clock.serve(SMALL)
    assert clock.serve(SMALL._replace(**change)) != first


def test_a_program_of_one_adapter_serves_batches_of_one_adapter(monkeypatch):
    clock = Clock(monkeypatch, operations=1000)
    wide = SMALL._replace(rows=32, one_slot=True)
    assert clock.serve(wide).one_slot
    assert clock.serve(SMALL, same_slot=True).one_slot
    assert not clock.serve(SMALL, same_slot=False).one_slot


def test_in_the_background_the_present_batch_does_not_wait(monkeypatch):
    clock = Clock(monkeypatch, in_background=True)
    roomy = clock.serve(SMALL)
    while not clock.programs.due(SMALL, False):
        assert clock.serve(SMALL) == roomy
    assert clock.serve(SMALL) == roomy
    clock.programs.start_to_compile(SMALL, ())
    clock.programs.wait()
    assert clock.serve(SMALL) == SMALL
    assert clock.programs.due(SMALL, False) is None
    assert "compile" in clock.names


def test_a_batch_of_more_rows_is_served_in_parts_until_its_program_is_worth_compiling(monkeypatch):
    clock = Clock(monkeypatch, in_background=True)
    first, wide = clock.serve(SMALL), SMALL._replace(rows=32)
    assert clock.serve(SMALL) == first
    assert first.calls(wide.rows) == 4
    while not (due := clock.programs.due(wide, False)):
        assert clock.serve(wide) == first
    assert due[:3] == (32, 64, 128)
    clock.programs.start_to_compile(due, ())
    clock.programs.wait()
    assert clock.serve(wide) == due
    assert clock.programs.due(wide, False) is None


def test_a_program_that_was_not_called_yet_is_not_taken_for_a_fast_one(monkeypatch):
    clock = Clock(monkeypatch, speed=130e9)
    long = SMALL._replace(rows=1, source_length=512, target_length=512)
    assert clock.serve(long) == long
    many = SMALL._replace(rows=64)
    assert clock.serve(many) != long, "64 calls of the long program take longer than to compile"


def test_the_rows_of_a_batch_count_and_not_those_that_it_is_padded_to(monkeypatch):
    programs = Clock(monkeypatch).programs
    program, wide = SMALL._replace(rows=8), SMALL._replace(rows=32)
    programs.run(program, ())
    programs.run(program, ())
    assert programs._loss(program, wide, 32) > 0.0
    assert programs._loss(program, wide, 24) == 0.0
    programs.run(wide, ())
    assert programs.choose(wide, 17, False) == program


def test_a_batch_in_parts_costs_more_than_a_whole_one(monkeypatch):
    programs = Clock(monkeypatch).programs
    program = SMALL._replace(rows=8)
    assert programs._cost(program, 8) == programs._cost(program, 1)
    assert programs._cost(program, 9) == 2 * programs._cost(program, 8)
    wide = SMALL._replace(rows=32)
    assert programs._cost(wide, 32) < programs._cost(program, 32) < 2 * programs._cost(wide, 32)


def test_a_batch_waits_for_its_program_in_the_background(monkeypatch):
    clock = Clock(monkeypatch, in_background=True)
    may_compile, compilations = threading.Event(), []

    def compile_slowly(program):
        compilations.append(program)
        may_compile.wait()
        return clock.compile(program)

    monkeypatch.setattr(clock.programs, "_compile", compile_slowly)
    clock.programs.start_to_compile(SMALL, ())
    threading.Timer(0.2, may_compile.set).start()
    assert clock.programs.run(SMALL, ()) == SMALL
    assert compilations == [SMALL]


def test_a_failed_compilation_in_the_background_is_not_repeated_at_once(monkeypatch):
    clock = Clock(monkeypatch, in_background=True)
    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    roomy = clock.serve(SMALL)
    while not clock.programs.due(SMALL, False):
        clock.serve(SMALL)
    monkeypatch.setattr(clock.programs, "_compile", lambda program: 1 / 0)
    clock.programs.start_to_compile(SMALL, ())
    clock.programs.wait()
    assert len(failures) == 1
    assert clock.programs.due(SMALL, False) is None
    assert clock.serve(SMALL) == roomy


def test_every_program_gives_the_same_translations():
    reference = ours.reference("flan")
    rows = zip(reference["prompts"], reference["prompt_mask"], strict=True)
    sources = [ids[mask == 1].tolist() for ids, mask in rows]
    sources = (sources * 9)[:9]
    whole = Decoder(ours.shared_model("flan"), rows=(16,)).decode(sources, max_new_tokens=12)
    decoder = Decoder(ours.shared_model("flan"), compile_in_background=True)
    assert decoder.decode(sources[:5], max_new_tokens=12) == whole[:5]
    assert decoder.decode(sources, max_new_tokens=12) == whole
    assert [program[:3] for program in decoder.programs.compiled] == [(8, 128, 256)]
    for fitting in list(decoder.programs._lost_seconds):
        decoder.programs._lost_seconds[fitting] = 1e9
    assert decoder.decode(sources, max_new_tokens=12) == whole
    decoder.programs.wait()
    assert decoder.decode(sources[:1], max_new_tokens=12) == whole[:1]
    assert {program.rows for program in decoder.programs.compiled} == {8, 32}
    assert decoder.decode(sources, max_new_tokens=12) == whole


def test_the_time_of_a_call_includes_the_wait_for_its_result(monkeypatch):
    """A backend may return before it has computed; then the array waits."""
    results = []
    run = Programs.run

    def recorded(programs, program, arguments):
        results.append(run(programs, program, arguments))
        return results[-1]

    monkeypatch.setattr(Programs, "run", recorded)
    Decoder(ours.shared_model("flan"), rows=(1,), lengths=(32,)).decode(
        [[5, 6, 1]], max_new_tokens=8
    )
    assert [type(result) for result in results] == [np.ndarray]


def test_a_part_of_a_batch_keeps_the_settings_of_its_rows():
    whole = Batch([[5, 1], [6, 1], [7, 1]], [2, 0, 1], [0.5, 1.0, 2.0], [4, 8, 16])
    assert list(whole.parts(2)) == [
        Batch([[5, 1], [6, 1]], [2, 0], [0.5, 1.0], [4, 8]),
        Batch([[7, 1]], [1], [2.0], [16]),
    ]
    base = Batch([[5, 1], [6, 1]], None, [1.0, 1.0], None)
    assert list(base.parts(1)) == [Batch([ids], None, [1.0], None) for ids in base.sources]


def test_round_up_names_the_limit():
    assert round_up(33, (32, 48)) == 48
    with pytest.raises(ValueError, match="49 tokens, over the limit of 48"):
        round_up(49, (32, 48))


def test_padding_does_not_reach_the_results():
    ids = np.array([[5, 6, 1]])
    decoder = Decoder(ours.shared_model("flan"), rows=(1, 8), lengths=(32, 64))
    alone = decoder.decode(ids.tolist(), max_new_tokens=8)
    small = Decoder(ours.shared_model("flan"), rows=(1,), lengths=(32,))
    assert small.decode(ids.tolist(), max_new_tokens=8) == alone
