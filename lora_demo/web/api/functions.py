"""What the page can do, as functions for `gradio_client` and MCP clients: plain values in, plain values out."""

import gradio as gr

from lora_demo.evaluation.scores import sentence_scores
from lora_demo.service import jobs
from lora_demo.service.adapter_library import choose
from lora_demo.service.archives import pack
from lora_demo.service.comparison import USUAL_TOKENS, references, whole
from lora_demo.service.jobs import HERE
from lora_demo.service.parameter_counts import as_json, count_all, parse_ranks, with_memory
from lora_demo.service.presets import Settings
from lora_demo.service.run_history import summary
from lora_demo.service.sharing import hub_token, preview, pull, push
from lora_demo.service.studio import Studio, latest, status_json
from lora_demo.service.visitors import UPLOAD, named_source, visitor_folder
from lora_demo.web.handlers import HUB, ends_at, in_turn, served, token_of
from lora_demo.web.views.gallery import base_name


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; those that train, push or take files with the visibility `acting`."""
    gr.api(
        in_turn(studio.at_model, served(_compare(studio))),
        api_name="compare",
        concurrency_limit=None,
    )
    gr.api(
        in_turn(studio.at_hub, served(_parameters(studio))),
        api_name="parameters",
        concurrency_limit=None,
    )
    gr.api(served(_adapters(studio)), api_name="adapters", concurrency_limit=None)
    gr.api(
        in_turn(studio.at_work, served(_adapter_inspect(studio))),
        api_name="adapter_inspect",
        concurrency_limit=None,
    )
    gr.api(served(_adapter_rename(studio)), api_name="adapter_rename", concurrency_limit=None)
    gr.api(
        in_turn(studio.at_work, served(_adapter_reduce(studio))),
        api_name="adapter_reduce",
        concurrency_limit=None,
    )
    gr.api(served(_adapter_delete(studio)), api_name="adapter_delete", concurrency_limit=None)
    gr.api(
        served(_train_start(studio)),
        api_name="train_start",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(served(_train_machines(studio)), api_name="train_machines", **HUB)
    gr.api(served(_train_status(studio)), api_name="train_status", concurrency_limit=None)
    gr.api(
        served(_train_stop(studio)),
        api_name="train_stop",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(
        in_turn(studio.at_work, served(_train_preview(studio))),
        api_name="train_preview",
        concurrency_limit=None,
    )
    gr.api(
        served(_train_resume(studio)),
        api_name="train_resume",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(served(_train_runs(studio)), api_name="train_runs", concurrency_limit=None)
    gr.api(
        served(_train_delete(studio)),
        api_name="train_delete",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(
        in_turn(studio.at_hub, served(_adapter_pull(studio))),
        api_name="adapter_pull",
        concurrency_limit=None,
    )
    gr.api(
        in_turn(studio.at_hub, served(_adapter_push(studio))),
        api_name="adapter_push",
        concurrency_limit=None,
        api_visibility=acting,
    )
    _files(studio, acting)


def _files(studio: Studio, acting: str):
    """The functions that take or give files: hidden widgets see to it that only uploaded files are read.

    MCP clients would give addresses of files, which Gradio fetches; so those that take files have the visibility `acting`.
    """
    with gr.Row(visible=False):
        visitor, name, result = gr.Textbox(label="visitor"), gr.Textbox(label="adapter"), gr.JSON()
        files, pairs, archive = (
            gr.File(file_count="multiple", label="files"),
            gr.File(label="file"),
            gr.File(),
        )
        gr.Button().click(
            in_turn(studio.at_work, served(_adapter_upload(studio))),
            [files, visitor],
            result,
            api_name="adapter_upload",
            concurrency_limit=None,
            api_visibility=acting,
        )
        gr.Button().click(
            in_turn(studio.at_work, served(_adapter_download(studio))),
            [name, visitor],
            archive,
            api_name="adapter_download",
            concurrency_limit=None,
        )
        gr.Button().click(
            in_turn(studio.at_merge, served(_adapter_merge(studio))),
            [name, visitor],
            archive,
            api_name="adapter_merge",
            concurrency_limit=None,
        )
        gr.Button().click(
            in_turn(studio.at_work, served(_train_upload(studio))),
            [pairs, visitor],
            result,
            api_name="train_upload",
            concurrency_limit=None,
            api_visibility=acting,
        )


def _compare(studio: Studio):
    def compare(
        text: str,
        adapters: list[str] = [],
        beams: int = 1,
        visitor: str = "",
        strengths: list[float] = [],
        most_tokens: int = USUAL_TOKENS,
        reference: str = "",
    ) -> dict:
        """Translates German to English with the base model and with LoRA adapters, side by side.

        Args:
            text: German, one sentence a line.
            adapters: ids as the function `adapters` gives them, at most six; the base is always there.
            beams: 1 (greedy) to 8.
            visitor: your secret key, if adapters of your own are among them.
            strengths: of each adapter, 0 (the base) to 2; as trained, 1, if left out.
            most_tokens: of one translation, 1 to 256.
            reference: a known translation of each line; each output then gets its sentence-level chrF2 and BLEU.
        """
        answer = studio.compare(
            text, adapters, visitor, strengths=strengths, beams=beams, most_tokens=most_tokens
        )
        document, lines = (
            {"base": base_name(studio.base)} | answer.to_json(),
            references(reference, len(answer.texts)),
        )
        for column in document["columns"] if lines else ():
            column["sentence_scores"] = {
                name: {"scores": scores, "signature": signature}
                for name, (scores, signature) in sentence_scores(column["texts"], lines).items()
            }
        return document

    return compare


def _parameters(studio: Studio):
    def parameters(
        base: str = "google/flan-t5-base", targets: str = "q,v", ranks: list[int] = [4, 8, 16]
    ) -> dict:
        """Counts exactly how many parameters LoRA adapters of some ranks train, and about how much memory that takes, beside a full fine-tune.

        Args:
            base: `mini`, `google/flan-t5-small|base|large|xl|xxl` or another T5 on the Hub.
            targets: `q,v`, `attention`, `all-linear`, or T5's names with commas between them.
            ranks: whole numbers.
        """
        config, counts = count_all(studio.geometry(base), targets, parse_ranks(ranks))
        return with_memory(as_json(base, config, counts), config, counts)

    return parameters


def _adapters(studio: Studio):
    def adapters(visitor: str = "") -> list[dict]:
        """Lists the adapters that can be used: shipped ones, and your own if you give your key.

        Args:
            visitor: your secret key.
        """
        return [
            {
                "id": e.id,
                "name": e.name,
                "origin": e.origin,
                "rank": e.rank,
                "alpha": e.alpha,
                "targets": list(e.targets),
                "base": e.base,
                "bytes": e.bytes,
                "data": e.data,
                "scores": e.manifest.get("scores"),
            }
            for e in studio.adapters(visitor).values()
        ]

    return adapters


def _adapter_inspect(studio: Studio):
    def adapter_inspect(adapter: str, visitor: str = "") -> dict:
        """Tells what an adapter is, how far it moves each matrix (||sBA|| / ||W||), and what lower ranks would lose of it.

        Args:
            adapter: its id; visitor: your secret key, if it is your own.
        """
        (entry,) = choose(studio.adapters(visitor), [adapter])
        lower = [
            {"rank": loss.rank, "frobenius_lost": loss.lost, "frobenius_whole": loss.whole}
            for loss in studio.losses(entry)
        ]
        return studio.details(entry) | {
            "adapter": entry.id,
            "name": entry.name,
            "base": base_name(entry.base),
            "reductions": lower,
        }

    return adapter_inspect


def _adapter_rename(studio: Studio):
    def adapter_rename(adapter: str, name: str, visitor: str) -> dict:
        """Gives an adapter of your own another name; its id stays.

        Args:
            adapter: its id; name: 1 to 40 letters, digits, spaces and .,()+-; visitor: your secret key.
        """
        studio.rename_adapter(adapter, name, visitor)
        return {"id": adapter, "name": studio.adapters(visitor)[adapter].name}

    return adapter_rename


def _adapter_reduce(studio: Studio):
    def adapter_reduce(adapter: str, rank: int, visitor: str) -> dict:
        """Makes an adapter of lower rank by truncated SVD and keeps it under your key; the original stays.

        Args:
            adapter: id of the original; rank: the new one; visitor: your secret key.
        """
        id, loss = studio.reduce_adapter(adapter, rank, visitor)
        return {
            "id": id,
            "rank": loss.rank,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        }

    return adapter_reduce


def _adapter_delete(studio: Studio):
    def adapter_delete(adapter: str, visitor: str) -> dict:
        """Deletes an adapter of your own; one that a run made goes with its run.

        Args:
            adapter: its id; visitor: your secret key.
        """
        studio.delete_adapter(adapter, visitor)
        return {"deleted": adapter}

    return adapter_delete


def _adapter_pull(studio: Studio):
    def adapter_pull(id: str, visitor: str, signed_in: gr.OAuthToken | None = None) -> dict:
        """Fetches a PEFT LoRA adapter from the Hugging Face Hub and keeps it under your key, if it fits the base of this page.

        Args:
            id: `user/name` or `user/name@revision`.
            visitor: your secret key.
        """
        made, pulled = pull(studio, id, visitor, token_of(signed_in))
        return {
            "id": made,
            "repo": pulled.repo,
            "commit": pulled.commit,
            "base": pulled.base,
            "rank": pulled.rank,
            "note": pulled.note,
        }

    return adapter_pull


def _adapter_push(studio: Studio):
    def adapter_push(
        adapter: str,
        repo: str,
        visitor: str = "",
        private: bool = False,
        overwrite: bool = False,
        with_base: bool = True,
        dry_run: bool = False,
        token: str = "",
        signed_in: gr.OAuthToken | None = None,
    ) -> dict:
        """Pushes an adapter to the Hugging Face Hub in one commit: PEFT's files, manifest and model card.

        Args:
            adapter: its id; repo: `user/name`; visitor: your secret key, if it is your own adapter.
            private: make a new repository private; overwrite: also write to one that lora_demo has not made.
            with_base: send the base along if it is nowhere on the Hub.
            dry_run: only tell the files and the card, and send nothing.
            token: used once and forgotten; on a Space, where you sign in, leave it out.
        """
        if dry_run:
            parcel = preview(studio, adapter, repo, visitor, with_base)
            return {"repo": parcel.repo, "files": parcel.sizes, "card": parcel.card}
        account = hub_token(studio.account, token_of(signed_in), token)
        return vars(
            push(
                studio,
                adapter,
                repo,
                visitor,
                account,
                private=private,
                overwrite=overwrite,
                with_base=with_base,
            )
        )

    return adapter_push


def _train_start(studio: Studio):
    def train_start(
        visitor: str,
        data: str = "builtin",
        rank: int = 8,
        alpha: float = 16.0,
        targets: str = "q,v",
        learning_rate: float = 2e-3,
        batch_size: int = 16,
        unit: str = "minutes",
        length: float = 1.0,
        dropout: float = 0.0,
        patience: int = 0,
        seed: int = 0,
        name: str = "",
        warmup: float = 0.06,
        decay: str = "linear",
        weight_decay: float = 0.0,
        label_smoothing: float = 0.0,
        clip: float = 1.0,
        accumulation: int = 1,
        eval_every: int = 0,
        max_length: int = 128,
        max_pairs: int = 0,
        use_rslora: bool = False,
        watch: str = "",
        precision: str = "auto",
        ranks: list[int] = [],
        on: str = HERE,
        flavor: str = "",
        dollars: float = 0.0,
        hours: float = 1.0,
        token: str = "",
        signed_in: gr.OAuthToken | None = None,
    ) -> dict:
        """Starts to train a LoRA adapter, or puts the run in line; follow it with `train_status`.

        Args:
            visitor: a text of 16 characters or more that only you know; your runs are kept under it.
            data: `builtin`, `builtin:weather`, `builtin:recipes`, what `train_upload` returned, or a Hub data set as `owner/name:config:split`.
            rank: of the adapter; alpha: scale times rank, 0 for twice the rank; targets: `q,v`, `attention`, `all-linear` or names.
            learning_rate: at its highest; batch_size: pairs a step.
            unit: `minutes`, `epochs` or `steps`; length: how many of them.
            dropout: on the adapter's input; patience: evaluations without a gain before it stops, 0 for never.
            seed: of everything random; name: of the adapter.
            warmup: share of the steps; decay: `linear`, `cosine` or `constant`; weight_decay, label_smoothing, clip: of the optimizer.
            accumulation: batches an update; eval_every: steps between evaluations, 0 for ten of them in the run.
            max_length: tokens of a sentence; max_pairs: 0 for all; use_rslora: scale by 1/sqrt(rank).
            watch: `builtin:everyday` and the like, a set whose chrF is followed, too; precision: `auto`, `float32` or `bfloat16`.
            ranks: several, for a sweep of one run each, after equally many steps; they take the place of `rank`.
            on: `here`, or `hf-jobs` for a machine of Hugging Face Jobs, `flavor`, which is paid by the hour from your account.
            dollars: the price an hour that you agree to, as `train_machines` tells it; hours: when the Job is ended at the latest.
            token: for the Job and whoever follows it, kept nowhere else; on a Space, where you sign in, leave it out.
        """
        settings = Settings(
            ", ".join(map(str, ranks)) or rank, alpha, targets, learning_rate, batch_size, unit, length, dropout, patience, seed, name, warmup,
            decay, weight_decay, label_smoothing, clip, accumulation, eval_every, max_length, max_pairs, use_rslora, watch, precision,
        )  # fmt: skip
        source = _source(studio, data, visitor)
        if on == HERE:
            return status_json(studio, studio.train(settings, source, visitor)[0])
        return status_json(
            studio,
            jobs.start(
                studio,
                settings,
                source,
                visitor,
                jobs.Offer(flavor, dollars, hours),
                on,
                token_of(signed_in),
                token,
                ends_at(signed_in),
            ),
        )

    return train_start


def _train_machines(studio: Studio):
    def train_machines(signed_in: gr.OAuthToken | None = None) -> list[dict]:
        """Lists the machines of Hugging Face Jobs, with what an hour costs."""
        return [
            {"flavor": f.name, "title": f.title, "accelerator": f.accelerator, "dollars": f.dollars}
            for f in jobs.offers(studio, token_of(signed_in))
        ]

    return train_machines


def _source(studio: Studio, data: str, visitor: str) -> str:
    """What a client calls data, as `TrainConfig.data`."""
    return named_source(data, visitor_folder(studio.root, visitor))


def _train_preview(studio: Studio):
    def train_preview(
        visitor: str,
        data: str = "builtin",
        batch_size: int = 16,
        max_length: int = 128,
        rank: int = 8,
        targets: str = "q,v",
        unit: str = "minutes",
        length: float = 1.0,
    ) -> dict:
        """Looks into pairs before training on them: how many, how long, what is cut or padded, what looks wrong, and how long a run takes.

        Args:
            visitor: your secret key; data: as for `train_start`.
            batch_size: pairs a step; max_length: tokens of a sentence.
            rank, targets, unit, length: as for `train_start`, for the estimate, which is null before the first run on this machine.
        """
        source = _source(studio, data, visitor)
        look = studio.preview(
            source,
            whole("batch_size", batch_size, 1, 4096),
            whole("max_length", max_length, 8, 480),
        )
        (config,) = studio.configs(
            Settings(
                rank,
                0.0,
                targets,
                batch_size=batch_size,
                max_length=max_length,
                unit=unit,
                length=length,
            ),
            source,
        )
        known = studio.estimate(config)
        estimate = (
            {
                name: getattr(known, name)
                for name in ("seconds", "steps", "step_seconds", "peak_bytes")
            }
            if known
            else None
        )
        counts = {
            name: getattr(look, name)
            for name in ("train", "eval", "test", "doubles", "looked_at", "cut", "padding")
        }
        examples = {
            name: [{"de": de, "en": en} for de, en in getattr(look, name)[:10]]
            for name in ("first", "swapped", "untranslated")
        }
        suspicious = {
            "swapped_count": len(look.swapped),
            "untranslated_count": len(look.untranslated),
        }
        return (
            counts
            | examples
            | suspicious
            | {
                "estimate": estimate,
                "histogram": [{"from": a, "to": b, "pairs": n} for a, b, n in look.histogram],
            }
        )

    return train_preview


def _train_status(studio: Studio):
    def train_status(visitor: str, run: str = "", after: int = 0) -> dict:
        """Tells how a run goes: its state, its place in line, its events, and the adapter once it is there.

        Args:
            visitor: your secret key.
            run: its id; empty for the one that trains, or waits, or is the newest.
            after: leave out so many events that you know already.
        """
        return status_json(studio, latest(studio, visitor, run), int(after))

    return train_status


def _train_stop(studio: Studio):
    def train_stop(visitor: str, run: str = "") -> dict:
        """Stops a run after its present step and keeps the best so far; or leaves the line.

        Args:
            visitor: your secret key.
            run: its id; empty for the one that trains, or waits.
        """
        found = latest(studio, visitor, run)
        studio.stop(found.id if found else run, visitor)
        return status_json(studio, found if found and found.folder.is_dir() else None)

    return train_stop


def _train_resume(studio: Studio):
    def train_resume(
        visitor: str, run: str, token: str = "", signed_in: gr.OAuthToken | None = None
    ) -> dict:
        """Goes on with a stopped or interrupted run from its last checkpoint, or puts it in line; follows one on Jobs further.

        Args:
            visitor: your secret key; run: its id; token: for one on Jobs, as for `train_start`.
        """
        return status_json(studio, jobs.resume(studio, run, visitor, token_of(signed_in), token))

    return train_resume


def _train_runs(studio: Studio):
    def train_runs(visitor: str) -> list[dict]:
        """Lists your runs, the newest first: settings, command, scores and curve of each.

        Args:
            visitor: your secret key.
        """
        return [summary(run, studio.is_at_home) for run in studio.runs(visitor)]

    return train_runs


def _train_delete(studio: Studio):
    def train_delete(visitor: str, run: str) -> dict:
        """Removes a run that is not going on, with its adapter.

        Args:
            visitor: your secret key; run: its id.
        """
        studio.delete_run(run, visitor)
        return {"deleted": run}

    return train_delete


def _adapter_upload(studio: Studio):
    def adapter_upload(files: list[str], visitor: str) -> dict:
        """Checks a PEFT LoRA adapter (a zip, or its two files) and keeps it under your key; returns its id."""
        return {"id": studio.keep_adapter(files or [], visitor)}

    return adapter_upload


def _adapter_download(studio: Studio):
    def adapter_download(adapter: str, visitor: str) -> str:
        """Packs an adapter as a zip that PEFT loads once it is unpacked."""
        (entry,) = choose(studio.adapters(visitor), [adapter])
        return str(pack(entry.folder, entry.name))

    return adapter_download


def _adapter_merge(studio: Studio):
    def adapter_merge(adapter: str, visitor: str) -> str:
        """Folds an adapter into the base; gives a zip of a full checkpoint that transformers loads without PEFT."""
        return str(studio.merge_adapter(adapter, visitor))

    return adapter_merge


def _train_upload(studio: Studio):
    def train_upload(file: str, visitor: str) -> dict:
        """Checks a .tsv, .csv or .jsonl file of German-English pairs and keeps it; give `data` of the answer to `train_start`."""
        name, pairs = studio.keep_pairs(file, visitor)
        return {
            "data": UPLOAD + name,
            "pairs": len(pairs),
            "first": [{"de": de, "en": en} for de, en in pairs[:5]],
        }

    return train_upload
