"""The embedded base and the shipped adapters work end to end."""

import pytest
from sacrebleu import CHRF

from lora_demo.checkpoints.adapter_files import shipped
from lora_demo.checkpoints.base import EMBEDDED_FOLDER, find_base, fingerprint
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.data.encoding import PREFIX
from lora_demo.data.sources import load_dataset
from lora_demo.evaluation.sets import load_set
from lora_demo.files import read_json
from lora_demo.training.config import TrainConfig
from lora_demo.translator import Translator

EASY = {
    "Guten Morgen!": "good morning",
    "Ich habe Hunger.": "hungry",
    "Wo ist mein Buch?": "my book",
    "Er ist mein Freund.": "my friend",
}


@pytest.fixture(scope="module")
def translator():
    return Translator(find_base("mini"))


def test_files_are_small_enough_for_a_space():
    sizes = [file.stat().st_size for file in EMBEDDED_FOLDER.iterdir()]
    assert max(sizes) < 10e6 and sum(sizes) < 20e6
    assert all(file.stat().st_size < 10e6 for folder in shipped() for file in folder.iterdir())


def test_easy_sentences_are_translated_correctly(translator):
    texts = translator.compare(list(EASY))[0].texts
    right = [word in text.lower() for word, text in zip(EASY.values(), texts, strict=False)]
    assert all(right), texts


def test_the_shipped_adapters_fit_and_name_the_commands_that_made_them():
    base = find_base("mini")
    assert [folder.name for folder in shipped()] == [
        "mini-r4",
        "mini-r8",
        "mini-r16",
        "mini-recipes-r8",
    ]
    for folder in shipped():
        report, manifest = inspect_adapter(folder, base), read_json(folder / "manifest.json")
        assert report["fits"] and all(layer["relative_norm"] > 0 for layer in report["layers"])
        assert manifest["base"]["sha256"] == fingerprint(base)
        assert TrainConfig.from_json(manifest["config"]).rank == report["rank"] and manifest[
            "command"
        ].endswith(f"--name {folder.name}")
        assert manifest["data"]["sha256"] == load_dataset(manifest["data"]["source"]).sha256


def test_the_shipped_adapters_improve_on_held_out_pairs_of_their_data(translator):
    for folder in shipped():
        pairs = load_dataset(read_json(folder / "manifest.json")["data"]["source"]).eval[::8]
        base, tuned = (
            CHRF().corpus_score(column.texts, [[en for _, en in pairs]]).score
            for column in translator.compare([de for de, _ in pairs], [folder])
        )
        assert tuned > base + 15


def test_the_cards_of_shipped_adapters_report_scores_of_the_present_test_set():
    for folder in shipped():
        manifest = read_json(folder / "manifest.json")
        (found,) = manifest["evaluations"]
        assert (
            found["data"]["source"] == manifest["data"]["source"]
            and found["data"]["sha256"] == load_set(found["data"]["source"]).sha256
        )
        assert (
            found["trained_on"] == 0
            and found["scores"]["bleu"]["score"] > found["base_scores"]["bleu"]["score"] + 15
            and found["against_base"]["bleu_p"] < 0.01
        )
        assert f"| {found['scores']['bleu']['score']:.2f} |" in (folder / "README.md").read_text()


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
