"""The model card of an adapter: only what its manifest holds, so only what was measured."""

import json

LANGUAGES = ["de", "en"]


def model_card(manifest: dict) -> str:
    """README.md of an adapter folder, with the Hub's front matter."""
    return "---\n" + _front_matter(manifest) + "---\n\n" + _body(manifest)


def _front_matter(manifest: dict) -> str:
    scores, base, data = manifest["scores"], manifest["base"], manifest["data"]
    lines = ["library_name: peft", f"base_model: {json.dumps(base['id'])}", "pipeline_tag: translation", "language:", *(f"- {code}" for code in LANGUAGES)]
    if "/" in data["source"] and ":" in data["source"]:
        lines += ["datasets:", f"- {data['source'].split(':')[0]}"]
    lines += ["tags:", "- lora", "- t5", "model-index:", f"- name: {manifest['name']}", "  results:", "  - task:", "      type: translation", "    dataset:"]
    lines += [f"      name: {json.dumps('held-out part of ' + data['source'])}", f"      type: {json.dumps(data['source'].split(':')[0])}"]
    lines += ["    metrics:", "    - type: chrf", f"      value: {scores['eval_chrf']:.2f}", f"      name: {json.dumps('chrF2 ' + scores['signature'])}"]
    return "\n".join(lines) + "\n"


def _body(manifest: dict) -> str:
    config, data, scores, training, base = (manifest[key] for key in ("config", "data", "scores", "training", "base"))
    before = f" (the base alone: {scores['base_eval_chrf']:.2f})" if scores["base_eval_chrf"] is not None else ""
    return f"""# {manifest["name"]}

A LoRA adapter for German to English translation with `{base["id"]}`: rank {config["rank"]}, alpha {config["alpha"]:g}, on {", ".join(config["targets"])}.

## Use

With PEFT:

```python
from peft import PeftModel
from transformers import AutoModelForSeq2SeqLM

model = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained({json.dumps(base["id"])}), "PATH_OR_REPO_OF_THIS_ADAPTER")
```

With the package that made it: `python -m lora_demo translate --base {base["id"]} --adapter PATH "Guten Morgen"`.
Inputs begin with `translate German to English: `.

## Training

{data["train_pairs"]:,} pairs from `{data["source"]}`, {training["steps"]} steps in {training["seconds"]:.0f} s on {training["device"]} in {training["precision"]}; the best step, {training["best_step"]}, was kept.

```
{manifest["command"]}
```

## Measured

chrF2 on {data["eval_pairs"]} held-out pairs of the same source, greedy: {scores["eval_chrf"]:.2f}{before}; signature `{scores["signature"]}`.
The same pairs chose the best step, so the figure is a little optimistic; nothing else was measured.

## Limits

Trained for one narrow purpose on one source of sentences; outside it, expect it to translate no better than its base, or worse.
The base's weights have the SHA-256 `{base["sha256"]}`; on other weights the adapter means nothing.
"""
