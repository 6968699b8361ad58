"""The embedded base and the shipped adapters work end to end."""

import pytest
from sacrebleu import CHRF

from lora_demo.checkpoints.adapter_files import find_adapter, shipped
from lora_demo.checkpoints.base import find_base, fingerprint
from lora_demo.checkpoints.embedded import EMBEDDED_FOLDER
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.checkpoints.training_words import TrainingWords
from lora_demo.data.encoding import PREFIX
from lora_demo.evaluation.sets import load_set
from lora_demo.files import read_json
from lora_demo.service.examples import EXAMPLES
from lora_demo.service.first_comparison import FILE, make_document
from lora_demo.training.config import TrainConfig
from lora_demo.translator import Translator

EASY = {
    "Die Milch ist im Kühlschrank.": "milk",
    "Ich muss morgen früh aufstehen.": "get up early tomorrow",
    "Unser Nachbar hat einen neuen Hund.": "has a new dog",
    "Ich bleibe zu Hause, weil ich krank bin.": "because i'm sick",
}
RANKS = ["mini-r4", "mini-r8", "mini-r16"]
DOMAINS = {"mini-recipes-r8": "builtin:recipes", "mini-weather-r8": "builtin:weather"}
"""Adapters that train `mini-r8` further, and their domains."""


@pytest.fixture(scope="module")
def translator():
    return Translator(find_base("mini"))


@pytest.fixture(scope="module")
def chrf_of(translator):
    """Makes the chrF of the base and of shipped adapters on a set, by name."""

    def chrf_of(source, names):
        tested = load_set(source)
        columns = translator.compare(tested.sources, [find_adapter(name) for name in names])
        references = [list(reference) for reference in tested.references]
        return {
            column.name: CHRF().corpus_score(column.texts, references).score for column in columns
        }

    return chrf_of


def test_files_are_small_enough_for_a_space():
    sizes = [file.stat().st_size for file in EMBEDDED_FOLDER.iterdir()]
    assert max(sizes) < 10e6 and sum(sizes) < 32e6
    assert all(file.stat().st_size < 10e6 for folder in shipped() for file in folder.iterdir())


def test_easy_sentences_are_translated_correctly_with_rank_16(translator):
    texts = translator.compare(list(EASY), [find_adapter("mini-r16")])[1].texts
    right = [word in text.lower() for word, text in zip(EASY.values(), texts, strict=True)]
    assert all(right), texts


def test_the_shipped_adapters_fit_and_name_the_commands_that_made_them():
    base = find_base("mini")
    assert [folder.name for folder in shipped()] == [*RANKS, *DOMAINS]
    for folder in shipped():
        report, manifest = inspect_adapter(folder, base), read_json(folder / "manifest.json")
        assert report["fits"] and all(layer["relative_norm"] > 0 for layer in report["layers"])
        assert manifest["base"]["sha256"] == fingerprint(base)
        assert TrainConfig.from_json(manifest["config"]).rank == report["rank"]
        assert f"--name {folder.name}" in manifest["command"]


def test_the_shipped_adapters_distinguish_everyday_sentences_from_others():
    for name in RANKS:
        words = TrainingWords.read(find_adapter(name))
        everyday, recipes = (
            [words.is_outside(text) for text in load_set(f"builtin:{name}").sources]
            for name in ("everyday", "recipes")
        )
        assert sum(everyday) < 0.05 * len(everyday) and sum(recipes) > 0.25 * len(recipes)


def test_a_higher_rank_translates_everyday_sentences_better(chrf_of):
    scores = list(chrf_of("builtin:everyday", RANKS).values())
    assert scores == sorted(scores)
    assert scores[1] > scores[0] + 10


@pytest.mark.parametrize("name", DOMAINS)
def test_a_domain_adapter_learns_its_domain_and_forgets_little(chrf_of, name):
    domain = chrf_of(DOMAINS[name], ["mini-r8", name])
    everyday = chrf_of("builtin:everyday", ["mini-r8", name])
    assert domain[name] > domain["mini-r8"] + 15
    assert everyday[name] > everyday["mini-r8"] - 2


@pytest.mark.parametrize("name", DOMAINS)
def test_the_card_of_a_domain_adapter_names_every_command(name):
    manifest = read_json(find_adapter(name) / "manifest.json")
    commands = manifest["parent"]["commands"]
    assert commands[0] == read_json(find_adapter("mini-r8") / "manifest.json")["command"]
    card = (find_adapter(name) / "README.md").read_text(encoding="utf-8")
    assert all(command in card for command in [*commands, manifest["command"]])


def test_the_first_comparison_of_the_page_is_what_the_model_says(translator):
    """After a change of base or adapters: python -m lora_demo.service.first_comparison"""
    document = read_json(FILE)
    assert document == make_document(find_base("mini"), translator)
    assert [column["adapter"] for column in document["columns"]] == [None, *RANKS]


def test_each_rank_translates_the_first_example_better():
    _sentence, reference = EXAMPLES[0]
    texts = [column["texts"][0] for column in read_json(FILE)["columns"]]
    scores = [CHRF().sentence_score(text, [reference]).score for text in texts]
    assert scores == sorted(set(scores))


def test_the_cards_report_the_scores_of_their_manifests():
    for folder in shipped():
        found = read_json(folder / "manifest.json")["evaluations"]
        (general,) = [entry for entry in found if entry["data"]["source"] == "test.jsonl"]
        assert general["trained_on"] == 0
        assert general["against_base"]["bleu_p"] < 0.01
        score = general["scores"]["bleu"]["score"]
        assert score > general["base_scores"]["bleu"]["score"] + 8
        assert f"| {score:.2f} |" in (folder / "README.md").read_text(encoding="utf-8")


def test_base_and_adapters_translate_in_one_batch_as_each_does_alone(translator):
    texts = ["Den Teig ruhen lassen.", "Ich habe keine Zeit."]
    together = translator.compare(texts, shipped())
    assert together[0].texts == translator.compare(texts)[0].texts
    for i, folder in enumerate(shipped(), 1):
        assert together[i].texts == translator.compare(texts, [folder])[1].texts
    for k, column in enumerate(together):
        (alone,) = translator.compare(texts, shipped(), only=k)
        assert (alone.name, alone.adapter, alone.texts) == (
            column.name,
            column.adapter,
            column.texts,
        )


def test_transformers_and_peft_give_the_same_translations(translator):
    peft, torch, transformers = (
        pytest.importorskip(name) for name in ("peft", "torch", "transformers")
    )
    texts = [*EASY, "Am Nachmittag kräftige Gewitter im Süden."]
    tokenizer = transformers.AutoTokenizer.from_pretrained(EMBEDDED_FOLDER)
    inputs = tokenizer(
        [PREFIX + text for text in texts],
        return_tensors="pt",
        padding=True,
        return_token_type_ids=False,
    )

    def fresh():
        return transformers.T5ForConditionalGeneration.from_pretrained(
            EMBEDDED_FOLDER, dtype=torch.float32
        )

    for beams in (1, 4):
        columns = translator.compare(texts, shipped()[1:2], num_beams=beams, max_new_tokens=48)
        for column, model in zip(
            columns, (fresh(), peft.PeftModel.from_pretrained(fresh(), shipped()[1])), strict=False
        ):
            ids = model.eval().generate(**inputs, max_new_tokens=48, num_beams=beams)
            assert column.texts == tokenizer.batch_decode(ids, skip_special_tokens=True)
