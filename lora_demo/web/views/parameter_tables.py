"""The Parameters tab's tables, chart and formula, from a base's geometry alone."""

import math
from collections.abc import Sequence
from html import escape

from lora_demo.formatting import format_count, format_size
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.parameters import (
    AdapterCount,
    count_adapter,
    dense_shapes,
    is_target,
    matrix_formulas,
    resolve_targets,
    total_parameters,
    training_bytes,
)
from lora_demo.web.views.elements import SCROLL
from lora_demo.web.views.movement import coverage_map

FULL = "full"
"""Id of the row of full fine-tuning; the other rows have their rank."""
FULL_NAME = "full fine-tuning"
LESSON = {4: 2.8, 8: 5.6, 16: 11.2}
"""Millions of parameters that a common lesson gives for FLAN-T5-base, by rank."""
LESSON_BASE = "google/flan-t5-base"
COLUMNS = (
    "Trained parameters",
    "Share of all",
    "File",
    "Optimizer memory",
    "Training memory (estimate)",
)
TABLE_NOTE = (
    '<p class="small">Choose a row to see which matrices it covers. Share = trained / (base + '
    "trained), as PEFT prints it. File: float32 tensors. Optimizer: gradient and two moments of "
    "AdamW, 12 bytes per trained parameter. Training memory is an estimate: float32 weights, "
    "optimizer, and the activations of a batch of 16 pairs with 32 tokens on each side, which "
    "LoRA needs as well.</p>"
)
FORMULA = (
    '<p class="formula">A matrix <i>W</i> of d<sub>in</sub> × d<sub>out</sub> gets <i>A</i> of '
    "d<sub>in</sub> × r and <i>B</i> of r × d<sub>out</sub>: "
    "<b>r · (d<sub>in</sub> + d<sub>out</sub>)</b> trained parameters.</p>"
)
MIN_BAR_PERCENT = 0.8


