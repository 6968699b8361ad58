"""What the Train tab can do, as functions for `gradio_client` and MCP clients."""

import gradio as gr

from lora_demo.checks import check_whole
from lora_demo.service import jobs
from lora_demo.service.data_sources import UPLOAD_PREFIX, parse_source
from lora_demo.service.jobs import HERE
from lora_demo.service.run_history import summary
from lora_demo.service.studio import Studio, latest, status_json
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.request import TrainRequest
from lora_demo.web.events import HUB, in_turn
from lora_demo.web.sign_in import expiry_of, token_of
from lora_demo.web.validation import for_clients


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; those that train or take files with the visibility `acting`."""
    gr.api(
        for_clients(_train_start(studio)),
        api_name="train_start",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(for_clients(_train_machines(studio)), api_name="train_machines", **HUB)
    gr.api(for_clients(_train_status(studio)), api_name="train_status", concurrency_limit=None)
    gr.api(
        for_clients(_train_stop(studio)),
        api_name="train_stop",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(
        in_turn(studio.work_queue, for_clients(_train_preview(studio))),
        api_name="train_preview",
        concurrency_limit=None,
    )
    gr.api(
        for_clients(_train_resume(studio)),
        api_name="train_resume",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(for_clients(_train_runs(studio)), api_name="train_runs", concurrency_limit=None)
    gr.api(
        for_clients(_train_delete(studio)),
        api_name="train_delete",
        concurrency_limit=None,
        api_visibility=acting,
    )
    _files(studio, acting)


def _files(studio: Studio, acting: str):
    """The functions that take or give files: hidden widgets see to it that only uploaded files are read.

    MCP clients would give addresses of files, which Gradio fetches; so those that take files have the visibility `acting`.
    """
    with gr.Row(visible=False):
        visitor, result = gr.Textbox(label="visitor"), gr.JSON()
        pairs = gr.File(label="file")
        gr.Button().click(
            in_turn(studio.work_queue, for_clients(_train_upload(studio))),
            [pairs, visitor],
            result,
            api_name="train_upload",
            concurrency_limit=None,
            api_visibility=acting,
        )


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
        request = TrainRequest.from_mapping(
            dict(
                rank=", ".join(map(str, ranks)) or rank,
                alpha=alpha,
                targets=targets,
                learning_rate=learning_rate,
                batch_size=batch_size,
                unit=unit,
                length=length,
                dropout=dropout,
                patience=patience,
                seed=seed,
                name=name,
                warmup=warmup,
                decay=decay,
                weight_decay=weight_decay,
                label_smoothing=label_smoothing,
                clip=clip,
                accumulation=accumulation,
                eval_every=eval_every,
                max_length=max_length,
                max_pairs=max_pairs,
                use_rslora=use_rslora,
                watch=watch,
                precision=precision,
            )
        )
        source = _source(studio, data, visitor)
        if on == HERE:
            return status_json(studio, studio.train(request, source, visitor)[0])
        return status_json(
            studio,
            jobs.start(
                studio,
                request,
                source,
                visitor,
                jobs.Offer(flavor, dollars, hours),
                on,
                token_of(signed_in),
                token,
                expiry_of(signed_in),
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
    return parse_source(data, visitor_folder(studio.root, visitor))


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
            check_whole("batch_size", batch_size, 1, 4096),
            check_whole("max_length", max_length, 8, 480),
        )
        request = TrainRequest.from_mapping(
            dict(
                rank=rank,
                alpha=0.0,
                targets=targets,
                batch_size=batch_size,
                max_length=max_length,
                unit=unit,
                length=length,
            )
        )
        (config,) = studio.configs(request, source)
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


def _train_upload(studio: Studio):
    def train_upload(file: str, visitor: str) -> dict:
        """Checks a .tsv, .csv or .jsonl file of German-English pairs and keeps it; give `data` of the answer to `train_start`."""
        name, pairs = studio.uploads.keep(file, visitor)
        return {
            "data": UPLOAD_PREFIX + name,
            "pairs": len(pairs),
            "first": [{"de": de, "en": en} for de, en in pairs[:5]],
        }

    return train_upload
