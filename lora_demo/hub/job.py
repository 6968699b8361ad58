"""What runs inside a Job: trains the run in a folder, says every event on standard output, pushes the adapter.

`python -m lora_demo.hub.job FOLDER USER/NAME`; the token comes as the secret HF_TOKEN.
"""

import json
import signal
import sys
from pathlib import Path

from lora_demo.hub.jobs import EVENT
from lora_demo.hub.push import push_adapter
from lora_demo.training.runs import Run, failure, work


def main(folder: str, repo: str) -> int:
    """Returns the exit status: 0 done, 1 failed, 2 bad settings; a TERM signal ends the training early and still pushes the best."""
    run, asked = Run(Path(folder)), []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    try:
        for event in work(run, lambda: bool(asked)):
            print(EVENT + json.dumps(event, ensure_ascii=False), flush=True)
        print(push_adapter(run.folder / "adapter", repo, private=True).url, flush=True)
    except Exception as error:
        print(f"lora_demo: {failure(error)}", file=sys.stderr, flush=True)
        return 2 if isinstance(error, ValueError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
