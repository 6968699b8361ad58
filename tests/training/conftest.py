"""Settings of runs with quick steps, for the tests that kill them or fill the disk."""

import pytest

from lora_demo.checkpoints.base import save_checkpoint
from lora_demo.model.config import T5Config
from lora_demo.training.config import TrainConfig
from tests.tiny import VOCABULARY


@pytest.fixture(scope="session")
def quick_config(tiny_base, pairs_file, tmp_path_factory) -> TrainConfig:
    """One block and few short sentences for quick steps; a large rank for slow writing."""
    from lora_demo.model.initialization import initialize
    from lora_demo.model.t5 import T5

    folder = tmp_path_factory.mktemp("base")
    config = T5Config(VOCABULARY, 32, 8, 32, 1, 1, 2)
    model = T5(config)
    initialize(model, seed=0)
    weights = {path: variable.numpy() for path, variable in model.parameters().items()}
    save_checkpoint(folder, config, weights, tiny_base)
    return TrainConfig(
        base=str(folder),
        data=str(pairs_file),
        rank=256,
        alpha=64.0,
        dropout=0.1,
        targets=("q", "v"),
        steps=9,
        eval_every=3,
        batch_size=4,
        seed=3,
        max_length=8,
        max_pairs=40,
    )
