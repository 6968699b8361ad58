"""Adapters to and from the Hub, as functions for `gradio_client` and MCP clients."""

import gradio as gr

from lora_demo.service.sharing import hub_token, preview, pull, push
from lora_demo.service.studio import Studio
from lora_demo.web.events import in_turn
from lora_demo.web.sign_in import token_of
from lora_demo.web.validation import for_clients


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; the one that pushes with the visibility `acting`."""
    gr.api(
        in_turn(studio.hub_queue, for_clients(_adapter_pull(studio))),
        api_name="adapter_pull",
        concurrency_limit=None,
    )
    gr.api(
        in_turn(studio.hub_queue, for_clients(_adapter_push(studio))),
        api_name="adapter_push",
        concurrency_limit=None,
        api_visibility=acting,
    )


def _adapter_pull(studio: Studio):
    def adapter_pull(id: str, visitor: str, signed_in: gr.OAuthToken | None = None) -> dict:
        """Fetches a PEFT LoRA adapter from the Hugging Face Hub and keeps it under your key, if it fits the base of this page.

        Args:
            id: `user/name` or `user/name@revision`.
            visitor: your secret key.
        """
        made, pulled = pull(studio, id, visitor, token_of(signed_in))
        return {
            "id": made,
            "repo": pulled.repo,
            "commit": pulled.commit,
            "base": pulled.base,
            "rank": pulled.rank,
            "note": pulled.note,
        }

    return adapter_pull


def _adapter_push(studio: Studio):
    def adapter_push(
        adapter: str,
        repo: str,
        visitor: str = "",
        private: bool = False,
        overwrite: bool = False,
        with_base: bool = True,
        dry_run: bool = False,
        token: str = "",
        signed_in: gr.OAuthToken | None = None,
    ) -> dict:
        """Pushes an adapter to the Hugging Face Hub in one commit: PEFT's files, manifest and model card.

        Args:
            adapter: its id; repo: `user/name`; visitor: your secret key, if it is your own adapter.
            private: make a new repository private; overwrite: also write to one that lora_demo has not made.
            with_base: send the base along if it is nowhere on the Hub.
            dry_run: only tell the files and the card, and send nothing.
            token: used once and forgotten; on a Space, where you sign in, leave it out.
        """
        if dry_run:
            parcel = preview(studio, adapter, repo, visitor, with_base)
            return {"repo": parcel.repo, "files": parcel.sizes, "card": parcel.card}
        account = hub_token(studio.account, token_of(signed_in), token)
        return vars(
            push(
                studio,
                adapter,
                repo,
                visitor,
                account,
                private=private,
                overwrite=overwrite,
                with_base=with_base,
            )
        )

    return adapter_push
