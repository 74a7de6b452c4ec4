# SPDX-License-Identifier: BSD-2-Clause
"""Many lists of one daemon turn to poison at the same time: none of it acts, each is told apart by its sentence, the old contents serve."""
import hashlib
import re
import socket
import subprocess

import pytest

import poison
from daemons import CENOTE, until
from list_server import ListServer
from lists import wait_for_lists
from signing import Authority, Minisign

PUBLIC = "198.51.100.1"
LONG = 3000
COMMON = "".join(f"good{i}.example\n" for i in range(40))
RECORDS = [f"lists.example. 60 IN A {PUBLIC}", f"tls.example. 60 IN A {PUBLIC}", "inside.example. 60 IN A 127.0.0.1"]
TLS = {"tls-wrong-host": ("other.example", {}, "tls.example"), "tls-self-signed": ("tls.example", {"is_self_signed": True}, "self-signed"),
       "tls-expired": ("tls.example", {"age_days": 90}, "expired"), "tls-down": ("tls.example", {}, "redirected from https to http")}


def good(name):
    return COMMON + f"{name}.mine.example\n"


def closed_port():
    """A socket at a port where nobody listens, and which nobody else gets."""
    s = socket.socket()
    s.bind((PUBLIC, 0))
    return s


def signed(key):
    """What a list with a signature may come with, and the file beside it."""
    new = (COMMON + poison.NAMES).encode()
    other = Minisign(key.identity)
    return {
        "sign-none": (new, None, "signature is missing.*404"),
        "sign-old": (new, key.sign(b"another content"), "not of this content"),
        "sign-old-legacy": (new, key.sign(b"another content", True), "not of this content"),
        "sign-other-key": (new, other.sign(new), "not of this content"),
        "sign-other-id": (new, Minisign(b"stranger").sign(new), "another key"),
        "sign-comment": (new, key.sign(new, signed_comment="timestamp:2"), "trusted comment"),
        "sign-html": (new, poison.HTML.decode(), "not a file of minisign"),
        "sign-long": (new, "x" * 20000, "more than 16384 bytes"),
    }


