"""The base model that is part of this package."""

from pathlib import Path

EMBEDDED = "mini"
"""Its name."""
EMBEDDED_FOLDER = Path(__file__).parent.parent / "assets" / "mini"
"""The folder of its files."""
