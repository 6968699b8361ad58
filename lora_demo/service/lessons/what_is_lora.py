"""The lesson "What is LoRA?": A and B beside W, and how many parameters they have."""

from collections.abc import Mapping

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.language import _, format_number, format_numbers
from lora_demo.service.lessons.counts import TAUGHT_BASE, TAUGHT_MILLIONS, RankCounts
from lora_demo.service.lessons.lesson import Drawing, Goal, Lesson, Prediction, Step, Taught, Train
from lora_demo.training.settings import make_config

FIRST_GOAL = 16
FIRST_RUN = {"data": "builtin:weather", "targets": "all-linear", "rank": 4, "minutes": 1.0}


def what_is_lora(bases: Mapping[str, RankCounts]) -> Lesson:
    """Build the lesson.

    Args:
        bases: The counts of each base that can be drawn, by id.
    """
    counts = bases[TAUGHT_BASE]
    return Lesson(
        name="lora",
        title=_("What is LoRA?"),
        summary=_("Two thin matrices beside a frozen one, and where 2 · d · r comes from."),
        steps=(
            _thin_matrices(),
            _twice_the_rank(counts),
            _as_many_as_w(counts),
            _taught_numbers(counts),
            _start(),
        ),
    )


def _thin_matrices() -> Step:
    return Step(
        _("Two thin matrices"),
        (
            _(
                "A T5 model consists mostly of matrices. Fine-tuning changes them, so that "
                "the model does a new task better."
            ),
            _(
                "[LoRA] does not change a matrix W. It adds s · B A. B is as high as W and "
                "has r columns, A is as wide as W and has r rows. Only A and B are trained, "
                "and r is the [rank]."
            ),
            _("The drawing is to scale: each [parameter] of W, A and B has the same area."),
        ),
        figure=Drawing(EMBEDDED, 4),
        goal=Goal(_("Drag the rank to {rank}.", rank=FIRST_GOAL), FIRST_GOAL),
    )


def _twice_the_rank(counts: RankCounts) -> Step:
    before, after = (counts.of_adapter[counts.at(rank)] for rank in (8, 16))
    return Step(
        _("Twice the rank"),
        (
            _(
                "{name} has {matrices} matrices q and v, each of {d_out} × {d_in}. At rank "
                "8, their A and B have {before:,} [parameter|parameters] together.",
                name=counts.name,
                matrices=counts.matrices,
                d_out=counts.d_out,
                d_in=counts.d_in,
                before=before,
            ),
        ),
        prediction=Prediction(
            _("You double the rank to 16. What happens to the number of trained parameters?"),
            (_("It stays the same."), _("It doubles."), _("It becomes four times as large.")),
            1,
            _(
                "It doubles: {before:,} → {after:,}. Each rank adds one column to B and one "
                "row to A. The {total:,} parameters of the [base] stay as they are.",
                before=before,
                after=after,
                total=counts.total,
            ),
        ),
        reveal=Drawing(counts.base, 16),
    )


def _as_many_as_w(counts: RankCounts) -> Step:
    d = counts.d_in
    half = d // 2
    return Step(
        _("Where 2 · d · r comes from"),
        (
            _(
                "B has d_out · r parameters and A has r · d_in. Together they have r · "
                "(d_in + d_out). If W has d rows and d columns, that is 2 · d · r."
            ),
            _("A matrix q of {name} has {d} rows and {d} columns.", name=counts.name, d=d),
        ),
        prediction=Prediction(
            _("At which rank do A and B have as many parameters as W?"),
            (f"r = {FIRST_GOAL}", f"r = {d // 8}", f"r = {half}", f"r = {d}"),
            2,
            _(
                "At r = {half}: 2 · {d} · {half} = {together:,}, and {d} · {d} = {of_w:,}. Usual "
                "ranks of 4 to 64 are far below that, so an adapter is small.",
                half=half,
                d=d,
                together=2 * d * half,
                of_w=d * d,
            ),
        ),
        reveal=Drawing(counts.base, 8),
        goal=Goal(_("Drag the rank to {half} and watch A and B.", half=half), half),
    )


def _taught_numbers(counts: RankCounts) -> Step:
    ranks = ", ".join(map(str, TAUGHT_MILLIONS))
    millions = format_numbers(TAUGHT_MILLIONS.values())
    one, exact = counts.of_matrix[counts.at(4)], counts.of_adapter[counts.at(4)]
    return Step(
        _("{millions} million?", millions=millions),
        (
            _(
                "Many courses teach that the ranks {ranks} train {millions} million parameters of "
                "{name}.",
                ranks=ranks,
                millions=millions,
                name=counts.name,
            ),
            _("The usual [adapted matrices] of a T5 are q and v."),
        ),
        prediction=Prediction(
            _("How many parameters does rank 4 train then?"),
            (
                format_number(one, ","),
                format_number(exact, ","),
                _("{number} million", number=TAUGHT_MILLIONS[4]),
                format_number(counts.total, ","),
            ),
            1,
            _(
                "{matrices} matrices with {one:,} parameters each are {exact:,}.",
                matrices=counts.matrices,
                one=one,
                exact=exact,
            ),
        ),
        reveal=Taught(),
    )


def _start() -> Step:
    return Step(
        _("The start changes nothing"),
        (
            _(
                "Before the first [step], A has random numbers and B is zero. The scale is "
                "s = [alpha] / r."
            ),
        ),
        prediction=Prediction(
            _("What does the model say with such a new adapter?"),
            (_("The same as the base."), _("Random words."), _("A better translation.")),
            0,
            _(
                "The same as the base, because s · B A is zero. Training begins with what the "
                "model can already do. Train an adapter of rank 4 for a minute, and watch the "
                "first steps move it."
            ),
        ),
        action=Train(make_config(FIRST_RUN)),
    )
