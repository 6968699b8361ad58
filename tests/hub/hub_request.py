"""One request to the test Hub: parsed, perhaps made to fail, or answered by its route."""

import json
import re
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.hub_state import Hub, RefusedError, Repo
from tests.waiting import PATIENCE


class Request(BaseHTTPRequestHandler):
    """The common part of all routes; `routes` lists them."""

    protocol_version = "HTTP/1.1"
    hub: Hub
    routes: tuple[tuple[str, str, str], ...] = ()

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
        if fault and fault.until:
            fault.until.wait(PATIENCE)
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
                raise RefusedError(401, message="Invalid credentials in Authorization header")
            self.route()
        except RefusedError as refused:
            headers = {"X-Error-Code": refused.code} if refused.code else {}
            headers |= {"X-Error-Message": refused.message} if refused.message else {}
            self.send(refused.status, {"error": refused.message or refused.code}, headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (names of http.server)

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
        for method, pattern, name in self.routes:
            match = re.fullmatch(pattern, self.where)
            if match and self.command in method:
                return getattr(self, name)(**match.groupdict())
        raise RefusedError(404)

    def find(self, kind: str, id: str, write: bool = False) -> Repo:
        repo = self.hub.repos.get((kind, id))
        if repo is None or (repo.private and self.user != id.split("/")[0]):
            raise RefusedError(404 if self.user else 401, "RepoNotFound", "Repository not found")
        if write:
            self.may_write(id.split("/")[0])
        return repo

    def may_write(self, owner: str):
        if self.user is None:
            raise RefusedError(401, message="Invalid username or password.")
        if self.user != owner:
            raise RefusedError(403, message="You don't have the rights to do that")

    def state(self, repo: Repo, revision: str) -> tuple[str, dict[str, bytes]]:
        found = repo.at(revision)
        if found is None:
            raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    def page(self, kind: str, id: str) -> str:
        return f"{self.hub.url}/{'' if kind == 'model' else kind + 's/'}{id}"
