"""Routes of the test Hub: uploads and commits."""

import base64
import hashlib
import json

from tests.hub.hub_repositories import RepositoryRoutes
from tests.hub.hub_state import RefusedError, git_hash


class UploadRoutes(RepositoryRoutes):
    """Uploads and commits."""

    def validate_yaml(self):
        self.hub.validated = json.loads(self.body)
        self.send(200, {"errors": [], "warnings": []})

    def preupload(self, kind, id, revision):
        _, files = self.state(self.find(kind, id, write=True), revision)
        answer = []
        for file in json.loads(self.body)["files"]:
            lfs, old = self.is_lfs(file["path"], file["size"]), files.get(file["path"])
            oid = None if old is None else hashlib.sha256(old).hexdigest() if lfs else git_hash(old)
            answer.append(
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if lfs else "regular",
                    "shouldIgnore": False,
                    "oid": oid,
                }
            )
        self.send(200, {"files": answer})

    def lfs_batch(self, kind, id):
        self.find(kind or "model", id, write=True)
        objects = []
        for o in json.loads(self.body)["objects"]:
            upload = {"href": f"{self.hub.url}/lfs/{o['oid']}"}
            if size := self.hub.parts:
                upload["header"] = {"chunk_size": str(size)} | {
                    f"{i + 1:05}": f"{self.hub.storage}/lfs-part/{o['oid']}/{i}"
                    for i in range(-(-o["size"] // size))
                }
            actions = {"upload": upload, "verify": {"href": f"{self.hub.url}/lfs-verify"}}
            objects.append(
                {"oid": o["oid"], "size": o["size"]}
                | (
                    {}
                    if o["oid"] in self.hub.blobs and not self.hub.forgets_uploads
                    else {"actions": actions}
                )
            )
        self.send(200, {"transfer": "basic", "objects": objects})

    def lfs_put(self, oid):
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise RefusedError(400, message="content does not match its oid")
        self.hub.blobs[oid] = self.body
        self.send(200, {})

    def lfs_part(self, oid, number):
        self.hub.blobs[f"{oid}/{number}"] = self.body
        self.send(200, {}, {"ETag": f'"{git_hash(self.body)}"'})

    def lfs_complete(self, oid):
        """Puts the parts together that came, if their ETags are told in their order."""
        pieces = [
            self.hub.blobs[f"{oid}/{part['partNumber'] - 1}"]
            for part in json.loads(self.body)["parts"]
        ]
        if [part["etag"] for part in json.loads(self.body)["parts"]] != [
            f'"{git_hash(piece)}"' for piece in pieces
        ]:
            raise RefusedError(400, message="other parts than those that came")
        self.body = b"".join(pieces)
        self.lfs_put(oid)

    def lfs_verify(self):
        asked = json.loads(self.body)
        self.send(200 if len(self.hub.blobs.get(asked["oid"], b"")) == asked["size"] else 404, {})

    def commit(self, kind, id, revision):
        repo = self.find(kind, id, write=True)
        header, *operations = [json.loads(line) for line in self.body.splitlines()]
        with self.hub.lock:
            head, files = self.state(repo, revision)
            if header["value"].get("parentCommit", head) != head:
                raise RefusedError(
                    412, message="A commit has happened since. Please refresh and try again."
                )
            files = dict(files)
            for operation in operations:
                self.apply(files, operation["key"], operation["value"])
            sha = repo.commit(files, header["value"]["summary"])
        self.send(
            200,
            {
                "success": True,
                "commitOid": sha,
                "commitUrl": f"{self.page(kind, id)}/commit/{sha}",
                "hookOutput": "",
            },
        )

    def apply(self, files: dict[str, bytes], key: str, value: dict):
        if key == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif key == "lfsFile":
            if value["oid"] not in self.hub.blobs:
                raise RefusedError(400, message=f"LFS object {value['oid']} was never uploaded")
            files[value["path"]] = self.hub.blobs[value["oid"]]
        elif key == "deletedFile":
            del files[value["path"]]
        else:
            raise RefusedError(400, message=f"unknown operation {key}")
