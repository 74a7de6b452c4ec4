# SPDX-License-Identifier: BSD-2-Clause
"""Who gets in over TCP: the first link, the password, sessions, keys, and what strangers see."""
import contextlib
import http.client
import itertools
import json
import re
import socket
import ssl
import subprocess

import pytest

from daemons import until

PASSWORD = "correct horse battery"


def link_of(cenote):
    return re.findall(r'event=no_password set_it_at="http://([^/]+)/#setup=([\w-]+)"', cenote.log())[-1]


class Browser:
    """Keeps the cookie and tells its origin, as browsers do."""

    def __init__(self, cenote, host=None, origin=None):
        self.host = host or f"127.0.0.1:{cenote.http_port}"
        self.cenote, self.origin, self.cookie = cenote, origin or f"http://{self.host}", None

    def ask(self, method, path, body=None, headers=()):
        sent = {"Host": self.host, **({"Cookie": self.cookie} if self.cookie else {}),
                **({"Origin": self.origin} if method != "GET" else {}), **dict(headers)}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.cenote.http_port, timeout=60)) as c:
            c.request(method, path, body, sent)
            answer = c.getresponse()
            self.answer = answer
            if cookie := answer.headers["Set-Cookie"]:
                self.cookie = cookie.partition(";")[0]
            return answer.status, json.loads(answer.read() or "null")

    def log_in(self, password=PASSWORD):
        return self.ask("POST", "/api/v1/auth/login", {"password": password})[0]


@pytest.fixture
def cenote(start):
    return start(http={"anonymous": "none"})


def set_up(cenote, password=PASSWORD):
    browser = Browser(cenote)
    status, body = browser.ask("POST", "/api/v1/auth/setup", {"token": link_of(cenote)[1], "password": password})
    assert status == 200, body
    return browser


def key(cenote, name, scope):
    return cenote.command("key", "add", "--name", name, "--scope", scope).strip()


def with_key(cenote, text, path, method="GET", body=None, header="X-API-Key"):
    return Browser(cenote).ask(method, path, body, {header: f"Bearer {text}" if header == "Authorization" else text})[0]


def test_the_first_link_sets_the_password(cenote):
    host, token = link_of(cenote)
    assert host == f"127.0.0.1:{cenote.http_port}"
    stranger = Browser(cenote)
    assert stranger.ask("GET", "/api/v1/auth")[1] == {"scope": "nobody", "is_known": False, "needs_setup": True, "anonymous": "none"}
    assert stranger.log_in("") == 409 and stranger.log_in() == 409
    assert stranger.ask("POST", "/api/v1/auth/setup", {"token": token, "password": "too short"})[0] == 422
    assert stranger.ask("POST", "/api/v1/auth/setup", {"token": "A" * len(token), "password": PASSWORD})[0] == 401
    browser = set_up(cenote)
    cookie = browser.answer.headers["Set-Cookie"]
    assert "; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800" in cookie and "Secure" not in cookie
    assert browser.ask("GET", "/api/v1/auth")[1]["scope"] == "admin"
    assert stranger.ask("POST", "/api/v1/auth/setup", {"token": token, "password": "another password"})[0] == 401
    assert PASSWORD not in cenote.log() and (cenote.folder / "auth").stat().st_mode & 0o777 == 0o600


def test_strangers_see_nothing(cenote):
    stranger = Browser(cenote)
    for path in ("/metrics", "/api/v1/stats", "/api/v1/querylog", "/api/v1/config"):
        status, body = stranger.ask("GET", path)
        assert status == 401 and body["detail"].startswith("log in first")
        assert stranger.answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert stranger.ask("GET", "/healthz") == (200, {"status": "ok"})


def test_sessions_outlive_a_restart_but_no_log_out(start, cenote):
    browser = set_up(cenote)
    cenote.stop()
    again = start(http={"anonymous": "none"}, folder=cenote.folder)
    assert "no_password" not in again.log().rpartition("event=stopped")[2]
    browser.cenote, browser.host = again, f"127.0.0.1:{again.http_port}"
    browser.origin = f"http://{browser.host}"
    assert browser.ask("GET", "/api/v1/config")[0] == 200
    kept, other = browser.cookie, Browser(again)
    assert other.log_in("correct horse batterz") == 401 and other.log_in() == 200
    assert browser.ask("POST", "/api/v1/auth/logout", {})[0] == 200
    browser.cookie = kept
    assert browser.ask("GET", "/api/v1/config")[0] == 401 and other.ask("GET", "/api/v1/config")[0] == 200
    third = Browser(again)
    third.log_in()
    assert other.ask("POST", "/api/v1/auth/logout", {"sessions": "all"})[0] == 200
    assert third.ask("GET", "/api/v1/config")[0] == 401
    assert third.log_in() == 200 and other.log_in() == 200
    assert other.ask("POST", "/api/v1/auth/password", {"old": "wrong password", "new": "another password"})[0] == 401
    assert other.ask("POST", "/api/v1/auth/password", {"old": PASSWORD, "new": "another password"})[0] == 200
    assert other.ask("GET", "/api/v1/config")[0] == 200 and third.ask("GET", "/api/v1/config")[0] == 401
    assert third.log_in() == 401 and third.log_in("another password") == 200


