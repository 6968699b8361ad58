"""The tasks, with the contenders and the settings of each."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Contender:
    """A function of a module in this folder, its packages, and the agreement that it needs."""

    name: str
    module: str
    function: str
    needs: tuple[str, ...] = ()
    compute_type: str = "float32"
    agreement: float = 0.95


@dataclass(frozen=True)
class Task:
    """Contenders that compute the same; the others are compared with the first one.

    Args:
        work: `train`, `decode` or None; decides the products per token and the reads of weights.
        settings: Fields of the `Workload` that differ from their defaults.
    """

    name: str
    contenders: tuple[Contender, ...]
    work: str | None = None
    settings: dict = field(default_factory=dict)


MACHINE = Contender("machine", "machine", "rates")
LOSSES = 0.999
FIRST_TOKEN = 1 / 32
CTRANSLATE2 = ("torch", "ctranslate2")


def _ours(name: str, function: str, **more) -> Contender:
    return Contender(name, "ours", function, **more)


def _training(function: str) -> tuple[Contender, ...]:
    """Ours and PEFT, each in float32 and in bfloat16; PEFT always keeps its adapter in float32."""
    peft = ("torch", "peft")
    return (
        _ours("ours", function),
        _ours("ours bfloat16", function, compute_type="bfloat16", agreement=LOSSES),
        Contender("PEFT", "torch_peers", function, peft, agreement=LOSSES),
        Contender("PEFT bfloat16", "torch_peers", function, peft, "bfloat16", agreement=0.99),
    )


def _decoding(name: str, rows: int, num_beams: int) -> Task:
    """Decoding in float32."""
    peers = (
        Contender("transformers", "torch_peers", "decode", ("torch",)),
        Contender("CTranslate2 float32", "ctranslate2_peer", "decode", CTRANSLATE2),
    )
    return Task(
        f"{name}-{rows}",
        (_ours("ours", "decode"), *peers, MACHINE),
        "decode",
        {"rows": rows, "num_beams": num_beams},
    )


def _decoding_in_int8(name: str, rows: int, num_beams: int) -> Task:
    """Decoding in int8. With random weights the best tokens nearly tie, so only the first counts.

    `python -m tests.benchmarks.int8_quality` scores the outputs of a trained base.
    """
    ctranslate2 = Contender(
        "CTranslate2 int8", "ctranslate2_peer", "decode", CTRANSLATE2, "int8", FIRST_TOKEN
    )
    return Task(
        f"{name}-{rows}-int8",
        (_ours("ours int8", "decode", compute_type="int8"), ctranslate2, MACHINE),
        "decode",
        {"rows": rows, "num_beams": num_beams},
    )


TASKS = (
    Task("machine", (MACHINE,)),
    Task(
        "train",
        (
            *_training("train"),
            Contender("KerasHub", "keras_hub_peer", "train", ("keras_hub",), agreement=LOSSES),
            MACHINE,
        ),
        "train",
        {"rows": 16},
    ),
    Task("pairs", (*_training("train_pairs"), MACHINE), "train", {"rows": 16}),
    *(_decoding("greedy", rows, 1) for rows in (1, 8, 32)),
    *(_decoding("beam4", rows, 4) for rows in (1, 8)),
    *(_decoding_in_int8("greedy", rows, 1) for rows in (1, 8, 32)),
    *(_decoding_in_int8("beam4", rows, 4) for rows in (1, 8)),
    *(
        Task(
            f"adapters-{rows}",
            (
                _ours("base alone", "base_alone"),
                _ours("base and three adapters", "base_and_adapters"),
            ),
            None,
            {"rows": rows},
        )
        for rows in (1, 8)
    ),
    *(
        Task(
            f"unmerged-{rows}",
            (_ours("merged", "merged"), _ours("unmerged", "unmerged")),
            None,
            {"rows": rows},
        )
        for rows in (1, 8)
    ),
)
