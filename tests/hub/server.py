"""A small Hub on loopback, in memory, with faults on purpose.

It answers the requests that huggingface_hub and datasets make.
"""

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

from tests.hub.hub_downloads import DownloadRoutes
from tests.hub.hub_jobs import JobRoutes
from tests.hub.hub_repositories import ID, KIND
from tests.hub.hub_state import Fault, Hub
from tests.hub.hub_uploads import UploadRoutes

__all__ = ["Fault", "Handler", "Hub", "serve"]

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


class Handler(UploadRoutes, DownloadRoutes, JobRoutes):
    """Answers every request to the Hub."""

    routes = ROUTES


@contextmanager
def serve(hub: Hub):
    """Serve a Hub on a free port of loopback.

    `hub.url` is its address; large files are at another host name.
    """
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
