"""Sharing: push a visitor's adapter to the Hub, preview the push, and pull adapters."""

from pathlib import Path

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.checkpoints.hub_advice import advise_for
from lora_demo.checkpoints.hub_errors import invalid_name
from lora_demo.checkpoints.repository_names import validate_name
from lora_demo.hub.commits import Pushed
from lora_demo.hub.parcel import Parcel, preview_push, read_manifest
from lora_demo.hub.pull import Pulled
from lora_demo.hub.push import push_adapter
from lora_demo.hub.repositories import RepositoryTakenError
from lora_demo.language import _
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.hub_account import hub_token, pull_token


class Sharing:
    """Moves adapters between the library and the Hub.

    Args:
        account: Whose account is used, as `hub_account.account_of` returns it.
        base: Id of the base that this app has open.
        library: The adapters.
    """

    def __init__(self, account: str, base: str, library: AdapterLibrary) -> None:
        self.account = account
        self.base = base
        self.library = library

    def token(self, signed_in: str, given: str) -> str | None:
        """Choose the token for a push; see `hub_account.hub_token`.

        Args:
            signed_in: Token of the visitor's sign-in; empty without one.
            given: Token that the visitor typed; empty without one.

        Raises:
            ValueError: If no token is found. The message says how to get one.
        """
        return hub_token(self.account, signed_in, given)

    def preview(self, id: str | None, repo: str, visitor: str, with_base: bool = True) -> Parcel:
        """Prepare the content of a push, without any request to the Hub.

        Args:
            id: The adapter's id.
            repo: `user/name`.
            visitor: The visitor's key; empty for a shipped adapter.
            with_base: Also send the base, if it is not on the Hub.

        Raises:
            ValueError: If the adapter is unknown, or `repo` is not a repository name.
        """
        entry = self.library.find(id, visitor)
        send_base = with_base and self._may_send_base_of(entry.folder)
        return preview_push(entry.folder, full_name(repo), send_base)

    def push(
        self,
        id: str,
        repo: str,
        visitor: str,
        token: str | None,
        *,
        private: bool = False,
        overwrite: bool = False,
        with_base: bool = True,
    ) -> Pushed:
        """Push an adapter to the Hub in one commit.

        Args:
            id: The adapter's id.
            repo: `user/name`.
            visitor: The visitor's key; empty for a shipped adapter.
            token: Token to use; None for this machine's.
            private: Make a new repository private.
            overwrite: Also write to a repository that lora_demo did not create.
            with_base: Also send the base, if it is not on the Hub.

        Raises:
            RepositoryTakenError: If lora_demo did not create it and `overwrite` is False.
            ValueError: If the push fails, with what to do.
        """
        entry = self.library.find(id, visitor)
        send_base = with_base and self._may_send_base_of(entry.folder)
        repo = full_name(repo)
        try:
            with advise_for(self.account):
                return push_adapter(
                    entry.folder,
                    repo,
                    private=private,
                    overwrite=overwrite,
                    with_base=send_base,
                    token=token,
                )
        except RepositoryTakenError:
            raise RepositoryTakenError(
                _(
                    "{repo} already exists and was not made by lora_demo, so nothing was sent. "
                    "Choose another name, or allow overwriting.",
                    repo=repo,
                )
            ) from None

    def pull(self, hub_id: str, visitor: str, signed_in: str = "") -> tuple[str, Pulled]:
        """Pull an adapter for this base from the Hub and keep it for the visitor.

        Args:
            hub_id: `user/name` or `user/name@revision`.
            visitor: The visitor's key.
            signed_in: Token of the visitor's sign-in; empty without one.

        Returns:
            The adapter's id on this page, and what was pulled.

        Raises:
            ValueError: If the pull fails, with what to do. Nothing is kept then.
        """
        token = pull_token(self.account, signed_in)
        with advise_for(self.account):
            return self.library.keep_pulled(hub_id, visitor, token)

    def _may_send_base_of(self, folder: Path) -> bool:
        """Check whether a base may be sent: of this machine's folders, only the open base.

        A manifest is a visitor's own text, so a base that it names must not open any folder.
        """
        base = read_manifest(folder, read_config(folder))["base"]["id"]
        return base in (EMBEDDED, self.base)


def full_name(repo: str) -> str:
    """Return a repository as `user/name`; the model card names the owner.

    Args:
        repo: What the visitor typed. White space and slashes at its ends are dropped.

    Raises:
        ValueError: If it is something else, such as a name without its owner.
    """
    name = validate_name(repo.strip().strip("/"))
    if "/" not in name:
        raise ValueError(invalid_name(name))
    return name
