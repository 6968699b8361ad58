"""What the grammars of the built-in corpus share: reading their data."""

from pathlib import Path


def blocks(file: Path) -> list[list[str]]:
    """The blocks of lines of a data file, without its opening comment."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [block.splitlines() for block in "\n".join(lines).strip().split("\n\n")]


def tables(file: Path) -> dict[str, list[str]]:
    """The lines of a data file under each of its headings."""
    return {heading.strip("[]"): lines for heading, *lines in blocks(file)}


def sentence(text: str) -> str:
    """The text, beginning with a capital."""
    return text[0].upper() + text[1:]
