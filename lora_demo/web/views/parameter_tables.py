"""The Parameters tab's tables, chart and formula, from a base's geometry alone."""

import math
from collections.abc import Sequence
from html import escape

from lora_demo.formatting import format_count, format_size
from lora_demo.language import N_, _, format_number
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.memory import training_bytes
from lora_demo.model.parameters import Adaptation, AdapterCount, count_adapter, matrix_formulas
from lora_demo.model.shapes import dense_shapes, total_parameters
from lora_demo.service.lessons.counts import TAUGHT_BASE, TAUGHT_MILLIONS
from lora_demo.web.views.elements import SCROLL
from lora_demo.web.views.movement import coverage_map
from lora_demo.web.views.terms import term_html

FULL = "full"
"""Id of the row of full fine-tuning; the other rows have their rank."""
FULL_NAME = N_("full fine-tuning")
COLUMNS = (
    N_("Trained parameters"),
    N_("Share of all"),
    N_("File"),
    N_("Optimizer memory"),
    N_("Training memory (estimate)"),
)
TABLE_NOTE = N_(
    "Choose a row to see which matrices it covers. Share = trained / ({base} + trained), as PEFT "
    "prints it. File: float32 tensors. {optimizer}: gradient and two moments of AdamW, 12 bytes "
    "per trained parameter. Training memory is an estimate: float32 weights, optimizer, and the "
    "activations of a batch of 16 pairs with 32 tokens on each side, which LoRA needs as well."
)
FORMULA = N_(
    "A matrix <i>W</i> of d<sub>in</sub> × d<sub>out</sub> gets <i>A</i> of d<sub>in</sub> × r "
    "and <i>B</i> of r × d<sub>out</sub>, where r is the {rank}: "
    "<b>r · (d<sub>in</sub> + d<sub>out</sub>)</b> trained {parameters}."
)
DORA_FORMULA = N_("DoRA also trains the length of each output: <b>+ d<sub>out</sub></b>.")
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
    rows = [_row(FULL, _(FULL_NAME), _full_cells(config), chosen)]
    for count in counts:
        cells = _adapter_cells(config, count)
        rows.append(_row(str(count.rank), f"r = {count.rank}", cells, chosen))
    head = f"<tr><td></td>{_heads([_(name) for name in COLUMNS])}</tr>"
    note = _(
        TABLE_NOTE,
        base=term_html("base"),
        optimizer=term_html("optimizer", _("Optimizer")),
    )
    table = _framed_table(_("Parameters of each rank"), head, "".join(rows))
    return f'{table}<p class="small">{note}</p>'


def _full_cells(config: T5Config) -> list[str]:
    total = total_parameters(config)
    return [
        format_number(total, ","),
        format_number(1, ".0%"),
        format_size(4 * total),
        format_size(12 * total),
        format_size(training_bytes(config, total)),
    ]


def _adapter_cells(config: T5Config, count: AdapterCount) -> list[str]:
    return [
        format_number(count.trainable, ","),
        format_number(count.percent / 100, ".4%"),
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


def coverage_html(config: T5Config, adaptation: Adaptation, chosen: str) -> str:
    """Render which matrices a row of the table trains, as a map of the model and in words.

    Args:
        config: Geometry of the base.
        adaptation: The changed matrices.
        chosen: Id of the row: `full` or a rank.

    Raises:
        ValueError: If a target matches no matrix.
    """
    shapes = dense_shapes(config)
    adapted = adaptation.shapes(config)
    if chosen == FULL:
        covered = list(shapes)
        words = _(
            "<b>Full fine-tuning</b> trains all {count} matrices of the blocks, and "
            "also the embedding, the norms, the position tables and the head.",
            count=len(shapes),
        )
    else:
        covered = list(adapted)
        words = _covered_words(config, adaptation, int(chosen), len(shapes))
    return (
        f'<section class="coverage" aria-live="polite"><div>{coverage_map(shapes, covered)}</div>'
        f"<p>{words}</p></section>"
    )


def _covered_words(config: T5Config, adaptation: Adaptation, rank: int, total: int) -> str:
    covered = len(adaptation.shapes(config))
    lines = [
        _(
            "<b>r = {rank}</b> covers {covered} of {total} matrices.",
            rank=rank,
            covered=covered,
            total=total,
        )
    ]
    for name, count, d_in, d_out in matrix_formulas(config, adaptation):
        factors = _(
            "A {d_in:,} × {rank} and B {rank} × {d_out:,}", d_in=d_in, rank=rank, d_out=d_out
        )
        numbers = rank * (d_in + d_out)
        if adaptation.use_dora:
            factors = _("{factors} and {d_out:,} magnitudes", factors=factors, d_out=d_out)
            numbers += d_out
        lines.append(
            _(
                "{count} × <code>{name}</code>: {factors}, {numbers:,} numbers",
                count=count,
                name=escape(name),
                factors=factors,
                numbers=numbers,
            )
        )
    return "<br>".join(lines)


def bases_html(adaptation: Adaptation, ranks: Sequence[int]) -> str:
    """Render the same ranks for every FLAN-T5.

    Args:
        adaptation: The changed matrices; a base without them gets empty cells.
        ranks: The ranks.
    """
    head = f"<tr><td></td><th scope=col>{_('Whole model')}</th>{_rank_heads(ranks)}</tr>"
    rows = []
    for base, config in FLAN_T5.items():
        cells = [_count_cell(config, rank, adaptation) for rank in ranks]
        rows.append(
            f"<tr><th scope=row>{base.split('/')[1]}</th><td>"
            f"{format_number(total_parameters(config), ',')}</td>"
            f"{''.join(cells)}</tr>"
        )
    return _framed_table(_("Parameters of every FLAN-T5"), head, "".join(rows))


def _count_cell(config: T5Config, rank: int, adaptation: Adaptation) -> str:
    try:
        count = count_adapter(config, rank, adaptation)
    except ValueError:
        return "<td>—</td>"
    number, share = format_number(count.trainable, ","), format_number(count.percent / 100, ".3%")
    return f"<td><b>{number}</b><br><small>{share}</small></td>"


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
    rows = [(_(FULL_NAME), total, FULL)]
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
        f'<figure class="bars" aria-label="{_("Trained parameters on a logarithmic scale")}">'
        f'<figcaption><b>{_("Trained parameters")}</b><span class="key">'
        + _("logarithmic scale")
        + f'</span></figcaption>{"".join(bars)}<div class="ticks"><i>{ticks}</i></div></figure>'
    )


