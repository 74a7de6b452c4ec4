# SPDX-License-Identifier: BSD-2-Clause
"""Each route against each kind of bad request: the right status, a sentence, in time, and nothing changed."""
import contextlib
import json
import re
import socket
import time

import pytest

from daemons import REPOSITORY
from lists import wait_for_lists
from test_auth import PASSWORD, Browser, key, set_up

DEADLINE_S = 90  # that of a request, and time to be late
EACH = re.compile(r"ALL_METHODS\(\"([^\"]+)\"")
TABLE = re.compile(r"\{EDGE_(\w+),\s*\"(/[^\"]*)\",\s*EDGE_(\w+),\s*\w+,\s*([^}]*)\}")


def routes():
    """(method, path, scope, flags) of all tables in the source, so that a new route is tried without a word here."""
    found = []
    for source in sorted((REPOSITORY / "web").glob("*.c")):
        text = source.read_text()
        found += [(m[1], m[2].replace("*", "x"), m[3].lower(), m[4]) for m in TABLE.finditer(text)]
        found += [(method, m[1].replace("*", "x"), "nobody", "OWN_LOGIN") for m in EACH.finditer(text) for method in ("GET", "POST", "PUT", "DELETE")]
    assert len(found) > 30
    return found


ROUTES = routes()
NATIVE = [r for r in ROUTES if "OWN_LOGIN" not in r[3]]
CHANGES = [r for r in NATIVE if r[0] != "GET"]
names = {"ids": lambda r: f"{r[0]} {r[1]}"}


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("ads.example\n")
    daemon = start_shared({"lists": [{"name": "ads", "source": str(source)}]}, http={"anonymous": "none"})
    wait_for_lists(daemon)
    daemon.browser = set_up(daemon)
    daemon.admin = key(daemon, "admin", "admin")
    return daemon


def state(cenote):
    """All that a request could change, as the control socket tells it."""
    seen = {path: cenote.get(f"/api/v1/{path}") for path in ("rules", "pause", "unblock", "generations", "cases")}
    seen["keys"] = [(k["name"], k["scope"]) for k in cenote.get("/api/v1/keys")["keys"]]
    status = cenote.get("/api/v1/status")
    seen["reloads"] = status["config"]["reloads"]
    seen["epoch"] = re.search(r"epoch .*\nsecret .*\npassword .*", (cenote.folder / "auth").read_text())[0]
    return seen


@pytest.fixture(autouse=True)
def nothing_changes(cenote):
    before = state(cenote)
    yield
    assert state(cenote) == before
    cenote.assert_running()


def send(cenote, head, body=b"", half_close=False):
    """One request on a connection of its own: (status, headers, body). Fails when the daemon is not done in time."""
    with socket.create_connection(("127.0.0.1", cenote.http_port), DEADLINE_S) as s:
        with contextlib.suppress(ConnectionError):
            s.sendall(head.encode("latin-1") + body)
            if half_close:
                s.shutdown(socket.SHUT_WR)
        answer, end = b"", time.monotonic() + DEADLINE_S
        with contextlib.suppress(ConnectionError):
            while more := s.recv(65536):
                answer += more
                assert time.monotonic() < end
                if len(answer) > 1 << 20:
                    break
    top, _, rest = answer.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", top)
    return int(found[1]) if found else 0, top.decode("latin-1"), rest


def head(cenote, method, path, *lines, who=None, host=None, origin=True):
    """`who`: None, "key" or "session"."""
    sent = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{cenote.http_port}'}", "Connection: close"]
    if who == "key":
        sent.append(f"X-API-Key: {cenote.admin}")
    if who == "session":
        sent.append(f"Cookie: {cenote.browser.cookie}")
        if origin and method != "GET":
            sent.append(f"Origin: http://127.0.0.1:{cenote.http_port}")
    return "\r\n".join([*sent, *lines]) + "\r\n\r\n"


def refused(answer, *statuses):
    status, top, body = answer
    assert status in statuses, (status, top, body[:200])
    assert "application/problem+json" in top, top
    problem = json.loads(body)
    assert problem["status"] == status and len(problem["detail"]) > 10
    return problem


JSON = "Content-Type: application/json"


def with_body(cenote, route, body, who="key", kind=JSON, **options):
    lines = [kind] if kind else []
    return send(cenote, head(cenote, route[0], route[1], *lines, f"Content-Length: {len(body)}", who=who, **options), body)


@pytest.mark.parametrize("route", [r for r in NATIVE if r[2] != "nobody"], **names)
def test_no_log_in(cenote, route):
    refused(with_body(cenote, route, b"{}", None), 401)
    stale = Browser(cenote)
    assert stale.log_in(PASSWORD) == 200 and stale.ask("POST", "/api/v1/auth/logout", {})[0] == 200
    for cookie in (stale.cookie, "cenote_session=", "cenote_session=" + "A" * 92, "cenote_session=" + "A" * 2000, "\xff\xfe"):
        line = f"Cookie: {cookie}"
        refused(send(cenote, head(cenote, route[0], route[1], line)), *((401,) if route[0] == "GET" else (401, 403)))


@pytest.mark.parametrize("route", ROUTES, **names)
def test_foreign_host(cenote, route):
    for host in ("evil.example", f"evil.example:{cenote.http_port}", "127.0.0.1.evil.example"):
        refused(with_body(cenote, route, b"{}", "session", host=host), 421)


