"""How far an adapter moves each matrix, ||s A B|| / ||W||, as a heat map by block and matrix."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

PATH = re.compile(r"(encoder|decoder)\.block\.(\d+)\.layer\.\d+\.(\w+)\.(\w+)")
PARTS = {"SelfAttention": "self", "EncDecAttention": "cross", "DenseReluDense": "feed-forward"}
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
    return Movement({m.groups(): strength * layer["relative_norm"] for layer in layers if (m := PATH.fullmatch(layer["name"]))})


def movement_html(layers: Sequence[dict]) -> str:
    """The heat map with its numbers in per cent, its scale, and what it means."""
    found = movement(layers)
    if found is None:
        return f'<p class="small">{UNKNOWN}</p>'
    if found.most == 0:
        return f"<p>{ZERO}</p>"
    return (
        f'<section class="movement"><h2>How far it moves the weights</h2><p class="small">‖sBA‖ / ‖W‖ for each adapted matrix in per cent: {found.mean:.2%} on average, at most {found.most:.2%}. '
        f'<span class="scale">0<i></i>{found.most:.2%}</span></p>{heat_map(found, found.most, numbers=True)}</section>'
    )


def heat_map(found: Movement, most: float, numbers: bool = False) -> str:
    """A table for each stack, darker where the weights move further; `most` gets the darkest cell."""
    kind = "" if numbers else " tiny"
    return f'<div class="stacks{kind}">' + "".join(_stack(stack, found, most, numbers) for stack in ("encoder", "decoder")) + "</div>"


def _stack(stack: str, found: Movement, most: float, numbers: bool) -> str:
    """A row for each block, a column for each kind of matrix."""
    norms = {site[1:]: norm for site, norm in found.norms.items() if site[0] == stack}
    if not norms:
        return ""
    kinds = sorted({(part, name) for _, part, name in norms}, key=lambda kind: (list(PARTS).index(kind[0]), ORDER.index(kind[1])))
    blocks = sorted({block for block, _, _ in norms}, key=int)
    if not numbers:
        cells = "".join(_cell(f"{stack} {block} {PARTS[kind[0]]} {kind[1]}", norms.get((block, *kind)), most) for block in blocks for kind in kinds)
        return f'<figure><figcaption>{stack}</figcaption><div class="grid" style="--kinds:{len(kinds)}" role="img" aria-label="{escape(_spoken(stack, norms))}">{cells}</div></figure>'
    head = "".join(f"<th scope=col><small>{PARTS[part]}</small>{name}</th>" for part, name in kinds)
    rows = "".join(f"<tr><th scope=row>{block}</th>{''.join(_heat(norms.get((block, *kind)), most) for kind in kinds)}</tr>" for block in blocks)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{stack}"><table class="heat"><caption>{stack}</caption><thead><tr><th scope=col><span class=unseen>block</span></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _spoken(stack: str, norms: dict) -> str:
    return f"{stack}: {len(norms)} matrices, moved by {min(norms.values()):.2%} to {max(norms.values()):.2%}"


def _cell(name: str, norm: float | None, most: float) -> str:
    if norm is None:
        return '<i class="none"></i>'
    return f'<i style="--heat:{100 * norm / most if most else 0:.0f}%" title="{name}: {norm:.2%}"></i>'


def _heat(norm: float | None, most: float) -> str:
    if norm is None:
        return "<td class=none></td>"
    strength = norm / most
    return f'<td style="--heat:{100 * strength:.0f}%" class="{"strong" if strength > 0.55 else ""}" title="{norm:.3%}">{100 * norm:.1f}</td>'
