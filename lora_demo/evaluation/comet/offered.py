"""The COMET that the owner of a page offers to its visitors."""

import os

from lora_demo.evaluation.comet.download import find_model
from lora_demo.evaluation.comet.environment import find_python
from lora_demo.evaluation.comet.scorer import CometScorer

VARIABLE = "LORA_DEMO_COMET_MODEL"
"""The environment variable that names the model: a folder, or a Hub id in the cache."""


def offered_comet() -> CometScorer | None:
    """Find the COMET that the environment variables name. Nothing is downloaded.

    Returns:
        The scorer; None if no model is named.

    Raises:
        ValueError: If the model or its Python is not found.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None

    def refuse(what: str) -> None:
        raise ValueError(
            f"{VARIABLE} would download {what}. Download it once with `python -m lora_demo "
            f"evaluate --comet {text} --yes`."
        )

    return CometScorer(find_python(), find_model(text, refuse))