class Poisoned:
    """The lists and what becomes of them."""

    def __init__(self, folder):
        self.server, self.authority, self.key = ListServer("0.0.0.0"), Authority(folder), Minisign()
        port, self.closed = self.server.server_address[1], closed_port()
        self.poisons = {**poison.contents(port), **poison.answers(port, self.closed.getsockname()[1])}
        self.signed = signed(self.key)
        self.tls = {name: ListServer("0.0.0.0", self.authority.context("tls.example")) for name in TLS}
        self.lists, self.words = [], {}
        for name in self.poisons:
            self.add(name, self.server, PUBLIC, self.poisons[name][1],
                     **({"format": "domains"} if name == "addresses" else {}))
        for name in TLS:
            self.add(name, self.tls[name], "tls.example", TLS[name][2])
        for name in self.signed:
            self.add(name, self.server, "lists.example", self.signed[name][2], key=self.key.text)
            self.server.lists[f"/{name}.minisig"] = self.key.sign(good(name).encode(), "legacy" in name)
        self.add("sha256", self.server, PUBLIC, "SHA-256", sha256=hashlib.sha256(good("sha256").encode()).hexdigest())
        self.add("shrunk", self.server, PUBLIC, "12")
        self.server.lists["/shrunk"] += "".join(f"long{i}.example\n" for i in range(LONG))
        self.add("over-rules", self.server, PUBLIC, "feeds.max_rules")

    def add(self, name, server, host, words, **more):
        self.words[name] = words
        self.lists.append({"name": name, "source": server.url(f"/{name}", host), "kind": "deny", **more})
        server.lists[f"/{name}"] = good(name)

    def config(self):
        rules = len(self.lists) * (COMMON.count("\n") + 1) + LONG
        return {"lists": self.lists, "records": RECORDS,
                "feeds": {"max_bytes": "16MiB", "max_rules": rules + 500, "fetch_time": "20s", "retry_wait": "20ms",
                          "ca_file": str(self.authority.path)}}

    def turn(self):
        lists, behaviour = self.server.lists, self.server.behaviour
        for name, (what, _) in self.poisons.items():
            if callable(what):
                behaviour[f"/{name}"] = what
            else:
                lists[f"/{name}"] = what
        lists["/ok"] = COMMON + poison.NAMES
        lists["/sign-in"] = poison.HTML
        for i in range(1, 8):
            behaviour[f"/chain/{i}"] = poison.redirect(f"/chain/{i - 1}" if i > 1 else "/ok")
        for name, (host, options, _) in TLS.items():
            self.tls[name].tls = self.authority.context(host, **options)
            self.tls[name].lists[f"/{name}"] = COMMON + poison.NAMES
        self.tls["tls-down"].behaviour["/tls-down"] = poison.redirect(self.server.url("/ok", PUBLIC))
        for name, (content, signature, _) in self.signed.items():
            lists[f"/{name}"] = content
            if signature:
                lists[f"/{name}.minisig"] = signature
            else:
                del lists[f"/{name}.minisig"]
        lists["/shrunk"] = "".join(f"good{i}.example\n" for i in range(12))
        lists["/sha256"] = COMMON + poison.NAMES
        lists["/over-rules"] = "".join(f"r{i}.poisoned.example\n" for i in range(2000))

    def stop(self):
        self.closed.close()
        for server in (self.server, *self.tls.values()):
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    made = Poisoned(tmp_path_factory.mktemp("poison"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cenote(start_shared, lists):
    """The daemon, when all its lists have been good and then have turned."""
    daemon = start_shared(lists.config())
    wait_for_lists(daemon)
    feeds = daemon.get("/api/v1/lists")
    assert {(row["name"], row["state"]) for row in feeds["lists"]} == {(row["name"], "ok") for row in lists.lists}
    daemon.good_generation, daemon.good_log = feeds["generation"], len(daemon.log())
    lists.turn()
    status, _, text = daemon.http("POST", "/api/v1/lists/update", {})
    assert status == 202, text
    until(lambda: daemon.get("/api/v1/lists")["is_settled"], 240)
    daemon.poisoned_log = daemon.log()[daemon.good_log:]
    return daemon


@pytest.fixture(scope="module")
def rows(cenote):
    return {row["name"]: row for row in cenote.get("/api/v1/lists")["lists"]}


def test_each_poison_is_named(rows, lists):
    assert len(lists.words) >= 40
    wrong = {name: (rows[name]["state"], rows[name]["reason"]) for name, words in lists.words.items()
             if rows[name]["state"] not in ("stale", "refused", "held", "never") or not rows[name]["reason"] or not re.search(words, rows[name]["reason"])}
    assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())


def test_the_old_contents_serve(cenote, rows, lists):
    feeds = cenote.get("/api/v1/lists")
    assert feeds["generation"] == cenote.good_generation and not feeds["last_error"] and not feeds["build_failures"]
    assert {name: row["rules"] for name, row in rows.items()} == {name: 41 + LONG * (name == "shrunk") for name in lists.words}
    for name in ("html", "to-loopback", "sign-old", "tls-expired", "shrunk", "over-rules"):
        told = cenote.get(f"/api/v1/explain?name={name}.mine.example")
        assert [holder["list"] for holder in told["holders"]] == [name]
    for name in ("n1.poisoned.example", poison.MARK, "r1.poisoned.example", "google.com", "www.valid.com"):
        assert not cenote.get(f"/api/v1/explain?name={name}")["holders"], name


def test_little_is_said_of_it(cenote, lists):
    lines = cenote.poisoned_log.splitlines()
    assert len(lines) <= 10 * len(lists.lists) and max(map(len, lines)) < 1200
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_the_same_poison_is_not_judged_again(cenote, rows, lists):
    """Content that was refused for what it is costs a question and no answer."""
    before = cenote.get("/api/v1/lists")["builds"]
    lists.server.requests.clear()
    status, _, text = cenote.http("POST", "/api/v1/lists/update", {"name": "html"})
    assert status == 202, text
    until(lambda: cenote.get("/api/v1/lists")["is_settled"], 240)
    assert ("/html", 304) in lists.server.requests and ("/html", 200) not in lists.server.requests
    row = next(row for row in cenote.get("/api/v1/lists")["lists"] if row["name"] == "html")
    assert (row["state"], row["reason"]) == (rows["html"]["state"], rows["html"]["reason"])
    assert cenote.get("/api/v1/lists")["builds"] == before
    lists.server.lists["/html"] = good("html")
    cenote.command("feeds", "update", "html")


@pytest.mark.parametrize("what", [
    "source: 'file:///etc/passwd'", "source: 'gopher://lists.example/'", "source: 'ftp://lists.example/list'", "source: list",
    "source: '../list'", "source: 'http://'", "source: /x, name: ..", "source: /x, name: a/b", "source: /x, name: ''",
    "source: /x, name: .hidden", "source: /x, key: RW", "source: /x, sha256: 12", "source: /x, signature: /y", "source: /x, at: noon"])
def test_refused_by_the_configuration(tmp_path, what):
    name = "" if "name:" in what else "name: a, "
    config = tmp_path / "cenote.yaml"
    config.write_text(f"directory: {tmp_path}\nlists: [{{{name}{what}}}]\n")
    done = subprocess.run([CENOTE, "check", "-c", config], capture_output=True, text=True, timeout=180)
    assert done.returncode == 78 and "lists" in done.stderr, done