def test_a_session_is_over_after_a_week(start, cenote):
    browser = set_up(cenote)
    cenote.stop()
    for days, status in ((6, 200), (7.1, 401)):
        later = start(http={"anonymous": "none"}, folder=cenote.folder,
                      environment={"CENOTE_TEST_CLOCK_OFFSET_S": str(int(days * 86400))})
        browser.cenote, browser.host = later, f"127.0.0.1:{later.http_port}"
        assert browser.ask("GET", "/api/v1/config")[0] == status
        later.stop()


def test_login_is_the_way_back(cenote):
    set_up(cenote)
    link = cenote.command("login").strip()
    assert re.fullmatch(rf"http://127\.0\.0\.1:{cenote.http_port}/#setup=[\w-]{{22}}", link)
    browser = Browser(cenote)
    body = {"token": link.rpartition("=")[2], "password": "quite another password"}
    assert browser.ask("POST", "/api/v1/auth/setup", body)[0] == 200
    assert browser.ask("GET", "/api/v1/keys") == (200, {"keys": []})
    assert Browser(cenote).log_in() == 401


def test_keys_do_what_their_scope_lets(cenote):
    stats, control, admin = (key(cenote, scope, scope) for scope in ("stats", "control", "admin"))
    for text, allowed in ((stats, 1), (control, 2), (admin, 3), ("cenote_" + "A" * 43, 0)):
        for n, path in enumerate(("/metrics", "/api/v1/querylog", "/api/v1/keys"), 1):
            for header in ("X-API-Key", "Authorization"):
                wanted = 200 if n <= allowed else 403 if allowed else 401
                if path != "/metrics":
                    assert with_key(cenote, text, path, header=header) == wanted, (text, path)
    assert "control" in cenote.command("key", "list")
    rule = {"kind": "deny", "rule": "bad.example"}
    assert with_key(cenote, stats, "/api/v1/rules", "POST", rule) == 403
    assert with_key(cenote, control, "/api/v1/rules", "POST", rule) == 201
    # A key is the proof itself: a browser's extension that has it may come from anywhere.
    foreign = Browser(cenote, origin="moz-extension://7d0e7d3e")
    assert foreign.ask("DELETE", "/api/v1/rules?kind=deny&rule=bad.example", None, {"X-API-Key": control})[0] == 200
    cenote.command("key", "add", "--name", "control", "--scope", "stats", codes=(1,))
    cenote.command("key", "add", "--name", "a b", "--scope", "stats", codes=(1,))
    cenote.command("key", "add", "--name", "x", "--scope", "root", codes=(1,))
    cenote.command("key", "add", "--name", "x", codes=(2,))
    cenote.command("key", "remove", "--name", "control")
    cenote.command("key", "remove", "--name", "control", codes=(1,))
    assert with_key(cenote, control, "/api/v1/querylog") == 401
    assert control not in (cenote.folder / "auth").read_text() + cenote.log()


def test_a_live_view_ends_with_its_key(cenote):
    control = key(cenote, "control", "control")
    with socket.create_connection(("127.0.0.1", cenote.http_port), 60) as s:
        s.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {control}\r\nConnection: close\r\n\r\n".encode())
        heard = b""
        while b": live" not in heard:
            heard += s.recv(4096)
        cenote.command("key", "remove", "--name", "control")
        cenote.ask("www.valid.com")
        while more := s.recv(4096):
            heard += more
    assert heard.endswith(b"\r\n0\r\n\r\n") and b"www.valid.com" not in heard


def test_guessing_is_slowed_down(cenote):
    browser = set_up(cenote)
    statuses = [browser.log_in(f"wrong password {i}") for i in range(6)]
    assert statuses == [401] * 6

    def is_held():
        """A wrong one, and then the right one. Where the machine stalls, their time may have come, and the right one makes all good."""
        statuses.extend([browser.log_in("wrong password"), browser.log_in()])
        if statuses[-1] == 200:
            statuses.extend(browser.log_in("wrong password") for _ in range(6))
        return statuses[-2:] == [429, 429]
    until(is_held)
    assert 1 <= int(browser.answer.headers["Retry-After"]) <= 900
    # Who is in stays in, and DNS answers.
    assert browser.ask("GET", "/api/v1/config")[0] == 200
    metrics = cenote.http("GET", "/metrics")[2]
    for name, status in (("failed", 401), ("held", 429)):
        assert f"\ncenote_http_{name}_logins_total {statuses.count(status)}\n" in metrics


