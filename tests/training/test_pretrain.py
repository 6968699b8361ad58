"""Pretraining: passages, pieces that were hardly met, the whole way to a base that translates, and going on after a kill."""

import itertools
import json
import re

import numpy as np
import pytest
from safetensors.numpy import load_file

from lora_demo.assets.corpus.grammar import sentence
from lora_demo.checkpoints.base import find_base
from lora_demo.training import pretrain
from lora_demo.training.pretrain import RARE, RARE_SHARE, SPECIAL, Pretraining, join_pairs, main
from lora_demo.translator import Translator

WHO = {
    "der Hund": "the dog",
    "die Katze": "the cat",
    "das Kind": "the child",
    "der Koch": "the cook",
    "die Frau": "the woman",
    "der Mann": "the man",
    "die Kuh": "the cow",
    "der Sohn": "the son",
}
HOW = {
    "müde": "tired",
    "groß": "big",
    "alt": "old",
    "jung": "young",
    "hier": "here",
    "krank": "ill",
    "reich": "rich",
    "frei": "free",
}
SAID = {
    "{} ist {}.": "{} is {}.",
    "ist {} {}?": "is {} {}?",
    "{} ist nicht {}.": "{} is not {}.",
    "{} ist sehr {}.": "{} is very {}.",
}
"""Every piece of these is met often enough to be learned."""
PAIRS = [
    tuple(sentence(text) for text in (said.format(who, how), SAID[said].format(WHO[who], HOW[how])))
    for who, how, said in itertools.product(WHO, HOW, SAID)
]
SIZES = "--steps 150 --vocab 150 --d-model 64 --d-kv 16 --heads 4 --d-ff 128 --layers 1 --decoder-layers 1 --batch-tokens 512 --learning-rate 5e-3 --warmup 20 --short-steps 8 --joined-share 0.01 --held-out 8"


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    """The command's arguments, but for the output."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.txt"
    path.write_text("".join(f"{en}\t{de}\tour own\n" for de, en in PAIRS), encoding="utf-8")
    return ["--pairs", str(path), *SIZES.split(), "--output"]


@pytest.fixture(scope="module")
def output(arguments, tmp_path_factory):
    """The folder of a pretraining that went through."""
    folder = tmp_path_factory.mktemp("pretrained")
    main([*arguments, str(folder)])
    return folder


def test_passages_join_two_to_five_pairs_in_the_same_order():
    english = dict(PAIRS)
    passages = join_pairs(PAIRS, 200, seed=3)
    sentences = [re.findall(r"[^.?]+[.?]", de) for de, _ in passages]
    assert len(passages) == 200 and {len(passage) for passage in sentences} == {2, 3, 4, 5}
    assert [" ".join(english[de.strip()] for de in passage) for passage in sentences] == [
        en for _, en in passages
    ]
    assert join_pairs(PAIRS, 200, seed=3) == passages != join_pairs(PAIRS, 200, seed=4)


def test_pieces_that_were_hardly_met_get_directions_of_their_own(arguments, tmp_path):
    run = Pretraining(pretrain.parser().parse_args([*arguments, str(tmp_path)]))
    met = np.zeros(run.model.config.vocab_size, int)
    for example in run.forward:
        np.add.at(met, example.source + example.target, 1)
    rare = [i for i in range(SPECIAL, len(met)) if met[i] < RARE]
    often = [i for i in range(len(met)) if met[i] >= RARE]
    before = run.weights["shared"].numpy()
    before[rare] = before[rare[0]]
    run.weights["shared"].assign(before)
    run.part_rare_pieces()
    moved = run.weights["shared"].numpy() - before
    assert (
        len(rare) > 20 and len(often) > 20 and not moved[often].any() and not moved[:SPECIAL].any()
    )
    assert np.linalg.norm(moved[rare], axis=1) == pytest.approx(
        RARE_SHARE * np.linalg.norm(before[often], axis=1).mean(), rel=1e-5
    )
    directions = moved[rare] / np.linalg.norm(moved[rare], axis=1, keepdims=True)
    assert np.abs(directions @ directions.T - np.eye(len(rare))).max() < 0.9


def test_what_comes_out_is_a_base_that_translates(output):
    translator = Translator(find_base(str(output / "model")))
    (column,) = translator.compare([de for de, _ in PAIRS])
    right = [text == en for text, (_, en) in zip(column.texts, PAIRS)]
    assert sum(right) > 0.9 * len(PAIRS)
    told = json.loads((output / "model" / "training.json").read_text(encoding="utf-8"))
    assert (
        told["options"]["steps"] == 150
        and told["options"]["pairs"] == "pairs.txt"
        and told["test"]["n"] == 4
    )


def test_going_on_after_a_kill_reaches_the_weights_of_an_uninterrupted_run(
    arguments, output, tmp_path, monkeypatch
):
    save = Pretraining.save

    def save_and_die(run):
        save(run)
        if run.step == 12:
            raise KeyboardInterrupt

    with monkeypatch.context() as killing:
        killing.setattr(Pretraining, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            main([*arguments, str(tmp_path), "--eval-minutes", "0"])
    assert not (tmp_path / "model").exists()
    main([*arguments, str(tmp_path)])
    assert "from step 12" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    for file in ("state.safetensors", "model/model.safetensors"):
        whole, parts = load_file(output / file), load_file(tmp_path / file)
        assert whole.keys() == parts.keys() and all(
            np.array_equal(whole[name], parts[name]) for name in whole
        )


@pytest.mark.parametrize(
    "changed, word",
    [
        (["--pairs", "/nowhere.txt"], "/nowhere.txt"),
        (["--held-out", "1"], "hold out"),
        (["--vocab", "30"], "--vocab 30"),
        (["--warmup", "0"], "--warmup"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, tmp_path, changed, word, capfd):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, str(tmp_path), *changed])
    err = capfd.readouterr().err
    assert ended.value.code == 2 and word in err and err.count("\n") == 1
