"""A run on Hugging Face Jobs: settings, data and code go there, events come back live, the adapter comes back by a repository.

The local run folder is kept exactly as for a run of this machine, so page and terminal follow it in the same way.
"""

import gzip
import io
import itertools
import json
import queue
import re
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo import errors
from lora_demo.checkpoints.base import EMBEDDED
from lora_demo.checkpoints.connection import (
    ask,
    is_refusal,
    open_hub,
    owner,
    patiently,
    repository,
    sentence,
    without_tokens,
)
from lora_demo.checkpoints.tensors import write_json
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.push import Content, Taken, check_ours, find_repository, make_repository, send
from lora_demo.hub.space import project_files
from lora_demo.training import runs
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import parse_event
from lora_demo.training.runs import Run

IMAGE = "python:3.12"
STAGE = "lora-demo-jobs"
"""The private data set, under the owner's name, through which settings, data and code travel."""
EVENT = "@event "
MOST_DATA_BYTES = 50_000_000
ENDED = ("COMPLETED", "CANCELED", "ERROR", "DELETED")
PATIENCE = 0.5
LOG_ROUNDS, LOG_PAUSE = 20, 30.0
"""How often, and after how many seconds, a log that brings nothing is asked for again, since the Job goes on, and costs."""

SCRIPT = """set -e
mkdir -p "${WORK:-/tmp/run}" && cd "${WORK:-/tmp/run}"
pip install -q --root-user-action=ignore 'huggingface_hub>=2.4,<3'
hf download "$STAGE" --repo-type dataset --include source.tar.gz --include "$RUN/*" --local-dir stage --quiet > /dev/null
tar xzf stage/source.tar.gz
grep -vE '^(gradio|mcp|pytest|hypothesis|matplotlib)' requirements.txt > needed.txt
pip install -q --root-user-action=ignore -r needed.txt $EXTRA
cp -r "stage/$RUN" run
exec python -m lora_demo.hub.job run "$REPO" $((LIMIT - SECONDS))
"""


class JobCancelled(RuntimeError):
    """The Job was ended before its time, here or on the Hub's own pages."""


@dataclass(frozen=True)
class Flavor:
    """A machine on offer; `dollars` an hour, which the Hub bills by the second."""

    name: str
    title: str
    accelerator: str
    dollars: float


def list_flavors(token: str | None = None) -> list[Flavor]:
    """The machines that Jobs offer, the cheapest first."""
    hours = {"second": 3600, "minute": 60, "hour": 1}
    gpu = lambda a: f"{a.quantity} x {a.model}, {a.vram}" if a else ""
    rows = ask(open_hub(token, anonymous=True).list_jobs_hardware)
    return sorted(
        (
            Flavor(
                h.name,
                h.pretty_name,
                gpu(h.accelerator),
                h.unit_cost_usd * hours.get(h.unit_label, 60),
            )
            for h in rows
        ),
        key=lambda f: f.dollars,
    )


