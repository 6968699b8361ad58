"""The compiled programs of a decoder, and the choice of the one that serves a batch.

XLA compiles a program for fixed sizes, which takes seconds. A smaller batch is padded and reuses a
larger program until that has cost more time than compiling a program of its own. In the background,
a program for more rows is compiled before a text needs it.
"""

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
MAX_ROOMY_OPERATIONS = 325e9
"""About 2.5 seconds of two cores."""

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
    def search(self) -> tuple[int, "EarlyStopping", bool, bool]:
        """The settings that a program must share with a batch that reuses it."""
        return self.num_beams, self.early_stopping, self.with_slots, self.with_ranks

    def has_room_for(self, other: "Program") -> bool:
        """Check whether a batch of another program's sizes can be padded to this one's.

        Args:
            other: The smallest program that the batch fits into; only its sizes are compared.
        """
        return (
            self.rows >= other.rows
            and self.source_length >= other.source_length
            and self.target_length >= other.target_length
        )


class Programs:
    """The compiled programs of one model.

    Args:
        compile: Compiles a program; the result compiles at its first call.
        operations_per_token: Of the model, for estimates.
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
        self._seconds: defaultdict[Program, float] = defaultdict(float)
        self._lost_seconds: defaultdict[Program, float] = defaultdict(float)
        self._thread: threading.Thread | None = None
        self._in_thread: Program | None = None

    def choose(self, fitting: Program, same_slot: bool) -> Program:
        """Choose the program for a batch.

        Args:
            fitting: The smallest program that the batch fits into.
            same_slot: True if all rows have the same adapter.

        Returns:
            `fitting` if it is compiled or has become worth compiling; else the cheapest compiled
            program with room for it. If there is none, a new program with room for later batches.
        """
        if fitting in self.compiled:
            return fitting
        reusable = [p for p in list(self.compiled) if _can_reuse(p, fitting, same_slot)]
        if not reusable:
            return self._with_room(fitting)
        cheapest = min(reusable, key=self._operations)
        lost = self._loss(cheapest, fitting)
        self._lost_seconds[fitting] += lost
        is_slower = lost > self._compile_seconds
        if is_slower or (self.is_due(fitting) and not self.in_background):
            return fitting
        return cheapest

    def _loss(self, program: Program, fitting: Program) -> float:
        """Estimate the seconds that a batch loses in a larger program, from its last call."""
        share = self._operations(fitting) / self._operations(program)
        return self._seconds[program] * (1 - share)

    def run(self, program: Program, arguments: Sequence[Any]) -> Any:
        """Call a program; the first call compiles it, or waits if a thread is compiling it.

        Args:
            program: The program, compiled or not.
            arguments: Arguments of its search, in their order.
        """
        if program == self._in_thread and threading.current_thread() is not self._thread:
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

    def is_due(self, program: Program) -> bool:
        """Check whether batches without this program lost more time than it takes to compile.

        Args:
            program: A program that `choose` was asked for; never due once it is compiled.
        """
        if program in self.compiled:
            return False
        return self._lost_seconds[program] > self._compile_seconds

    def to_compile(self, fitting: Program) -> Program | None:
        """Return a program that is worth compiling in the background.

        Args:
            fitting: The smallest program that the last batch fitted into.

        Returns:
            `fitting` if batches have lost much time without it. After the first batch of all, a
            program for more rows, which the next text may need. Else None.
        """
        if self.is_due(fitting):
            return fitting
        if len(self.compiled) > 1 or self._in_thread:
            return None
        (first,) = self.compiled
        more = [n for n in self._rows if first.rows < n and n in ROOMY_ROWS]
        return self._with_room(fitting._replace(rows=more[0])) if more else None

    def start_to_compile(self, program: Program, arguments: Sequence[Any]) -> None:
        """Compile a program in a thread, unless another one is being compiled.

        Args:
            program: The program.
            arguments: Of a short call.
        """
        if self._thread and self._thread.is_alive():
            return
        self._lost_seconds[program] = 0.0  # so that a failure is not repeated at once
        self._in_thread = program
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
        first = fitting.source_length
        longer = [n for n in self._lengths if first < n and n in ROOMY_LENGTHS]
        more = [n for n in self._rows if fitting.rows < n and n in ROOMY_ROWS]
        rows = more[0] if more and fitting.rows not in ROOMY_ROWS else fitting.rows
        for source_length in [*reversed(longer), first]:
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

    def _operations(self, program: Program) -> float:
        """Estimate the operations of a call whose results are as long as its sources."""
        tokens = program.rows * program.source_length * (1 + program.num_beams) / 2
        return tokens * self._operations_per_token


def _can_reuse(program: Program, fitting: Program, same_slot: bool) -> bool:
    if program.one_slot and not same_slot:
        return False
    return program.search == fitting.search and program.has_room_for(fitting)


def round_up(size: int, sizes: Sequence[int]) -> int:
    """Return the first of the rising sizes that is large enough.

    Args:
        size: The size that is needed, such as the tokens of a text.
        sizes: The allowed sizes.

    Raises:
        ValueError: If none is.
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
