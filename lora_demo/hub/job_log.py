"""Follow a Job: read its log as events of the run, and find its final stage."""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.connection import call_hub, with_retries
from lora_demo.checkpoints.hub_errors import describe_hub_error, is_refusal, without_tokens
from lora_demo.hub.job_events import MARKER, parse_line
from lora_demo.language import _
from lora_demo.training.events import BeginEvent, Event
from lora_demo.training.run import Run
from lora_demo.training.run_files import LOG_FILE

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FINAL_STAGES = ("COMPLETED", "CANCELED", "ERROR", "DELETED")
WAIT_SECONDS = 0.5
"""Seconds between checks for a line of the log, or for the end of the Job."""
MAX_LOG_FAILURES = 20
"""Requests for the log in a row that bring nothing new; the Job itself continues, and costs."""
LOG_PAUSE_SECONDS = 30.0
MAX_STATUS_REQUESTS = 60

Job = dict[str, Any]
"""The run's `job.json`, once the Job is started."""


def follow_job(
    hub: "HfApi", run: Run, job: Job, seen: int, stop: Callable[[], bool]
) -> Iterator[Event]:
    """Yield the events of a Job as its log brings them; other lines go to the run's log.txt.

    Args:
        hub: The client.
        run: The run on this machine.
        job: Its Job.
        seen: Number of the Job's events that the run already has, which are skipped.
        stop: Returns True when the Job should be cancelled.

    Yields:
        Events, each with the Job's id.

    Raises:
        ValueError: If the log cannot be read any more, or the Job cannot be cancelled.
    """
    reader = _LogReader(hub, job)
    reader.start()
    is_cancelled = False
    with open(run.folder / LOG_FILE, "a", encoding="utf-8") as log:
        while (line := reader.next_line()) is not None:
            if stop() and not is_cancelled:
                _cancel(hub, job)
                is_cancelled = True
            if line.startswith(MARKER):
                event = parse_line(line)
                if event is None or isinstance(event, BeginEvent):
                    continue
                seen -= 1
                if seen < 0:
                    yield replace(event, job=job["id"])
            elif line:
                log.write(line + "\n")
                log.flush()


def _cancel(hub: "HfApi", job: Job) -> None:
    try:
        call_hub(lambda: hub.cancel_job(job_id=job["id"], namespace=job["owner"]))
    except ValueError as error:
        raise ValueError(
            _(
                "The Job could not be cancelled and is still running. Resume the run and stop it "
                "again, or cancel it at {url}. ({error})",
                url=job["url"],
                error=error,
            )
        ) from None


@dataclass
class _LogReader:
    """Reads a Job's log in a thread of its own, each line once, even if requests fail.

    Args:
        hub: The client.
        job: The Job.
    """

    hub: "HfApi"
    job: Job
    lines: "queue.Queue[str | ValueError | None]" = field(default_factory=queue.Queue)
    """Lines; at the end None, or the reason why the log cannot be read."""
    count: int = 0
    failures: int = 0

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def next_line(self) -> str | None:
        """Return the next line; an empty one if none came for a moment; None at the end."""
        try:
            line = self.lines.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            return ""
        if isinstance(line, ValueError):
            raise line
        return line

    def _run(self) -> None:
        self.lines.put(self._read_until_end())

    def _read_until_end(self) -> ValueError | None:
        from huggingface_hub import errors

        while True:
            try:
                with_retries(self._read)
                return None
            except errors.JobNotFoundError:
                return None
            except Exception as error:
                self.failures += 1
                if is_refusal(error) or self.failures > MAX_LOG_FAILURES:
                    return ValueError(
                        _(
                            "The Job's log cannot be read any more, but the Job may still be "
                            "running. Resume the run to follow it. ({error})",
                            error=describe_hub_error(error),
                        )
                    )
            time.sleep(LOG_PAUSE_SECONDS)

    def _read(self) -> None:
        """Read the log from its beginning, and pass on the lines that are new."""
        texts = self.hub.fetch_job_logs(
            job_id=self.job["id"], namespace=self.job["owner"], follow=True
        )
        lines = (line for text in texts for line in text.splitlines())
        for line in itertools.islice(lines, self.count, None):
            self.count += 1
            self.failures = 0
            self.lines.put(without_tokens(line, self.hub.token))


def find_ending(hub: "HfApi", job: Job) -> tuple[str, str]:
    """Wait until a Job has ended; its log may end a moment earlier.

    Args:
        hub: The client.
        job: The Job.

    Returns:
        The final stage, and the Hub's message about it.

    Raises:
        ValueError: If the Hub does not say how it ended.
    """
    from huggingface_hub import errors

    for _attempt in range(MAX_STATUS_REQUESTS):
        try:
            info = with_retries(lambda: hub.inspect_job(job_id=job["id"], namespace=job["owner"]))
        except errors.JobNotFoundError:
            return "DELETED", _("the Hub has deleted it")
        except Exception as error:
            raise ValueError(
                _(
                    "The Hub does not say how the Job ended. Resume the run to follow it. "
                    "({error})",
                    error=describe_hub_error(error),
                )
            ) from None
        if info.status.stage in FINAL_STAGES:
            return info.status.stage, without_tokens(info.status.message or "", hub.token)
        time.sleep(WAIT_SECONDS)
    raise ValueError(
        _("The Job's log has ended, but the Job is still running. Resume the run to follow it.")
    )
