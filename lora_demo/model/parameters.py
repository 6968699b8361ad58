"""Exact parameter counts of a T5 and of its LoRA adapters, from a config alone.

LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685) gives a matrix of shape (d_in, d_out) two
factors, A (d_in, r) and B (r, d_out), so r * (d_in + d_out) trainable parameters. DoRA (Liu et al.
2024, https://arxiv.org/abs/2402.09353) adds a vector of d_out magnitudes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from reprlib import repr as short_repr

from lora_demo.model.checks import is_whole
from lora_demo.model.config import T5Config
from lora_demo.model.messages import _
from lora_demo.model.shapes import dense_shapes, total_parameters

TARGET_SETS = {
    "q,v": ("q", "v"),
    "attention": ("q", "k", "v", "o"),
    "all-linear": ("q", "k", "v", "o", "wi_0", "wi_1", "wo"),
}
"""Names for lists of targets; without gates, `all-linear` has `wi` instead of `wi_0`, `wi_1`."""
PARTS = {
    "all": "",
    "encoder": "encoder.",
    "decoder": "decoder.",
    "cross-attention": ".EncDecAttention.",
}
"""Parts of the model that an adapter can be limited to, and what is in the paths of each."""
MAX_TARGETS = 1000
MAX_RANK = 4096
BYTES_PER_FLOAT = 4


def resolve_targets(targets: str | Iterable[str], config: T5Config) -> tuple[str, ...]:
    """Translate a target set or a list of names into the names that a model has.

    Args:
        targets: The name of a target set, names separated by commas, or a list of names. A name is
            a module's whole path or its end.
        config: The model's geometry.

    Raises:
        ValueError: Naming each target that matches no matrix, and what the model has.
    """
    paths = dense_shapes(config)
    names = tuple(dict.fromkeys(path.rsplit(".", 1)[1] for path in paths))
    requested = _expand_targets(targets, names)
    if len(requested) > MAX_TARGETS:
        count = len(requested)
        raise ValueError(
            _(
                "targets: {count:,} names were given. Give at most {limit:,}.",
                count=count,
                limit=MAX_TARGETS,
            )
        )
    unmatched = [
        target[:80] for target in requested if not any(is_target(path, (target,)) for path in paths)
    ]
    if unmatched or not requested:
        given = ", ".join(map(repr, unmatched)) or "nothing"
        raise ValueError(
            _(
                "targets: {given} does not match any matrix of this model. Use {names}, or a set: "
                "{sets}.",
                given=given,
                names=", ".join(names),
                sets=" | ".join(TARGET_SETS),
            )
        )
    return requested


def _expand_targets(targets: str | Iterable[str], names: tuple[str, ...]) -> tuple[str, ...]:
    """Replace each set by its members, and drop duplicates."""
    sets = TARGET_SETS | {"all-linear": names}
    given = targets.split(",") if isinstance(targets, str) else targets
    expanded: dict[str, None] = {}
    for name in given:
        name = name.strip()
        expanded |= dict.fromkeys(sets.get(name, (name,)))
    expanded.pop("", None)
    return tuple(expanded)


def is_target(path: str, targets: Iterable[str]) -> bool:
    """Match a path by PEFT's rule: a target is a whole path, or the end of one after a dot.

    Args:
        path: Path of a module, such as `encoder.block.0.layer.0.SelfAttention.q`.
        targets: Names, such as `q`, or whole paths.
    """
    return any(path == target or path.endswith("." + target) for target in targets)


def select_layers(
    targets: tuple[str, ...], layers: str | None, part: str, config: T5Config
) -> tuple[str, ...]:
    """Keep the target matrices of some blocks or of a part of the model.

    Args:
        targets: Result of `resolve_targets`.
        layers: Numbers of blocks in each stack, from 0, such as `0-3,7`. None: all.
        part: One of `PARTS`.
        config: The model's geometry.

    Returns:
        The targets as they are if nothing is chosen, else the paths of the chosen matrices.

    Raises:
        ValueError: If nothing is left.
    """
    if layers is None and part == "all":
        return targets
    numbers = parse_layers(layers)
    paths = tuple(
        path
        for path in dense_shapes(config)
        if is_target(path, targets)
        and PARTS[part] in f"{path}."
        and (numbers is None or int(path.split(".")[2]) in numbers)
    )
    if not paths:
        raise ValueError(
            _(
                "layers = {layers!r}, part = {part!r}: none of {targets} is left. Blocks of "
                "this model: {encoder} in the encoder and {decoder} in the decoder, counted "
                "from 0.",
                layers=layers,
                part=part,
                targets=", ".join(targets)[:80],
                encoder=config.num_layers,
                decoder=config.num_decoder_layers,
            )
        )
    return paths


def parse_layers(layers: str | None) -> frozenset[int] | None:
    """Parse numbers of blocks such as `0-3,7`.

    Args:
        layers: None: all blocks.

    Raises:
        ValueError: If the text is something else.
    """
    if layers is None:
        return None
    numbers: set[int] = set()
    for word in layers.split(","):
        match = re.fullmatch(r"\s*(\d{1,3})(?:-(\d{1,3}))?\s*", word)
        if match is None:
            raise ValueError(
                _("layers = {layers!r} (must be numbers such as 0-3,7).", layers=layers[:60])
            )
        numbers.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(numbers)


@dataclass(frozen=True)
class Adaptation:
    """The matrices that an adapter changes, and how.

    Args:
        targets: As for `resolve_targets`.
        layers: As for `select_layers`.
        part: As for `select_layers`.
        use_dora: Also train the length of each output.
    """

    targets: str | tuple[str, ...] = "q,v"
    layers: str | None = None
    part: str = "all"
    use_dora: bool = False

    def restrictions(self) -> dict[str, str | bool]:
        """Return the settings other than `targets` that differ from their defaults."""
        settings = {"layers": self.layers, "part": self.part, "use_dora": self.use_dora}
        defaults = {"layers": None, "part": "all", "use_dora": False}
        return {
            name: value for name, value in settings.items() if value and value != defaults[name]
        }

    def shapes(self, config: T5Config) -> dict[str, tuple[int, int]]:
        """List the changed matrices: T5's module path -> (d_in, d_out).

        Args:
            config: The model's geometry.

        Raises:
            ValueError: If the model does not have them.
        """
        names = resolve_targets(self.targets, config)
        chosen = select_layers(names, self.layers, self.part, config)
        shapes = dense_shapes(config)
        return {path: shape for path, shape in shapes.items() if is_target(path, chosen)}


@dataclass(frozen=True)
class AdapterCount:
    """One row of the parameter table; every number is exact.

    Args:
        rank: r.
        targets: T5's names of the adapted matrices.
        trainable: Trainable parameters.
        percent: 100 * trainable / (total + trainable), as PEFT prints it.
        adapter_bytes: Bytes of the adapter's float32 tensors, without the file's header.
        optimizer_bytes: Bytes of AdamW: two float32 moments and the gradient of each parameter.
    """

    rank: int
    targets: tuple[str, ...]
    trainable: int
    percent: float
    adapter_bytes: int
    optimizer_bytes: int


def count_adapter(
    config: T5Config, rank: int, adapted: Adaptation | str | Iterable[str] = "q,v"
) -> AdapterCount:
    """Count an adapter: the sum of r * (d_in + d_out), and of d_out for DoRA, over its matrices.

    Args:
        config: The model's geometry.
        rank: r, from 1 to `MAX_RANK`.
        adapted: The changed matrices, or only their names as for `resolve_targets`.

    Raises:
        ValueError: For a rank out of range, or targets that the model does not have.

    Example:
        >>> count_adapter(FLAN_T5["google/flan-t5-small"], 8).trainable
        344064
    """
    if not is_whole(rank, 1, MAX_RANK):
        raise ValueError(
            _(
                "rank = {rank} (must be a whole number from 1 to {limit}).",
                rank=short_repr(rank),
                limit=MAX_RANK,
            )
        )
    adaptation = _adaptation(adapted)
    shapes = adaptation.shapes(config).values()
    trainable = sum(rank * (d_in + d_out) for d_in, d_out in shapes)
    if adaptation.use_dora:
        trainable += sum(d_out for _d_in, d_out in shapes)
    return AdapterCount(
        rank=rank,
        targets=resolve_targets(adaptation.targets, config),
        trainable=trainable,
        percent=100 * trainable / (total_parameters(config) + trainable),
        adapter_bytes=BYTES_PER_FLOAT * trainable,
        optimizer_bytes=3 * BYTES_PER_FLOAT * trainable,
    )


def _adaptation(adapted: Adaptation | str | Iterable[str]) -> Adaptation:
    if isinstance(adapted, Adaptation):
        return adapted
    return Adaptation(adapted if isinstance(adapted, str) else tuple(adapted))


def matrix_formulas(
    config: T5Config, adapted: Adaptation | str | Iterable[str]
) -> list[tuple[str, int, int, int]]:
    """Group the changed matrices by kind.

    A rank's count is the sum of count * r * (d_in + d_out) over the kinds, and for DoRA also of
    count * d_out.

    Args:
        config: The model's geometry.
        adapted: As for `count_adapter`.

    Returns:
        (name, count, d_in, d_out) of each kind.
    """
    kinds: dict[tuple[str, int, int], int] = {}
    for path, (d_in, d_out) in _adaptation(adapted).shapes(config).items():
        name = re.sub(r"^(encoder|decoder)\.block\.\d+\.layer\.\d+\.", "", path)
        kinds[name, d_in, d_out] = kinds.get((name, d_in, d_out), 0) + 1
    return [(name, count, d_in, d_out) for (name, d_in, d_out), count in kinds.items()]
