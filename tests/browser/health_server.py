"""A server with an empty page and the app's health, for tests that stop it or slow it down.

Usage: `python health_server.py PORT SECONDS`; each answer about the health takes SECONDS.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, SECONDS = int(sys.argv[1]), float(sys.argv[2])


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        is_page = self.path == "/"
        if not is_page:
            time.sleep(SECONDS)
        body = b"<html></html>" if is_page else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if is_page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *values):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Answers).serve_forever()
