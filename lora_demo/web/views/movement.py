"""The movement of each matrix by an adapter, ||s A B|| / ||W||, as heat maps."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from lora_demo.language import N_, _, format_number, ngettext

PATH = re.compile(r"(encoder|decoder)\.block\.(\d+)\.layer\.\d+\.(\w+)\.(\w+)")
PARTS = {
    "SelfAttention": N_("self"),
    "EncDecAttention": N_("cross"),
    "DenseReluDense": N_("feed-forward"),
}
"""T5's names of the parts of a block, and their names on the page."""
PLACES = {
    "SelfAttention": N_("{matrix} of self-attention in {stack} block {block}"),
    "EncDecAttention": N_("{matrix} of cross-attention in {stack} block {block}"),
    "DenseReluDense": N_("{matrix} of feed-forward in {stack} block {block}"),
}
STACKS = (N_("encoder"), N_("decoder"))
MATRICES = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")
UNKNOWN = N_("Load the base model to see how far this adapter moves each matrix.")
ZERO = N_("This adapter changes nothing: its B is zero everywhere, as before training.")


class Site(NamedTuple):
    """The place of a matrix in the model: `("decoder", "0", "SelfAttention", "q")`."""

    stack: str
    block: str
    part: str
    matrix: str

    @property
    def kind(self) -> tuple[int, int]:
        """Column in a map: the part and the matrix, in the model's order."""
        return list(PARTS).index(self.part), MATRICES.index(self.matrix)

    @property
    def title(self) -> str:
        """Short description for a cell."""
        return _(
            "{stack} block {block}, {part} {matrix}",
            stack=_(self.stack),
            block=self.block,
            part=_(PARTS[self.part]),
            matrix=self.matrix,
        )


Norms = Mapping[Site, float]


def _site_of(path: str) -> Site | None:
    match = PATH.fullmatch(path)
    return Site(*match.groups()) if match else None


@dataclass(frozen=True)
class Movement:
    """||s A B|| / ||W|| of each adapted matrix.

    Args:
        norms: The relative norm of each matrix.
    """

    norms: Norms

    @property
    def largest(self) -> float:
        """Largest relative norm."""
        return max(self.norms.values(), default=0.0)

    @property
    def mean(self) -> float:
        """Mean relative norm."""
        return sum(self.norms.values()) / max(1, len(self.norms))

    @property
    def farthest(self) -> str:
        """The matrix that moves most, in words."""
        site = max(self.norms, key=lambda site: self.norms[site])
        return _(PLACES[site.part], matrix=site.matrix, stack=_(site.stack), block=site.block)


def movement(layers: Sequence[dict[str, Any]], strength: float = 1.0) -> Movement | None:
    """Compute the movement from the layers that `inspect` lists.

    Args:
        layers: Layers with `name` and `relative_norm`.
        strength: Factor on the adapter's update.

    Returns:
        The movement; None while the base's weights are not loaded.
    """
    if not layers or any(layer["relative_norm"] is None for layer in layers):
        return None
    norms = {}
    for layer in layers:
        site = _site_of(layer["name"])
        if site:
            norms[site] = strength * layer["relative_norm"]
    return Movement(norms)


def movement_html(layers: Sequence[dict[str, Any]]) -> str:
    """Render the heat map with numbers, its scale and its meaning.

    Args:
        layers: Layers with `name` and `relative_norm`, as `inspect` lists them.
    """
    found = movement(layers)
    if found is None:
        return f'<p class="small">{_(UNKNOWN)}</p>'
    if found.largest == 0:
        return f"<p>{_(ZERO)}</p>"
    tables = "".join(_table(stack, found.norms, found.largest) for stack in STACKS)
    return (
        '<section class="movement"><h2>'
        + _("Movement of the weights")
        + '</h2><p class="small">'
        + _(
            "‖sBA‖ / ‖W‖ of each adapted matrix in percent: {mean:.2%} on average, "
            "{largest:.2%} at most.",
            mean=found.mean,
            largest=found.largest,
        )
        + f' <span class="scale">0<i></i>{format_number(found.largest, ".2%")}</span></p><div '
        'class="stacks">'
        f"{tables}</div></section>"
    )


def heat_map(found: Movement, darkest: float) -> str:
    """Render small cells for each stack, darker where the weights move further.

    Args:
        found: The movement.
        darkest: Relative norm that gets the darkest cell.
    """
    grids = "".join(_grid(stack, found.norms, darkest, _spoken_norms, _percent) for stack in STACKS)
    return f'<div class="stacks tiny">{grids}</div>'


