"""The sections of a model card, each from the manifest, each empty if nothing is known."""

from typing import Any

from lora_demo.checkpoints.card_rights import BASE_ATTRIBUTIONS, attribution, license_of, sources_of
from lora_demo.checkpoints.commands import commands_of, own_command
from lora_demo.language import N_

BARS = "▁▂▃▄▅▆▇█"
MAX_CURVE_ROWS = 12
CURVE_COLUMNS = {
    "step": ("step", 0),
    "train_loss": ("train loss", 4),
    "eval_loss": ("held-out loss", 4),
    "chrf": ("chrF2", 2),
    "everyday_chrf": ("chrF2 everyday", 2),
}
"""Heading and decimal places of each value in the table of the curve."""
LISTED_SETTINGS = (
    "learning_rate",
    "decay",
    "warmup",
    "batch_size",
    "accumulation",
    "dropout",
    "weight_decay",
    "label_smoothing",
    "sampled_share",
    "clip",
    "use_rslora",
    "max_length",
    "seed",
)


def title_section(manifest: dict[str, Any]) -> str:
    """Write the adapter's name and one sentence about what it is.

    Args:
        manifest: Content of `manifest.json`; needs `name`, `base` and `config`.
    """
    config, base = manifest["config"], manifest["base"]
    revision = f" at revision `{base['revision']}`" if base.get("revision") else ""
    kind = "DoRA" if config.get("use_dora") else "LoRA"
    return (
        f"# {manifest['name']}\n\n"
        f"A {kind} adapter for German to English translation with `{base['id']}`{revision}: rank "
        f"{config['rank']}, alpha {config['alpha']:g}, on {', '.join(config['targets'])}.\n"
    )


def reduced_line(manifest: dict[str, Any]) -> str:
    """Write the origin of a reduced adapter, and the loss of the reduction.

    Args:
        manifest: Content of `manifest.json`. Without `reduced`, the line is empty.
    """
    reduced = manifest.get("reduced")
    if not reduced:
        return ""
    return (
        f"Reduced from `{reduced['from']}` of rank {reduced['from_rank']} by truncated SVD. Over "
        f"all matrices, its update had a Frobenius norm of {reduced['frobenius_whole']:.4g}, and "
        f"the part that was removed one of {reduced['frobenius_lost']:.4g}.\n"
    )


def training_section(manifest: dict[str, Any]) -> str:
    """Write how the adapter was trained, with its settings.

    Args:
        manifest: Content of `manifest.json`. Without `training`, the section is empty.
    """
    training = manifest.get("training") or {}
    data = manifest.get("data") or {}
    config = manifest.get("config") or {}
    if not training:
        return ""
    rows = [f"| {name} | {config[name]} |\n" for name in LISTED_SETTINGS if name in config]
    return (
        "## Training\n\n"
        f"{_parent_line(manifest)}{_replay_line(manifest)}"
        f"{data['train_pairs']:,} pairs from `{data['source']}`, {training['steps']:,} steps in "
        f"{training['seconds']:,.0f} s on {training['device']} in {training['precision']}. The "
        f"adapter has the weights of the {_kept(manifest)} step, {training['best_step']:,}.\n\n"
        "| setting | value |\n|---|---|\n" + "".join(rows)
    )


def _kept(manifest: dict[str, Any]) -> str:
    """Return the kept step, "best" or "last"; runs of 0.1.0 kept the best."""
    if (manifest.get("scores") or {}).get("eval_chrf") is None:
        return "last"  # the run ended before its first evaluation
    return str((manifest.get("config") or {}).get("keep", "best"))


def _replay_line(manifest: dict[str, Any]) -> str:
    """Write which general pairs were replayed; empty without replay."""
    replay = manifest.get("replay") or {}
    if not replay:
        return ""
    english = {"model": "translated by the starting model"}
    translations = english.get(replay["targets"], "with the source's own translations")
    return (
        f"To reduce forgetting, {100 * replay['share']:g}% of every batch came from general pairs: "
        f"{replay['pairs']:,} pairs of `{replay['source']}`, {translations}.\n"
    )


def _parent_line(manifest: dict[str, Any]) -> str:
    """Write which adapter the training began from; empty for a new adapter."""
    parent = manifest.get("parent") or {}
    if not parent:
        return ""
    return (
        f"Training started from the adapter `{parent['name']}` (SHA-256 of its weights "
        f"`{parent['sha256']}`).\n"
    )


def curve_section(manifest: dict[str, Any]) -> str:
    """Write loss and chrF over the steps, thinned to `MAX_CURVE_ROWS`.

    Args:
        manifest: Content of `manifest.json`. With fewer than two points in `scores.curve`, the
            section is empty.
    """
    curve = (manifest.get("scores") or {}).get("curve") or []
    if len(curve) < 2:
        return ""
    bars = _bars([point["eval_loss"] for point in curve if point.get("eval_loss") is not None])
    names = [name for name in CURVE_COLUMNS if any(name in point for point in curve)]
    losses = f"Held-out loss: `{bars}`\n\n" if bars else ""
    heads = " | ".join(CURVE_COLUMNS[name][0] for name in names)
    rows = "".join(_curve_row(point, names) for point in _thinned(curve))
    return f"### Training curve\n\n{losses}| {heads} |\n|{'---:|' * len(names)}\n" + rows


