"""Pushes to the Hub and pulls from it, as functions for `gradio_client` and MCP clients."""

from typing import Any

import gradio as gr

from lora_demo.web.api.group import FunctionGroup
from lora_demo.web.sign_in import token_of


class HubApi(FunctionGroup):
    """The functions `adapter_pull` and `adapter_push`."""

    def register(self, visibility: str = "public") -> None:
        """Register the functions with Gradio.

        Args:
            visibility: `api_visibility` of `adapter_push`.
        """
        hub_queue = self.services.hub_queue
        self._add(self.adapter_pull, hub_queue)
        self._add(self.adapter_push, hub_queue, api_visibility=visibility)

    def adapter_pull(
        self, id: str, visitor: str, base: str = "", signed_in: gr.OAuthToken | None = None
    ) -> dict[str, Any]:
        """Fetch a PEFT LoRA adapter from the Hugging Face Hub and keep it under your key.

        The adapter must fit the base.

        Args:
            id: `user/name` or `user/name@revision`.
            visitor: Your secret key.
            base: Name of a base model of the page's menu. The page's own if left out.
            signed_in: Filled in by the page on a Space.
        """
        sharing = self.services.bases.find(base).sharing
        made, pulled = sharing.pull(id, visitor, token_of(signed_in))
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
        base: str = "",
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
            base: Name of a base model of the page's menu. The page's own if left out.
            signed_in: Filled in by the page on a Space.
        """
        sharing = self.services.bases.find(base).sharing
        if dry_run:
            parcel = sharing.preview(adapter, repo, visitor, with_base)
            return {"repo": parcel.repo, "files": parcel.sizes, "card": parcel.card}
        pushed = sharing.push(
            adapter,
            repo,
            visitor,
            sharing.token(token_of(signed_in), token),
            private=private,
            overwrite=overwrite,
            with_base=with_base,
        )
        return vars(pushed)
