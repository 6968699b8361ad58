"""Run a training on Hugging Face Jobs: start the Job once, follow it, bring its adapter back.

Settings, data and code travel through a private data set, events come back through the Job's log,
and the adapter through a private model repository. The run folder on this machine has the same
files as for a run of this machine, so the app and the terminal follow it in the same way.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from lora_demo.checkpoints.connection import call_hub, open_hub
from lora_demo.checkpoints.repository_names import account_name, full_name
from lora_demo.errors import describe_error
from lora_demo.files import write_json
from lora_demo.hub.commits import send
from lora_demo.hub.flavors import Flavor, list_flavors
from lora_demo.hub.job_events import failure_event
from lora_demo.hub.job_files import collect_files
from lora_demo.hub.job_log import Job, find_ending, follow_job
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.repositories import (
    RepositoryTakenError,
    check_ours,
    find_or_create_repository,
)
from lora_demo.language import _
from lora_demo.training.events import BeginEvent, Event, FailedEvent, PhaseEvent, now
from lora_demo.training.run import Run
from lora_demo.training.run_files import JOB_FILE, STOP_FILE
from lora_demo.training.worker import work

if TYPE_CHECKING:
    from huggingface_hub import HfApi, JobInfo

IMAGE = "python:3.12"
STAGE = "lora-demo-jobs"
"""Name of the private data set through which settings, data and code travel."""
TIMEOUT = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([smhd]?)")
SECONDS_PER_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
MAX_CLOSING_SECONDS = 300
"""Time that is kept at the end of a Job for its last evaluation and the push of the adapter."""
PRICE_TOLERANCE = 0.005
"""Dollars; prices are shown in whole cents."""

SCRIPT = """set -e
mkdir -p "${WORK:-/tmp/run}" && cd "${WORK:-/tmp/run}"
pip install -q --root-user-action=ignore 'huggingface_hub>=2.4,<3'
hf download "$STAGE" --repo-type dataset --include source.tar.gz --include "$RUN/*" \\
  --local-dir stage --quiet > /dev/null
tar xzf stage/source.tar.gz
grep -vE '^(gradio|mcp|pytest|hypothesis|matplotlib)' requirements.txt > needed.txt
pip install -q --root-user-action=ignore -r needed.txt $EXTRA
cp -r "stage/$RUN" run
exec python -m lora_demo.hub.job run "$REPO" $((LIMIT - SECONDS))
"""
"""The bash script that the Job runs."""


class JobCancelledError(RuntimeError):
    """The Job was cancelled, here or on the Hub's pages."""


@dataclass(frozen=True)
class JobOrder:
    """An order of a machine for a run.

    Args:
        flavor: The Hub's name of the machine, such as `t4-small`.
        timeout: After this time the Hub ends the Job, such as `90m` or `2h`.
        repo: The private repository for the adapter; None for the adapter's name under the
            account of the token.
        dollars: The highest price of an hour that the user agreed to; None for any price.

    Raises:
        ValueError: If `timeout` is not a time.
    """

    flavor: str = "t4-small"
    timeout: str = "2h"
    repo: str | None = None
    dollars: float | None = None

    def __post_init__(self) -> None:
        if not TIMEOUT.fullmatch(self.timeout):
            raise ValueError(
                _(
                    "timeout = {timeout!r} (must be a number with s, m, h or d, such as 90m or "
                    "2h).",
                    timeout=self.timeout[:40],
                )
            )

    @property
    def training_seconds(self) -> int:
        """Time after which the Job stops training, so that it can push before it is ended."""
        match = TIMEOUT.fullmatch(self.timeout)
        assert match is not None
        seconds = float(match[1]) * SECONDS_PER_UNIT[match[2]]
        return round(seconds - min(MAX_CLOSING_SECONDS, seconds / 5))


def order_job(run: Run, order: JobOrder) -> None:
    """Record in the run's folder that a Job will do it; a started Job is forgotten.

    Args:
        run: The run.
        order: The machine to rent for it.
    """
    write_json(run.folder / JOB_FILE, asdict(order))


