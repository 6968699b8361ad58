"""Routes of the test Hub: accounts, repositories and their trees."""

import hashlib
import json
from collections.abc import Iterable
from urllib.parse import parse_qs

from tests.hub.hub_request import Request
from tests.hub.hub_state import LFS_BYTES, LFS_SUFFIXES, RefusedError, git_hash

KIND, ID = r"(?P<kind>model|dataset|space)s", r"(?P<id>[\w.-]+/[\w.-]+)"


class RepositoryRoutes(Request):
    """Accounts, repositories and their trees."""

    def whoami(self):
        if self.user is None:
            raise RefusedError(401, message="Invalid username or password.")
        self.send(
            200,
            {
                "type": "user",
                "id": "u1",
                "name": self.user,
                "fullname": self.user,
                "auth": {"type": "access_token", "accessToken": {"role": "write"}},
                "orgs": [],
            },
        )

    def create(self):
        asked = json.loads(self.body)
        id = f"{asked.get('organization') or self.user}/{asked['name']}"
        kind = asked.get("type", "model")
        self.may_write(id.split("/")[0])
        with self.hub.lock:
            if (kind, id) in self.hub.repos:
                return self.send(
                    409, {"error": "You already created this repo", "url": self.page(kind, id)}
                )
            self.hub.add(
                id,
                {".gitattributes": b"*.safetensors filter=lfs\n"},
                kind,
                private=asked.get("visibility") == "private",
                extra={k: asked[k] for k in ("sdk", "hardware", "variables") if k in asked},
            )
        self.send(
            200,
            {
                "url": f"https://huggingface.co/{id}" if self.hub.parts else self.page(kind, id),
                "name": id,
            },
        )

    def info(self, kind, id, revision="main"):
        repo = self.find(kind, id)
        sha, files = self.state(repo, revision or "main")
        if self.hub.parts:
            return self.send(200, {"id": id, "sha": sha, "private": repo.private})
        if not self.hub.tells_commit:
            return self.send(200, {"id": id, "private": repo.private})
        now = "2026-01-01T00:00:00.000Z"
        self.send(
            200,
            {
                "_id": "1",
                "id": id,
                "modelId": id,
                "sha": sha,
                "private": repo.private,
                "gated": False,
                "disabled": False,
                "lastModified": now,
                "createdAt": now,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "siblings": [{"rfilename": name} for name in files],
                "cardData": repo.extra.get("card", {}),
                "sdk": repo.extra.get("sdk"),
            },
        )

    def entry(self, path: str, data: bytes) -> dict:
        entry = {"type": "file", "path": path, "size": len(data), "oid": self.hub.hash(data)}
        if self.is_lfs(path, len(data)):
            entry["lfs"] = {
                "oid": hashlib.sha256(data).hexdigest(),
                "size": len(data),
                "pointerSize": 134,
            }
            entry |= {"xetHash": hashlib.sha256(data).hexdigest()} if self.hub.parts else {}
        return entry

    @staticmethod
    def is_lfs(path: str, size: int) -> bool:
        return path.endswith(LFS_SUFFIXES) or size > LFS_BYTES

    def tree(self, kind, id, revision, path=None):
        _, files = self.state(self.find(kind, id), revision)
        prefix = f"{path.strip('/')}/" if path and path.strip("/") else ""
        inside = {name: data for name, data in files.items() if name.startswith(prefix)}
        if prefix and not inside:
            raise RefusedError(404, "EntryNotFound", f"{prefix} does not exist on {revision}")
        is_deep = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries = []
        for name, data in inside.items():
            if is_deep or "/" not in name.removeprefix(prefix):
                entries.append(self.entry(name, data))
        for folder in sorted(folders_of(inside, prefix, is_deep)):
            entries.append(folder_entry(folder))
        self.send_page(entries, is_deep)

    def send_page(self, entries: list[dict], is_deep: bool):
        first = int(self.query.get("cursor", ["0"])[0])
        length = 2 if self.hub.parts else len(entries)
        link = {}
        if first + length < len(entries):
            address = f"{self.hub.url}{self.where}?recursive={is_deep}&cursor={first + length}"
            link = {"Link": f'<{address}>; rel="next"'}
        self.send(200, entries[first : first + length], link)

    def paths_info(self, kind, id, revision):
        _, files = self.state(self.find(kind, id), revision)
        body = self.body.decode()
        is_json = body.startswith("{")
        paths = json.loads(body)["paths"] if is_json else parse_qs(body).get("paths", [])
        entries = [self.entry(path, files[path]) for path in paths if path in files]
        for path in paths:
            if path not in files and any(name.startswith(path + "/") for name in files):
                entries.append(folder_entry(path))
        self.send(200, entries)


def folder_entry(path: str) -> dict:
    return {"type": "directory", "path": path, "oid": git_hash(path.encode()), "size": 0}


def folders_of(names: Iterable[str], prefix: str, is_deep: bool) -> set[str]:
    """The folders below a prefix, or only those directly in it."""
    folders = set()
    for name in names:
        parts = name.removeprefix(prefix).split("/")[:-1]
        depth = len(parts) if is_deep else min(1, len(parts))
        folders |= {prefix + "/".join(parts[: i + 1]) for i in range(depth)}
    return folders
