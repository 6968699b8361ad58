"""The parts of the pairs that pre-training learns from and those that it holds out, as files."""

import pytest

from lora_demo.data.pairs import read_file
from lora_demo.training.pretrain import split
from lora_demo.training.pretrain.config import PretrainConfig
from tests.training.small_corpus import PAIRS


def test_the_parts_of_a_split_are_written_as_files_that_share_no_sentence(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text("".join(f"{en}\t{de}\n" for de, en in PAIRS), encoding="utf-8")
    split.main(["--pairs", str(path), "--output", str(tmp_path), "--held-out", "8"])
    train, followed, test = (
        read_file(tmp_path / f"{name}.jsonl") for name in ("train", "followed", "test")
    )
    assert sorted(train + followed + test) == sorted(PAIRS)
    assert len(followed) == len(test) == 4
    assert (train, followed, test) == split.split_pairs(path, 8, PretrainConfig.seed)
    for side in (0, 1):
        trained = {pair[side].lower() for pair in train}
        assert trained.isdisjoint(pair[side].lower() for pair in followed + test)


def test_a_split_refuses_a_file_with_too_few_pairs_with_status_2(tmp_path, capfd):
    path = tmp_path / "one.txt"
    path.write_text("Good morning.\tGuten Morgen.\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        split.main(["--pairs", str(path), "--output", str(tmp_path / "parts")])
    assert ended.value.code == 2
    assert "at least 1 and 2 are needed" in capfd.readouterr().err