def _log10(number: float) -> float:
    return math.log10(number) if number > 0 else 0.0


def formula_html(config: T5Config, adaptation: Adaptation, ranks: Sequence[int]) -> str:
    """Render r * (d_in + d_out) for each kind of matrix, with its numbers.

    Args:
        config: Geometry of the base.
        adaptation: The changed matrices; DoRA adds d_out.
        ranks: The ranks.

    Raises:
        ValueError: If a target matches no matrix.
    """
    kinds = matrix_formulas(config, adaptation)
    head = f"<tr>{_heads((_('Matrix'), _('Count'), 'd_in + d_out'))}{_rank_heads(ranks)}</tr>"
    rows = []
    sums = dict.fromkeys(ranks, 0)
    for name, count, d_in, d_out in kinds:
        dora = d_out if adaptation.use_dora else 0
        numbers = {rank: count * (rank * (d_in + d_out) + dora) for rank in ranks}
        sums = {rank: sums[rank] + number for rank, number in numbers.items()}
        cells = [
            _formula_cell(count, rank, d_in + d_out, dora, number)
            for rank, number in numbers.items()
        ]
        rows.append(
            f"<tr><th scope=row><code>{escape(name)}</code></th><td>{count}</td>"
            f"<td>{format_number(d_in, ',')} + {format_number(d_out, ',')}</td>"
            f"{''.join(cells)}</tr>"
        )
    total_cells = "".join(
        f"<td><b>{format_number(number, ',')}</b></td>" for number in sums.values()
    )
    matrices = sum(count for _name, count, *_sizes in kinds)
    rows.append(
        '<tr class="sum"><th scope=row>'
        + _("all")
        + f"</th><td>{matrices}</td><td></td>{total_cells}</tr>"
    )
    formulas = [
        _(FORMULA, rank=term_html("rank"), parameters=term_html("parameter", _("parameters")))
    ]
    if adaptation.use_dora:
        formulas.append(_(DORA_FORMULA))
    formula = "".join(f'<p class="formula">{text}</p>' for text in formulas)
    return formula + _framed_table(_("The formula for each matrix"), head, "".join(rows))


def _formula_cell(count: int, rank: int, sizes: int, dora: int, number: int) -> str:
    product = f"{rank} · {format_number(sizes, ',')}"
    if dora:
        product = f"({product} + {format_number(dora, ',')})"
    return f"<td>{count} · {product} = <b>{format_number(number, ',')}</b></td>"


def lesson_html(base: str, config: T5Config) -> str:
    """Compare the counts that lessons give for FLAN-T5-base with the exact ones.

    Args:
        base: Id of the base.
        config: Its geometry.

    Returns:
        HTML; empty for another base.
    """
    if base != TAUGHT_BASE:
        return ""
    exact = {rank: count_adapter(config, rank, "q,v").trainable for rank in TAUGHT_MILLIONS}
    rows = "".join(
        f"<tr><th scope=row>r = {rank}</th><td>{format_number(millions)} M</td>"
        f"<td><b>{format_number(exact[rank], ',')}</b></td></tr>"
        for rank, millions in TAUGHT_MILLIONS.items()
    )
    largest = count_adapter(config, 4, "all-linear").trainable
    text = _(
        "The usual formula, 2 · d · r, is right for one 768 × 768 matrix: 6,144 at r = 4. But 2.8 "
        "M would need about 456 such matrices. FLAN-T5-base has 72 matrices q and v (12 encoder "
        "and 24 decoder attentions, two each), so the count is 72 · 6,144 = {exact:,}. Even all "
        "216 linear layers need only {largest:,}.",
        exact=exact[4],
        largest=largest,
    )
    return (
        f'<div class="lesson"><h2>{_("“2.8, 5.6 and 11.2 million”?")}</h2>'
        "<div><table class=numbers><thead><tr><th></th>"
        f"<th scope=col>{_('Often taught')}</th><th scope=col>{_('Exact (q, v)')}</th>"
        f"</tr></thead><tbody>{rows}</tbody></table><p>{text}</p></div></div>"
    )
