"""Strings in, strings out: the base and any adapters, side by side in one batch on one copy of the weights."""

from collections.abc import Sequence

import numpy as np

ROWS = (1, 2, 4, 8, 16, 32, 64)
LENGTHS = (16, 32, 64, 128, 256, 512)


class Decoder:
    """Decodes rows of ids with a T5, in few fixed shapes, so that each is compiled once."""

    def __init__(self, model):
        self.model, self._compiled = model, {}

    def decode(self, sources: Sequence[Sequence[int]], slots: Sequence[int] | None = None, *, num_beams: int = 1, max_new_tokens: int = 128, length_penalty: float = 1.0, early_stopping=False) -> list[list[int]]:
        """Ids of each row's translation, without start, end and padding.

        Args:
            sources: ids of each row, end token included; slots: each row's adapter, None for the base alone.
        """
        order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
        rows, results = max(1, ROWS[-1] // num_beams), [None] * len(sources)
        for start in range(0, len(order), rows):
            part = order[start : start + rows]
            decoded = self._decode_batch([sources[i] for i in part], None if slots is None else [slots[i] for i in part], num_beams, max_new_tokens, length_penalty, early_stopping)
            for i, ids in zip(part, decoded):
                results[i] = ids
        return results

    def _decode_batch(self, sources, slots, num_beams, max_new_tokens, length_penalty, early_stopping):
        rows, width, room = _at_least(ROWS, len(sources)), _at_least(LENGTHS, max(map(len, sources))), _at_least(LENGTHS, max_new_tokens)
        config = self.model.config
        ids, mask = np.full((rows, width), config.pad_token_id, "int32"), np.zeros((rows, width), "int32")
        mask[len(sources) :, 0] = 1
        for i, source in enumerate(sources):
            ids[i, : len(source)], mask[i, : len(source)] = source, 1
        slots_array = np.zeros(rows, "int32")
        slots_array[: len(sources)] = 0 if slots is None else slots
        search = self._search(rows, width, room, num_beams, early_stopping, slots is not None)
        out = np.asarray(search(ids, mask, slots_array, np.int32(max_new_tokens), np.float32(length_penalty)))
        return [_until_end(row, config) for row in out[: len(sources)].tolist()]

    def _search(self, rows, width, room, num_beams, early_stopping, with_slots):
        from keras import ops

        from lora_demo.model.backend import compiled
        from lora_demo.model.decoding import beam_search, greedy_search
        from lora_demo.model.lora import Context

        model, config = self.model, self.model.config
        ends = (config.decoder_start_token_id, config.eos_token_id, config.pad_token_id)

        def search(ids, mask, slots, limit, length_penalty):
            context = Context(slots if with_slots else None)
            encoded = model.encode(ids, mask, context)
            if num_beams == 1:
                step, cache = model.step_function(model.source(encoded, context), mask, room, context)
                return greedy_search(step, cache, rows, room, limit, *ends)
            spread = lambda x: ops.repeat(x, num_beams, axis=0)
            context = Context(spread(slots) if with_slots else None)
            step, cache = model.step_function(model.source(spread(encoded), context), spread(mask), room, context)
            return beam_search(step, cache, rows, num_beams, room, limit, *ends, length_penalty, early_stopping)

        key = (rows, width, room, num_beams, early_stopping, with_slots)
        if key not in self._compiled:
            banks = [v for layer in model.lora_layers().values() if layer.bank for v in layer.bank.variables]
            self._compiled[key] = compiled(search, [*model.variables, *banks])
        return self._compiled[key]


def _until_end(ids: list[int], config) -> list[int]:
    return ids[: ids.index(config.eos_token_id)] if config.eos_token_id in ids else ids


def _at_least(sizes: Sequence[int], wanted: int) -> int:
    found = next((size for size in sizes if size >= wanted), None)
    if found is None:
        raise ValueError(f"{wanted} tokens are more than the {sizes[-1]} that one text may have; split it.")
    return found
