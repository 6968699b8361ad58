"""Reduced adapters: the truncated SVD exactly, the stated loss, and a folder that reads back."""

import numpy as np
import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.reducing import decompose, loss_at, reduce_adapter
from lora_demo.model.lora_config import LoraConfig
from tests.checkpoints.adapter_folders import (
    lower_rank,
    rewrite_config,
    rewrite_tensors,
    write_random,
)

SITE = "encoder.block.0.layer.0.SelfAttention.q"


@pytest.fixture
def adapter(base, tmp_path):
    """Return an adapter of rank 6 on three kinds of matrices, with rsLoRA's scale.

    One matrix has rank 2, and one kind has another alpha.
    """
    folder = write_random(
        tmp_path / "adapter", base, LoraConfig(6, 9, 0.0, ("q", "v", "wo"), use_rslora=True)
    )
    lower_rank(folder, SITE, 2)
    rewrite_config(folder, alpha_pattern={"decoder.*.v": 12})
    return read_adapter(folder, base.config)


def products(adapter) -> dict:
    return {
        path: scale * A.astype("float64") @ B for path, (A, B, scale) in adapter.matrices.items()
    }


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_reducing_is_the_truncated_svd_and_reports_its_loss(base, adapter, tmp_path, rank):
    loss = reduce_adapter(adapter, rank, tmp_path / "reduced", base.config, "small")
    reduced = read_adapter(tmp_path / "reduced", base.config)
    before, after = products(adapter), products(reduced)
    assert reduced.r == rank
    assert reduced.targets == adapter.targets
    assert set(after) == set(before)
    for path, product in before.items():
        U, S, Vt = np.linalg.svd(product)
        np.testing.assert_allclose(
            after[path], U[:, :rank] * S[:rank] @ Vt[:rank], atol=1e-6, err_msg=path
        )

    def norm(matrices):
        return np.sqrt(sum(np.sum(m * m) for m in matrices))

    assert loss.lost == pytest.approx(norm(before[path] - after[path] for path in before), rel=1e-5)
    assert loss.whole == pytest.approx(norm(before.values()), rel=1e-6)
    assert 0 < loss.share < 1
    assert f"rank {rank}" in (tmp_path / "reduced" / "README.md").read_text()


def test_nothing_is_lost_at_its_own_rank_and_more_the_lower_it_goes(adapter):
    parts = decompose(adapter)
    lost = [loss_at(parts, rank).lost for rank in range(7)]
    assert lost == sorted(lost, reverse=True)
    assert lost[6] == 0
    assert lost[0] == loss_at(parts, 1).whole


def test_an_adapter_of_some_blocks_keeps_to_them(base, adapter, tmp_path):
    prefix = "base_model.model.decoder"
    rewrite_config(adapter.folder, layers_to_transform=[0, 1], rank_pattern={})
    rewrite_tensors(
        adapter.folder, lambda t: [t.pop(name) for name in list(t) if not name.startswith(prefix)]
    )
    some = read_adapter(adapter.folder, base.config)
    reduce_adapter(some, 2, tmp_path / "reduced", base.config, "small")
    assert set(read_adapter(tmp_path / "reduced", base.config).matrices) == set(some.matrices)


@pytest.mark.parametrize("rank", [0, 6, 1.5, True])
def test_only_a_lower_rank_is_accepted(base, adapter, tmp_path, rank):
    with pytest.raises(ValueError, match="rank"):
        reduce_adapter(adapter, rank, tmp_path / "reduced", base.config, "small")


def test_peft_loads_a_reduced_adapter(base, adapter, tmp_path):
    peft, transformers, torch = (
        pytest.importorskip(name) for name in ("peft", "transformers", "torch")
    )
    reduce_adapter(adapter, 2, tmp_path / "reduced", base.config, "small")
    model = peft.PeftModel.from_pretrained(
        transformers.T5ForConditionalGeneration.from_pretrained(base.folder, dtype=torch.float32),
        tmp_path / "reduced",
    )
    layer = model.base_model.model.encoder.block[0].layer[0].SelfAttention.v
    got = layer.get_delta_weight("default").detach().numpy().T
    np.testing.assert_allclose(
        got,
        products(read_adapter(tmp_path / "reduced", base.config))[
            "encoder.block.0.layer.0.SelfAttention.v"
        ],
        atol=1e-6,
    )