def work_on_jobs(
    run: Run,
    flavor: str | None = None,
    *,
    repo: str | None = None,
    timeout: str | None = None,
    token: str | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[dict]:
    """Does a run on a Job: like `runs.work`, holds the run's lock, appends its events and yields them; the adapter ends in the run folder.

    A run that has a Job already, because whoever followed it was killed, is followed further, and not started twice.

    Args:
        flavor: the Hub's name of the machine, such as `t4-small`; None: as ordered, or that one.
        repo: where the adapter goes, private (default: as ordered, or the adapter's name under the token's owner).
        timeout: after which the Hub ends the Job, such as `90m` (default: as ordered, or 2h).
        token: handed to the Job as a secret and kept nowhere else; None: that of `hf auth login` or HF_TOKEN.
        stop: asked all the time; once it says True the Job is cancelled.
    Raises:
        ValueError: for what cannot be; RuntimeError: if the Job failed.
    """
    given = {
        name: value
        for name, value in (("flavor", flavor), ("repo", repo), ("timeout", timeout))
        if value
    }
    if "id" not in (run.job or {}):
        order(run, **(run.job or {}) | given)
    return runs.work(
        run,
        stop,
        lambda run, stop: _events(run, token, lambda: stop() or (run.folder / "stop").exists()),
    )


def order(
    run: Run,
    flavor: str = "t4-small",
    timeout: str = "2h",
    repo: str | None = None,
    dollars: float | None = None,
):
    """Writes into the run's folder that it is for Jobs, and what for: `dollars` an hour are agreed to, if any are named."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?[smhd]?", timeout):
        raise ValueError(
            f"timeout = {timeout[:40]!r} (wanted: a number with s, m, h or d, such as 90m or 2h)."
        )
    write_json(
        run.folder / "job.json",
        {"flavor": flavor, "timeout": timeout, "repo": repo, "dollars": dollars},
    )


def _events(run: Run, token: str | None, stop: Callable[[], bool]) -> Iterator[dict]:
    seen = len([e for e in run.events() if e.get("job")])
    event = lambda kind, **more: {"time": round(time.time(), 3), "step": 0, "kind": kind, **more}
    if not seen:
        yield event("begin", pid=0)
    try:
        hub = open_hub(token)
        if "id" not in run.job:
            yield event("phase", phase="job", message=_announce(hub, run))
            _start(hub, run)
            yield event(
                "phase", phase="job", message="The Job is started; its machine is being set up"
            )
        yield from _follow(hub, run, seen, stop)
        _fetch_result(hub, run)
    except Exception as error:
        yield event(
            "failed",
            message=errors.failure(error),
            reason="cancelled" if isinstance(error, JobCancelled) else "failed",
        )
        raise


def _announce(hub, run: Run) -> str:
    """What the machine is and costs; ValueError with all that there are if it is none, and for a price that nobody has agreed to."""
    flavor, agreed, offers = run.job["flavor"], run.job["dollars"], list_flavors(hub.token or None)
    found = next((offer for offer in offers if offer.name == flavor), None)
    if found is None:
        raise ValueError(
            f"flavor = {flavor!r}: Jobs offer {', '.join(f'{o.name} (${o.dollars:.2f}/h)' for o in offers)}."
        )
    if agreed is not None and found.dollars > agreed + 0.005:
        raise ValueError(
            f"{flavor} costs ${found.dollars:.2f} an hour by now, not ${agreed:.2f}, so nothing was started: look at the price, and start it again."
        )
    return f"Starting a Job on {found.title}{f' ({found.accelerator})' if found.accelerator else ''}, ${found.dollars:.2f} an hour"


def _start(hub, run: Run):
    """Sends what the Job needs, and starts it once; `job.json` says which one it is."""
    account, job = owner(hub), run.job
    target, stage, timeout = (
        repository(job["repo"] or f"{account}/{run.config.adapter_name}", hub),
        f"{account}/{STAGE}",
        job["timeout"],
    )
    luggage = _luggage(run)
    _private_place(hub, target, "model")
    _private_place(hub, stage, "dataset")
    send(hub, stage, luggage, f"Settings of {run.id}", "dataset")
    env = {
        "STAGE": stage,
        "RUN": run.id,
        "REPO": target,
        "LIMIT": str(_limit(timeout)),
        "EXTRA": "" if job["flavor"].startswith("cpu") else "tensorflow[and-cuda]",
    }
    labels = {
        "lora_demo": "".join(c if c.isalnum() else "-" for c in run.id),
        "attempt": uuid.uuid4().hex,
    }  # an earlier Job of a resumed run is another
    start = lambda: hub.run_job(
        image=IMAGE,
        command=["bash", "-c", SCRIPT],
        env=env,
        secrets={"HF_TOKEN": hub.token},
        flavor=job["flavor"],
        timeout=timeout,
        labels=labels,
        namespace=account,
    )
    started = ask(
        start, settled=lambda: next(iter(hub.list_jobs(labels=labels, namespace=account)), None)
    )
    write_json(
        run.folder / "job.json",
        job | {"id": started.id, "owner": account, "repo": target, "url": started.url},
    )


def _limit(timeout: str) -> int:
    """Seconds after which a Job trains no further: the rest, five minutes or a fifth, is for its last evaluation and the push."""
    number, unit = re.fullmatch(r"([\d.]+)([smhd]?)", timeout).groups()
    seconds = float(number) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    return round(seconds - min(300, seconds / 5))


def _private_place(hub, repo: str, kind: str):
    """Finds or makes a private repository; ValueError if it is public, or holds what is not ours."""
    there = find_repository(hub, repo, kind) or make_repository(hub, repo, kind, private=True)
    if there is None:
        return
    if not there.private:
        raise ValueError(
            f"{repo} exists and is public, and what a Job takes and makes is private: make it private in its settings on the Hub, or choose another --repo."
        )
    try:
        if kind == "model":
            check_ours(hub, repo, False)
    except Taken:
        raise ValueError(
            f"{repo} exists and was not made by lora_demo, so nothing was started: choose another --repo."
        ) from None


def check_travels(config: TrainConfig):
    """Raises ValueError if the base or the data cannot travel."""
    if config.base != EMBEDDED and Path(config.base).expanduser().is_dir():
        raise ValueError(
            f"The base {Path(config.base).name} is a folder of this machine: push it to the Hub, and train with its id there."
        )
    data = Path(config.data).expanduser()
    if data.is_file() and data.stat().st_size > MOST_DATA_BYTES:
        raise ValueError(
            f"{data.name} has {data.stat().st_size / 1e6:.0f} MB, more than the {MOST_DATA_BYTES // 10**6} that go along: make it a data set on the Hub."
        )


def _luggage(run: Run) -> dict[str, Content]:
    """The settings, a file of pairs if there is one, and the code; each is only sent if the Hub has it not yet."""
    config, files, data = run.config, {}, Path(run.config.data).expanduser()
    check_travels(config)
    if config.watch and Path(config.watch).expanduser().is_file():
        config = replace(config, watch=None)
    if data.is_file():
        files[f"{run.id}/pairs{data.suffix.lower()}"] = data
        config = replace(config, data=f"run/pairs{data.suffix.lower()}", name=config.adapter_name)
    files[f"{run.id}/run.json"] = json.dumps(config.to_json(), indent=2).encode()
    return files | {
        "source.tar.gz": _packed(
            {
                name: content
                for name, content in project_files().items()
                if not name.startswith("adapters/")
            }
        )
    }


def _packed(files: dict[str, Content]) -> bytes:
    """A tar of the code, the same bytes for the same files."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in sorted(files.items()):
            data = content if isinstance(content, bytes) else content.read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), 6, mtime=0)


