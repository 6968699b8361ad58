"""Routes of the test Hub: downloads."""

import hashlib
import re

from tests.hub.hub_repositories import RepositoryRoutes
from tests.hub.hub_state import RefusedError, git_hash


class DownloadRoutes(RepositoryRoutes):
    """Downloads, small files directly and large ones from another host."""

    def resolve(self, kind, id, revision, path):
        kind = {"datasets/": "dataset", "spaces/": "space"}.get(kind, "model")
        repo = self.find(kind, id)
        if repo.gated:
            raise RefusedError(403, "GatedRepo", f"Access to {id} is restricted")
        sha, files = self.state(repo, revision)
        if path not in files:
            raise RefusedError(404, "EntryNotFound", "Entry not found")
        data, headers = files[path], {"X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        weak = "W/" if self.hub.parts else ""
        if not self.is_lfs(path, len(data)):
            if self.hub.parts and "again" not in self.query:
                return self.send(307, {}, {"Location": f"{self.path}?again=1"})
            return self.content(data, headers | {"ETag": f'{weak}"{git_hash(data)}"'})
        oid = hashlib.sha256(data).hexdigest()
        self.hub.blobs[oid] = data
        headers |= (
            {"X-Xet-Hash": oid, "Link": f'<{self.hub.url}/api/xet>; rel="xet-auth"'}
            if self.hub.parts
            else {}
        )
        self.send(
            302,
            {},
            headers
            | {
                "X-Linked-Etag": f'"{oid}"',
                "X-Linked-Size": str(len(data)),
                "Location": f"{self.hub.storage}/cdn/{oid}",
            },
        )

    def cdn(self, oid):
        self.content(self.hub.blobs[oid], {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})

    def content(self, data: bytes, headers: dict):
        headers |= {"Content-Type": "application/octet-stream"}
        data = self.twist(data) if self.twist else data
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return self.send(200, data=data, headers=headers)
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        if first >= len(data):
            return self.send(416, {}, {"Content-Range": f"bytes */{len(data)}"})
        self.send(
            206,
            data=data[first : last + 1],
            headers=headers | {"Content-Range": f"bytes {first}-{last}/{len(data)}"},
        )
