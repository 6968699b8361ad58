"""Trains the embedded base from nothing: `python -m lora_demo.training.pretrain --pairs FILE --output FOLDER`.

Makes its own Unigram tokenizer, holds out pairs by connected components, trains a T5 v1.1 in both directions under
T5's prefixes, scores the held-out pairs with sacreBLEU and writes a Hugging Face checkpoint in float16. Run again with
the same output folder it goes on from its last checkpoint.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lora_demo.arguments import Parser
from lora_demo.data.cleaning import clean
from lora_demo.data.encoding import PREFIX, Example, encode_pairs
from lora_demo.data.packing import Shape
from lora_demo.data.pairs import read_file
from lora_demo.data.splits import split_components
from lora_demo.training.batches import Batches, make_batch

REVERSE_PREFIX = "translate English to German: "
PREFIX_ROOM = 8  # sources are this much wider than targets, since they carry the prefix
LONGEST = 96  # tokens of a source or target
SPECIAL = 3  # pad, end and unknown come first
RARE = 20  # a piece that is met less often is hardly learned
RARE_SHARE = 0.7  # of the usual embedding's norm
ALPHABET = "0123456789.,:;!?%°€$&/()[]+-–—…'\"„“”‚‘’«»§@#*=_ÄÖÜäöüßéèàâêçñ"


def main(argv=None):
    """Trains, or goes on; pairs and sizes that cannot be are refused in one line, with status 2."""
    commands = parser()
    options = commands.parse_args(argv)
    try:
        run = Pretraining(options)
    except (ValueError, OSError) as error:
        commands.error(str(error))
    run.train()


def parser() -> Parser:
    made = Parser(prog="python -m lora_demo.training.pretrain", description=__doc__.split("\n")[0])
    add = made.add_argument
    add(
        "--pairs",
        required=True,
        help="German-English pairs: .tsv/.csv/.jsonl, or a .txt of English<TAB>German lines",
    )
    add("--output", required=True, help="folder of the checkpoint, its logs and the exported model")
    add(
        "--steps",
        type=count,
        default=12_000,
        help="batches; the learning rate falls linearly to zero over them",
    )
    add("--vocab", type=count, default=6000)
    add("--d-model", type=count, default=256)
    add("--d-kv", type=count, default=32)
    add("--heads", type=count, default=8)
    add("--d-ff", type=count, default=768)
    add("--layers", type=count, default=4, help="blocks of the encoder")
    add("--decoder-layers", type=count, default=3)
    add("--batch-tokens", type=count, default=1536, help="padded target tokens of a batch")
    add("--learning-rate", type=float, default=2e-3)
    add("--warmup", type=count, default=300, help="steps")
    add(
        "--short-steps",
        type=int,
        default=1500,
        help="steps on the shortest sentences before all come",
    )
    add("--reverse-share", type=float, default=0.2, help="share of batches from English to German")
    add(
        "--joined-share",
        type=float,
        default=0.1,
        help="joined sentences (passages) for each single one, so that longer inputs are known too",
    )
    add("--label-smoothing", type=float, default=0.1)
    add("--dropout", type=float, default=0.0)
    add(
        "--held-out",
        type=count,
        default=2000,
        help="pairs: half for the evaluation while training, half for the final test",
    )
    add("--eval-minutes", type=float, default=10)
    add("--seed", type=int, default=1)
    return made


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """German-English pairs; a .txt has English first, as the manythings.org exports do."""
    if path.suffix != ".txt":
        return read_file(path)
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    pairs = ((clean(row[1]), clean(row[0])) for row in rows if len(row) >= 2)
    return list(dict.fromkeys(pair for pair in pairs if all(pair)))


def prepare(options, output: Path):
    """Splits the pairs and trains the tokenizer on the training part, once.

    Raises:
        ValueError: if too few pairs are there, or the vocabulary has no room for the alphabet.
    """
    train, held_out = split_components(
        read_pairs(Path(options.pairs)), options.held_out, options.seed
    )
    if len(held_out) < 2 or not train:
        raise ValueError(
            f"{options.pairs} has {len(train)} pairs to train on and {len(held_out)} to hold out; at least 1 and 2 are needed."
        )
    held_out = [held_out[i] for i in np.random.default_rng(options.seed).permutation(len(held_out))]
    folder = output / "tokenizer"
    if not (folder / "tokenizer.json").is_file():
        train_tokenizer([text for pair in train for text in pair], options.vocab, folder)
    return train, held_out, folder


def train_tokenizer(texts: list[str], vocab: int, folder: Path):
    """A Unigram tokenizer (Kudo 2018, https://arxiv.org/abs/1804.10959) with T5's special ids; digits stand alone.

    SentencePiece finds the pieces, since the trainer of the tokenizers library drops frequent short words; the result
    is a `tokenizer.json` that needs SentencePiece no more.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\u200b", "")])
    texts = [normalizer.normalize_str(text) for text in [*texts, *[PREFIX, REVERSE_PREFIX] * 100]]
    tokenizer = Tokenizer(models.Unigram(_pieces(texts, vocab), unk_id=2))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(folder)


def _pieces(texts: list[str], vocab: int) -> list[tuple[str, float]]:
    """Pieces and their log-probabilities, pad, end and unknown first."""
    import io

    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    model = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            vocab_size=vocab,
            model_type="unigram",
            character_coverage=1.0,
            split_digits=True,
            required_chars=ALPHABET,
            normalization_rule_name="identity",
            pad_id=0,
            eos_id=1,
            unk_id=2,
            bos_id=-1,
            pad_piece="<pad>",
            minloglevel=2,
            hard_vocab_limit=False,
        )
    except RuntimeError as error:
        raise ValueError(f"--vocab {vocab}: {str(error).rpartition('] ')[2].strip()}") from None
    made = SentencePieceProcessor(model_proto=model.getvalue())
    return [
        (made.id_to_piece(i), made.get_score(i) if i > 2 else 0.0)
        for i in range(made.get_piece_size())
    ]


