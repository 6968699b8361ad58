"""A small Hub on loopback, in memory: the paths and answers that huggingface_hub and datasets ask for, and faults on purpose."""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

LFS_SUFFIXES = (".safetensors", ".parquet", ".bin", ".model")
LFS_BYTES = 10_000_000


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repo:
    """A repository: every commit's files whole, the newest last."""

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
    """Answers `times` requests that match with a status or a page, or cuts them, or lets them wait, or loses the answer of a done one, or twists what it sends."""

    method: str
    path: str
    status: int = 0
    headers: dict = field(default_factory=dict)
    cut: int | None = None
    slow: float = 0.0
    lose: bool = False
    page: bool = False
    twist: Callable[[bytes], bytes] | None = None
    times: int = 1


class Hub:
    """The state behind the server; `faults` are used up in their order, `requests` is what came.

    With `parts`, it does what the real one does at times: trees come in pages of so many entries and large files go up in parts of so many
    bytes; small files are behind a redirect, large ones offered by Xet, too; ETags are weak, and what need not be in an answer is not.
    Hubs of yet another make ask for every upload anew (`forgets_uploads`), tell no commit (`tells_commit`), or hash otherwise than git (`hash`).
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


@contextmanager
def serve(hub: Hub):
    """Serves a hub on a free port of loopback; `hub.url` is its address, and large files are at another host."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url, hub.storage = (
        f"http://{host}:{server.server_port}" for host in ("127.0.0.1", "localhost")
    )
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class Refused(Exception):
    def __init__(self, status: int, code: str = "", message: str = ""):
        self.status, self.code, self.message = status, code, message


