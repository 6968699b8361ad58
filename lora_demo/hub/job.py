"""The program inside a Job: do the run in a folder, print its events, push the adapter.

`python -m lora_demo.hub.job FOLDER USER/NAME SECONDS`. After SECONDS it stops training, so that
the adapter is pushed before the Job is ended. The token comes as the secret HF_TOKEN.
"""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

from lora_demo.errors import describe_error
from lora_demo.hub.job_events import failure_event, print_event
from lora_demo.hub.push import push_adapter
from lora_demo.training.events import FailedEvent
from lora_demo.training.run import Run
from lora_demo.training.worker import work

PUSH_PAUSES = (30, 120, 300)
"""Seconds between the tries to push. They are long, because no other copy of the adapter exists."""
DONE, FAILED, BAD_SETTINGS = 0, 1, 2
"""Exit statuses."""


class StopCondition:
    """Asks the training to stop after a time limit, or after a TERM signal.

    Args:
        seconds: The time limit, from now.
    """

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.is_requested = False
        signal.signal(signal.SIGTERM, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.is_requested = True

    def __call__(self) -> bool:
        """Return True once the training should stop."""
        return self.is_requested or time.monotonic() > self.deadline


def main(folder: str, repo: str, seconds: str) -> int:
    """Do the run and push its best adapter, also after a TERM signal.

    Args:
        folder: The run folder.
        repo: The repository for the adapter.
        seconds: Time limit of the training.

    Returns:
        The exit status: 0 done, 1 failed, 2 bad settings.
    """
    run = Run(Path(folder))
    try:
        _train_and_push(run, repo, StopCondition(float(seconds)))
    except Exception as error:
        message = describe_error(error)
        print(f"lora_demo: {message}", file=sys.stderr, flush=True)
        last = run.events()[-1:]
        if not last or not isinstance(last[0], FailedEvent):
            print_event(failure_event(message))
        return BAD_SETTINGS if isinstance(error, ValueError) else FAILED
    return DONE


def _train_and_push(run: Run, repo: str, stop: StopCondition) -> None:
    for event in work(run, stop):
        print_event(event)
    if run.adapter is None:
        raise RuntimeError(
            "The Job was ended before its first step, so it has no adapter to push. "
            "Give the Job more time."
        )
    print(_push(run.adapter, repo), flush=True)


def _push(adapter: Path, repo: str) -> str:
    """Push the adapter, with long pauses between tries; return its address."""
    for pause in PUSH_PAUSES:
        try:
            return push_adapter(adapter, repo, private=True).url
        except ValueError as error:
            print(f"lora_demo: {error} Trying again in {pause} s.", flush=True)
            time.sleep(pause)
    return push_adapter(adapter, repo, private=True).url


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