def _follow(hub, run: Run, seen: int, stop: Callable[[], bool]) -> Iterator[dict]:
    """The Job's events as its log brings them, but for the first `seen`; other lines go to log.txt. Cancels it when asked to stop."""
    job, lines, cancelled = run.job, queue.Queue(), False
    threading.Thread(target=_read_log, args=(hub, job, lines), daemon=True).start()
    with open(run.folder / "log.txt", "a", encoding="utf-8") as log:
        while (line := _next(lines)) is not None:
            if stop() and not cancelled:
                cancelled = _cancel(hub, job)
            if line.startswith(EVENT):
                event = parse_event(line.removeprefix(EVENT))
                if event and event["kind"] != "begin":
                    seen -= 1
                    if seen < 0:
                        yield event | {"job": job["id"]}
            elif line:
                log.write(line + "\n")
                log.flush()


def _cancel(hub, job: dict) -> bool:
    try:
        ask(lambda: hub.cancel_job(job_id=job["id"], namespace=job["owner"]))
    except ValueError as error:
        raise ValueError(
            f"The Job could not be cancelled and goes on: resume the run and stop it again, or cancel it at {job['url']}. ({error})"
        ) from None
    return True


def _next(lines: queue.Queue) -> str | None:
    """The next line; an empty one if none comes for a moment, None at the end."""
    try:
        line = lines.get(timeout=PATIENCE)
    except queue.Empty:
        return ""
    if isinstance(line, Exception):
        raise line
    return line


def _read_log(hub, job: dict, lines: queue.Queue):
    """Puts the log's lines into a queue, each once, and None at the end; over a Hub that is out of order it waits."""
    from huggingface_hub import errors

    count, rounds = 0, 0

    def read():
        nonlocal count, rounds
        log = (
            line
            for text in hub.fetch_job_logs(job_id=job["id"], namespace=job["owner"], follow=True)
            for line in text.splitlines()
        )
        for line in itertools.islice(log, count, None):
            count, rounds = count + 1, 0
            lines.put(without_tokens(line, hub.token))

    while True:
        try:
            patiently(read)
            return lines.put(None)
        except errors.JobNotFoundError:
            return lines.put(None)
        except Exception as error:
            rounds += 1
            if is_refusal(error) or rounds > LOG_ROUNDS:
                return lines.put(
                    ValueError(
                        f"The Job's log broke off, but the Job may well go on: resume the run to follow it further. ({sentence(error)})"
                    )
                )
        time.sleep(LOG_PAUSE)


def _fetch_result(hub, run: Run):
    """Once the Job has ended well: brings its adapter into the run folder."""
    job, (stage, message) = run.job, _ending(hub, run.job)
    if stage == "COMPLETED":
        return pull_adapter(job["repo"], run.folder / "adapter", overwrite=True, token=hub.token)
    order(
        run, job["flavor"], job["timeout"], job["repo"], job["dollars"]
    )  # so that a resumed run starts a new Job
    if stage == "CANCELED":
        raise JobCancelled("The Job was cancelled.")
    reason = (
        next(
            (
                e["message"]
                for e in reversed(run.events())
                if e["kind"] == "failed" and e.get("job") == job["id"]
            ),
            None,
        )
        or message
    )
    raise RuntimeError(
        f"The Job failed ({reason or 'it does not say why'}): its log is in log.txt and at {job['url']}."
    )


def _ending(hub, job: dict) -> tuple[str, str]:
    """The stage in which the Job has ended, and what the Hub says of it; the log may end a moment before."""
    from huggingface_hub import errors

    for _ in range(60):
        try:
            status = patiently(
                lambda: hub.inspect_job(job_id=job["id"], namespace=job["owner"])
            ).status
        except errors.JobNotFoundError:
            return "DELETED", "the Hub no longer has it"
        except Exception as error:
            raise ValueError(
                f"How the Job ended is not known yet: resume the run to follow it further. ({sentence(error)})"
            ) from None
        if status.stage in ENDED:
            return status.stage, without_tokens(status.message or "", hub.token)
        time.sleep(PATIENCE)
    raise ValueError(
        "The Job's log has ended, but the Job has not: resume the run to follow it further."
    )