def work_on_jobs(
    run: Run,
    flavor: str | None = None,
    *,
    repo: str | None = None,
    timeout: str | None = None,
    token: str | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Do a run on a Job; like `worker.work`, hold the run's lock, record its events and yield them.

    A run that has a Job already, because the process that followed it was killed, is followed
    again; no second Job is started.

    Args:
        run: The run; at the end its folder holds the adapter.
        flavor: The machine. None: as ordered before, or `JobOrder`'s default.
        repo: The private repository for the adapter. None: as for `flavor`.
        timeout: Time after which the Hub ends the Job. None: as for `flavor`.
        token: Given to the Job as a secret and not stored; None for that of `hf auth login` or
            HF_TOKEN.
        stop: Called several times a second; once it returns True, the Job is cancelled.

    Yields:
        The run's events.

    Raises:
        ValueError: For settings, repositories or prices that do not allow a Job.
        RuntimeError: If the Job failed or was cancelled.
    """
    job = run.job or {}
    if "id" not in job:
        given = {"flavor": flavor, "repo": repo, "timeout": timeout}
        changes = {name: value for name, value in given.items() if value}
        order_job(run, JobOrder(**job | changes))

    def source(run: Run, stop: Callable[[], bool]) -> Iterator[Event]:
        return _events(run, token, lambda: stop() or (run.folder / STOP_FILE).exists())

    return work(run, stop, source)


def _events(run: Run, token: str | None, stop: Callable[[], bool]) -> Iterator[Event]:
    seen = sum(event.job is not None for event in run.events())
    if not seen:
        yield BeginEvent(time=now(), step=0)
    try:
        hub = open_hub(token)
        if "id" not in _read_job(run):
            order = _read_order(run)
            flavor = _find_flavor(hub, order)
            yield _job_phase(_announce(flavor))
            _start(hub, run, order)
            yield _job_phase(_("The Job has started. Setting up its machine."))
        yield from follow_job(hub, run, _read_job(run), seen, stop)
        _fetch_result(hub, run)
    except Exception as error:
        reason = "cancelled" if isinstance(error, JobCancelledError) else "failed"
        yield failure_event(describe_error(error), reason)
        raise


def _job_phase(message: str) -> PhaseEvent:
    return PhaseEvent(time=now(), step=0, phase="job", message=message)


def _read_job(run: Run) -> Job:
    job = run.job
    if job is None:
        raise ValueError(
            _(
                "{folder} has no job.json, so it is not a run on Jobs. Give the folder of a "
                "run on Jobs.",
                folder=run.folder,
            )
        )
    return job


def _read_order(run: Run) -> JobOrder:
    job = _read_job(run)
    names = [field.name for field in fields(JobOrder)]
    return JobOrder(**{name: job[name] for name in names if name in job})


def _find_flavor(hub: "HfApi", order: JobOrder) -> Flavor:
    """Return the ordered machine; raise ValueError if there is none, or its price has risen."""
    flavors = {flavor.name: flavor for flavor in list_flavors(hub.token or None)}
    if order.flavor not in flavors:
        offers = ", ".join(f"{name} (${f.dollars:.2f}/h)" for name, f in flavors.items())
        raise ValueError(
            _("flavor = {flavor!r} (must be one of {offers}).", flavor=order.flavor, offers=offers)
        )
    flavor = flavors[order.flavor]
    if order.dollars is not None and flavor.dollars > order.dollars + PRICE_TOLERANCE:
        raise ValueError(
            _(
                "{name} now costs ${price:.2f} an hour, not ${ordered:.2f}, so nothing was "
                "started. Check the price, and start the run again.",
                name=flavor.name,
                price=flavor.dollars,
                ordered=order.dollars,
            )
        )
    return flavor


def _announce(flavor: Flavor) -> str:
    accelerator = f" ({flavor.accelerator})" if flavor.accelerator else ""
    return _(
        "Starting a Job on {title}{accelerator}, ${price:.2f} an hour",
        title=flavor.title,
        accelerator=accelerator,
        price=flavor.dollars,
    )


def _start(hub: "HfApi", run: Run, order: JobOrder) -> None:
    """Send what the Job needs, start it once, and record it in `job.json`."""
    account = account_name(hub)
    target = full_name(order.repo or f"{account}/{run.config.adapter_name}", hub)
    stage = f"{account}/{STAGE}"
    files = collect_files(run)
    _prepare_private_repository(hub, target, "model")
    _prepare_private_repository(hub, stage, "dataset")
    send(hub, stage, files, f"Settings of {run.id}", "dataset")
    environment = {
        "STAGE": stage,
        "RUN": run.id,
        "REPO": target,
        "LIMIT": str(order.training_seconds),
        "EXTRA": "" if order.flavor.startswith("cpu") else "tensorflow[and-cuda]",
    }
    started = _start_once(hub, run, order, account, environment)
    facts = {"id": started.id, "owner": account, "repo": target, "url": started.url}
    write_json(run.folder / JOB_FILE, asdict(order) | facts)


def _start_once(
    hub: "HfApi", run: Run, order: JobOrder, account: str, environment: dict[str, str]
) -> "JobInfo":
    """Start the Job; if the answer is lost, find it by its labels instead of starting another."""
    labels = {
        "lora_demo": "".join(c if c.isalnum() else "-" for c in run.id),
        "attempt": uuid.uuid4().hex,  # tells it apart from an earlier Job of the same run
    }

    def start() -> "JobInfo":
        return hub.run_job(
            image=IMAGE,
            command=["bash", "-c", SCRIPT],
            env=environment,
            secrets={"HF_TOKEN": hub.token},
            flavor=order.flavor,
            timeout=order.timeout,
            labels=labels,
            namespace=account,
        )

    def find_started() -> "JobInfo | None":
        return next(iter(hub.list_jobs(labels=labels, namespace=account)), None)

    return call_hub(start, settled=find_started)


def _prepare_private_repository(hub: "HfApi", repo: str, kind: str) -> None:
    """Find or create a private repository.

    Raises:
        ValueError: If it exists and is public, or a model repository was not made by lora_demo.
    """
    existing = find_or_create_repository(hub, repo, kind, private=True)
    if existing is None:
        return
    if not existing.private:
        raise ValueError(
            _(
                "{repo} exists and is public, but a Job needs a private repository. Make it "
                "private in its settings on the Hub, or choose another --repo.",
                repo=repo,
            )
        )
    if kind != "model":
        return
    try:
        check_ours(hub, repo)
    except RepositoryTakenError:
        raise ValueError(
            _(
                "{repo} exists and was not made by lora_demo, so nothing was started. Choose "
                "another --repo.",
                repo=repo,
            )
        ) from None


def _fetch_result(hub: "HfApi", run: Run) -> None:
    """Bring the adapter of a completed Job into the run folder.

    Raises:
        JobCancelledError: If the Job was cancelled.
        RuntimeError: If it failed. In both cases resuming the run starts a new Job.
    """
    job = _read_job(run)
    stage, message = find_ending(hub, job)
    if stage == "COMPLETED":
        pull_adapter(job["repo"], run.folder / "adapter", overwrite=True, token=hub.token)
        return
    order_job(run, _read_order(run))
    if stage == "CANCELED":
        raise JobCancelledError(_("The Job was cancelled."))
    reason = _find_failure(run, job) or message or _("no reason given")
    raise RuntimeError(
        _(
            "The Job failed ({reason}). See its log in log.txt, or at {url}.",
            reason=reason,
            url=job["url"],
        )
    )


def _find_failure(run: Run, job: Job) -> str:
    """Return the reason that the Job itself gave for its failure, or an empty string."""
    for event in reversed(run.events()):
        if isinstance(event, FailedEvent) and event.job == job["id"]:
            return event.message
    return ""
