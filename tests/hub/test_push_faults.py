"""Push over a failing Hub: nothing is sent twice, and lasting faults become one sentence."""

import hashlib
import re
import threading
import time
from email.utils import formatdate

import pytest

from lora_demo.checkpoints import connection
from lora_demo.checkpoints.card import MARK
from lora_demo.hub.push import push_adapter
from tests.hub.conftest import PEFT_FILES, TOKEN, commits, files_of, make_adapter
from tests.hub.server import Fault, Handler

FAULTS = {
    "500 once at whoami": Fault("GET", "whoami", 500),
    "500 once at create": Fault("POST", "repos/create", 500),
    "create done, answer lost": Fault("POST", "repos/create", lose=True),
    "429 at info": Fault("GET", "/api/models/ada/kitchen$", 429, {"Retry-After": "1"}),
    "429 at create": Fault("POST", "repos/create", 429, {"Retry-After": "1"}),
    "500 at the tree": Fault("GET", "/tree/", 500),
    "503 at preupload": Fault("POST", "preupload", 503),
    "connection cut in mid-upload": Fault("PUT", "^/lfs/", cut=1000),
    "upload done, answer lost": Fault("PUT", "^/lfs/", lose=True),
    "500 at the upload": Fault("PUT", "^/lfs/", 500),
    "500 at the commit": Fault("POST", "/commit/", 500),
    "429 at the commit": Fault("POST", "/commit/", 429, {"Retry-After": "1"}),
    "commit done, answer lost": Fault("POST", "/commit/", lose=True),
    "commit cut": Fault("POST", "/commit/", cut=100),
    "a slow commit": Fault("POST", "/commit/", slow=2.0),
    "a page of a proxy at whoami": Fault("GET", "whoami", page=True),
    "a page of a proxy at create": Fault("POST", "repos/create", page=True),
    "a page of a proxy at the tree": Fault("GET", "/tree/", page=True),
    "a page of a proxy at preupload": Fault("POST", "preupload", page=True),
    "a page of a proxy at the batch": Fault("POST", "objects/batch", page=True),
    "a page of a proxy at the commit": Fault("POST", "/commit/", page=True),
    "429 by rate limit": Fault("POST", "preupload", 429, {"RateLimit": '"api";r=0;t=1'}),
    "503 with a date": Fault(
        "POST", "/commit/", 503, {"Retry-After": formatdate(time.time() + 1, usegmt=True)}
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_temporary_faults_are_retried_and_nothing_is_sent_twice(hub, adapter, fault):
    hub.faults.append(fault)
    push_adapter(adapter, "kitchen")
    assert fault.times == 0
    assert len(commits(hub)) == 1
    assert set(hub.repo("ada/kitchen").files) == PEFT_FILES | {".gitattributes"}


def test_a_commit_that_succeeded_at_the_last_try_counts(hub, adapter):
    hub.faults += [Fault("POST", "/commit/", 503, times=3), Fault("POST", "/commit/", lose=True)]
    assert push_adapter(adapter, "ada/kitchen").commit == hub.repo("ada/kitchen").commits[-1][0]
    assert len(commits(hub)) == 1


def test_a_commit_whose_answer_is_late_is_not_repeated(hub, adapter, monkeypatch):
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 2)
    hub.faults.append(Fault("POST", "/commit/", slow=4))
    push_adapter(adapter, "ada/kitchen")
    assert len(commits(hub)) == 1


LASTING = {
    "401": ([Fault("GET", "/api/models", 401, times=99)], "hf auth login"),
    "403": ([Fault("POST", "repos/create", 403, times=99)], "write permission"),
    "402": ([Fault("POST", "repos/create", 402, times=99)], "payment"),
    "404 at the commit": ([Fault("POST", "/commit/", 404, times=99)], "Check the spelling"),
    "409 at the commit": ([Fault("POST", "/commit/", 409, times=99)], "Try again in a moment"),
    "412 at the commit": ([Fault("POST", "/commit/", 412, times=99)], "changed"),
    "429 for long": (
        [Fault("POST", "/commit/", 429, {"Retry-After": "3600"}, times=99)],
        "in 3600 s",
    ),
    "503 for long": ([Fault("POST", "/commit/", 503, times=99)], "status 503"),
    "409 at create": ([Fault("POST", "repos/create", 409, times=99)], "Try again in a moment"),
    "404 at the batch": ([Fault("POST", "objects/batch", 404, times=99)], "Check the spelling"),
    "403 at the upload": ([Fault("PUT", "^/lfs/", 403, times=99)], "write permission"),
    "429 for long at preupload": (
        [Fault("POST", "preupload", 429, {"Retry-After": "3600"}, times=99)],
        "in 3600 s",
    ),
    "503 for long at preupload": ([Fault("POST", "preupload", 503, times=99)], "status 503"),
    "503 for long at the tree": ([Fault("GET", "/tree/", 503, times=99)], "status 503"),
    "a page of a proxy everywhere": (
        [Fault(method, ".", page=True, times=99) for method in ("GET", "POST")],
        "HF_ENDPOINT",
    ),
    "always cut": ([Fault("POST", "/commit/", cut=0, times=99)], "connection"),
}


@pytest.mark.parametrize(("faults", "word"), LASTING.values(), ids=LASTING)
def test_lasting_faults_give_one_sentence_and_the_next_push_succeeds(hub, adapter, faults, word):
    hub.faults += faults
    before = files_of(adapter)
    with pytest.raises(ValueError, match=re.escape(word)) as error:
        push_adapter(adapter, "ada/kitchen")
    message = str(error.value)
    assert "\n" not in message
    assert TOKEN not in message
    assert hub.url not in message
    assert ("model", "ada/kitchen") not in hub.repos or commits(hub) == []
    hub.faults.clear()
    assert push_adapter(adapter, "ada/kitchen").changed
    assert len(commits(hub)) == 1
    assert files_of(adapter) == before


MISSING = {
    "none": [Fault("GET", "/api/models/ada/kitchen$", 404)],
    "none yet, after it was made": [Fault("GET", "/api/models/ada/kitchen$", 404, times=3)],
    "no tree without a commit": [Fault("GET", "/tree/", 404)],
}


@pytest.mark.parametrize("faults", MISSING.values(), ids=MISSING)
def test_a_404_without_details_means_a_missing_repository(hub, adapter, faults):
    hub.faults += faults
    assert push_adapter(adapter, "ada/kitchen").changed
    assert len(commits(hub)) == 1
    assert all(fault.times == 0 for fault in faults)


def test_a_repository_that_appears_during_a_push_is_checked(hub, adapter):
    """The Hub first says that the repository is missing, then refuses to create it again."""
    repo = hub.add("ada/kitchen", {"theirs.txt": b"x"})
    hub.faults.append(Fault("GET", "/api/models/ada/kitchen$", 404))
    with pytest.raises(ValueError, match="not made by lora_demo"):
        push_adapter(adapter, "ada/kitchen")
    assert len(repo.commits) == 1 and hub.count("POST", "repos/create") == 1
    repo.commit({".gitattributes": b"x"}, "empty")
    hub.faults.append(Fault("GET", "/api/models/ada/kitchen$", 404))
    assert push_adapter(adapter, "ada/kitchen").changed
    assert hub.count("POST", "repos/create") == 2


@pytest.mark.parametrize(
    "fault",
    [Fault("POST", "/commit/", lose=True), Fault("POST", "/commit/", 503)],
    ids=["answer lost", "503"],
)
def test_a_hub_that_names_no_commits_gets_one_commit(hub, adapter, fault):
    hub.tells_commit = False
    hub.faults.append(fault)
    pushed = push_adapter(adapter, "ada/kitchen")
    assert pushed.changed and fault.times == 0 and len(commits(hub)) == 1
    assert vars(push_adapter(adapter, "ada/kitchen")) == vars(pushed) | {
        "changed": False,
        "commit": "",
    }
    assert len(commits(hub)) == 1


def test_a_hub_with_other_hashes_gets_nothing_twice(hub, adapter):
    hub.hash = lambda data: hashlib.sha1(data).hexdigest()
    assert push_adapter(adapter, "ada/kitchen").changed
    assert not push_adapter(adapter, "ada/kitchen").changed
    assert len(commits(hub)) == 1
    card = hub.repo("ada/kitchen").files["README.md"]
    (adapter / "README.md").write_bytes(card.replace(MARK.encode(), b"x" * len(MARK)))
    assert push_adapter(adapter, "ada/kitchen").changed
    assert len(commits(hub)) == 2


def test_a_failing_upload_is_retried_as_often_as_other_requests(
    hub, small_base, tmp_path, monkeypatch
):
    """This includes two large files, which the client alone would send in threads."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub.faults.append(Fault("PUT", "^/lfs/", 503, {"Retry-After": "60"}, times=99))
    with pytest.raises(ValueError, match="status 503"):
        push_adapter(make_adapter(tmp_path / "kitchen", small_base, str(small_base)), "ada/kitchen")
    assert hub.count("PUT", "^/lfs/") == connection.MAX_TRIES


@pytest.mark.parametrize("method", ["repo_info", "list_repo_tree", "whoami"])
def test_a_silent_hub_runs_into_a_timeout(hub, method, monkeypatch):
    """This includes requests for which the client itself has no time limit."""
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 3)
    hub.add("ada/kitchen", {"x": b"x"})
    has_ended = threading.Event()
    hub.faults.append(Fault("GET", "/api/", until=has_ended))
    call = getattr(connection.open_hub(), method)
    connection.call_hub(
        lambda: (
            call()
            if method == "whoami"
            else list(call("ada/kitchen"))
            if "list" in method
            else call("ada/kitchen")
        )
    )
    has_ended.set()
    assert hub.count("GET", "/api/") == 2


@pytest.mark.parametrize(
    "account", [{}, [], {"name": None}, {"name": "../x"}, {"name": "hf_writer\n"}]
)
def test_an_account_without_a_name_gives_one_sentence(hub, adapter, account, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Handler, "whoami", lambda self: self.send(200, account))
    with pytest.raises(ValueError, match="did not come from the Hub"):
        push_adapter(adapter, "kitchen")
