"""Push an adapter to the Hub, in one commit."""

from pathlib import Path

from lora_demo.checkpoints.connection import open_hub
from lora_demo.checkpoints.repository_names import full_name
from lora_demo.hub.commits import Pushed, send
from lora_demo.hub.parcel import preview_push
from lora_demo.hub.repositories import check_ours, find_or_create_repository
from lora_demo.language import _


def push_adapter(
    adapter: Path,
    repo: str,
    *,
    private: bool = False,
    overwrite: bool = False,
    with_base: bool = True,
    token: str | None = None,
) -> Pushed:
    """Create or update a model repository with an adapter, in one commit.

    Args:
        adapter: The adapter's folder.
        repo: `user/name`, or `name` for the account of the token.
        private: Make the repository private if it is new.
        overwrite: Allow writing to a repository that lora_demo did not create.
        with_base: Include an embedded or local base, so that others can use the adapter.
        token: Used once and not stored; None for that of `hf auth login` or HF_TOKEN.

    Returns:
        The place of the adapter. Files that the Hub already has are not sent again; `changed` is
        False if it has all of them.

    Raises:
        RepositoryTakenError: If lora_demo did not create the repository and `overwrite` is False.
        ValueError: With one sentence on what went wrong and what to do.
    """
    hub = open_hub(token)
    repo = full_name(repo, hub)
    parcel = preview_push(adapter, repo, with_base)
    existing = find_or_create_repository(hub, repo, private=private)
    if existing is not None and not overwrite:
        check_ours(hub, repo)
    if existing is not None and private and existing.private is False:
        raise ValueError(
            _(
                "{repo} exists and is public. Make it private in its settings on the Hub, choose "
                "another name, or push without --private.",
                repo=repo,
            )
        )
    return send(hub, repo, parcel.files, "Push a LoRA adapter with lora_demo")
