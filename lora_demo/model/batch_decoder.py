"""Decodes rows of ids with a T5, in few fixed shapes, so that each is compiled once."""

from collections import Counter
from collections.abc import Sequence
from operator import ge

import numpy as np

ROWS = (1, 4, 8, 16, 32, 64)
MOST_GATHERED = 16
"""Rows of a batch at most that get a copy each of their adapter's matrices although all have the same one, so that one program serves all choices."""
LENGTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512)
LENDING = 130e9
"""Operations, each source token times each weight, of the largest shape that serves less while its own is not compiled: about a second on two cores."""
LENT = 10
"""Times until it is compiled."""


class Decoder:
    """Decodes rows of ids with a T5, in few fixed shapes, so that each is compiled once.

    Args:
        rows, lengths: the sizes of batches, and of sources and results, to pad to.
    """

    def __init__(self, model, rows: Sequence[int] = ROWS, lengths: Sequence[int] = LENGTHS):
        self.model, self.rows, self.lengths, self._compiled, self._lent = (
            model,
            rows,
            lengths,
            {},
            Counter(),
        )
        self._operations = 2 * sum(int(np.prod(v.shape)) for v in model.variables)

    def decode(
        self,
        sources: Sequence[Sequence[int]],
        slots: Sequence[int] | None = None,
        strengths: Sequence[float] | None = None,
        *,
        num_beams: int = 1,
        max_new_tokens: int | Sequence[int] = 128,
        length_penalty: float = 1.0,
        early_stopping=False,
    ) -> list[list[int]]:
        """Ids of each row's translation, without start, end and padding.

        Args:
            sources: ids of each row, end token included; slots: each row's adapter, None for the base alone.
            strengths: what each row's adapter is multiplied by; None: 1.
            max_new_tokens: of all rows, or of each; a batch goes on to the largest of its own.
        """
        limits = (
            [max_new_tokens] * len(sources) if isinstance(max_new_tokens, int) else max_new_tokens
        )
        rows, results = max(1, self.rows[-1] // num_beams), [None] * len(sources)
        order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
        for part in batches(order, slots, rows, self.rows):
            pick = lambda values: None if values is None else [values[i] for i in part]
            decoded = self._decode_batch(
                pick(sources),
                pick(slots),
                pick(strengths),
                num_beams,
                max(pick(limits)),
                length_penalty,
                early_stopping,
            )
            for i, ids in zip(part, decoded):
                results[i] = ids[: limits[i]]
        return results

    def _decode_batch(
        self, sources, slots, strengths, num_beams, max_new_tokens, length_penalty, early_stopping
    ):
        wanted, kind = (
            (len(sources), max(map(len, sources)), max_new_tokens),
            (num_beams, early_stopping, slots is not None),
        )
        shape, kind = self._program(*wanted, kind, len(set(slots or [])) == 1)
        (rows, width, _), (*_, one_slot), config = shape, kind, self.model.config
        fill = lambda values: [
            *values,
            *[values[-1]] * (rows - len(values)),
        ]  # as no row of padding alone would end
        ids, mask = (
            np.full((rows, width), config.pad_token_id, "int32"),
            np.zeros((rows, width), "int32"),
        )
        for i, source in enumerate(fill(sources)):
            ids[i, : len(source)], mask[i, : len(source)] = source, 1
        slots_array = np.array(slots[0] if one_slot else fill(slots or [0]), "int32")
        strengths_array = np.array(fill(strengths or [1]), "float32")
        search = self._search(shape, kind)
        out = np.asarray(
            search(
                ids,
                mask,
                slots_array,
                strengths_array,
                np.int32(max_new_tokens),
                np.float32(length_penalty),
            )
        )
        return [_until_end(row, config) for row in out[: len(sources)].tolist()]

    def _program(
        self, rows: int, width: int, room: int, kind: tuple, one_slot: bool
    ) -> tuple[tuple[int, int, int], tuple]:
        """Shape and kind of the smallest program that fits; at first of a larger one, if that is compiled and this is not."""
        shape = (
            _at_least(self.rows, rows),
            _at_least(self.lengths, width),
            _at_least(self.lengths, room),
        )
        fitting = shape, (*kind, one_slot and shape[0] > MOST_GATHERED)
        serves = lambda larger, other: (
            other in ((*kind, False), (*kind, one_slot))
            and all(map(ge, larger, shape))
            and larger[0] * larger[1] * self._operations <= LENDING
        )
        ready = (
            fitting
            if fitting in self._compiled
            else min((program for program in self._compiled if serves(*program)), default=fitting)
        )
        self._lent[fitting] += ready != fitting
        return ready if self._lent[fitting] <= LENT else fitting

    def _search(self, shape: tuple[int, int, int], kind: tuple):
        from lora_demo.model.backend import compiled
        from lora_demo.model.decoding import beam_search, greedy_search
        from lora_demo.model.lora import Context

        model, config, (rows, _, room), (num_beams, early_stopping, with_slots, _) = (
            self.model,
            self.model.config,
            shape,
            kind,
        )
        ends = (config.decoder_start_token_id, config.eos_token_id, config.pad_token_id)

        def search(ids, mask, slots, strengths, limit, length_penalty):
            context = Context(slots, strengths=strengths) if with_slots else Context()
            encoded = model.encode(ids, mask, context)
            step, cache = model.step_function(
                model.source(encoded, context), mask, room, num_beams, context=context
            )
            if num_beams == 1:
                return greedy_search(step, cache, rows, room, limit, *ends)
            return beam_search(
                step, cache, rows, num_beams, room, limit, *ends, length_penalty, early_stopping
            )

        if (shape, kind) not in self._compiled:
            banks = [
                v
                for layer in model.lora_layers().values()
                if layer.bank
                for v in layer.bank.variables
            ]
            shortlist = model.shortlist.variables if model.shortlist else []
            self._compiled[shape, kind] = compiled(search, [*model.variables, *banks, *shortlist])
        return self._compiled[shape, kind]


def batches(
    order: Sequence[int], slots: Sequence | None, most: int, sizes: Sequence[int] = ROWS
) -> list[Sequence[int]]:
    """The rows in `order`, cut into batches of `most` at most, each of which is padded to one of `sizes`.

    Those of one slot go by themselves, where that does not pad much more: its matrices multiply all of them at once, and
    they do not wait for another's to end.
    """
    cut = lambda groups: [
        group[start : start + most] for group in groups for start in range(0, len(group), most)
    ]
    padded = lambda parts: sum(_at_least(sizes, len(part)) for part in parts)
    mixed, alone = (
        cut([order]),
        cut([[i for i in order if slots[i] == slot] for slot in dict.fromkeys(slots or [])]),
    )
    return alone if alone and padded(alone) <= 1.1 * padded(mixed) and len(mixed) > 1 else mixed


def _until_end(ids: list[int], config) -> list[int]:
    return ids[: ids.index(config.eos_token_id)] if config.eos_token_id in ids else ids


def _at_least(sizes: Sequence[int], wanted: int) -> int:
    found = next((size for size in sizes if size >= wanted), None)
    if found is None:
        raise ValueError(
            f"{wanted} tokens are more than the {sizes[-1]} that one text may have; split it."
        )
    return found