def _thinned(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take evenly spaced points, with the first and the last."""
    rows = min(MAX_CURVE_ROWS, len(curve))
    return [curve[round(i * (len(curve) - 1) / (rows - 1))] for i in range(rows)]


def _curve_row(point: dict[str, Any], names: list[str]) -> str:
    cells = [_decimal(point.get(name), CURVE_COLUMNS[name][1]) for name in names]
    return f"| {' | '.join(cells)} |\n"


def _decimal(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _bars(values: list[float]) -> str:
    """Draw values as block characters."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if high == low:
        return BARS[0] * len(values)
    top = len(BARS) - 1
    return "".join(BARS[round(top * (value - low) / (high - low))] for value in values)


def measured_section(manifest: dict[str, Any]) -> str:
    """Write the score of the held-out pairs of training.

    Args:
        manifest: Content of `manifest.json`. Without `scores.eval_chrf`, the section says that the
            quality was not measured.
    """
    scores, data = manifest.get("scores") or {}, manifest.get("data") or {}
    if scores.get("eval_chrf") is None:
        return "## Measured\n\nThe quality of its translations was not measured.\n"
    base_chrf = scores.get("base_eval_chrf")
    others = _others(base_chrf, scores.get("parent_eval_chrf"))
    rest = "" if manifest.get("evaluations") else "; nothing else was measured"
    chosen = "The last step was kept, whatever its score"
    if _kept(manifest) == "best":
        chosen = "The same pairs chose the best step, so the score is slightly optimistic"
    return (
        "## Measured\n\n"
        f"chrF2 on {data['eval_pairs']} held-out pairs of the same source, greedy: "
        f"{scores['eval_chrf']:.2f}{others}; signature `{scores['signature']}`.\n"
        f"{chosen}{rest}.\n{_everyday_lines(scores)}"
    )


def _others(base: float | None, parent: float | None) -> str:
    """Write the scores of the base and of the parent, if they were measured."""
    known = [("the base alone", base), ("the adapter that it started from", parent)]
    texts = [f"{name}: {score:.2f}" for name, score in known if score is not None]
    return f" ({'; '.join(texts)})" if texts else ""


def _everyday_lines(scores: dict[str, Any]) -> str:
    """Write the score of the everyday sentences, and that the adapter got worse if it did."""
    now = scores.get("everyday_chrf")
    if now is None:
        return ""
    base, parent = scores.get("base_everyday_chrf"), scores.get("parent_everyday_chrf")
    line = (
        f"\nchrF2 on everyday sentences (`{scores['everyday_set']}`), which it was not trained on: "
        f"{now:.2f}{_others(base, parent)}.\n"
    )
    start = base if parent is None else parent
    if not scores.get("everyday_worse") or start is None:
        return line
    return f"{line}{forgetting_sentence(start, now, scores['everyday_p'])}\n"


FORGETTING = N_(
    "The adapter is worse on everyday sentences than at its start: chrF {start:.1f} → {now:.1f} "
    "(p = {p:.3f})."
)
"""The page shows this sentence in the reader's language; a card has it in English."""


def forgetting_sentence(start: float, now: float, p: float) -> str:
    """Say that an adapter got worse on everyday sentences than where its training started.

    Args:
        start: chrF2 of the start.
        now: chrF2 of the adapter.
        p: P-value of the difference.
    """
    return FORGETTING.format(start=start, now=now, p=p)


def reproduce_section(manifest: dict[str, Any]) -> str:
    """Write the commands that repeat the training, and the versions of the libraries.

    Args:
        manifest: Content of `manifest.json`. Without `command`, the section is empty.
    """
    if not manifest.get("command"):
        return ""
    commands = commands_of(manifest) or (own_command(manifest),)
    versions = (manifest.get("versions") or {}).items()
    listed = ", ".join(f"{name} {version}" for name, version in versions)
    libraries = f"With {listed}. " if listed else ""
    sha256 = (manifest.get("data") or {}).get("sha256", "unknown")
    listed_commands = "\n".join(commands)
    return (
        "## Reproduce\n\n"
        f"```\n{listed_commands}\n```\n\n"
        f"{libraries}The SHA-256 of the pairs is `{sha256}`; `manifest.json` has every "
        "setting.\n"
    )


def limits_section(manifest: dict[str, Any]) -> str:
    """Write the limits of the adapter.

    Args:
        manifest: Content of `manifest.json`; needs `base`.
    """
    sha256 = manifest["base"].get("sha256")
    weights = ""
    if sha256:
        weights = (
            f"\nThe SHA-256 of the base's weights is `{sha256}`. With other weights the adapter "
            "does not work."
        )
    trained = "It was trained on one source of sentences."
    if manifest.get("combined"):
        trained = "Its parts were each trained for one purpose, and their sum was not trained."
    return (
        "## Limits\n\n"
        f"{trained} On texts of another kind, expect it to "
        "translate no better than its base, or worse.\n"
        "It keeps the base's biases, and may drop, add or invert parts of a sentence. Let a person "
        f"check translations that matter.{weights}\n"
    )


def rights_section(manifest: dict[str, Any]) -> str:
    """Write the attribution of the data and the license.

    Args:
        manifest: Content of `manifest.json`; needs `base`. `config.attribution` replaces the known
            attributions of the data.
    """
    sources = sources_of(manifest)
    base = manifest["base"]["id"]
    given = (manifest.get("config") or {}).get("attribution")
    attributions = [given] if given else list(dict.fromkeys(map(attribution, sources)))
    if base in BASE_ATTRIBUTIONS:
        attributions.append(BASE_ATTRIBUTIONS[base])
    license = license_of(base)
    bound = "The base's license also applies to the adapter."
    if license != "unknown":
        bound = f"The adapter is under the base's license, {license}."
    listed = ", ".join(f"`{source or 'unknown'}`" for source in sources)
    return f"## Data and license\n\nData: {listed}. {' '.join(attributions)}\n{bound}\n"
