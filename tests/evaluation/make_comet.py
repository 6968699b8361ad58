"""Make a tiny random COMET model, and score some translations with it.

A Python that has COMET runs this: `python make_comet.py FOLDER`, with rows as JSON on standard
input. FOLDER gets `tiny`, as `comet.download_model` leaves a model, its encoder, and `harmful`, the
same model with a checkpoint that creates the folder `harm` when it is unpickled.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import pytorch_lightning
import torch
import yaml
from comet import load_from_checkpoint
from comet.models import RegressionMetric
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import XLMRobertaConfig, XLMRobertaModel, XLMRobertaTokenizerFast

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


class Harm:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return (os.mkdir, (str(self.file),))


def make_encoder(folder: Path, texts) -> None:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(
        texts, trainers.UnigramTrainer(vocab_size=300, special_tokens=SPECIAL, unk_token="<unk>")
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    XLMRobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
        type_vocab_size=1,
    )
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def make_model(folder: Path, encoder: Path) -> None:
    model = RegressionMetric(
        pretrained_model=str(encoder),
        hidden_sizes=[16],
        layer_transformation="sparsemax",
        layer_norm=False,
    )
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "hparams.yaml").write_text(yaml.dump(dict(model.hparams)))
    trainer = pytorch_lightning.Trainer(accelerator="cpu", logger=False)
    trainer.strategy.connect(model)
    trainer.save_checkpoint(folder / "checkpoints" / "model.ckpt")


def make_harmful(folder: Path, model: Path) -> None:
    shutil.copytree(model, folder)
    file = folder / "checkpoints" / "model.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    torch.save(checkpoint | {"harm": Harm(folder.parent / "harm")}, file)


def main() -> None:
    folder, rows = Path(sys.argv[1]), json.load(sys.stdin)
    torch.manual_seed(0)
    make_encoder(folder / "encoder", [text for row in rows for text in row.values()])
    make_model(folder / "tiny", folder / "encoder")
    make_harmful(folder / "harmful", folder / "tiny")
    model = load_from_checkpoint(folder / "tiny" / "checkpoints" / "model.ckpt")
    output = model.predict(rows, batch_size=1, gpus=0, progress_bar=False)
    (folder / "scores.json").write_text(json.dumps(output["scores"]))


if __name__ == "__main__":
    main()
