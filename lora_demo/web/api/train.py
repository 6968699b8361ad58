"""The functions of the Train tab for `gradio_client` and MCP clients."""

from dataclasses import asdict
from typing import Any

import gradio as gr

from lora_demo.model.checks import check_whole
from lora_demo.service.data_sources import UPLOAD_PREFIX, parse_source
from lora_demo.service.jobs import HERE, Offer
from lora_demo.service.run_history import summary
from lora_demo.training.request import FIELDS, TrainRequest
from lora_demo.web.api.group import FunctionGroup
from lora_demo.web.api.train_documents import examples, preview_document, start_arguments
from lora_demo.web.events import HUB
from lora_demo.web.tabs.jobs_panel import access_of

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
        for reading in (self.train_status, self.train_runs, self.train_settings):
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
        use_dora: bool = False,
        init: str = "lora",
        layers: str = "",
        part: str = "all",
        probes: list[str] = [],  # noqa: B006 (clients read the default from the signature)
        sampled_share: float = 0.0,
        keep: str = "best",
        base: str = "",
        signed_in: gr.OAuthToken | None = None,
    ) -> dict:
        """Start to train a LoRA adapter, or queue the run. Follow it with `train_status`.

        Args:
            visitor: Your secret key, at least 16 characters; your runs are stored under it.
            data: `builtin`, `builtin:weather`, a `train_upload`, or `owner/name:config:split`.
            rank: Rank of the adapter.
            alpha: Scale of the adapter times its rank; 0 for twice the rank.
            targets: `q,v`, `attention`, `all-linear`, or names of matrices.
            learning_rate: The highest learning rate.
            batch_size: Pairs per step.
            unit: Unit of `length`: `minutes`, `epochs` or `steps`.
            length: Length of the run.
            dropout: Dropout on the adapter's input.
            patience: Evaluations without improvement after which the run stops; 0 for never.
            seed: Seed of all random numbers.
            name: Name of the adapter; empty for one made from base, data and rank.
            warmup: Share of the steps in which the learning rate rises.
            decay: `linear`, `cosine` or `constant`.
            weight_decay: Weight decay of the optimizer.
            label_smoothing: Label smoothing of the loss.
            clip: Largest norm of the gradient.
            accumulation: Batches per update.
            eval_every: Steps between evaluations; 0 for ten evaluations per run.
            max_length: Tokens after which a sentence is cut.
            max_pairs: Number of pairs to read; 0 for all.
            use_rslora: Scale by 1/sqrt(rank) instead of 1/rank.
            watch: A second set whose chrF is followed, such as `builtin:everyday`.
            precision: `auto`, `float32` or `bfloat16`.
            ranks: Several ranks for a sweep of equally long runs; they replace `rank`.
            on: `here`, or `hf-jobs` for Hugging Face Jobs, billed to your account.
            flavor: Name of the machine on Jobs, as `train_machines` returns it.
            dollars: The price per hour that you agree to, as `train_machines` returns it.
            hours: Time after which the Job is stopped.
            token: Hub token for the Job, not stored; leave it out on a Space, where you sign in.
            parent: Id of an adapter to start from, as `adapters` lists it. Rank, alpha, targets
                and use_rslora are then its own; leave them out. It cannot have use_dora, init,
                layers and part.
            replay: Share of general pairs in each batch, 0 to below 1, to reduce forgetting; null
                for 0.5 with a parent and 0 without.
            replay_targets: `corpus` or `model`: the English of the general pairs, as written or as
                the starting model translates.
            use_dora: Train the length of each output apart from its direction (DoRA).
            init: Start of A and B: `lora`, `pissa` or `olora`.
            layers: Numbers of the blocks to adapt, such as `0-3,7`; empty for all.
            part: Part of the model to adapt: `all`, `encoder`, `decoder` or `cross-attention`.
            probes: Up to five German sentences that are translated at each evaluation.
            sampled_share: Share of the German texts that are cut into sampled pieces at each pass.
            keep: `best` keeps the adapter with the lowest held-out loss, `last` the last one.
            base: Name of a base model of the page's menu; empty for the page's own.
            signed_in: Your sign-in on a Space.

        Returns:
            The status of the run, as `train_status` returns it.
        """
        given = locals()
        values = {name: given[name] for name in FIELDS}  # each field is also a parameter
        values["probes"] = "\n".join(probes)
        if ranks:
            values["rank"] = ", ".join(map(str, ranks))
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
            signed_in: Your sign-in on a Space.
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
        base: str = "",
    ) -> dict:
        """Preview pairs before training: counts, lengths, suspicious pairs, and time of a run.

        Args:
            visitor: Your secret key.
            data: As for `train_start`.
            batch_size: Pairs per step.
            max_length: Tokens after which a sentence is cut.
            rank: As for `train_start`, for the estimate.
            targets: As for `train_start`, for the estimate.
            unit: As for `train_start`, for the estimate.
            length: As for `train_start`, for the estimate.
            base: As for `train_start`; its tokenizer counts.

        Returns:
            Counts, examples, lengths, and an estimate (null before the first run here).
        """
        trainings, previews = self.services.trainings, self.services.bases.find(base).previews
        source = self._source(data, visitor)
        preview = previews.preview(
            source,
            check_whole("batch_size", batch_size, 1, 4096),
            check_whole("max_length", max_length, 8, 480),
            columns=trainings.columns_of(source, visitor),
        )
        request = TrainRequest(
            rank=rank,
            alpha=0.0,
            targets=targets,
            batch_size=batch_size,
            max_length=max_length,
            unit=unit,
            length=length,
            base=base,
        )
        (config,) = trainings.local_configs(request, source, visitor)
        estimate = previews.estimate(config)
        known = {name: asdict(estimate)[name] for name in ESTIMATE} if estimate else None
        return preview_document(preview) | {"estimate": known}

    def train_status(self, visitor: str, run: str = "", after: int = 0) -> dict:
        """Return the state of a run, its place in the queue, its events, and its adapter.

        Args:
            visitor: Your secret key.
            run: Id of the run; empty for the active or the newest one.
            after: Number of events to leave out, because you have them.
        """
        trainings = self.services.trainings
        return trainings.status(trainings.latest(visitor, run), int(after))

    def train_stop(self, visitor: str, run: str = "") -> dict:
        """Stop a run after its current step and keep the best adapter, or leave the queue.

        Args:
            visitor: Your secret key.
            run: Id of the run; empty for the active one.
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
            visitor: Your secret key.
            run: Id of the run.
            token: Hub token for a run on Jobs, as for `train_start`.
            signed_in: Your sign-in on a Space.
        """
        resumed = self.services.jobs.resume(run, visitor, access_of(signed_in, token))
        return self.services.trainings.status(resumed)

    def train_runs(self, visitor: str) -> list[dict]:
        """List your runs, newest first, with settings, command, scores and curve.

        Args:
            visitor: Your secret key.
        """
        trainings = self.services.trainings
        return [summary(run, trainings.is_local) for run in trainings.runs(visitor)]

    def train_settings(
        self,
        visitor: str,
        run: str = "",
        settings: dict[str, Any] = {},  # noqa: B006 (clients read the default from the signature)
    ) -> dict:
        """Return the settings of one of your runs, or of a settings file, for a new run.

        Args:
            visitor: Your secret key.
            run: Id of the run; empty if you give `settings`.
            settings: The content of a settings file, as `train --save-config` writes it.

        Raises:
            ValueError: If you give both or neither of `run` and `settings`, or if they are not
                valid.

        Returns:
            `arguments` of `train_start`; `settings`, which `train --config` takes; and `upload`,
            the name of a file to give to `train_upload` first, or empty.
        """
        if bool(run) == bool(settings):
            raise ValueError("Give either run or settings.")
        known = self.services.training_settings
        form = known.of_run(run, visitor) if run else known.load(settings, "settings", visitor)
        data = form.missing or self._source(form.data, visitor)
        return {
            "arguments": start_arguments(form),
            "settings": known.document(form.request, data, visitor),
            "upload": form.missing,
        }

    def train_delete(self, visitor: str, run: str) -> dict:
        """Delete a run that is not active, with its adapter.

        Args:
            visitor: Your secret key.
            run: Id of the run.
        """
        self.services.trainings.delete(run, visitor)
        return {"deleted": run}

    def train_upload(self, file: str, visitor: str, columns: str = "") -> dict:
        """Check and store a file of German-English pairs: a table, JSON, TMX, XLIFF, ...

        Args:
            file: The file.
            visitor: Your secret key.
            columns: Names of its columns as `de=NAME,en=NAME`; empty to find them. `de=en,en=de`
                exchanges the two languages.

        Returns:
            `data` for `train_start`, the number of pairs, and the first pairs.
        """
        name, pairs = self.services.uploads.keep(file, visitor, columns=columns)
        return {"data": UPLOAD_PREFIX + name, "pairs": len(pairs), "first": examples(pairs[:5])}

    def _source(self, data: str, visitor: str) -> str:
        return parse_source(data, self.services.visitors.folder(visitor))
