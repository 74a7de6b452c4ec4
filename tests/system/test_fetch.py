# SPDX-License-Identifier: BSD-2-Clause
"""How lists are fetched: names by cenote's own way, addresses, redirections, TLS, signatures, files, tries, and what is shown of it."""
import contextlib
import hashlib
import os
import pathlib
import pty
import re
import subprocess
import threading

import pytest

from daemons import CENOTE, SANITIZERS, until
from list_server import ListServer
from lists import wait_for_lists
from signing import Authority, Minisign

PUBLIC = "198.51.100.1"
RECORDS = [f"lists.example. 60 IN A {PUBLIC}", f"tls.example. 60 IN A {PUBLIC}", "inside.example. 60 IN A 127.0.0.1",
           f"both.example. 60 IN A {PUBLIC}", "both.example. 60 IN A 127.0.0.1"]
NAMES = "".join(f"a{i}.listed.example\n" for i in range(50))


@pytest.fixture
def server():
    made = ListServer("0.0.0.0")
    made.lists["/list"] = NAMES
    yield made
    made.shutdown()
    made.server_close()


def row(daemon, name="a"):
    return next(r for r in daemon.get("/api/v1/lists")["lists"] if r["name"] == name)


def one(source, **more):
    return {"records": RECORDS, "lists": [{"name": "a", "source": source, "kind": "deny", **more}]}


def settle(daemon):
    until(lambda: daemon.get("/api/v1/lists")["is_settled"], 240)
    return row(daemon)


def update(daemon):
    status, _, text = daemon.http("POST", "/api/v1/lists/update", {})
    assert status == 202, text
    return settle(daemon)


def test_a_list_that_blocks_its_own_server_updates(start, server):
    server.lists["/list"] = NAMES + "lists.example\n*.example\nexample\n"
    cenote = start({**one(server.url("/list", "lists.example")), "feeds": {"unprotected": ["."]}})
    wait_for_lists(cenote)
    assert cenote.get("/api/v1/explain?name=lists.example")["holders"]
    server.lists["/list"] += "more.listed.example\n"
    assert update(cenote)["state"] == "ok"
    assert cenote.get("/api/v1/explain?name=more.listed.example")["holders"]


def test_names_come_from_the_test_tree_and_not_from_the_system(start, server, tree):
    """`www.valid.com` is nowhere but in the tree; nobody listens there."""
    cenote = start(one(f"http://www.valid.com:{server.server_address[1]}/list", allow_private=True))
    assert re.search(r"www\.valid\.com|timed out|refused|unreachable", settle(cenote)["reason"], re.I)
    assert "resolve host" not in row(cenote)["reason"]


@pytest.mark.parametrize("host, words", [
    ("127.0.0.1", "127.0.0.1, which is not a public address"), ("[::1]", "::1, which is not a public address"),
    ("inside.example", "inside.example is at 127.0.0.1, which"), ("localhost", "which is not a public address"),
    ("10.53.0.1", "10.53.0.1, which"), ("0.0.0.0", "0.0.0.0, which"), ("0x7f.1", "127.0.0.1, which")])
def test_addresses_that_are_not_public(start, server, host, words):
    cenote = start(one(server.url("/list", host)))
    told = settle(cenote)
    assert told["state"] == "never" and words in told["reason"] and not server.requests
    cenote.reload(one(server.url("/list", "127.0.0.1"), allow_private=True))
    until(lambda: row(cenote)["state"] == "ok")


def test_only_public_addresses_of_a_name_are_used(start, server):
    reached = []

    def behave(handler):
        reached.append(handler.connection.getsockname()[0])
        handler.answer(200, NAMES.encode())
    server.behaviour["/list"] = behave
    cenote = start(one(server.url("/list", "both.example")))
    wait_for_lists(cenote)
    assert row(cenote)["state"] == "ok" and set(reached) == {PUBLIC}


def test_redirections_to_public_places_are_followed(start, server):
    for i in range(5):
        server.behaviour[f"/{i}"] = lambda handler, i=i: handler.answer(
            (301, 302, 303, 307, 308)[i], b"on", Location=f"/{i + 1}" if i < 4 else server.url("/list", PUBLIC))
    cenote = start(one(server.url("/0", "lists.example")))
    wait_for_lists(cenote)
    assert row(cenote)["state"] == "ok" and ("/4", 308) in server.requests


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "ca"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def tls_server(authority):
    made = ListServer("0.0.0.0", authority.context("tls.example"))
    made.lists["/list"] = NAMES
    yield made
    made.shutdown()
    made.server_close()


