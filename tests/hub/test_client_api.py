"""Promise: the undocumented parts of huggingface_hub that this package uses are still there."""

import inspect

from huggingface_hub import CommitOperationAdd, HfApi


def test_the_client_factory_makes_a_client_with_hooks():
    """`checkpoints/connection.py` adds a time limit and retries to this client."""
    from huggingface_hub.utils._http import default_client_factory

    with default_client_factory() as client:
        assert {"request", "response"} <= client.event_hooks.keys()
        assert all(isinstance(hooks, list) for hooks in client.event_hooks.values())


def test_an_operation_knows_the_size_and_the_beginning_of_its_file():
    """`hub/commits.py` decides by them which files it sends before the commit."""
    operation = CommitOperationAdd("file", b"text\0" * 200)
    assert operation.upload_info.size == 1000
    assert operation.upload_info.sample == (b"text\0" * 200)[:512]


def test_large_files_can_be_sent_before_the_commit():
    parameters = inspect.signature(HfApi.preupload_lfs_files).parameters
    assert {"repo_id", "additions", "repo_type", "free_memory"} <= parameters.keys()
