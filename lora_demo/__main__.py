"""Run a command: `python -m lora_demo COMMAND`."""

import sys

from lora_demo.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