def test_tls_is_checked(start, authority, tls_server):
    source = tls_server.url("/list", "tls.example")
    cenote = start({**one(source), "feeds": {"ca_file": str(authority.path)}})
    wait_for_lists(cenote)
    assert row(cenote)["state"] == "ok"
    other = start(one(source))  # does not know the authority
    assert "certificate" in settle(other)["reason"] and row(other)["state"] == "never"
    other.reload({**one(tls_server.url("/list", "lists.example")), "feeds": {"ca_file": str(authority.path)}})
    until(lambda: "lists.example" in row(other)["reason"])
    assert re.search("subject name|match", row(other)["reason"])


@pytest.mark.parametrize("is_legacy", [False, True])
def test_signatures(start, server, is_legacy):
    key = Minisign()
    server.lists["/list.minisig"] = key.sign(NAMES.encode(), is_legacy)
    cenote = start(one(server.url("/list", PUBLIC), key=key.text))
    wait_for_lists(cenote)
    assert row(cenote)["state"] == "ok"
    server.lists["/list"] += "new.listed.example\n"
    assert update(cenote)["state"] == "refused" and "not of this content" in row(cenote)["reason"]
    assert row(cenote)["rules"] == 50
    # The signature comes after the content that it is of.
    server.lists["/list.minisig"] = key.sign(server.lists["/list"].encode(), is_legacy)
    assert update(cenote)["state"] == "ok" and row(cenote)["rules"] == 51
    # Another key: what serves was never checked with it.
    cenote.reload(one(server.url("/list", PUBLIC), key=Minisign().text))
    until(lambda: row(cenote)["state"] == "refused")


def test_digest_and_signature_elsewhere(start, server, tmp_path):
    key = Minisign()
    (tmp_path / "the.sig").write_text(key.sign(NAMES.encode()))
    digest = hashlib.sha256(NAMES.encode()).hexdigest().upper()
    cenote = start(one(server.url("/list", PUBLIC), key=key.text, signature=str(tmp_path / "the.sig"), sha256=digest))
    wait_for_lists(cenote)
    assert row(cenote)["state"] == "ok"
    cenote.reload(one(server.url("/list", PUBLIC), sha256="0" * 64))
    until(lambda: "SHA-256" in row(cenote)["reason"])
    assert row(cenote)["rules"] == 50


def test_files_lie_below_one_folder(start, tmp_path):
    folder = tmp_path / "lists"
    folder.mkdir()
    (tmp_path / "outside").write_text(NAMES)
    (folder / "list").write_text(NAMES)
    (folder / "link").symlink_to(tmp_path / "outside")
    lists = [{"name": name, "source": str(folder / path), "kind": "deny"}
             for name, path in (("inside", "list"), ("link", "link"), ("up", "../outside"), ("folder", "."), ("none", "none"))]
    cenote = start({"lists": lists, "feeds": {"directory": str(folder)}})
    settle_all = until(lambda: (f := cenote.get("/api/v1/lists"))["is_settled"] and f["generation"] and f)
    told = {r["name"]: r for r in settle_all["lists"]}
    assert told["inside"]["state"] == "ok"
    for name in ("link", "up", "folder"):
        assert "feeds.directory" in told[name]["reason"], told[name]
    assert "No such file" in told["none"]["reason"]


def test_a_failure_that_passes_is_tried_again(start, server):
    answers = [503, 429, 500]

    def behave(handler):
        if answers:
            handler.answer(answers.pop(0), b"")
        else:
            handler.answer(200, NAMES.encode())
    server.behaviour["/list"] = behave
    cenote = start(one(server.url("/list", PUBLIC)))
    wait_for_lists(cenote)
    assert [status for _, status in server.requests] == [503, 429, 500, 200]
    server.requests.clear()
    answers.extend([404])
    assert update(cenote)["reason"] == "the server answers with status 404" and len(server.requests) == 1
    server.requests.clear()
    answers.extend([503] * 9)
    assert "status 503" in update(cenote)["reason"] and len(server.requests) == 4
    server.requests.clear()


