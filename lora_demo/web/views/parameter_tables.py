"""The parameter table, its chart and its formula, from a base's geometry alone."""

import math
from collections.abc import Sequence
from html import escape

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
from lora_demo.web.views.movement import coverage_map
from lora_demo.web.views.units import SCROLL, short, size

FULL = "full"
LESSON = {4: 2.8, 8: 5.6, 16: 11.2}
"""Millions of parameters that a common lesson gives for FLAN-T5-base; no counting of its matrices leads there."""


def table_html(config: T5Config, counts: Sequence[AdapterCount], picked: str = FULL) -> str:
    """The counts as a table, the full fine-tune first; each row can be picked."""
    total = total_parameters(config)
    head = (
        "Trained parameters",
        "Share of the whole",
        "File",
        "Optimizer memory",
        "Training memory, about",
    )
    full = _row(
        FULL,
        "full fine-tune",
        (
            f"{total:,}",
            "100 %",
            size(4 * total),
            size(12 * total),
            size(training_bytes(config, total)),
        ),
        picked,
    )
    rows = [
        _row(
            str(c.rank),
            f"r = {c.rank}",
            (
                f"{c.trainable:,}",
                f"{c.percent:.4f} %",
                size(c.adapter_bytes),
                size(c.optimizer_bytes),
                size(training_bytes(config, c.trainable)),
            ),
            picked,
        )
        for c in counts
    ]
    return (
        f'{SCROLL.format("Parameters of each rank")}<table class="numbers"><thead><tr><td></td>{"".join(f"<th scope=col>{cell}</th>" for cell in head)}</tr></thead><tbody>{full}{"".join(rows)}</tbody></table></div>'
        '<p class="small">Choose a row to see which matrices it covers. Share = trained / (base + trained), as PEFT prints it. File: float32 tensors. Optimizer: gradient and two moments of AdamW, 12 bytes per trained parameter. '
        "Training memory is an estimate: float32 weights, optimizer, and the activations of a batch of 16 pairs of 32 tokens a side, which LoRA needs as well.</p>"
    )