def coverage_map(paths: Collection[str], covered: Collection[str]) -> str:
    """Render the model's matrices as cells, filled where they are trained.

    Args:
        paths: Paths of all matrices.
        covered: Paths of the trained ones.
    """
    trained = set(covered)
    norms = {}
    for path in paths:
        site = _site_of(path)
        if site:
            norms[site] = float(path in trained)
    grids = "".join(_grid(stack, norms, 1.0, _spoken_coverage, _trained_word) for stack in STACKS)
    return f'<div class="stacks tiny">{grids}</div>'


def _percent(norm: float) -> str:
    return format_number(norm, ".2%")


def _trained_word(norm: float) -> str:
    return _("trained") if norm else _("frozen")


def _spoken_norms(stack: str, norms: Norms) -> str:
    low, high = min(norms.values()), max(norms.values())
    return ngettext(
        "{stack}: {count} matrix moves by {high:.2%}",
        "{stack}: {count} matrices move by {low:.2%} to {high:.2%}",
        len(norms),
        stack=_(stack),
        low=low,
        high=high,
    )


def _spoken_coverage(stack: str, norms: Norms) -> str:
    return _(
        "{stack}: {trained} of {count} matrices are trained",
        stack=_(stack),
        trained=sum(map(int, norms.values())),
        count=len(norms),
    )


class _Axes(NamedTuple):
    """Rows and columns of a map: the blocks, and (part, matrix) pairs."""

    blocks: list[str]
    kinds: list[tuple[str, str]]


def _axes(norms: Norms) -> _Axes:
    blocks = sorted({site.block for site in norms}, key=int)
    kinds = {site.kind: (site.part, site.matrix) for site in norms}
    return _Axes(blocks, [kinds[key] for key in sorted(kinds)])


def _of_stack(norms: Norms, stack: str) -> dict[Site, float]:
    return {site: norm for site, norm in norms.items() if site.stack == stack}


def _grid(
    stack: str,
    all_norms: Norms,
    darkest: float,
    spoken: Callable[[str, Norms], str],
    format_norm: Callable[[float], str],
) -> str:
    """Render small cells without numbers: a row for each block, a column for each kind."""
    norms = _of_stack(all_norms, stack)
    if not norms:
        return ""
    blocks, kinds = _axes(norms)
    heads = "".join(f"<span>{matrix}</span>" for _part, matrix in kinds)
    cells = []
    for block in blocks:
        for part, matrix in kinds:
            site = Site(stack, block, part, matrix)
            cells.append(_small_cell(site, norms.get(site), darkest, format_norm))
    return (
        f'<figure><figcaption>{_(stack)}</figcaption><div class="grid" '
        f'style="--kinds:{len(kinds)}" '
        f'role="img" aria-label="{escape(spoken(stack, norms))}">{heads}{"".join(cells)}</div>'
        "</figure>"
    )


def _small_cell(
    site: Site, norm: float | None, darkest: float, format_norm: Callable[[float], str]
) -> str:
    if norm is None:
        return '<i class="none"></i>'
    heat = 100 * norm / darkest
    return f'<i style="--heat:{heat:.0f}%" title="{site.title}: {format_norm(norm)}"></i>'


def _table(stack: str, all_norms: Norms, darkest: float) -> str:
    """Render cells with numbers: a row for each block, a column for each kind of matrix."""
    norms = _of_stack(all_norms, stack)
    if not norms:
        return ""
    blocks, kinds = _axes(norms)
    head = "".join(
        f"<th scope=col><small>{_(PARTS[part])}</small>{matrix}</th>" for part, matrix in kinds
    )
    rows = []
    for block in blocks:
        cells = "".join(_cell(norms.get(Site(stack, block, *kind)), darkest) for kind in kinds)
        rows.append(f"<tr><th scope=row>{block}</th>{cells}</tr>")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_(stack)}"><table '
        'class="heat">'
        f"<caption>{_(stack)}</caption><thead><tr><th scope=col><span class=unseen>"
        + _("block")
        + f"</span></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(norm: float | None, darkest: float) -> str:
    if norm is None:
        return "<td class=none></td>"
    heat = 100 * norm / darkest
    return (
        f'<td style="--heat:{heat:.0f}%" title="{format_number(norm, ".3%")}">'
        f"{format_number(100 * norm, '.1f')}</td>"
    )