def test_contents_of_lists_that_are_gone_go(start, server, tmp_path):
    (tmp_path / "file").write_text("b.listed.example\n")
    both = one(server.url("/list", PUBLIC))
    both["lists"].append({"name": "b", "source": str(tmp_path / "file"), "kind": "deny"})
    cenote = start(both)
    wait_for_lists(cenote)
    kept = next(cenote.folder.rglob("a.list")).parent
    assert {p.name for p in kept.iterdir()} == {"a.list", "b.list"}
    (kept / "a.list.extra").write_text("not ours")
    cenote.reload(one(server.url("/list", PUBLIC)))
    until(lambda: {p.name for p in kept.iterdir()} == {"a.list", "a.list.extra"})


def test_time_of_day(start, server):
    cenote = start(one(server.url("/list", PUBLIC), at="04:30"), environment={"TZ": "UTC"})
    wait_for_lists(cenote)
    assert re.search(r"T04:3[0-6]:", row(cenote)["next"]), row(cenote)


def stat_of(path):
    with contextlib.suppress(OSError):  # it has ended
        return path.read_text()
    return ""


def test_the_helper_is_confined(start, server):
    """While the server makes it wait, the kernel says what the helper may do; or it is said that it may do everything."""
    is_asked = threading.Event()

    def behave(handler):
        is_asked.set()
        server.ending.wait()
        handler.answer(200, NAMES.encode())
    server.behaviour["/list"] = behave
    cenote = start(one(server.url("/list", PUBLIC)))

    def helper():
        children = [path.parent.name for path in pathlib.Path("/proc").glob("[0-9]*/stat")
                    if stat_of(path).rpartition(")")[2].split()[1:2] == [str(cenote.process.pid)]]
        return children and is_asked.is_set() and row(cenote)["progress"]["step"] == "fetching" and children[0]
    pid = until(helper)
    with open(f"/proc/{pid}/status") as status:
        assert re.search(r"^NoNewPrivs:\s+1$", status.read(), re.M)
    with open(f"/proc/{pid}/environ", "rb") as environment:
        names = {entry.split(b"=")[0] for entry in environment.read().split(b"\0") if entry}
    assert names <= {b"LD_LIBRARY_PATH", b"TZ", b"ASAN_OPTIONS", b"UBSAN_OPTIONS", b"LSAN_OPTIONS", b"TSAN_OPTIONS"}
    open_files = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    state = str(cenote.folder)
    assert not [f for f in open_files if f.startswith(state) and not f.startswith(f"{state}/cache/lists") and f != f"{state}/stderr"], open_files
    server.ending.set()
    settle(cenote)


def on_terminal(cenote, *words):
    """What a command shows on a terminal, and its exit status."""
    parent, child = pty.openpty()
    process = subprocess.Popen([CENOTE, words[0], "-c", cenote.config_path, *words[1:]], stdin=child, stdout=child, stderr=child,
                               env=dict(os.environ, **SANITIZERS))
    os.close(child)
    text = b""
    while True:
        try:
            text += os.read(parent, 65536)
        except OSError:
            break
        if b"700 B of" in text:
            yield None
    os.close(parent)
    yield text.decode(), process.wait(120)


def test_progress_on_a_terminal(start, server):
    cenote = start(one(server.url("/list", PUBLIC)))
    wait_for_lists(cenote)
    body = "".join(f"b{i}.listed.example\n" for i in range(60)) + NAMES
    go = threading.Event()

    def behave(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:700].encode())
        go.wait(120)
        handler.wfile.write(body[700:].encode())
    server.behaviour["/list"] = behave
    for shown in on_terminal(cenote, "feeds", "update", "a"):
        go.set()  # it was seen on its way
    text, status = shown
    assert status == 0 and re.search(r"a +fetching +700 B of \d+ B", text), text
    assert "\033[" in text and re.search(r"a +50 -> 110 +ok  \+60 -0\s*$", text, re.M), text
    assert "generation 2" in text


def test_quiet_without_a_terminal(start, server):
    cenote = start(one(server.url("/list", PUBLIC)))
    wait_for_lists(cenote)
    text = cenote.command("feeds", "update")
    assert "\033" not in text and len(text.splitlines()) == 2 and text.startswith("a  "), text
    told = row(cenote)
    assert told["progress"] == {"step": "idle", "bytes": 0, "total_bytes": 0}
