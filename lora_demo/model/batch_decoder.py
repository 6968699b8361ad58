"""Decode rows of token ids with a T5 in a few fixed shapes, so that each is compiled once.

Axes: B batch, S source, T target.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lora_demo.model.batches import Batch, cut_into_batches
from lora_demo.model.programs import LENGTHS, ROWS, Program, Programs, Search, round_up

if TYPE_CHECKING:
    from lora_demo.model.decoding import EarlyStopping
    from lora_demo.model.t5 import T5

MAX_GATHERED_ROWS = 16
"""Up to this many rows, each row of a batch gets its own copy of its adapter's matrices.

Then one program serves every choice of adapters. In larger batches with one adapter for all rows,
a program of its own multiplies all rows by the same matrices.
"""

Ids = list[int]


class Decoder:
    """Decode rows of token ids in a few fixed shapes, so that each is compiled once.

    Args:
        model: The model, with any adapters in its banks.
        rows: Sizes of batches to pad to.
        lengths: Lengths of sources and results to pad to.
        compile_in_background: Compile in a thread the programs that no text waits for.
    """

    def __init__(
        self,
        model: "T5",
        rows: Sequence[int] = ROWS,
        lengths: Sequence[int] = LENGTHS,
        compile_in_background: bool = False,
    ) -> None:
        self.model = model
        self.rows = rows
        self.lengths = lengths
        weights = sum(int(np.prod(variable.shape)) for variable in model.variables)
        self.programs = Programs(self._compile, 2 * weights, rows, lengths, compile_in_background)

    def decode(
        self,
        sources: Sequence[Sequence[int]],
        slots: Sequence[int] | None = None,
        strengths: Sequence[float] | None = None,
        ranks: Sequence[int] | None = None,
        *,
        num_beams: int = 1,
        max_new_tokens: int | Sequence[int] = 128,
        length_penalty: float = 1.0,
        early_stopping: "EarlyStopping" = False,
    ) -> list[Ids]:
        """Translate rows of token ids.

        Args:
            sources: Token ids of each row, with its end token.
            slots: The adapter of each row. None: the base alone.
            strengths: Factor of each row's adapter. None: 1.
            ranks: Components that each row uses of its adapter. None: all of them.
            num_beams: 1 for greedy search.
            max_new_tokens: Limit of all rows, or of each; a batch runs to its largest limit.
            length_penalty: As for `decoding.beam_search`.
            early_stopping: As for `decoding.beam_search`.

        Returns:
            Token ids of each translation, without start, end and padding.

        Raises:
            ValueError: If a row or a limit is longer than the largest length.
        """
        limits = max_new_tokens
        if isinstance(limits, int):
            limits = [limits] * len(sources)
        max_rows = max(1, self.rows[-1] // num_beams)
        order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
        results: dict[int, Ids] = {}
        for indices in cut_into_batches(order, slots, max_rows, self.rows):
            batch = Batch(
                [sources[i] for i in indices],
                None if slots is None else [slots[i] for i in indices],
                [1.0 if strengths is None else strengths[i] for i in indices],
                None if ranks is None else [ranks[i] for i in indices],
            )
            limit = max(limits[i] for i in indices)
            decoded = self._decode_batch(batch, limit, num_beams, length_penalty, early_stopping)
            for i, ids in zip(indices, decoded, strict=True):
                results[i] = ids[: limits[i]]
        return [results[i] for i in range(len(sources))]

    def _decode_batch(
        self,
        batch: Batch,
        limit: int,
        num_beams: int,
        length_penalty: float,
        early_stopping: "EarlyStopping",
    ) -> list[Ids]:
        rows = round_up(len(batch.sources), self.rows)
        fitting = Program(
            rows=rows,
            source_length=round_up(max(map(len, batch.sources)), self.lengths),
            target_length=round_up(limit, self.lengths),
            num_beams=num_beams,
            early_stopping=early_stopping,
            with_slots=batch.slots is not None,
            with_ranks=batch.ranks is not None,
            one_slot=batch.same_slot and rows > MAX_GATHERED_ROWS,
        )
        config, programs = self.model.config, self.programs
        program = programs.choose(fitting, len(batch.sources), batch.same_slot)
        results: list[Ids] = []
        for part in batch.parts(program.rows):
            arguments = part.arguments(program, config, limit, length_penalty)
            ids = programs.run(program, arguments)[: len(part.sources)]
            results += [_until_end(row, config.eos_token_id) for row in ids.tolist()]
        if due := programs.due(fitting, batch.same_slot):
            part = next(batch.parts(due.rows))
            programs.start_to_compile(due, part.arguments(due, config, 1, length_penalty))
        return results

    def _compile(self, program: Program) -> Search:
        from lora_demo.model.backend import Tensor, compiled
        from lora_demo.model.decoding import beam_search, greedy_search
        from lora_demo.model.lora import Context

        model, config = self.model, self.model.config
        rows, room, beams = program.rows, program.target_length, program.num_beams
        tokens = (config.decoder_start_token_id, config.eos_token_id, config.pad_token_id)

        def search(
            ids: Tensor,
            mask: Tensor,
            slots: Tensor,
            strengths: Tensor,
            ranks: Tensor,
            limit: Tensor,
            length_penalty: Tensor,
        ) -> Tensor:
            context = Context()
            if program.with_slots:
                used = ranks if program.with_ranks else None
                context = Context(slots, strengths=strengths[:, None, None], ranks=used)
            source = model.source(model.encode(ids, mask, context), context)
            step, cache = model.step_function(source, mask, room, beams, context=context)
            if beams == 1:
                return greedy_search(step, cache, rows, room, limit, *tokens)
            return beam_search(
                step,
                cache,
                rows,
                beams,
                room,
                limit,
                *tokens,
                length_penalty,
                program.early_stopping,
            )

        banks = [layer.bank for layer in model.lora_layers().values() if layer.bank]
        bank_variables = [variable for bank in banks for variable in bank.variables]
        shortlist = model.shortlist.variables if model.shortlist else []
        on_device = compiled(search, [*model.variables, *bank_variables, *shortlist])
        return lambda *arguments: np.asarray(on_device(*arguments))  # waits for the result


def _until_end(ids: Ids, eos_id: int) -> Ids:
    return ids[: ids.index(eos_id)] if eos_id in ids else ids
