# SPDX-License-Identifier: BSD-2-Clause
"""An HTTP server of block lists: ETag and 304, not found, HTML instead of a list, held back, redirecting in circles."""
import contextlib
import hashlib
import http.server
import threading


class ListServer(http.server.ThreadingHTTPServer):
    """`lists` maps a path to its text or octets; `behaviour` maps a path to one of ok, missing, html, held, loop, cut, error, or to a function
    that is given the request's handler. `tls`: a context of ssl."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host="127.0.0.1", tls=None):
        super().__init__((host, 0), Handler)
        self.tls = tls
        self.lists, self.behaviour, self.requests = {}, {}, []
        self.ending = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        with contextlib.suppress(OSError):  # a client that goes away, or does not like the certificate
            if self.tls:
                request = self.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)

    def shutdown(self):
        self.ending.set()
        super().shutdown()

    def url(self, path, host="127.0.0.1"):
        return f"{'https' if self.tls else 'http'}://{host}:{self.server_address[1]}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        behaviour = self.server.behaviour.get(self.path, "ok")
        if callable(behaviour):
            return behaviour(self)
        body = self.server.lists.get(self.path, b"")
        body = body.encode() if isinstance(body, str) else body
        if behaviour == "missing" or self.path not in self.server.lists:
            return self.answer(404, b"not here")
        if behaviour == "error":
            return self.answer(500, b"broken")
        if behaviour == "loop":
            return self.answer(302, b"", Location=self.path)
        if behaviour == "html":
            return self.answer(200, b"<!DOCTYPE html><html><body>Log in, please</body></html>")
        if behaviour == "held":
            self.server.ending.wait()
        if behaviour == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 1000))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
            return None
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if tag in self.headers.get("If-None-Match", ""):
            return self.answer(304, b"", ETag=tag)
        return self.answer(200, body, ETag=tag)

    def answer(self, status, body, **headers):
        self.server.requests.append((self.path, status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
