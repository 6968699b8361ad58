"""Cells such as `="Ja"`, by which programs keep Excel from reading a text as a number or date."""

import re

FORMULA = re.compile(r'\s*="((?:[^"]|"")*)"\s*')


def unwrap_formula(cell: str) -> str:
    """Return the text of a cell, without the formula around it.

    Args:
        cell: A parsed cell, without the table's own quotes.
    """
    if not cell.lstrip().startswith('="'):
        return cell
    formula = FORMULA.fullmatch(cell)
    return formula[1].replace('""', '"') if formula else cell
