# SPDX-License-Identifier: BSD-2-Clause
"""The web edge of a living daemon: metrics that promtool takes, numbers that agree, and what strangers may not do."""
import json
import re
import socket
import subprocess

import pytest

from daemons import tool
from lists import wait_for_lists


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("ads.example\n")
    daemon = start_shared({"lists": [{"name": "ads", "source": str(source), "kind": "deny"}]})
    wait_for_lists(daemon)
    return daemon


def tcp(cenote, request, timeout=30):
    """The status of a raw request over TCP, and all that came."""
    with socket.create_connection(("127.0.0.1", cenote.http_port), timeout) as s:
        s.sendall(request.encode() if isinstance(request, str) else request)
        text = b""
        while more := s.recv(65536):
            text += more
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", text)
    return int(found[1]) if found else 0, text.decode(errors="replace")


def get(cenote, path, host="127.0.0.1", method="GET", extra=""):
    return tcp(cenote, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{extra}\r\n")


def metrics(cenote):
    status, headers, text = cenote.http("GET", "/metrics", unix=False)
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return text, {key: float(value) for key, value in re.findall(r"^([^#\s][^ ]*(?:\{.*\})?) (\S+)$", text, re.M)}


def test_promtool_takes_the_metrics(cenote):
    cenote.ask("ads.example")
    cenote.ask("www.valid.com")
    text, _ = metrics(cenote)
    done = subprocess.run([tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_metrics_agree_with_stats(cenote):
    for name in ("ads.example", "x.ads.example", "www.valid.com", "www.valid.com", "nothing.valid.com"):
        cenote.ask(name)
    stats = cenote.get("/api/v1/stats")
    _, values = metrics(cenote)
    for outcome, n in stats["outcomes"].items():
        assert values[f'cenote_queries_total{{outcome="{outcome}"}}'] == n
    for name in ("types", "outcomes", "transports"):
        assert sum(stats[name].values()) == stats["queries"], name
    assert values["cenote_response_latency_seconds_count"] == stats["latency"]["count"]
    assert values['cenote_response_latency_seconds_bucket{le="+Inf"}'] == stats["latency"]["count"]
    assert values['cenote_list_hits_total{list="ads"}'] >= 2
    assert values['cenote_list_rules{list="ads"}'] == 1
    assert values["cenote_policy_names"] == 1


def test_health_over_both_doors(cenote):
    for unix in (True, False):
        status, headers, text = cenote.http("GET", "/healthz", unix=unix)
        assert status == 200 and json.loads(text)["status"] == "ok"
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5380", "127.0.0.1.evil.example", "", "a@127.0.0.1"])
def test_foreign_names_do_not_reach_us(cenote, host):
    assert get(cenote, "/api/v1/stats", host)[0] in (400, 421)
    assert get(cenote, "/", host)[0] in (400, 421)


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/api/v1/rules", {"kind": "deny", "rule": "a.example"}), ("DELETE", "/api/v1/rules?kind=deny&rule=a.example", None),
    ("POST", "/api/v1/lists/update", {}), ("POST", "/api/v1/reload", {}),
])
def test_nothing_is_changed_over_tcp(cenote, method, path, body):
    before = cenote.get("/api/v1/rules")
    status, headers, text = cenote.http(method, path, body, unix=False)
    assert status == 401 and headers["Content-Type"] == "application/problem+json"
    assert json.loads(text)["status"] == 401
    assert cenote.get("/api/v1/rules") == before


@pytest.mark.parametrize("target, status", [
    ("/../etc/passwd", 400), ("/%2e%2e/", 400), ("/healthz%00", 400), ("/a%", 400), ("//healthz", 404), ("/nothing", 404),
    ("/api/v1/explain", 400), ("/api/v1/explain?name=a..b", 422), ("/api/v1/explain?name=%3Cimg%20src=x%3E&type=A", 422),
    ("/api/v1/explain?name=%3Cb%3E.example&type=A", 200),
])
def test_bad_targets(cenote, target, status):
    assert get(cenote, target)[0] == status


def test_methods(cenote):
    status, text = get(cenote, "/healthz", method="PUT")
    assert status == 405 and "Allow: GET, HEAD" in text
    status, text = get(cenote, "/metrics", method="HEAD")
    assert status == 200 and "# HELP" not in text


NONSENSE = {
    "zeros": b"\0\0\0\0\r\n\r\n",
    "half a line": b"GET\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "version": b"GET / HTTP/9.9\r\n\r\n",
    "empty lines": b"\r\n" * 5000,
    "long target": b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
    "huge chunk": b"POST /api/v1/reload HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_does_no_harm(cenote, kind):
    try:
        assert tcp(cenote, NONSENSE[kind], 1)[0] in (0, 400, 401, 413, 414, 431, 501, 505)
    except OSError:
        pass  # cut off while still sending, or held as half a request until its deadline
    assert cenote.get("/healthz")["status"] == "ok"


def test_stopping_does_not_wait_for_idle_connections(start):
    cenote = start()
    with socket.create_connection(("127.0.0.1", cenote.http_port), 10) as idle:
        idle.sendall(b"GET /heal")
        # It would be over after 20 s.
        cenote.stop(seconds=15)
