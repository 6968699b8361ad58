"""The compiled programs of a decoder, and the choice of the one that serves a batch.

XLA compiles a program for fixed sizes, which takes seconds. A smaller batch is padded to a larger
program, and a batch of more rows is served in parts, until that has cost more time than compiling a
program of its own.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lora_demo.model.messages import _

if TYPE_CHECKING:
    from lora_demo.model.decoding import EarlyStopping

ROWS = (1, 4, 8, 16, 32, 64)
LENGTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512)
ROOMY_ROWS = (8, 32, 64)
ROOMY_LENGTHS = (64, 128)
"""Sizes that a new program takes instead of smaller ones, within the two limits below."""
MAX_ROOMY_TOKENS = 2048
OPERATIONS_PER_SECOND = 130e9
"""Of two cores, for programs that were not called yet."""
MAX_ROOMY_OPERATIONS = 2.5 * OPERATIONS_PER_SECOND
ROWS_OF_A_CALL = 4
"""The fixed time of a call, which reads all weights, as a number of rows that take as long."""

Search = Callable[..., Any]


class Program(NamedTuple):
    """The key of a compiled program: its sizes, and what it computes."""

    rows: int
    source_length: int
    target_length: int
    num_beams: int
    early_stopping: "EarlyStopping"
    with_slots: bool
    with_ranks: bool
    one_slot: bool

    @property
    def search_settings(self) -> tuple[int, "EarlyStopping", bool, bool]:
        """The settings that a program must share with a batch that reuses it."""
        return self.num_beams, self.early_stopping, self.with_slots, self.with_ranks

    def serves(self, other: "Program", same_slot: bool) -> bool:
        """Check whether a batch can be padded to this program, whole or in parts.

        Args:
            other: The smallest program that the whole batch fits into.
            same_slot: True if all rows have the same adapter.
        """
        return (
            self.search_settings == other.search_settings
            and self.source_length >= other.source_length
            and self.target_length >= other.target_length
            and (same_slot or not self.one_slot)
        )

    def calls(self, rows: int) -> int:
        """Count the calls that serve a number of rows.

        Args:
            rows: The rows of a batch.
        """
        return math.ceil(rows / self.rows)


class Programs:
    """The compiled programs of one model.

    Args:
        compile: Returns the search of a program, which XLA compiles at the first call.
        operations_per_token: The model's operations for each token, to estimate times.
        rows: Sizes of batches.
        lengths: Lengths of sources and results.
        in_background: Compile in a thread the programs that no batch waits for.
    """

    def __init__(
        self,
        compile: Callable[[Program], Search],
        operations_per_token: int,
        rows: Sequence[int] = ROWS,
        lengths: Sequence[int] = LENGTHS,
        in_background: bool = False,
    ) -> None:
        self.compiled: dict[Program, Search] = {}
        self.in_background = in_background
        self._compile = compile
        self._operations_per_token = operations_per_token
        self._rows = rows
        self._lengths = lengths
        self._compile_seconds = 0.0
        self._seconds: dict[Program, float] = {}
        self._lost_seconds: defaultdict[Program, float] = defaultdict(float)
        self._thread: threading.Thread | None = None
        self._compiling: Program | None = None

    def choose(self, fitting: Program, rows: int, same_slot: bool) -> Program:
        """Choose the program for a batch, and count the time that the batch loses by it.

        Args:
            fitting: The smallest program that the batch fits into.
            rows: The rows of the batch.
            same_slot: True if all rows have the same adapter.

        Returns:
            A compiled program that is worth using, perhaps with fewer rows than the batch; else
            one that is not compiled yet.
        """
        wanted = self._wanted(fitting, same_slot)
        reusable = [p for p in list(self.compiled) if p.serves(fitting, same_slot)]
        if not reusable:
            return wanted
        cheapest = min(reusable, key=lambda program: self._cost(program, rows))
        if wanted in self.compiled:
            return cheapest
        lost = self._loss(cheapest, wanted, rows)
        self._lost_seconds[wanted] += lost
        loses_too_much = lost > self._compile_seconds  # even for one that is compiled meanwhile
        if loses_too_much or (self._is_due(wanted) and not self.in_background):
            return wanted
        return cheapest

    def _wanted(self, fitting: Program, same_slot: bool) -> Program:
        """Return the program to compile for a batch, with room for others if it is the first."""
        compiled = list(self.compiled)
        if any(p.rows >= fitting.rows and p.serves(fitting, same_slot) for p in compiled):
            return fitting
        return self._with_room(fitting)

    def _loss(self, program: Program, wanted: Program, rows: int) -> float:
        """Estimate the seconds that a batch loses in a program, if possible from its last call."""
        operations_seconds = self._operations(program) / OPERATIONS_PER_SECOND
        seconds = program.calls(rows) * self._seconds.get(program, operations_seconds)
        share = self._cost(wanted, rows) / self._cost(program, rows)
        return max(0.0, seconds * (1 - share))

    def run(self, program: Program, arguments: Sequence[Any]) -> Any:
        """Call a program; the first call compiles it, or waits if a thread is compiling it.

        Args:
            program: The program, compiled or not.
            arguments: Arguments of its search, in their order.
        """
        if program == self._compiling and threading.current_thread() is not self._thread:
            self.wait()
        began = time.monotonic()
        is_new = program not in self.compiled
        search = self._compile(program) if is_new else self.compiled[program]
        result = search(*arguments)
        seconds = time.monotonic() - began
        if is_new:
            self._compile_seconds = seconds
            self.compiled[program] = search
        else:
            self._seconds[program] = seconds
        return result

    def due(self, fitting: Program, same_slot: bool) -> Program | None:
        """Return the program that is worth compiling in the background, if there is one.

        Args:
            fitting: The smallest program that the batch fitted into.
            same_slot: True if all its rows had the same adapter.
        """
        wanted = self._wanted(fitting, same_slot)
        return wanted if self.in_background and self._is_due(wanted) else None

    def _is_due(self, program: Program) -> bool:
        """Check whether batches without this program lost more time than it takes to compile."""
        if program in self.compiled:
            return False
        return self._lost_seconds[program] > self._compile_seconds

    def start_to_compile(self, program: Program, arguments: Sequence[Any]) -> None:
        """Compile a program in a thread, unless another one is being compiled.

        Args:
            program: The program.
            arguments: The arguments of a short call.
        """
        if self._thread and self._thread.is_alive():
            return
        self._lost_seconds[program] = 0.0  # so that a failure is not repeated at once
        self._compiling = program
        self._thread = threading.Thread(
            target=self.run, args=(program, arguments), name="compile", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is being compiled in the background."""
        if self._thread:
            self._thread.join()

    def _with_room(self, fitting: Program) -> Program:
        """Return a program that also has room for more and longer texts, if it is fast enough."""
        longer = [n for n in self._lengths if fitting.source_length < n and n in ROOMY_LENGTHS]
        more = [n for n in self._rows if fitting.rows < n and n in ROOMY_ROWS]
        rows = more[0] if more and fitting.rows not in ROOMY_ROWS else fitting.rows
        for source_length in [*reversed(longer), fitting.source_length]:
            target_length = min(2 * source_length, self._lengths[-1])
            roomy = fitting._replace(
                rows=rows,
                source_length=source_length,
                target_length=max(fitting.target_length, round_up(target_length, self._lengths)),
            )
            if self._is_cheap(roomy):
                return roomy
        return fitting

    def _is_cheap(self, program: Program) -> bool:
        tokens = program.rows * program.source_length
        return tokens <= MAX_ROOMY_TOKENS and self._operations(program) <= MAX_ROOMY_OPERATIONS

    def _cost(self, program: Program, rows: int) -> float:
        """Estimate the relative time of the calls that serve a number of rows."""
        per_row = self._operations(program) / program.rows
        return program.calls(rows) * (program.rows + ROWS_OF_A_CALL) * per_row

    def _operations(self, program: Program) -> float:
        """Estimate the operations of a call whose results are as long as its sources."""
        tokens = program.rows * program.source_length * (1 + program.num_beams) / 2
        return tokens * self._operations_per_token


def round_up(size: int, sizes: Sequence[int]) -> int:
    """Return the first of the rising sizes that is large enough.

    Args:
        size: The size that is needed, such as the tokens of a text.
        sizes: The allowed sizes.

    Raises:
        ValueError: If `size` is above all of them.
    """
    for candidate in sizes:
        if candidate >= size:
            return candidate
    raise ValueError(
        _(
            "A text has {count} tokens, over the limit of {limit}. Split it.",
            count=size,
            limit=sizes[-1],
        )
    )
