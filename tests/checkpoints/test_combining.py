"""Combined adapters: the exact weighted sum, PEFT's own, the loss of a rank, and refusals."""

import json
import re

import numpy as np
import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.combining import Part, combine_adapters
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.checkpoints.tensors import read_index, read_tensor
from lora_demo.model.lora_config import LoraConfig
from tests.checkpoints.adapter_folders import (
    lower_rank,
    rewrite_config,
    write_random,
)

SITE = "encoder.block.0.layer.0.SelfAttention.q"


@pytest.fixture
def parts(base, tmp_path):
    """Return two adapters of other ranks, targets and scales; one uses patterns and rsLoRA."""
    first = write_random(tmp_path / "first", base, LoraConfig(3, 6, 0.0, ("q", "v")), seed=1)
    second = write_random(
        tmp_path / "second", base, LoraConfig(5, 7, 0.0, ("q", "wo"), use_rslora=True), seed=2
    )
    lower_rank(second, SITE, 2)
    rewrite_config(second, alpha_pattern={"decoder.*.wo": 12})
    adapters = [read_adapter(folder, base.config) for folder in (first, second)]
    return [Part(adapters[0], 0.7), Part(adapters[1], -0.4)]


def updates(adapter) -> dict:
    return {
        path: scale * A.astype("float64") @ B for path, (A, B, scale) in adapter.matrices.items()
    }


def weighted_sum(parts) -> dict:
    total: dict = {}
    for part in parts:
        for path, update in updates(part.adapter).items():
            total[path] = total.get(path, 0) + part.weight * update
    return total


def combine(parts, base, folder, **options):
    combined = combine_adapters(parts, folder, base.config, "both", **options)
    return combined, read_adapter(folder, base.config)


def test_the_combination_is_the_exact_sum_of_the_updates(base, parts, tmp_path):
    combined, adapter = combine(parts, base, tmp_path / "both")
    assert (combined.rank, combined.exact_rank, combined.is_exact) == (8, 8, True)
    assert combined.loss.lost == 0 and adapter.r == 8
    assert adapter.targets == ("q", "v", "wo"), "a matrix of only one adapter is there as well"
    expected, got = weighted_sum(parts), updates(adapter)
    assert set(got) == set(expected)
    for path, update in expected.items():
        np.testing.assert_allclose(got[path], update, rtol=1e-6, atol=1e-7, err_msg=path)


def test_merging_the_combination_adds_the_merged_updates(base, parts, tmp_path):
    """Each merged checkpoint is the base plus one update, in float32."""
    _, adapter = combine(parts, base, tmp_path / "both")
    for one in (adapter, *(part.adapter for part in parts)):
        merge_adapter(base, one, tmp_path / "merged" / one.name)

    def weights(folder):
        return {name: read_tensor(file, name) for name, file in read_index(folder).items()}

    original, both = weights(base.folder), weights(tmp_path / "merged" / "both")
    first, second = (weights(tmp_path / "merged" / name) for name in ("first", "second"))
    for name, weight in original.items():
        expected = weight + 0.7 * (first[name] - weight) - 0.4 * (second[name] - weight)
        np.testing.assert_allclose(both[name], expected, atol=1e-6, err_msg=name)


def test_a_lower_rank_is_the_truncated_svd_with_its_loss_per_matrix(base, parts, tmp_path):
    combined, adapter = combine(parts, base, tmp_path / "both", rank=3)
    assert combined.rank == adapter.r == 3 and not combined.is_exact
    before, after = weighted_sum(parts), updates(adapter)
    for path, update in before.items():
        U, S, Vt = np.linalg.svd(update)
        np.testing.assert_allclose(after[path], U[:, :3] * S[:3] @ Vt[:3], atol=1e-6, err_msg=path)
        lost = np.linalg.norm(update - after[path])
        assert combined.matrices[path].lost == pytest.approx(lost, abs=1e-6)
    lost = np.sqrt(sum(np.sum((before[path] - after[path]) ** 2) for path in before))
    whole = np.sqrt(sum(np.sum(update**2) for update in before.values()))
    assert combined.loss.lost == pytest.approx(lost, rel=1e-5)
    assert combined.loss.whole == pytest.approx(whole, rel=1e-6)
    manifest = json.loads((tmp_path / "both" / "manifest.json").read_text())
    assert manifest["combined"]["frobenius_lost"] == combined.loss.lost
    assert len(manifest["combined"]["matrices"]) == len(before)
    card = (tmp_path / "both" / "README.md").read_text()
    assert f"was removed is {combined.loss.share:.2%} of that of the sum" in card
    assert f"| `{SITE}` | {combined.matrices[SITE].share:.2%} |" in card


