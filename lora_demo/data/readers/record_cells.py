"""Cells of a table that hold records, as `datasets` writes its column `translation` into CSV."""

import ast
import json
import re
from typing import Any

TEXT = r"""(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
ENTRY = rf"\s*{TEXT}\s*:\s*(?:{TEXT}|None|null)\s*"
FLAT_RECORD = re.compile(rf"\{{{ENTRY}(?:,{ENTRY})*\}}")
"""A record of texts as Python shows it, or as JSON."""


def parse_record(cell: str) -> dict[str, Any] | None:
    """Return the record that a cell holds, in JSON or as Python shows a dictionary of texts.

    Args:
        cell: Text of a cell of a table.

    Returns:
        The record; None if the cell holds something else.
    """
    if not FLAT_RECORD.fullmatch(cell.strip()):
        return None
    for parse in (json.loads, ast.literal_eval):  # of texts alone, which cannot nest
        try:
            record = parse(cell.strip())
        except (ValueError, SyntaxError):
            continue
        return record if isinstance(record, dict) else None
    return None
