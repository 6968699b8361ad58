"""Pushes to the Hub and pulls from it, as functions for `gradio_client` and MCP clients."""

from typing import Any

import gradio as gr

from lora_demo.service.services import Services
from lora_demo.web.events import in_turn
from lora_demo.web.sign_in import token_of
from lora_demo.web.validation import for_clients


class HubApi:
    """Registers `adapter_pull` and `adapter_push`.

    Args:
        services: What the app can do.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.sharing = services.sharing

    def register(self, visibility: str = "public") -> None:
        """Register the functions under their names.

        Args:
            visibility: Of `adapter_push`.
        """
        hub_queue = self.services.hub_queue
        gr.api(
            in_turn(hub_queue, for_clients(self.adapter_pull)),
            api_name="adapter_pull",
            concurrency_limit=None,
        )
        gr.api(
            in_turn(hub_queue, for_clients(self.adapter_push)),
            api_name="adapter_push",
            concurrency_limit=None,
            api_visibility=visibility,
        )

    def adapter_pull(
        self, id: str, visitor: str, signed_in: gr.OAuthToken | None = None
    ) -> dict[str, Any]:
        """Fetch a PEFT LoRA adapter from the Hugging Face Hub and keep it under your key.

        The adapter must fit the base of this page.

        Args:
            id: `user/name` or `user/name@revision`.
            visitor: Your secret key.
            signed_in: Filled in by the page on a Space.
        """
        made, pulled = self.sharing.pull(id, visitor, token_of(signed_in))
        return {
            "id": made,
            "repo": pulled.repo,
            "commit": pulled.commit,
            "base": pulled.base,
            "rank": pulled.rank,
            "note": pulled.note,
        }

    def adapter_push(
        self,
        adapter: str,
        repo: str,
        visitor: str = "",
        private: bool = False,
        overwrite: bool = False,
        with_base: bool = True,
        dry_run: bool = False,
        token: str = "",
        signed_in: gr.OAuthToken | None = None,
    ) -> dict[str, Any]:
        """Push an adapter to the Hugging Face Hub in one commit: files, manifest and model card.

        Args:
            adapter: The adapter's id.
            repo: `user/name`.
            visitor: Your secret key, if it is your own adapter.
            private: Make a new repository private.
            overwrite: Also write to a repository that lora_demo did not create.
            with_base: Include the base, if it is not on the Hub.
            dry_run: Return the files and the model card, and send nothing.
            token: Your token. It is used once and not stored. Leave it out on a Space: sign in.
            signed_in: Filled in by the page on a Space.
        """
        if dry_run:
            parcel = self.sharing.preview(adapter, repo, visitor, with_base)
            return {"repo": parcel.repo, "files": parcel.sizes, "card": parcel.card}
        pushed = self.sharing.push(
            adapter,
            repo,
            visitor,
            self.sharing.token(token_of(signed_in), token),
            private=private,
            overwrite=overwrite,
            with_base=with_base,
        )
        return vars(pushed)
