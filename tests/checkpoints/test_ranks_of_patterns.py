"""Ranks that an adapter's config states: tensors of other ranks are refused, as PEFT does."""

import pytest

from lora_demo.checkpoints.adapters import read_adapter
from tests.checkpoints.adapter_folders import rewrite_config
from tests.checkpoints.peft_judge import assert_merge_alike, make_with_peft, merged_by_peft

RANK_2 = {"target_modules": ["q", "v"], "rank_pattern": {"q": 2}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rank_pattern": {"v": 2}}, r"SelfAttention\.q has rank 2, not 4"),
        ({"rank_pattern": {"encoder.*": 4, "q": 2}}, r"encoder\S+q has rank 2, not 4"),
        ({"rank_pattern": {}}, "has rank 2, not 4"),
        ({"r": 8}, "has rank 4, not 8"),
    ],
)
def test_tensors_of_other_ranks_than_the_config_states_are_refused_as_by_peft(
    base, tmp_path, changes, words
):
    folder = make_with_peft(base, tmp_path / "adapter", **RANK_2)
    rewrite_config(folder, **changes)
    with pytest.raises(RuntimeError, match="size mismatch"):
        merged_by_peft(base, folder)
    with pytest.raises(ValueError, match=rf"{words}.*correct r and rank_pattern"):
        read_adapter(folder, base.config)


def test_the_first_key_that_matches_states_the_rank(base, tmp_path):
    folder = make_with_peft(base, tmp_path / "adapter", **RANK_2)
    rewrite_config(folder, r=8, rank_pattern={"q": 2, "(q|v)": 4})
    assert_merge_alike(base, folder, tmp_path / "merged")


def test_settings_of_ms_swift_that_change_nothing_are_accepted(base, tmp_path):
    folder = make_with_peft(base, tmp_path / "adapter", **RANK_2)
    rewrite_config(folder, lora_dtype="float32", lorap_lr_ratio=None, lorap_emb_lr=1e-6)
    assert_merge_alike(base, folder, tmp_path / "merged")


@pytest.mark.filterwarnings("ignore:Possible")
@pytest.mark.parametrize("key", [r"decoder.*[[:alpha:]]", "[[:a:]]", "(?:v){e<=1}", "v{1<=s<=2}"])
def test_syntax_that_only_our_matcher_knows_is_refused(base, tmp_path, key):
    """PEFT's `re` reads these as plain characters, and would match other matrices."""
    folder = make_with_peft(base, tmp_path / "a", target_modules=["q", "v"])
    rewrite_config(folder, alpha_pattern={key: 9})
    with pytest.raises(ValueError, match=r"alpha_pattern has the key .* Python's re does not have"):
        read_adapter(folder, base.config)
