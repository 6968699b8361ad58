"""How far an adapter moves each matrix, ||s A B|| / ||W||, as a heat map by block and matrix."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

PATH = re.compile(r"(encoder|decoder)\.block\.(\d+)\.layer\.\d+\.(\w+)\.(\w+)")
PARTS = {"SelfAttention": "self", "EncDecAttention": "cross", "DenseReluDense": "feed-forward"}
STACKS = ("encoder", "decoder")
ORDER = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")
UNKNOWN = "How far it moves each matrix is shown once the base model is loaded."
ZERO = "This adapter changes nothing: its B is zero everywhere, as before any training."

Site = tuple[str, str, str, str]
"""Stack, block, part and matrix, such as ("decoder", "0", "SelfAttention", "q")."""


@dataclass(frozen=True)
class Movement:
    """||s A B|| / ||W|| of each adapted matrix."""

    norms: dict[Site, float]

    @property
    def most(self) -> float:
        return max(self.norms.values(), default=0.0)

    @property
    def mean(self) -> float:
        return sum(self.norms.values()) / max(1, len(self.norms))

    @property
    def farthest(self) -> str:
        """The matrix that is moved most, in words."""
        stack, block, part, name = max(self.norms, key=self.norms.get)
        return f"{name} of {PARTS[part]}{'-attention' * (part != 'DenseReluDense')} in {stack} block {block}"


def movement(layers: Sequence[dict], strength: float = 1.0) -> Movement | None:
    """What `inspect` found, at a strength; None while the base's weights are not there."""
    if not layers or any(layer["relative_norm"] is None for layer in layers):
        return None
    return Movement(
        {
            m.groups(): strength * layer["relative_norm"]
            for layer in layers
            if (m := PATH.fullmatch(layer["name"]))
        }
    )


def movement_html(layers: Sequence[dict]) -> str:
    """The heat map with its numbers in per cent, its scale, and what it means."""
    found = movement(layers)
    if found is None:
        return f'<p class="small">{UNKNOWN}</p>'
    if found.most == 0:
        return f"<p>{ZERO}</p>"
    tables = "".join(_table(stack, _part(found.norms, stack), found.most) for stack in STACKS)
    return (
        f'<section class="movement"><h2>How far it moves the weights</h2><p class="small">‖sBA‖ / ‖W‖ for each adapted matrix in per cent: {found.mean:.2%} on average, at most {found.most:.2%}. '
        f'<span class="scale">0<i></i>{found.most:.2%}</span></p><div class="stacks">{tables}</div></section>'
    )


def heat_map(found: Movement, most: float) -> str:
    """Small cells for each stack, darker where the weights move further; `most` gets the darkest."""
    return (
        '<div class="stacks tiny">'
        + "".join(
            _grid(stack, _part(found.norms, stack), most, _spoken, "{:.2%}".format)
            for stack in STACKS
        )
        + "</div>"
    )


def coverage_map(paths: Collection[str], covered: Collection[str]) -> str:
    """The model's matrices as cells, filled where they are trained."""
    covered, sites = (
        set(covered),
        {m.groups(): path for path in paths if (m := PATH.fullmatch(path))},
    )
    norms = {site: float(path in covered) for site, path in sites.items()}
    said = lambda stack, part: (
        f"{stack}: {sum(map(int, part.values()))} of {len(part)} matrices are trained"
    )
    return (
        '<div class="stacks tiny">'
        + "".join(
            _grid(stack, _part(norms, stack), 1.0, said, lambda on: "trained" if on else "frozen")
            for stack in STACKS
        )
        + "</div>"
    )


def _part(norms: dict[Site, float], stack: str) -> dict[tuple[str, str, str], float]:
    return {site[1:]: norm for site, norm in norms.items() if site[0] == stack}


def _axes(norms: dict[tuple[str, str, str], float]) -> tuple[list[str], list[tuple[str, str]]]:
    """Blocks, and kinds of matrices, in the model's order."""
    kinds = sorted(
        {(part, name) for _, part, name in norms},
        key=lambda kind: (list(PARTS).index(kind[0]), ORDER.index(kind[1])),
    )
    return sorted({block for block, _, _ in norms}, key=int), kinds


def _grid(stack: str, norms: dict, most: float, spoken, worded) -> str:
    """Small cells without numbers: a row for each block, a column for each kind of matrix."""
    if not norms:
        return ""
    blocks, kinds = _axes(norms)
    name = lambda block, kind: f"{stack} block {block}, {PARTS[kind[0]]} {kind[1]}"
    cell = lambda title, norm: (
        '<i class="none"></i>'
        if norm is None
        else f'<i style="--heat:{100 * norm / most:.0f}%" title="{title}: {worded(norm)}"></i>'
    )
    cells = "".join(
        cell(name(block, kind), norms.get((block, *kind))) for block in blocks for kind in kinds
    )
    heads = "".join(f"<span>{short}</span>" for _, short in kinds)
    return f'<figure><figcaption>{stack}</figcaption><div class="grid" style="--kinds:{len(kinds)}" role="img" aria-label="{escape(spoken(stack, norms))}">{heads}{cells}</div></figure>'


def _table(stack: str, norms: dict, most: float) -> str:
    """Cells with numbers."""
    if not norms:
        return ""
    blocks, kinds = _axes(norms)
    head = "".join(f"<th scope=col><small>{PARTS[part]}</small>{name}</th>" for part, name in kinds)
    rows = "".join(
        f"<tr><th scope=row>{block}</th>{''.join(_heat(norms.get((block, *kind)), most) for kind in kinds)}</tr>"
        for block in blocks
    )
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{stack}"><table class="heat"><caption>{stack}</caption><thead><tr><th scope=col><span class=unseen>block</span></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _spoken(stack: str, norms: dict) -> str:
    return f"{stack}: {len(norms)} matrices, moved by {min(norms.values()):.2%} to {max(norms.values()):.2%}"


def _heat(norm: float | None, most: float) -> str:
    if norm is None:
        return "<td class=none></td>"
    return f'<td style="--heat:{100 * norm / most:.0f}%" title="{norm:.3%}">{100 * norm:.1f}</td>'