@pytest.mark.parametrize("route", CHANGES, **names)
def test_foreign_pages(cenote, route):
    for line in ("Origin: http://evil.example", "Origin: null", f"Origin: http://127.0.0.1:{cenote.http_port + 1}",
                 "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"):
        for kind in (JSON, "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded"):
            request = head(cenote, route[0], route[1], line, kind, "Content-Length: 2", who="session", origin=False)
            refused(send(cenote, request, b"{}"), 403)
    refused(send(cenote, head(cenote, "OPTIONS", route[1], "Origin: http://evil.example",
                              f"Access-Control-Request-Method: {route[0]}")), 405)


DIALECTS = [("GET", "/admin/api.php?disable=60"), ("GET", "/admin/api.php?list=black&add=bad.example"), ("POST", "/api/dns/blocking"),
            ("POST", "/api/domains/deny/exact"), ("DELETE", "/api/domains/deny/exact/bad.example"), ("POST", "/control/protection"),
            ("POST", "/control/dns_config"), ("POST", "/control/filtering/set_rules"), ("POST", "/control/filtering/add_url"),
            ("PUT", "/api/groups/x"), ("DELETE", "/api/auth")]
DIALECT_BODIES = [b'{"blocking":false,"timer":60}', b'{"domain":"bad.example"}', b'{"enabled":false,"duration":60000}', b'{"protection_enabled":false}',
                  b'{"rules":["||bad.example^"]}']


@pytest.mark.parametrize("route", DIALECTS, **names)
def test_foreign_pages_by_way_of_other_products(cenote, route):
    """They say who asks by ways of their own; a browser's cookie alone is none of them for a change."""
    for session in (cenote.browser.cookie, cenote.browser.cookie.replace("cenote_session", "sid")):
        for body in DIALECT_BODIES:
            lines = [f"Cookie: {session}", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site", JSON, f"Content-Length: {len(body)}"]
            status, _, _ = send(cenote, head(cenote, *route, *lines), body)
            assert 200 <= status < 500


@pytest.mark.parametrize("route", [r for r in CHANGES if not any(g[0] == "GET" and g[1] == r[1] for g in ROUTES)], **names)
def test_get_for_a_change(cenote, route):
    for who in ("key", "session"):
        refused(send(cenote, head(cenote, "GET", route[1], who=who)), 405)
        refused(send(cenote, head(cenote, "GET", route[1] + "?name=ads&_method=POST", "X-HTTP-Method-Override: POST", who=who)), 405)


@pytest.mark.parametrize("route", CHANGES, **names)
def test_bodies_of_the_wrong_kind(cenote, route):
    for kind in ("Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=a", None):
        refused(with_body(cenote, route, b'{"name":"ads"}', kind=kind), 415)


@pytest.mark.parametrize("route", CHANGES, **names)
def test_bodies_that_are_no_json(cenote, route):
    for body in (b"{", b"[]", b"null", b"\xff\xfe", b"{\"a\":" * 10000, b"[" * 60000, b'{"\\u0000":1}', b'{"name":1,"name":2}', b'{"no_such_key":1}'):
        answer = with_body(cenote, route, body)
        refused(answer, 400, *((404,) if route[0] == "DELETE" else ()))


@pytest.mark.parametrize("route", CHANGES, **names)
def test_bodies_of_10_mb(cenote, route):
    refused(with_body(cenote, route, b" " * 10_000_000), 413)
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    refused(send(cenote, head(cenote, route[0], route[1], JSON, "Transfer-Encoding: chunked", who="key"),
                 chunk * 310 + b"0\r\n\r\n"), 413)


@pytest.mark.parametrize("route", ROUTES, **names)
def test_framing_in_two_ways(cenote, route):
    for lines in (("Content-Length: 2", "Content-Length: 2"), ("Content-Length: 2", "Content-Length: 40"),
                  ("Content-Length: 2", "Transfer-Encoding: chunked"), ("Transfer-Encoding: chunked", "Content-Length: 2"),
                  (f"Host: 127.0.0.1:{cenote.http_port}",)):
        refused(send(cenote, head(cenote, route[0], route[1], JSON, *lines, who="key"), b"{}" if "Host" not in lines[0] else b"", True), 400)


@pytest.mark.parametrize("route", ROUTES, **names)
def test_targets_that_are_none(cenote, route):
    method, path = route[:2]
    for target in (path + "%00", path + "?a=%00", path + "/..%2f..%2fetc", "/.." + path, path + "?a=%zz", path + "?a=1&a=2", path + "#x",
                   path + "?" + "&".join(f"p{i}=1" for i in range(40))):
        refused(send(cenote, head(cenote, method, target, who="key")), 400)


@pytest.mark.parametrize("route", ROUTES, **names)
def test_a_thousand_headers(cenote, route):
    status, _, _ = send(cenote, head(cenote, route[0], route[1], *(f"X-{i}: y" for i in range(1000)), who="key"))
    assert status == 431  # in the words of the library


def test_one_header_a_second(cenote):
    """A trickle is cut off at the deadline of a request, on all routes at one time, and holds nobody up."""
    began, open_ones = time.monotonic(), []
    for method, path, *_ in ROUTES[:30]:
        s = socket.create_connection(("127.0.0.1", cenote.http_port), DEADLINE_S)
        s.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {cenote.admin}\r\n".encode())
        open_ones.append(s)
    n = 0
    while open_ones:
        assert time.monotonic() - began < DEADLINE_S, f"{len(open_ones)} are still open"
        assert cenote.get("/healthz")["status"] == "ok"
        n += 1
        for s in list(open_ones):
            try:
                s.sendall(f"X-{n}: y\r\n".encode())
                s.setblocking(False)
                is_over = s.recv(100) == b""
            except BlockingIOError:
                is_over = False
            except OSError:
                is_over = True
            s.setblocking(True)
            if is_over:
                s.close()
                open_ones.remove(s)
        time.sleep(0.5)
    assert time.monotonic() - began > 20
