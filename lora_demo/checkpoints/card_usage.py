"""The section of a model card that shows how to use the adapter."""

import json
import re
from typing import Any

from lora_demo.checkpoints.embedded import EMBEDDED

BASE_IN_FOLDER = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*){2}")
ENCLOSED_BASE = """
Its base has no repository of its own, so it is included here, in `{folder}/`.
"""
LOAD_BASE_FIRST = """
Load the base first and put the adapter on it, as below. `AutoPeftModelForSeq2SeqLM` and other
classes that find the base by themselves do not support a base in a folder of a repository.
"""
USAGE = """## Use
{notes}
With PEFT:

```python
{imports}from peft import PeftModel
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

{loading}
inputs = tokenizer("translate German to English: Guten Morgen!", return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0], skip_special_tokens=True))
```

With the package that made it, in TensorFlow:

```
{fetch}python -m lora_demo translate --base {base} --adapter {folder} "Guten Morgen!"
```

Inputs begin with `translate German to English: `; the package adds that itself.
"""
LOAD_FROM_FOLDER = """folder = snapshot_download({snapshot})
tokenizer = AutoTokenizer.from_pretrained(f"{{folder}}/{inner}")
base = AutoModelForSeq2SeqLM.from_pretrained(f"{{folder}}/{inner}")
model = PeftModel.from_pretrained(base, {adapter})"""
LOAD = """tokenizer = AutoTokenizer.from_pretrained({base})
base = AutoModelForSeq2SeqLM.from_pretrained({base})
model = PeftModel.from_pretrained(base, {adapter})"""


def usage_section(manifest: dict[str, Any], repo: str | None, base_folder: str | None) -> str:
    """Write how to load the adapter with PEFT and with this package.

    Args:
        manifest: Content of `manifest.json`.
        repo: As for `card.model_card`.
        base_folder: As for `card.model_card`.

    Returns:
        Markdown.
    """
    base = manifest["base"]
    place = repo or "PATH_OR_REPO_OF_THIS_ADAPTER"
    inner = base_folder or split_base_id(base["id"])[1]
    is_enclosed = base_folder and base["id"] != EMBEDDED
    folder = repo.rpartition("/")[2] if repo else "PATH"
    notes = ENCLOSED_BASE.format(folder=base_folder) if base_folder else ""
    notes += LOAD_BASE_FIRST if inner else ""
    return USAGE.format(
        notes=notes,
        imports="from huggingface_hub import snapshot_download\n" if inner else "",
        loading=_loading(base, place, base_folder),
        fetch=f"python -m lora_demo pull {repo} --output {folder}\n" if repo else "",
        base=f"{place}/{base_folder}" if is_enclosed else base["id"],
        folder=folder,
    )


def split_base_id(id: str) -> tuple[str, str]:
    """Split a base's id into its repository and its folder there, or "".

    `user/name/folder` is our own form of an id; other libraries know only the repository.

    Args:
        id: `mini`, a folder, or a Hub id.
    """
    if not BASE_IN_FOLDER.fullmatch(id):
        return id, ""
    repo, _, inner = id.rpartition("/")
    return repo, inner


def _loading(base: dict[str, Any], place: str, base_folder: str | None) -> str:
    """Write the lines that load tokenizer, base and adapter.

    A base in a folder is read from a copy of the repository. If the repository holds an adapter,
    transformers ignores the subfolder and loads the base that the adapter names.
    """
    repo, inner = split_base_id(base["id"])
    revision = f", revision={json.dumps(base['revision'])}" if base.get("revision") else ""
    if base_folder:
        return LOAD_FROM_FOLDER.format(
            snapshot=json.dumps(place), inner=base_folder, adapter="folder"
        )
    if inner:
        snapshot = json.dumps(repo) + revision
        return LOAD_FROM_FOLDER.format(snapshot=snapshot, inner=inner, adapter=json.dumps(place))
    return LOAD.format(base=json.dumps(base["id"]) + revision, adapter=json.dumps(place))
