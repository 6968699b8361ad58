"""The table is made from rounds as it says."""

from tests.benchmarks.rare_words import count_words, group_pairs
from tests.benchmarks.table import agreement, rows_of, table
from tests.benchmarks.tasks import TASKS
from tests.benchmarks.workload import GEOMETRIES, products_per_token

TRAIN = next(task for task in TASKS if task.name == "train")


def rounds(*seconds: float) -> list[dict]:
    return [{"seconds": s, "cpu_seconds": 2 * s, "tokens": 100, "peak_bytes": 5e6} for s in seconds]


def test_ratios_are_medians_of_rounds_and_wrong_outputs_do_not_count():
    config = GEOMETRIES["small"]
    products = sum(products_per_token(config).values())
    machine = [{"flops": 100 * 2 * products, "bytes": 1.0}] * 3  # 1 s for 100 tokens
    result = {
        "task": "train",
        "rounds": {
            "ours": rounds(2.0, 4.0, 8.0),
            "PEFT": rounds(8.0, 12.0, 80.0),
            "machine": machine,
        },
        "agreement": {"ours": 1.0, "PEFT": 0.9995, "KerasHub": 0.5},
        "notes": {},
    }
    ours, peft = rows_of(result, TRAIN, config)
    assert (ours["seconds"], ours["time, first = 1"], ours["share"], ours["peak MB"]) == (
        4.0,
        1.0,
        0.25,
        5.0,
    )
    assert (peft["seconds"], peft["time, first = 1"], peft["tokens/s"]) == (12.0, 4.0, 100 / 12)
    result["rounds"]["KerasHub"] = rounds(0.1, 0.1, 0.1)
    result["notes"]["PEFT"] = "failed: no memory"
    ours, peft, keras_hub = rows_of(result, TRAIN, config)
    assert "time, first = 1" not in keras_hub
    assert "does not count" in keras_hub["seconds"]
    assert (
        table([ours, peft, keras_hub])
        .splitlines()[3]
        .startswith("| train | PEFT | failed: no memory | ")
    )


def test_agreement_of_losses_and_of_ids():
    assert agreement([2.0, 4.0], [2.0, 3.0]) == 0.75
    assert agreement([[1, 2, 3, 4], [5, 6]], [[1, 2, 9, 4], [5, 6]]) == 0.75
    assert agreement([[], [5, 6]], [[], [5, 6]]) == 1
    assert agreement([[], [5]], [[7], [5]]) == 0.5


def test_products_of_flan_t5_small():
    """A step of 16 pairs of 48 and 48 tokens takes 186 GFLOP without attention's own products."""
    products = products_per_token(GEOMETRIES["small"])
    assert round(4 * 16 * 48 * sum(products.values()) / 1e9) == 186


def test_pairs_are_grouped_by_their_rarest_german_word():
    training = [("Das Haus ist alt.", "")] * 20 + [("Das Haus ist blau.", "")] * 4
    pairs = [("Das HAUS ist alt!", ""), ("Das alte Haus", ""), ("ist blau", ""), ("!", "")]
    assert group_pairs(pairs, count_words(training)) == {0: [1, 3], 1: [2], 20: [0]}