class Handler(BaseHTTPRequestHandler):
    """One request: parsed, perhaps made to fail, else answered by the route that fits."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def answer(self):
        hub, parts = self.hub, urlsplit(self.path)
        self.where, self.query = unquote(parts.path), parse_qs(parts.query)
        self.user = hub.users.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        with hub.lock:
            hub.requests.append((self.command, self.path, "Authorization" in self.headers))
            hub.ranges += [self.headers["Range"]] if "Range" in self.headers else []
            fault = next(
                (
                    f
                    for f in hub.faults
                    if f.times > 0 and f.method == self.command and re.search(f.path, self.where)
                ),
                None,
            )
            if fault:
                fault.times -= 1
        if fault and fault.cut is not None and self.command in ("PUT", "POST"):
            self.rfile.read(min(fault.cut, int(self.headers.get("Content-Length") or 0)))
            return self.drop()
        self.body = self.read_body()
        time.sleep(fault.slow if fault else 0)
        if fault and fault.status:
            return self.send(fault.status, {"error": "a fault on purpose"}, fault.headers)
        if fault and fault.page:
            return self.send(
                200,
                data=b"<html>Please log in to this network</html>",
                headers={"Content-Type": "text/html"},
            )
        self.lost, self.cut = bool(fault and fault.lose), fault.cut if fault else None
        self.twist = fault.twist if fault else None
        try:
            if "Authorization" in self.headers and self.user is None:
                raise Refused(401, message="Invalid credentials in Authorization header")
            self.route()
        except Refused as refused:
            headers = {"X-Error-Code": refused.code} if refused.code else {}
            headers |= {"X-Error-Message": refused.message} if refused.message else {}
            self.send(refused.status, {"error": refused.message or refused.code}, headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def drop(self):
        self.close_connection = True
        self.connection.close()

    def send(
        self, status: int, document=None, headers: dict | None = None, data: bytes | None = None
    ):
        if getattr(self, "lost", False):
            return self.drop()
        data = json.dumps(document).encode() if data is None else data
        self.send_response(status)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(data))} | (headers or {})
        ).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = getattr(self, "cut", None)
        self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.wfile.flush()
            self.drop()

    def route(self):
        for method, pattern, name in ROUTES:
            match = re.fullmatch(pattern, self.where)
            if match and self.command in method:
                return getattr(self, name)(**match.groupdict())
        raise Refused(404)

    def find(self, kind: str, id: str, write: bool = False) -> Repo:
        repo = self.hub.repos.get((kind, id))
        if repo is None or (repo.private and self.user != id.split("/")[0]):
            raise Refused(404 if self.user else 401, "RepoNotFound", "Repository not found")
        if write:
            self.may_write(id.split("/")[0])
        return repo

    def may_write(self, owner: str):
        if self.user is None:
            raise Refused(401, message="Invalid username or password.")
        if self.user != owner:
            raise Refused(403, message="You don't have the rights to do that")

    def state(self, repo: Repo, revision: str) -> tuple[str, dict[str, bytes]]:
        found = repo.at(revision)
        if found is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    # accounts and repositories

    def whoami(self):
        if self.user is None:
            raise Refused(401, message="Invalid username or password.")
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
        id, kind = (
            f"{asked.get('organization') or self.user}/{asked['name']}",
            asked.get("type", "model"),
        )
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

    def page(self, kind: str, id: str) -> str:
        return f"{self.hub.url}/{'' if kind == 'model' else kind + 's/'}{id}"

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
                "cardData": {},
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
            raise Refused(404, "EntryNotFound", f"{prefix} does not exist on {revision}")
        deep = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries = [
            self.entry(name, data)
            for name, data in inside.items()
            if deep or "/" not in name[len(prefix) :]
        ]
        folders = {
            prefix + "/".join(rest[: i + 1])
            for name in inside
            for rest in [name[len(prefix) :].split("/")[:-1]]
            for i in range(len(rest) if deep else min(1, len(rest)))
        }
        entries += [
            {"type": "directory", "path": folder, "oid": git_hash(folder.encode()), "size": 0}
            for folder in sorted(folders)
        ]
        first, most = int(self.query.get("cursor", ["0"])[0]), self.hub.parts and 2 or len(entries)
        more = first + most < len(entries)
        link = (
            {
                "Link": f'<{self.hub.url}{self.where}?recursive={deep}&cursor={first + most}>; rel="next"'
            }
            if more
            else {}
        )
        self.send(200, entries[first : first + most], link)

    def paths_info(self, kind, id, revision):
        _, files = self.state(self.find(kind, id), revision)
        body = self.body.decode()
        paths = (
            json.loads(body)["paths"] if body.startswith("{") else parse_qs(body).get("paths", [])
        )
        found = [self.entry(path, files[path]) for path in paths if path in files]
        found += [
            {"type": "directory", "path": path, "oid": git_hash(path.encode()), "size": 0}
            for path in paths
            if path not in files and any(name.startswith(path + "/") for name in files)
        ]
        self.send(200, found)

    # uploads

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
            raise Refused(400, message="content does not match its oid")
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
            raise Refused(400, message="other parts than those that came")
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
                raise Refused(
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
                raise Refused(400, message=f"LFS object {value['oid']} was never uploaded")
            files[value["path"]] = self.hub.blobs[value["oid"]]
        elif key == "deletedFile":
            del files[value["path"]]
        else:
            raise Refused(400, message=f"unknown operation {key}")

    # downloads

    def resolve(self, kind, id, revision, path):
        kind = {"datasets/": "dataset", "spaces/": "space"}.get(kind, "model")
        repo = self.find(kind, id)
        if repo.gated:
            raise Refused(403, "GatedRepo", f"Access to {id} is restricted")
        sha, files = self.state(repo, revision)
        if path not in files:
            raise Refused(404, "EntryNotFound", "Entry not found")
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

    # Spaces and Jobs

    def hardware(self, id):
        repo = self.find("space", id, write=True)
        repo.extra["hardware"] = json.loads(self.body)["flavor"]
        self.send(
            200,
            {
                "stage": "BUILDING",
                "hardware": {"current": None, "requested": repo.extra["hardware"]},
                "storage": None,
                "gcTimeout": None,
                "replicas": {"requested": 1},
            },
        )

    def flavors(self):
        gpu = {
            "type": "gpu",
            "model": "T4",
            "quantity": "1",
            "vram": "16 GB",
            "manufacturer": "Nvidia",
        }
        rows = (("cpu-basic", "CPU Basic", 167, None), ("t4-small", "Nvidia T4 - small", 6667, gpu))
        self.send(
            200,
            [
                {
                    "name": n,
                    "prettyName": p,
                    "cpu": "2 vCPU",
                    "ram": "16 GB",
                    "ephemeralStorage": "20 GB",
                    "accelerator": a,
                    "unitCostMicroUSD": c,
                    "unitCostUSD": c / 1e6,
                    "unitLabel": "minute",
                }
                for n, p, c, a in rows
            ],
        )

    def job_create(self, owner):
        self.may_write(owner)
        with self.hub.lock:
            id = f"job{len(self.hub.jobs)}"
            job = self.hub.jobs[id] = {
                "id": id,
                "spec": json.loads(self.body),
                "owner": owner,
                "stage": "SCHEDULING",
                "log": [],
            }
        threading.Thread(target=self.hub.run_job, args=(job,), daemon=True).start()
        self.send(200, self.job_document(job))

    def job_list(self, owner):
        self.may_write(owner)
        wanted = [label.split("=", 1) for label in self.query.get("label", [])]
        jobs = [
            job
            for job in self.hub.jobs.values()
            if all((job["spec"].get("labels") or {}).get(key) == value for key, value in wanted)
        ]
        self.send(200, [self.job_document(job) for job in jobs])

    def job_document(self, job: dict) -> dict:
        spec = job["spec"]
        secrets = {name: "" for name in spec.get("secrets", {})}
        return {
            "id": job["id"],
            "createdAt": "2026-01-01T00:00:00.000Z",
            "dockerImage": spec.get("dockerImage"),
            "command": spec["command"],
            "arguments": [],
            "environment": spec["environment"],
            "secrets": secrets,
            "flavor": spec["flavor"],
            "labels": spec.get("labels"),
            "status": {"stage": job["stage"], "message": job.get("message")},
            "owner": {"id": "u1", "name": job["owner"], "type": "user"},
        }

    def find_job(self, owner: str, id: str) -> dict:
        self.may_write(owner)
        if id not in self.hub.jobs:
            raise Refused(404)
        return self.hub.jobs[id]

    def job_info(self, owner, id):
        self.send(200, self.job_document(self.find_job(owner, id)))

    def job_cancel(self, owner, id):
        job = self.find_job(owner, id)
        job["stage"] = "CANCELED"
        self.send(200, {})

    def job_logs(self, owner, id):
        job = self.find_job(owner, id)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection, sent = True, 0
        while True:
            ended = job["stage"] in ("COMPLETED", "ERROR", "CANCELED")
            for line in job["log"][sent:]:
                stamp = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
                self.wfile.write(
                    f"data: {json.dumps({'data': line, 'timestamp': stamp})}\n\n".encode()
                )
                sent += 1
            self.wfile.flush()
            if ended and sent == len(job["log"]):
                return
            time.sleep(0.02)


KIND, ID = r"(?P<kind>model|dataset|space)s", r"(?P<id>[\w.-]+/[\w.-]+)"
ROUTES = (
    ("GET", "/api/whoami-v2", "whoami"),
    ("POST", "/api/repos/create", "create"),
    ("POST", "/api/validate-yaml", "validate_yaml"),
    ("GET", f"/api/{KIND}/{ID}", "info"),
    ("GET", f"/api/{KIND}/{ID}/revision/(?P<revision>.+)", "info"),
    ("GET", f"/api/{KIND}/{ID}/tree/(?P<revision>[^/]+)(?P<path>/.*)?", "tree"),
    ("POST", f"/api/{KIND}/{ID}/paths-info/(?P<revision>[^/]+)", "paths_info"),
    ("POST", f"/api/{KIND}/{ID}/preupload/(?P<revision>[^/]+)", "preupload"),
    ("POST", f"/api/{KIND}/{ID}/commit/(?P<revision>[^/]+)", "commit"),
    ("POST", f"/(?:{KIND}/)?{ID}[.]git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", "/lfs/(?P<oid>[0-9a-f]{64})", "lfs_put"),
    ("POST", "/lfs/(?P<oid>[0-9a-f]{64})", "lfs_complete"),
    ("PUT", "/lfs-part/(?P<oid>[0-9a-f]{64})/(?P<number>[0-9]+)", "lfs_part"),
    ("POST", "/lfs-verify", "lfs_verify"),
    (
        "GET HEAD",
        f"/(?P<kind>datasets/|spaces/|){ID}/resolve/(?P<revision>[^/]+)/(?P<path>.+)",
        "resolve",
    ),
    ("GET HEAD", "/cdn/(?P<oid>[0-9a-f]{64})", "cdn"),
    ("POST", f"/api/spaces/{ID}/hardware", "hardware"),
    ("GET", "/api/jobs/hardware", "flavors"),
    ("POST", "/api/jobs/(?P<owner>[^/]+)", "job_create"),
    ("GET", "/api/jobs/(?P<owner>[^/]+)", "job_list"),
    ("GET", "/api/jobs/(?P<owner>[^/]+)/(?P<id>[^/]+)", "job_info"),
    ("GET", "/api/jobs/(?P<owner>[^/]+)/(?P<id>[^/]+)/logs", "job_logs"),
    ("POST", "/api/jobs/(?P<owner>[^/]+)/(?P<id>[^/]+)/cancel", "job_cancel"),
)