def test_manifest_and_card_name_the_parts_with_weights_and_hashes(base, parts, tmp_path):
    import hashlib

    combine(parts, base, tmp_path / "both")
    manifest = json.loads((tmp_path / "both" / "manifest.json").read_text())
    card = (tmp_path / "both" / "README.md").read_text()
    for part, entry in zip(parts, manifest["combined"]["from"], strict=True):
        weights = (part.adapter.folder / "adapter_model.safetensors").read_bytes()
        assert entry["sha256"] == hashlib.sha256(weights).hexdigest()
        assert (entry["name"], entry["weight"]) == (part.adapter.name, part.weight)
        assert f"| `{entry['name']}` | {entry['weight']:g} |" in card
    assert "combine first=0.7 second=-0.4 --output both" in card
    assert "is exact" in card


def test_sources_and_pair_hashes_of_all_parts_are_joined(base, parts, tmp_path):
    folders = [part.adapter.folder for part in parts]
    for folder, source in zip(folders, ("wmt/wmt16:de-en:train", "builtin:weather"), strict=True):
        (folder / "manifest.json").write_text(json.dumps({"data": {"source": source}}))
    PairHashes.of([("eins", "one")], []).write(folders[0])
    combine(parts, base, tmp_path / "one-known")
    assert PairHashes.read(tmp_path / "one-known") is None, "the other pairs are unknown"
    PairHashes.of([("zwei", "two")], [("drei", "three")]).write(folders[1])
    combine(parts, base, tmp_path / "both")
    joined = PairHashes.read(tmp_path / "both")
    assert (len(joined.pairs), len(joined.sources), len(joined.chosen)) == (2, 2, 1)
    card = (tmp_path / "both" / "README.md").read_text()
    assert "- wmt/wmt16" in card
    assert "WMT16" in card
    assert "`builtin:weather`" in card


@pytest.mark.parametrize("rank", [0, 8, 2.5, True])
def test_a_rank_that_is_not_lower_is_refused(base, parts, tmp_path, rank):
    with pytest.raises(ValueError, match="from 1 to 7"):
        combine(parts, base, tmp_path / "both", rank=rank)
    assert not (tmp_path / "both").exists()


@pytest.mark.parametrize("weight", [0, float("nan"), float("inf"), 11, "1", True])
def test_a_weight_that_is_zero_or_not_a_number_is_refused(parts, weight):
    with pytest.raises(ValueError, match="weight of first"):
        Part(parts[0].adapter, weight)


def test_one_adapter_or_the_same_twice_is_refused(base, parts, tmp_path):
    with pytest.raises(ValueError, match="1 adapter was given"):
        combine(parts[:1], base, tmp_path / "both")
    with pytest.raises(ValueError, match="given twice"):
        combine([parts[0], parts[0]], base, tmp_path / "both")


def test_adapters_of_other_bases_are_refused_by_name_or_by_hash(base, parts, tmp_path):
    folder = parts[1].adapter.folder
    rewrite_config(folder, base_model_name_or_path="google/flan-t5-small")
    both_names = f"{re.escape(base.id)}, and second for google/flan-t5-small"
    with pytest.raises(ValueError, match=both_names):
        combine(parts, base, tmp_path / "both")
    combine(parts, base, tmp_path / "known", base_id=base.id)
    for part, sha256 in zip(parts, ("a", "b"), strict=True):
        path = part.adapter.folder / "manifest.json"
        path.write_text(json.dumps({"base": {"sha256": sha256}}))
    with pytest.raises(ValueError, match="second for google"):
        combine(parts, base, tmp_path / "both", base_id=base.id)
    for part in parts:
        (part.adapter.folder / "manifest.json").write_text('{"base": {"sha256": "a"}}')
    combine(parts, base, tmp_path / "both")


def test_peft_loads_the_combination_and_combines_the_same(base, parts, tmp_path):
    peft, transformers, torch = (
        pytest.importorskip(name) for name in ("peft", "transformers", "torch")
    )
    _, adapter = combine(parts, base, tmp_path / "both")
    t5 = transformers.T5ForConditionalGeneration.from_pretrained(base.folder, dtype=torch.float32)
    model = peft.PeftModel.from_pretrained(t5, tmp_path / "both", adapter_name="ours")
    for part in parts:
        model.load_adapter(part.adapter.folder, part.adapter.name)
    names, weights = [part.adapter.name for part in parts], [part.weight for part in parts]
    model.add_weighted_adapter(names, weights, "theirs", combination_type="cat")
    expected = updates(adapter)
    checked = 0
    for name, layer in model.base_model.model.named_modules():
        if name not in expected:
            continue
        ours = layer.get_delta_weight("ours").detach().numpy().T
        np.testing.assert_allclose(ours, expected[name], atol=1e-6, err_msg=name)
        theirs = layer.get_delta_weight("theirs").detach().numpy().T
        np.testing.assert_allclose(ours, theirs, atol=1e-6, err_msg=name)
        checked += 1
    assert checked == len(expected)