def _row(id: str, name: str, cells: Sequence[str], picked: str) -> str:
    button = f'<button type="button" class="pick" aria-pressed="{str(id == picked).lower()}">{name}</button>'
    return (
        f'<tr class="{FULL if id == FULL else "lora"}" data-id="{id}"><th scope="row">{button}</th>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def coverage_html(config: T5Config, targets: str, picked: str) -> str:
    """Which matrices a row of the table trains, as a map of the model and in words."""
    shapes, names = dense_shapes(config), resolve_targets(targets, config)
    covered = [path for path in shapes if picked == FULL or is_target(path, names)]
    if picked == FULL:
        words = f"<b>A full fine-tune</b> trains all {len(shapes)} matrices of the blocks, and the embedding, the norms, the position tables and the head besides."
    else:
        rank, each = (
            int(picked),
            [
                f"{many} × <code>{escape(name)}</code>: A {d_in:,} × {picked} and B {picked} × {d_out:,}, {int(picked) * (d_in + d_out):,} numbers"
                for name, many, d_in, d_out in matrix_formulas(config, targets)
            ],
        )
        words = f"<b>r = {rank}</b> covers {len(covered)} of {len(shapes)} matrices.<br>{'<br>'.join(each)}"
    return f'<section class="coverage" aria-live="polite"><div>{coverage_map(shapes, covered)}</div><p>{words}</p></section>'


def bases_html(targets: str, ranks: Sequence[int]) -> str:
    """The same ranks on every FLAN-T5."""
    head = "".join(f"<th scope=col>r = {rank}</th>" for rank in ranks)
    cell = lambda count: (
        f"<td><b>{count.trainable:,}</b><br><small>{count.percent:.3f} %</small></td>"
    )
    rows = "".join(
        f"<tr><th scope=row>{base.split('/')[1]}</th><td>{total_parameters(config):,}</td>{''.join(cell(count_adapter(config, rank, targets)) for rank in ranks)}</tr>"
        for base, config in FLAN_T5.items()
    )
    return f'{SCROLL.format("Parameters of every FLAN-T5")}<table class="numbers"><thead><tr><td></td><th scope=col>The whole model</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def bars_html(config: T5Config, counts: Sequence[AdapterCount]) -> str:
    """Trained parameters as bars of equal ratio: each grid line is ten times the one before."""
    total = total_parameters(config)
    low = 10 ** (len(str(min(c.trainable for c in counts))) - 1)
    span = math.ceil(_log10(total / low))
    width = lambda n: 100 * _log10(n / low) / max(span, 1)
    bars = [
        ("full fine-tune", total, "full"),
        *((f"r = {c.rank}", c.trainable, "") for c in counts),
    ]
    html = "".join(
        f'<div class="bar {kind}"><span>{name}</span><i><b style="width:{max(width(n), 0.8):.2f}%"></b><em>{short(n)}</em></i></div>'
        for name, n, kind in bars
    )
    ticks = "".join(
        f'<span style="left:{100 * k / max(span, 1):.2f}%">{short(low * 10**k)}</span>'
        for k in range(span + 1)
    )
    return f'<figure class="bars" aria-label="Trained parameters on a logarithmic scale"><figcaption><b>Trained parameters</b><span class="key">logarithmic scale</span></figcaption>{html}<div class="ticks"><i>{ticks}</i></div></figure>'


def _log10(number: float) -> float:
    return math.log10(number) if number > 0 else 0.0


def formula_html(config: T5Config, targets: str, ranks: Sequence[int]) -> str:
    """r * (d_in + d_out) for each kind of matrix, with the numbers put in."""
    kinds = matrix_formulas(config, targets)
    head = f"<tr><th scope=col>Matrix</th><th scope=col>How many</th><th scope=col>d_in + d_out</th>{''.join(f'<th scope=col>r = {r}</th>' for r in ranks)}</tr>"
    rows = "".join(
        f"<tr><th scope=row><code>{escape(name)}</code></th><td>{many}</td><td>{d_in:,} + {d_out:,}</td>"
        + "".join(
            f"<td>{many} · {r} · {d_in + d_out:,} = <b>{many * r * (d_in + d_out):,}</b></td>"
            for r in ranks
        )
        + "</tr>"
        for name, many, d_in, d_out in kinds
    )
    sums = "".join(
        f"<td><b>{sum(many * r * (d_in + d_out) for _, many, d_in, d_out in kinds):,}</b></td>"
        for r in ranks
    )
    return (
        '<p class="formula">A matrix <i>W</i> of d<sub>in</sub> × d<sub>out</sub> gets <i>A</i> of d<sub>in</sub> × r and <i>B</i> of r × d<sub>out</sub>: <b>r · (d<sub>in</sub> + d<sub>out</sub>)</b> trained parameters.</p>'
        f'{SCROLL.format("The formula for each matrix")}<table class="numbers"><thead>{head}</thead><tbody>{rows}<tr class="sum"><th scope=row>all</th><td>{sum(kind[1] for kind in kinds)}</td><td></td>{sums}</tr></tbody></table></div>'
    )


def lesson_html(base: str, config: T5Config, targets: str) -> str:
    """The figure that lessons give for FLAN-T5-base beside the true one, and why they differ; empty for another base."""
    if base != "google/flan-t5-base":
        return ""
    true = {rank: count_adapter(config, rank, "q,v").trainable for rank in LESSON}
    rows = "".join(
        f"<tr><th scope=row>r = {rank}</th><td>{said} M</td><td><b>{true[rank]:,}</b></td></tr>"
        for rank, said in LESSON.items()
    )
    everything = count_adapter(config, 4, "all-linear").trainable
    return (
        '<div class="lesson"><h2>“2.8, 5.6 and 11.2 million”?</h2>'
        f"<div><table class=numbers><thead><tr><th></th><th scope=col>Often taught</th><th scope=col>q, v counted</th></tr></thead><tbody>{rows}</tbody></table>"
        "<p>The formula of the lesson, 2 · d · r, is right for one 768 × 768 matrix: 6,144 at r = 4. But 2.8 M would take about 456 such matrices, and q and v of FLAN-T5-base are 72 "
        f"(12 encoder and 24 decoder attentions, two each), so 72 · 6,144 = {true[4]:,}; even all 216 linear layers come to no more than {everything:,}.</p></div></div>"
    )
