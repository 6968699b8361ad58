"""Files of the package: the embedded base model, the built-in corpus and a first comparison."""

from pathlib import Path

ASSETS = Path(__file__).parent