def _framed_table(label: str, head: str, body: str) -> str:
    return (
        f'{SCROLL.format(label)}<table class="numbers"><thead>{head}</thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heads(cells: Sequence[str]) -> str:
    return "".join(f"<th scope=col>{cell}</th>" for cell in cells)


def _rank_heads(ranks: Sequence[int]) -> str:
    return _heads([f"r = {rank}" for rank in ranks])


def table_html(config: T5Config, counts: Sequence[AdapterCount], chosen: str = FULL) -> str:
    """Render the counts as a table, full fine-tuning first; a click on a row chooses it.

    Args:
        config: Geometry of the base.
        counts: One count for each rank.
        chosen: Id of the chosen row: `full` or a rank.
    """
    rows = [_row(FULL, FULL_NAME, _full_cells(config), chosen)]
    for count in counts:
        cells = _adapter_cells(config, count)
        rows.append(_row(str(count.rank), f"r = {count.rank}", cells, chosen))
    head = f"<tr><td></td>{_heads(COLUMNS)}</tr>"
    return _framed_table("Parameters of each rank", head, "".join(rows)) + TABLE_NOTE


def _full_cells(config: T5Config) -> list[str]:
    total = total_parameters(config)
    return [
        f"{total:,}",
        "100%",
        format_size(4 * total),
        format_size(12 * total),
        format_size(training_bytes(config, total)),
    ]


def _adapter_cells(config: T5Config, count: AdapterCount) -> list[str]:
    return [
        f"{count.trainable:,}",
        f"{count.percent:.4f}%",
        format_size(count.adapter_bytes),
        format_size(count.optimizer_bytes),
        format_size(training_bytes(config, count.trainable)),
    ]


def _row(id: str, name: str, cells: Sequence[str], chosen: str) -> str:
    pressed = str(id == chosen).lower()
    button = f'<button type="button" class="pick" aria-pressed="{pressed}">{name}</button>'
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    kind = FULL if id == FULL else "lora"
    return f'<tr class="{kind}" data-id="{id}"><th scope="row">{button}</th>{values}</tr>'


def coverage_html(config: T5Config, targets: str, chosen: str) -> str:
    """Render which matrices a row of the table trains, as a map of the model and in words.

    Args:
        config: Geometry of the base.
        targets: Names of the adapted matrices, or of a set of them.
        chosen: Id of the row: `full` or a rank.

    Raises:
        ValueError: If a target matches no matrix.
    """
    shapes = dense_shapes(config)
    names = resolve_targets(targets, config)
    if chosen == FULL:
        covered = list(shapes)
        words = (
            f"<b>Full fine-tuning</b> trains all {len(shapes)} matrices of the blocks, and also "
            "the embedding, the norms, the position tables and the head."
        )
    else:
        covered = [path for path in shapes if is_target(path, names)]
        words = _covered_words(config, targets, int(chosen), len(covered), len(shapes))
    return (
        f'<section class="coverage" aria-live="polite"><div>{coverage_map(shapes, covered)}</div>'
        f"<p>{words}</p></section>"
    )


def _covered_words(config: T5Config, targets: str, rank: int, covered: int, total: int) -> str:
    lines = [f"<b>r = {rank}</b> covers {covered} of {total} matrices."]
    for name, count, d_in, d_out in matrix_formulas(config, targets):
        lines.append(
            f"{count} × <code>{escape(name)}</code>: A {d_in:,} × {rank} and "
            f"B {rank} × {d_out:,}, {rank * (d_in + d_out):,} numbers"
        )
    return "<br>".join(lines)


def bases_html(targets: str, ranks: Sequence[int]) -> str:
    """Render the same ranks for every FLAN-T5.

    Args:
        targets: Names of the adapted matrices, or of a set of them.
        ranks: The ranks.
    """
    head = f"<tr><td></td><th scope=col>Whole model</th>{_rank_heads(ranks)}</tr>"
    rows = []
    for base, config in FLAN_T5.items():
        counts = [count_adapter(config, rank, targets) for rank in ranks]
        rows.append(
            f"<tr><th scope=row>{base.split('/')[1]}</th><td>{total_parameters(config):,}</td>"
            f"{''.join(map(_count_cell, counts))}</tr>"
        )
    return _framed_table("Parameters of every FLAN-T5", head, "".join(rows))


def _count_cell(count: AdapterCount) -> str:
    return f"<td><b>{count.trainable:,}</b><br><small>{count.percent:.3f}%</small></td>"


def bars_html(config: T5Config, counts: Sequence[AdapterCount]) -> str:
    """Render trained parameters as bars on a logarithmic scale.

    Args:
        config: Geometry of the base.
        counts: One count for each rank.
    """
    total = total_parameters(config)
    smallest = min(count.trainable for count in counts)
    low = 10 ** (len(str(smallest)) - 1)
    decades = max(math.ceil(_log10(total / low)), 1)
    rows = [(FULL_NAME, total, FULL)]
    rows += [(f"r = {count.rank}", count.trainable, "") for count in counts]
    bars = []
    for name, number, kind in rows:
        width = max(100 * _log10(number / low) / decades, MIN_BAR_PERCENT)
        bars.append(
            f'<div class="bar {kind}"><span>{name}</span><i><b style="width:{width:.2f}%"></b>'
            f"<em>{format_count(number)}</em></i></div>"
        )
    ticks = "".join(
        f'<span style="left:{100 * decade / decades:.2f}%">{format_count(low * 10**decade)}</span>'
        for decade in range(decades + 1)
    )
    return (
        '<figure class="bars" aria-label="Trained parameters on a logarithmic scale"><figcaption>'
        '<b>Trained parameters</b><span class="key">logarithmic scale</span></figcaption>'
        f'{"".join(bars)}<div class="ticks"><i>{ticks}</i></div></figure>'
    )


def _log10(number: float) -> float:
    return math.log10(number) if number > 0 else 0.0


def formula_html(config: T5Config, targets: str, ranks: Sequence[int]) -> str:
    """Render r * (d_in + d_out) for each kind of matrix, with its numbers.

    Args:
        config: Geometry of the base.
        targets: Names of the adapted matrices, or of a set of them.
        ranks: The ranks.

    Raises:
        ValueError: If a target matches no matrix.
    """
    kinds = matrix_formulas(config, targets)
    head = f"<tr>{_heads(('Matrix', 'Count', 'd_in + d_out'))}{_rank_heads(ranks)}</tr>"
    rows = []
    sums = dict.fromkeys(ranks, 0)
    for name, count, d_in, d_out in kinds:
        cells = []
        for rank in ranks:
            number = count * rank * (d_in + d_out)
            sums[rank] += number
            cells.append(f"<td>{count} · {rank} · {d_in + d_out:,} = <b>{number:,}</b></td>")
        rows.append(
            f"<tr><th scope=row><code>{escape(name)}</code></th><td>{count}</td>"
            f"<td>{d_in:,} + {d_out:,}</td>{''.join(cells)}</tr>"
        )
    total_cells = "".join(f"<td><b>{number:,}</b></td>" for number in sums.values())
    matrices = sum(count for _, count, _, _ in kinds)
    rows.append(
        f'<tr class="sum"><th scope=row>all</th><td>{matrices}</td><td></td>{total_cells}</tr>'
    )
    return FORMULA + _framed_table("The formula for each matrix", head, "".join(rows))


def lesson_html(base: str, config: T5Config) -> str:
    """Compare the counts that lessons give for FLAN-T5-base with the exact ones.

    Args:
        base: Id of the base.
        config: Its geometry.

    Returns:
        HTML; empty for another base.
    """
    if base != LESSON_BASE:
        return ""
    exact = {rank: count_adapter(config, rank, "q,v").trainable for rank in LESSON}
    rows = "".join(
        f"<tr><th scope=row>r = {rank}</th><td>{millions} M</td>"
        f"<td><b>{exact[rank]:,}</b></td></tr>"
        for rank, millions in LESSON.items()
    )
    largest = count_adapter(config, 4, "all-linear").trainable
    return (
        '<div class="lesson"><h2>“2.8, 5.6 and 11.2 million”?</h2>'
        "<div><table class=numbers><thead><tr><th></th><th scope=col>Often taught</th>"
        f"<th scope=col>Exact (q, v)</th></tr></thead><tbody>{rows}</tbody></table>"
        "<p>The lesson's formula, 2 · d · r, is right for one 768 × 768 matrix: 6,144 at r = 4. "
        "But 2.8 M would need about 456 such matrices. FLAN-T5-base has 72 matrices q and v "
        "(12 encoder and 24 decoder attentions, two each), so the count is "
        f"72 · 6,144 = {exact[4]:,}. Even all 216 linear layers need only {largest:,}."
        "</p></div></div>"
    )