def test_pages_of_others_change_nothing(cenote):
    browser = set_up(cenote)
    rule = {"kind": "deny", "rule": "bad.example"}
    for origin, site in (("http://evil.example", None), ("null", None), (None, "cross-site"), (None, "same-site"), (None, None)):
        headers = {"Cookie": browser.cookie, "Origin": origin, "Sec-Fetch-Site": site}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", cenote.http_port, timeout=60)) as c:
            c.request("POST", "/api/v1/rules", json.dumps(rule),
                      {k: v for k, v in {**headers, "Content-Type": "application/json"}.items() if v})
            assert c.getresponse().status == 403, (origin, site)
    assert cenote.get("/api/v1/rules")["rules"] == []
    assert browser.ask("POST", "/api/v1/rules", rule)[0] == 201


def test_what_strangers_may_read(start):
    for word, statuses in (("none", (401, 401)), ("metrics", (200, 401)), ("stats", (200, 200))):
        stranger = Browser(start(http={"anonymous": word}))
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", stranger.cenote.http_port, timeout=60)) as c:
            c.request("GET", "/metrics")
            assert c.getresponse().status == statuses[0]
        assert stranger.ask("GET", "/api/v1/stats")[0] == statuses[1]
        assert stranger.ask("GET", "/api/v1/querylog")[0] == 401 and stranger.ask("GET", "/api/v1/config")[0] == 401


def test_what_strangers_may_read_changes_at_a_reload(cenote):
    stranger = Browser(cenote)
    assert stranger.ask("GET", "/api/v1/stats")[0] == 401
    for word, status in (("stats", 200), ("metrics", 401)):
        cenote.write_config({"http": {**cenote.config["http"], "anonymous": word}})
        assert "http" not in cenote.command("reload")
        assert stranger.ask("GET", "/api/v1/stats")[0] == status
    assert stranger.ask("GET", "/api/v1/auth")[1]["anonymous"] == "metrics"


def test_names_of_this_host(start):
    cenote = start(http={"names": ["dns.home.arpa"], "anonymous": "none"})
    for host, status in (("dns.home.arpa", 200), ("DNS.home.arpa:5380", 200), ("localhost", 200), ("evil.example", 421),
                         ("x.dns.home.arpa", 421), ("home.arpa", 421)):
        assert Browser(cenote, host).ask("GET", "/api/v1/auth")[0] == status, host


def test_proxies_speak_for_their_clients(start):
    cenote = start(http={"trusted_proxies": ["127.0.0.1/32"], "anonymous": "none"})
    browser = set_up(cenote)
    for client in ("192.0.2.1", "192.0.2.2"):
        told = {"X-Forwarded-For": f"203.0.113.5, {client}", "X-Forwarded-Proto": "https"}

        def guess():
            return browser.ask("POST", "/api/v1/auth/login", {"password": "wrong password"}, told)[0]
        assert [guess() for _ in range(6)] == [401] * 6
        until(lambda: guess() == 429)
        assert f"event=refused what=password peer={client}" in cenote.log()
    # A proxy that adds a line of its own: what the client made up stands in the lines before.
    made_up = itertools.count()

    def guess_behind_two():
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", cenote.http_port, timeout=60)) as c:
            body = json.dumps({"password": "wrong password"}).encode()
            c.putrequest("POST", "/api/v1/auth/login")
            for name, value in (("X-Forwarded-For", f"203.0.113.{next(made_up) % 200}"), ("X-Forwarded-For", "192.0.2.4"), ("Content-Type", "application/json"),
                                ("Content-Length", str(len(body)))):
                c.putheader(name, value)
            c.endheaders(body)
            return c.getresponse().status
    assert [guess_behind_two() for _ in range(6)] == [401] * 6
    until(lambda: guess_behind_two() == 429)
    assert "peer=203.0.113." not in cenote.log()
    told = {"X-Forwarded-For": "192.0.2.3", "X-Forwarded-Proto": "https"}
    assert browser.ask("POST", "/api/v1/auth/login", {"password": PASSWORD}, told)[0] == 200
    assert browser.answer.headers["Set-Cookie"].endswith("; Secure")


