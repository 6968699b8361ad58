"""The commands that made an adapter, read from its manifest."""

from typing import Any

from lora_demo.model.checks import is_whole


def commands_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Return the commands that made an adapter, in their order.

    Args:
        manifest: Contents of `manifest.json`; its values are not checked.

    Returns:
        The commands of the adapters that training started from, then its own. Empty if the manifest
        does not name them all.
    """
    parent = manifest.get("parent")
    earlier = parent.get("commands") if isinstance(parent, dict) else []
    if not isinstance(earlier, list) or (parent and not earlier):
        return ()
    commands = (*earlier, own_command(manifest))
    is_complete = all(isinstance(command, str) and command for command in commands)
    return commands if is_complete else ()


def own_command(manifest: dict[str, Any]) -> Any:
    """Return the last command, with a comment if its run was stopped before the last step.

    Args:
        manifest: Contents of `manifest.json`; its values are not checked.
    """
    command, config, training = (manifest.get(key) for key in ("command", "config", "training"))
    if not isinstance(config, dict) or not isinstance(training, dict):
        return command
    steps: tuple[Any, ...] = (config.get("steps"), training.get("steps"), training.get("best_step"))
    if not all(is_whole(step, 0) for step in steps):
        return command
    planned, done, kept = steps
    if done >= planned or config.get("patience"):
        return command
    return f"{command}    # stopped after step {done}, which kept step {kept}"
