"""The functions of the Train tab for `gradio_client` and MCP clients."""

from dataclasses import asdict
from typing import Any

import gradio as gr

from lora_demo.data.pairs import Pair
from lora_demo.data.preview import Preview
from lora_demo.model.checks import check_whole
from lora_demo.service.data_sources import UPLOAD_PREFIX, parse_source
from lora_demo.service.jobs import HERE, Offer
from lora_demo.service.run_history import summary
from lora_demo.training.request import TrainRequest
from lora_demo.web.api.group import FunctionGroup
from lora_demo.web.events import HUB
from lora_demo.web.tabs.jobs_panel import access_of

MAX_EXAMPLES = 10
COUNTS = ("train", "eval", "test", "doubles", "cut", "padding")
EXAMPLES = ("first", "swapped", "untranslated")
ESTIMATE = ("seconds", "steps", "step_seconds", "peak_bytes")


class TrainApi(FunctionGroup):
    """The functions whose names begin with `train_`."""

    def register(self, visibility: str = "public") -> None:
        """Register the functions with Gradio.

        Args:
            visibility: `api_visibility` of the functions that train, stop, delete or take files.
        """
        work_queue = self.services.work_queue
        for acting in (self.train_start, self.train_stop, self.train_resume, self.train_delete):
            self._add(acting, api_visibility=visibility)
        for reading in (self.train_status, self.train_runs):
            self._add(reading)
        self._add(self.train_machines, **HUB)
        self._add(self.train_preview, work_queue)
        with gr.Row(visible=False):
            visitor, result = gr.Textbox(label="visitor"), gr.JSON()
            pairs = gr.File(label="file")
            columns = gr.Textbox("", label="columns")
            self._add_with_files(
                self.train_upload,
                work_queue,
                [pairs, visitor, columns],
                result,
                api_visibility=visibility,
            )

    def train_start(
        self,
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
        ranks: list[int] = [],  # noqa: B006 (clients read the default from the signature)
        on: str = HERE,
        flavor: str = "",
        dollars: float = 0.0,
        hours: float = 1.0,
        token: str = "",
        parent: str = "",
        replay: float | None = None,
        replay_targets: str = "corpus",
        signed_in: gr.OAuthToken | None = None,
    ) -> dict:
        """Start to train a LoRA adapter, or queue the run. Follow it with `train_status`.

        Args:
            visitor: your secret key, at least 16 characters; your runs are stored under it.
            data: `builtin`, `builtin:weather`, a `train_upload`, or `owner/name:config:split`.
            rank: rank of the adapter.
            alpha: scale of the adapter times its rank; 0 for twice the rank.
            targets: `q,v`, `attention`, `all-linear`, or names of matrices.
            learning_rate: the highest learning rate.
            batch_size: pairs per step.
            unit: unit of `length`: `minutes`, `epochs` or `steps`.
            length: length of the run.
            dropout: dropout on the adapter's input.
            patience: evaluations without improvement after which the run stops; 0 for never.
            seed: seed of all random numbers.
            name: name of the adapter; empty for one made from data and rank.
            warmup: share of the steps in which the learning rate rises.
            decay: `linear`, `cosine` or `constant`.
            weight_decay: weight decay of the optimizer.
            label_smoothing: label smoothing of the loss.
            clip: largest norm of the gradient.
            accumulation: batches per update.
            eval_every: steps between evaluations; 0 for ten evaluations per run.
            max_length: tokens after which a sentence is cut.
            max_pairs: number of pairs to read; 0 for all.
            use_rslora: scale by 1/sqrt(rank) instead of 1/rank.
            watch: a second set whose chrF is followed, such as `builtin:everyday`.
            precision: `auto`, `float32` or `bfloat16`.
            ranks: several ranks for a sweep of equally long runs; they replace `rank`.
            on: `here`, or `hf-jobs` for Hugging Face Jobs, billed to your account.
            flavor: name of the machine on Jobs, as `train_machines` returns it.
            dollars: the price per hour that you agree to, as `train_machines` returns it.
            hours: time after which the Job is stopped.
            token: Hub token for the Job, not stored; leave it out on a Space, where you sign in.
            parent: id of an adapter to train on from, as `adapters` lists it. Rank, alpha, targets
                and use_rslora are then its own; leave them out.
            replay: share of general pairs in each batch, 0 to below 1, against forgetting; null
                for 0.25 with a parent and 0 without.
            replay_targets: `corpus` or `model`: the English of the general pairs, as written or as
                the starting model translates.
            signed_in: your sign-in on a Space.

        Returns:
            The status of the run, as `train_status` returns it.
        """
        values = {
            "rank": ", ".join(map(str, ranks)) or rank,
            "alpha": alpha,
            "targets": targets,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "unit": unit,
            "length": length,
            "dropout": dropout,
            "patience": patience,
            "seed": seed,
            "name": name,
            "warmup": warmup,
            "decay": decay,
            "weight_decay": weight_decay,
            "label_smoothing": label_smoothing,
            "clip": clip,
            "accumulation": accumulation,
            "eval_every": eval_every,
            "max_length": max_length,
            "max_pairs": max_pairs,
            "use_rslora": use_rslora,
            "watch": watch,
            "precision": precision,
            "parent": parent,
            "replay": replay,
            "replay_targets": replay_targets,
        }
        request = TrainRequest.from_mapping(values)
        source = self._source(data, visitor)
        trainings = self.services.trainings
        if on == HERE:
            return trainings.status(trainings.start(request, source, visitor)[0])
        offer = Offer(flavor, dollars, hours)
        access = access_of(signed_in, token)
        run = self.services.jobs.start(request, source, visitor, offer, access, on)
        return trainings.status(run)

    def train_machines(self, signed_in: gr.OAuthToken | None = None) -> list[dict]:
        """List the machines of Hugging Face Jobs with their prices per hour.

        Args:
            signed_in: your sign-in on a Space.
        """
        return [
            {
                "flavor": flavor.name,
                "title": flavor.title,
                "accelerator": flavor.accelerator,
                "dollars": flavor.dollars,
            }
            for flavor in self.services.jobs.flavors(access_of(signed_in))
        ]

    def train_preview(
        self,
        visitor: str,
        data: str = "builtin",
        batch_size: int = 16,
        max_length: int = 128,
        rank: int = 8,
        targets: str = "q,v",
        unit: str = "minutes",
        length: float = 1.0,
    ) -> dict:
        """Preview pairs before training: counts, lengths, suspicious pairs, and time of a run.

        Args:
            visitor: your secret key.
            data: as for `train_start`.
            batch_size: pairs per step.
            max_length: tokens after which a sentence is cut.
            rank: as for `train_start`, for the estimate.
            targets: as for `train_start`, for the estimate.
            unit: as for `train_start`, for the estimate.
            length: as for `train_start`, for the estimate.

        Returns:
            Counts, examples, lengths, and an estimate (null before the first run here).
        """
        source = self._source(data, visitor)
        preview = self.services.previews.preview(
            source,
            check_whole("batch_size", batch_size, 1, 4096),
            check_whole("max_length", max_length, 8, 480),
        )
        request = TrainRequest(
            rank=rank,
            alpha=0.0,
            targets=targets,
            batch_size=batch_size,
            max_length=max_length,
            unit=unit,
            length=length,
        )
        (config,) = self.services.trainings.local_configs(request, source)
        estimate = self.services.previews.estimate(config)
        known = {name: asdict(estimate)[name] for name in ESTIMATE} if estimate else None
        return _preview(preview) | {"estimate": known}

    def train_status(self, visitor: str, run: str = "", after: int = 0) -> dict:
        """Return the state of a run, its place in the queue, its events, and its adapter.

        Args:
            visitor: your secret key.
            run: id of the run; empty for the active or the newest one.
            after: number of events to leave out, because you have them.
        """
        trainings = self.services.trainings
        return trainings.status(trainings.latest(visitor, run), int(after))

    def train_stop(self, visitor: str, run: str = "") -> dict:
        """Stop a run after its current step and keep the best adapter, or leave the queue.

        Args:
            visitor: your secret key.
            run: id of the run; empty for the active one.
        """
        trainings = self.services.trainings
        found = trainings.latest(visitor, run)
        trainings.stop(found.id if found else run, visitor)
        return trainings.status(found if found and found.folder.is_dir() else None)

    def train_resume(
        self, visitor: str, run: str, token: str = "", signed_in: gr.OAuthToken | None = None
    ) -> dict:
        """Resume a stopped run from its last checkpoint, queue it, or follow its Job again.

        Args:
            visitor: your secret key.
            run: id of the run.
            token: Hub token for a run on Jobs, as for `train_start`.
            signed_in: your sign-in on a Space.
        """
        resumed = self.services.jobs.resume(run, visitor, access_of(signed_in, token))
        return self.services.trainings.status(resumed)

    def train_runs(self, visitor: str) -> list[dict]:
        """List your runs, newest first, with settings, command, scores and curve.

        Args:
            visitor: your secret key.
        """
        trainings = self.services.trainings
        return [summary(run, trainings.is_local) for run in trainings.runs(visitor)]

    def train_delete(self, visitor: str, run: str) -> dict:
        """Delete a run that is not active, with its adapter.

        Args:
            visitor: your secret key.
            run: id of the run.
        """
        self.services.trainings.delete(run, visitor)
        return {"deleted": run}

    def train_upload(self, file: str, visitor: str, columns: str = "") -> dict:
        """Check and store a file of German-English pairs: a table, JSON, TMX, XLIFF, ...

        Args:
            file: the file.
            visitor: your secret key.
            columns: names of its columns as `de=NAME,en=NAME`; empty to find them.

        Returns:
            `data` for `train_start`, the number of pairs, and the first pairs.
        """
        name, pairs = self.services.uploads.keep(file, visitor, columns=columns)
        return {"data": UPLOAD_PREFIX + name, "pairs": len(pairs), "first": _examples(pairs[:5])}

    def _source(self, data: str, visitor: str) -> str:
        return parse_source(data, self.services.visitors.folder(visitor))


def _preview(preview: Preview) -> dict[str, Any]:
    """Describe a preview as JSON for clients."""
    return {
        **{name: getattr(preview, name) for name in COUNTS},
        "looked_at": preview.sample_size,
        **{name: _examples(getattr(preview, name)[:MAX_EXAMPLES]) for name in EXAMPLES},
        "swapped_count": len(preview.swapped),
        "untranslated_count": len(preview.untranslated),
        "histogram": [
            {"from": low, "to": high, "pairs": count} for low, high, count in preview.histogram
        ],
    }


def _examples(pairs: list[Pair]) -> list[dict[str, str]]:
    return [{"de": de, "en": en} for de, en in pairs]