@pytest.mark.parametrize("damage", [b"", b"cenote-auth 1\n", b"\xff" * 100, b"a" * 100000], ids=lambda d: str(len(d)))
def test_a_damaged_file_lets_nobody_in(start, cenote, damage):
    browser = set_up(cenote)
    admin = key(cenote, "admin", "admin")
    cenote.stop()
    (cenote.folder / "auth").write_bytes(damage)
    again = start(http={"anonymous": "none"}, folder=cenote.folder)
    again.ask("www.valid.com")
    browser.cenote, browser.host = again, f"127.0.0.1:{again.http_port}"
    browser.origin = f"http://{browser.host}"
    assert browser.ask("GET", "/api/v1/config")[0] == 401 and with_key(again, admin, "/api/v1/config") == 401
    assert browser.log_in() == 503
    assert "damaged" in " ".join(again.get("/api/v1/status")["reasons"])
    assert again.command("key", "list") == ""
    token = again.command("login").strip().rpartition("=")[2]
    assert browser.ask("POST", "/api/v1/auth/setup", {"token": token, "password": PASSWORD})[0] == 200
    assert (again.folder / "auth.damaged").read_bytes() == damage and again.get("/api/v1/status")["reasons"] == []


def make_pair(folder):
    """(certificate, key) of localhost."""
    certificate, private = folder / "tls.pem", folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", private, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, private


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return make_pair(tmp_path_factory.mktemp("tls"))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_speaks_tls(start, pair):
    cenote = start(http={"anonymous": "none", "tls": {"certificate": str(pair[0]), "key": str(pair[1])}})
    token = re.search(r'set_it_at="https://127\.0\.0\.1:\d+/#setup=([\w-]+)"', cenote.log())[1]
    trusting = ssl.create_default_context(cafile=pair[0])
    with contextlib.closing(http.client.HTTPSConnection("localhost", cenote.http_port, context=trusting, timeout=60)) as c:
        c.request("POST", "/api/v1/auth/setup", json.dumps({"token": token, "password": PASSWORD}), {"Content-Type": "application/json"})
        answer = c.getresponse()
        assert answer.status == 200 and answer.headers["Set-Cookie"].endswith("; Secure") and answer.read()
        c.request("GET", "/api/v1/config", headers={"Cookie": answer.headers["Set-Cookie"].partition(";")[0]})
        assert c.getresponse().status == 200
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", cenote.http_port), 60) as s, pytest.raises(OSError):
        old.wrap_socket(s).close()
    with socket.create_connection(("127.0.0.1", cenote.http_port), 60) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert not s.recv(100).startswith(b"HTTP/")
    assert cenote.command("key", "list") == ""


def test_a_new_certificate_is_taken_at_a_reload(start, tmp_path):
    certificate, private = make_pair(tmp_path)
    cenote = start(http={"anonymous": "none", "tls": {"certificate": str(certificate), "key": str(private)}})
    control = key(cenote, "control", "control")

    def served():
        return ssl.get_server_certificate(("127.0.0.1", cenote.http_port))
    assert served() == certificate.read_text()
    trusting = ssl.create_default_context(cafile=certificate)
    with socket.create_connection(("127.0.0.1", cenote.http_port), 60) as s, trusting.wrap_socket(s, server_hostname="localhost") as live:
        live.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {control}\r\nConnection: close\r\n\r\n".encode())
        heard = b""
        while b": live" not in heard:
            heard += live.recv(4096)
        make_pair(tmp_path)
        cenote.command("reload")

        def is_new():
            with contextlib.suppress(OSError):  # one listener ends, the next begins
                return served() == certificate.read_text()
        until(is_new)
        # What began with the old one ends, and comes again.
        while more := live.recv(4096):
            heard += more
        assert heard.endswith(b"\r\n0\r\n\r\n")
    good = certificate.read_text()
    certificate.write_text("junk")
    cenote.command("reload", codes=(1,))
    assert str(certificate) in cenote.get("/api/v1/health")["reasons"][0] and served() == good
    certificate.write_text(good)
    cenote.command("reload")
    assert cenote.get("/api/v1/health")["reasons"] == [] and served() == good
    assert cenote.log().count("event=certificate_renewed listeners=1") == 1


def test_bad_tls_files_are_told(start, pair, tmp_path):
    other = tmp_path / "other.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", other], check=True, capture_output=True)
    junk = tmp_path / "junk"
    junk.write_text("junk")
    for certificate, private, words in ((tmp_path / "none", pair[1], "http.tls.certificate: "), (pair[0], tmp_path / "none", "http.tls.key: "),
                                        (junk, pair[1], str(junk)), (pair[0], other, str(other)), (pair[0], None, "go together")):
        tls = {"certificate": str(certificate), **({"key": str(private)} if private else {})}
        cenote = start(http={"tls": tls}, wait=False)
        assert cenote.process.wait(60) == 78
        line = cenote.log().splitlines()[-1]
        assert line.startswith("cenote: ") and words in line, line
