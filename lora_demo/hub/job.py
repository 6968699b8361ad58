"""What runs inside a Job: trains the run in a folder, says every event on standard output, pushes the adapter.

`python -m lora_demo.hub.job FOLDER USER/NAME SECONDS`; after so many seconds it trains no further, so that what is paid for is pushed before the Job
is ended. The token comes as the secret HF_TOKEN.
"""

import json
import signal
import sys
import time
from pathlib import Path

from lora_demo.errors import failure
from lora_demo.hub.jobs import EVENT
from lora_demo.hub.push import push_adapter
from lora_demo.training.runs import Run, work

PUSH_PAUSES = (30, 120, 300)
"""Seconds between the tries to push: the adapter is nowhere else."""


def main(folder: str, repo: str, seconds: str) -> int:
    """Returns the exit status: 0 done, 1 failed, 2 bad settings; a TERM signal ends the training early and still pushes the best."""
    run, asked, until = Run(Path(folder)), [], time.monotonic() + float(seconds)
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    try:
        for event in work(run, lambda: bool(asked) or time.monotonic() > until):
            print(EVENT + json.dumps(event, ensure_ascii=False), flush=True)
        if run.adapter is None:
            raise RuntimeError(
                "It was ended before its first step, so there is no adapter to push: give the Job more time."
            )
        print(_push(run.adapter, repo), flush=True)
    except Exception as error:
        print(f"lora_demo: {failure(error)}", file=sys.stderr, flush=True)
        if [event["kind"] for event in run.events()[-1:]] != ["failed"]:
            print(
                EVENT
                + json.dumps(
                    {
                        "time": round(time.time(), 3),
                        "step": 0,
                        "kind": "failed",
                        "message": failure(error),
                    }
                ),
                flush=True,
            )
        return 2 if isinstance(error, ValueError) else 1
    return 0


def _push(adapter: Path, repo: str) -> str:
    for pause in PUSH_PAUSES:
        try:
            return push_adapter(adapter, repo, private=True).url
        except ValueError as error:
            print(f"lora_demo: {error} Tried again in {pause} s.", flush=True)
            time.sleep(pause)
    return push_adapter(adapter, repo, private=True).url


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