def join_pairs(pairs, count: int, seed: int) -> list[tuple[str, str]]:
    """`count` passages of two to five pairs drawn at random, since the pairs at hand are single short sentences."""
    random = np.random.default_rng(seed)
    drawn = (
        [pairs[i] for i in random.integers(len(pairs), size=random.integers(2, 6))]
        for _ in range(count)
    )
    return [
        (" ".join(de for de, _ in passage), " ".join(en for _, en in passage)) for passage in drawn
    ]


def both_directions(tokenizer, pairs):
    """Examples of German->English and of English->German; none is cut."""
    forward = encode_pairs(tokenizer, pairs, PREFIX, LONGEST + PREFIX_ROOM + 1)
    backward = encode_pairs(
        tokenizer, [(en, de) for de, en in pairs], REVERSE_PREFIX, LONGEST + PREFIX_ROOM + 1
    )
    return [[e for e in examples if _length(e) <= LONGEST] for examples in (forward, backward)]


def _length(example: Example) -> int:
    """The length of batch that it needs."""
    return max(len(example.source) - PREFIX_ROOM, len(example.target))


def plan_lengths(lengths: Sequence[int], count: int, multiple: int = 8) -> list[int]:
    """At most `count` lengths, multiples of `multiple`, that cover all and carry the least padding, by dynamic programming."""
    tops = sorted({-(-n // multiple) * multiple for n in lengths})
    rows = np.array(
        [sum(1 for n in lengths if -(-n // multiple) * multiple == top) for top in tops]
    )
    total = np.concatenate([[0], np.cumsum(rows)])
    best = {(0, 0): (0, [])}
    for used in range(1, count + 1):
        for end in range(1, len(tops) + 1):
            options = [
                (cost + tops[end - 1] * int(total[end] - total[start]), chosen + [tops[end - 1]])
                for start in range(end)
                if (found := best.get((used - 1, start))) is not None
                for cost, chosen in [found]
            ]
            if options:
                best[used, end] = min(options, key=lambda option: option[0])
    finals = [best[used, len(tops)] for used in range(1, count + 1) if (used, len(tops)) in best]
    return min(finals, key=lambda final: final[0])[1]


def _shape(rows: int, length: int) -> Shape:
    return Shape(rows, length + PREFIX_ROOM, length)


class LengthBatches:
    """Batches of about equal padded size: shorter sentences, more rows; drawn at random by a seed and the step."""

    def __init__(self, examples: list[Example], lengths: list[int], tokens: int, seed: int):
        self.lengths, self.seed = lengths, seed
        self.parts = []
        lower = 0
        for length in lengths:
            members = [e for e in examples if lower < _length(e) <= length]
            self.parts.append(
                Batches(
                    members,
                    [[i] for i in range(len(members))],
                    _shape(max(8, tokens // length // 8 * 8), length),
                    seed,
                )
            )
            lower = length
        sizes = np.array([part.per_epoch for part in self.parts])
        self.shares = sizes / sizes.sum()
        self.taken = np.zeros(len(self.parts), int)

    def next(self, step: int, short_only: bool):
        part = (
            0
            if short_only
            else int(
                np.random.default_rng([self.seed, step]).choice(len(self.parts), p=self.shares)
            )
        )
        self.taken[part] += 1
        return self.parts[part].batch(int(self.taken[part]) - 1)


class Pretraining:
    """One run; everything that a later run needs to go on is in `output/state.safetensors`."""

    def __init__(self, options):
        from lora_demo.checkpoints.tokenizer import Tokenizer
        from lora_demo.model.batch_decoder import Decoder
        from lora_demo.model.parameters import T5Config, total_parameters
        from lora_demo.model.t5 import T5, initialize
        from lora_demo.training.steps import Stepper

        self.options, self.output = options, Path(options.output)
        train, self.held_out, self.tokenizer_folder = prepare(options, self.output)
        self.half = len(self.held_out) // 2
        self.tokenizer = Tokenizer(self.tokenizer_folder)
        vocabulary = len(
            json.loads((self.tokenizer_folder / "tokenizer.json").read_text())["model"]["vocab"]
        )
        config = T5Config(
            vocabulary,
            options.d_model,
            options.d_kv,
            options.d_ff,
            options.layers,
            options.decoder_layers,
            options.heads,
            tie_word_embeddings=True,
            scale_decoder_outputs=True,
        )
        self.model = T5(config)
        initialize(self.model, options.seed)
        self.weights = self.model.parameters()
        self.stepper = Stepper(
            self.model,
            self.weights.values(),
            [],
            slot=None,
            label_smoothing=options.label_smoothing,
            dropout=options.dropout,
            beta_2=0.98,
        )
        self.decoder = Decoder(self.model)
        self.forward, backward = both_directions(
            self.tokenizer,
            train + join_pairs(train, int(options.joined_share * len(train)), options.seed),
        )
        lengths = plan_lengths([_length(e) for e in self.forward[::7] + backward[::7]], 4)
        self.directions = [
            LengthBatches(
                examples, sorted({*lengths, LONGEST}), options.batch_tokens, options.seed + i
            )
            for i, examples in enumerate((self.forward, backward))
        ]
        self.step, self.seconds = 0, 0.0
        self.restore()
        self.say(
            f"{total_parameters(config):,} parameters, vocabulary {vocabulary}, {len(train):,} pairs, held out {len(self.held_out):,}, lengths {lengths}, from step {self.step}"
        )

    def train(self):
        import tensorflow as tf

        self.log = tf.summary.create_file_writer(str(self.output / "tensorboard"))
        last_eval, losses = self.seconds, []
        while self.step < self.options.steps:
            began = time.monotonic()
            losses.append(self.one_step())
            self.seconds += time.monotonic() - began
            if self.step % 200 == 0:
                self.report(losses)
                losses = []
            if self.seconds - last_eval > 60 * self.options.eval_minutes:
                last_eval = self.seconds
                self.evaluate(self.held_out[: self.half][:400], "eval")
                self.save()
        self.save()
        self.part_rare_pieces()
        self.export(self.evaluate(self.held_out[self.half :], "test"))

    def part_rare_pieces(self):
        """Gives pieces that were hardly met a direction of their own.

        As targets that never come they are all pushed the same way and end as one vector, so that no adapter could tell
        a slash from a euro sign.
        """
        counts = np.bincount(
            np.concatenate(
                [ids for example in self.forward for ids in (example.source, example.target)]
            ),
            minlength=self.model.config.vocab_size,
        )
        embedding = self.weights["shared"].numpy()
        rare = SPECIAL + np.flatnonzero(counts[SPECIAL:] < RARE)
        size = np.linalg.norm(embedding[counts >= RARE], axis=1).mean()
        noise = np.random.default_rng(self.options.seed).standard_normal(
            (len(rare), embedding.shape[1])
        )
        embedding[rare] += RARE_SHARE * size * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        self.weights["shared"].assign(embedding)

    def one_step(self) -> float:
        o, random = self.options, np.random.default_rng([self.options.seed, self.step, 7])
        rate = o.learning_rate * min(1, (self.step + 1) / o.warmup, 1 - self.step / o.steps)
        direction = self.directions[int(random.random() < o.reverse_share)]
        batch = direction.next(self.step, self.step < o.short_steps)
        self.step += 1
        return self.stepper.step([batch], rate, self.step)

    def report(self, losses):
        import tensorflow as tf

        mean = float(np.mean(losses))
        self.say(f"step {self.step}  {self.seconds / 60:.1f} min  loss {mean:.3f}")
        with self.log.as_default(step=self.step):
            tf.summary.scalar("loss", mean)

    def evaluate(self, pairs, name: str) -> dict:
        """Loss and greedy BLEU and chrF from German to English."""
        import sacrebleu
        import tensorflow as tf

        examples = encode_pairs(self.tokenizer, pairs, PREFIX, LONGEST)
        loss = self.stepper.evaluate(
            [
                make_batch([[e] for e in examples[i : i + 32]], _shape(32, LONGEST))
                for i in range(0, len(examples), 32)
            ]
        )
        texts = self.tokenizer.decode(
            self.decoder.decode([e.source for e in examples], max_new_tokens=64)
        )
        references = [[en for _, en in pairs]]
        bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF()
        result = {
            "n": len(pairs),
            "loss": loss,
            "bleu": bleu.corpus_score(texts, references).score,
            "chrf": chrf.corpus_score(texts, references).score,
        }
        result |= {
            "bleu_signature": str(bleu.get_signature()),
            "chrf_signature": str(chrf.get_signature()),
        }
        self.say(
            f"{name}: "
            + ", ".join(
                f"{k} {v:.2f}" if isinstance(v, float) else f"{k} {v}" for k, v in result.items()
            )
        )
        for (de, en), text in list(zip(pairs, texts))[:8]:
            self.say(f"    {de} | {text} | {en}")
        with self.log.as_default(step=self.step):
            for key in ("loss", "bleu", "chrf"):
                tf.summary.scalar(f"{name}/{key}", result[key])
        return result

    def save(self):
        from lora_demo.checkpoints.tensors import write_tensors

        arrays = {f"weight/{path}": v.numpy() for path, v in self.weights.items()}
        arrays |= {
            f"optimizer/{i}": np.asarray(v.numpy()) for i, v in enumerate(self.stepper.state)
        }
        arrays |= {f"taken/{i}": d.taken for i, d in enumerate(self.directions)}
        write_tensors(
            self.output / "state.safetensors",
            arrays,
            {"step": str(self.step), "seconds": str(self.seconds)},
        )

    def restore(self):
        from safetensors import safe_open

        if not (path := self.output / "state.safetensors").is_file():
            return
        with safe_open(path, "numpy") as file:
            for name, variable in self.weights.items():
                variable.assign(file.get_tensor(f"weight/{name}"))
            for i, variable in enumerate(self.stepper.state):
                variable.assign(file.get_tensor(f"optimizer/{i}").reshape(variable.shape))
            for i, direction in enumerate(self.directions):
                direction.taken = file.get_tensor(f"taken/{i}")
            self.step, self.seconds = (
                int(file.metadata()["step"]),
                float(file.metadata()["seconds"]),
            )

    def export(self, scores: dict):
        """The model as a float16 Hugging Face checkpoint in shards under 10 MB, with its scores beside it."""
        from lora_demo.checkpoints.base import save_checkpoint
        from lora_demo.checkpoints.tensors import write_json

        weights = {path: v.numpy().astype("float16") for path, v in self.weights.items()}
        save_checkpoint(
            self.output / "model", self.model.config, weights, self.tokenizer_folder, 9_000_000
        )
        write_json(
            self.output / "model" / "training.json",
            {
                "options": vars(self.options)
                | {"pairs": Path(self.options.pairs).name, "output": "model"},
                "minutes": self.seconds / 60,
                "test": scores,
            },
        )

    def say(self, line: str):
        with open(self.output / "log.txt", "a", encoding="utf-8") as file:
            print(line, file=file)
        print(line, flush=True)


if __name__ == "__main__":
    main()
