"""`python -m lora_demo COMMAND`."""

import sys

from lora_demo.cli.main import main

sys.exit(main())
