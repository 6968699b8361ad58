"""The state of the test Hub: its repositories, users, Jobs, and the faults that it makes."""

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

LFS_SUFFIXES = (".safetensors", ".parquet", ".bin", ".model")
LFS_BYTES = 10_000_000


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repo:
    """A repository: all files of every commit, the newest commit last."""

    kind: str
    id: str
    private: bool = False
    gated: bool = False
    extra: dict = field(default_factory=dict)
    commits: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)

    def commit(self, files: dict[str, bytes], message: str = "initial commit") -> str:
        content = "".join(name + git_hash(data) for name, data in sorted(files.items()))
        sha = hashlib.sha1(f"{self.id}{len(self.commits)}{message}{content}".encode()).hexdigest()
        self.commits.append((sha, message, files))
        return sha

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        if revision in ("main", "HEAD"):
            revision = self.commits[-1][0]
        return next(((sha, files) for sha, _, files in self.commits if sha == revision), None)

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][2]


@dataclass
class Fault:
    """Makes the first `times` requests that match fail.

    Args:
        method: HTTP method of the requests.
        path: Pattern that is searched in their paths.
        status: Answer with this status.
        headers: Headers of that answer.
        cut: Close the connection after this number of bytes.
        slow: Seconds to wait before the answer.
        until: An event to wait for before the answer.
        lose: Do what is requested, but close the connection instead of answering.
        page: Answer with an HTML page, as a proxy does.
        twist: Changes the content that is sent.
        times: Number of requests.
    """

    method: str
    path: str
    status: int = 0
    headers: dict = field(default_factory=dict)
    cut: int | None = None
    slow: float = 0.0
    until: threading.Event | None = None
    lose: bool = False
    page: bool = False
    twist: Callable[[bytes], bytes] | None = None
    times: int = 1


class Hub:
    """Everything that the server knows.

    `faults` are used in their order; `requests` records what came. Other Hubs behave differently:

    - `parts`: as the real Hub at times. Trees come in pages of this number of entries, large files
      are uploaded in parts of this number of bytes, small files are behind a redirect, large ones
      are also offered by Xet, ETags are weak, and answers hold only what they must.
    - `forgets_uploads`: every upload is requested again.
    - `tells_commit`: False for a Hub whose answers name no commit.
    - `hash`: the hash of small files; other Hubs do not use git's.
    """

    def __init__(self):
        self.repos: dict[tuple[str, str], Repo] = {}
        self.users = {"hf_writer": "ada", "hf_reader": "bob"}
        self.blobs: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, bool]] = []
        self.ranges: list[str] = []
        self.jobs: dict[str, dict] = {}
        self.run_job = lambda job: None
        self.parts = 0
        self.forgets_uploads, self.tells_commit, self.hash = False, True, git_hash
        self.url = self.storage = ""
        self.lock = threading.RLock()

    def add(self, id: str, files: dict[str, bytes], kind: str = "model", **more) -> Repo:
        repo = self.repos[kind, id] = Repo(kind, id, **more)
        repo.commit(dict(files))
        return repo

    def repo(self, id: str, kind: str = "model") -> Repo:
        return self.repos[kind, id]

    def count(self, method: str, pattern: str) -> int:
        return sum(1 for m, path, _ in self.requests if m == method and re.search(pattern, path))


class RefusedError(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, code: str = "", message: str = ""):
        self.status, self.code, self.message = status, code, message
