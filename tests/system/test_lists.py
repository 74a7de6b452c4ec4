# SPDX-License-Identifier: BSD-2-Clause
"""Lists from the network: what is no list is refused and the old content stays; what is too broad never becomes a rule."""
import pytest

from checks import rdata, wait_for_generation
from daemons import until

pytestmark = pytest.mark.threads

GOOD = "".join(f"bad{i}.example\n" for i in range(100)) + "c2.evil.net\n"


def row(daemon, name="evil"):
    return next(r for r in daemon.get("/api/v1/lists")["lists"] if r["name"] == name)


def config(source, **more):
    return {"lists": [{"name": "evil", "source": source, "kind": "deny", "allow_private": True, **more}]}


def is_blocked(daemon, name):
    return rdata(daemon.ask(name)) == ["0.0.0.0"]


@pytest.fixture
def cenote(start, list_server):
    list_server.lists["/list"] = GOOD
    daemon = start(config(list_server.url("/list")))
    wait_for_generation(daemon)
    assert is_blocked(daemon, "c2.evil.net")
    return daemon


JUNK = {
    "html": "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>\n" + "<p>text</p>\n" * 50 + "</body></html>\n",
    "empty": "", "comments": "# nothing\n# at all\n",
    "binary": "".join(chr(i % 256) for i in range(1, 5000)),
    "junk": GOOD + "this is not a name at all !!\n" * 60,
}


@pytest.mark.parametrize("kind", JUNK)
def test_refused_content_leaves_the_old(cenote, list_server, kind):
    list_server.lists["/list"] = JUNK[kind]
    cenote.command("feeds", "update", codes=(0, 1))
    until(lambda: row(cenote)["state"] == "refused")
    assert row(cenote)["reason"] and is_blocked(cenote, "c2.evil.net") and is_blocked(cenote, "bad99.example")


@pytest.mark.parametrize("behaviour", ["missing", "error", "loop", "cut"])
def test_failed_download_leaves_the_old(cenote, list_server, behaviour):
    list_server.behaviour["/list"] = behaviour
    list_server.lists["/list"] += "new.example\n"
    cenote.command("feeds", "update", codes=(0, 1))
    until(lambda: row(cenote)["state"] == "stale")
    assert row(cenote)["reason"] and is_blocked(cenote, "c2.evil.net")
    assert not is_blocked(cenote, "new.example")
    del list_server.behaviour["/list"]
    cenote.command("feeds", "update")
    until(lambda: is_blocked(cenote, "new.example"))
    assert row(cenote)["state"] == "ok" and not row(cenote)["reason"]


def test_unchanged_list_is_not_sent_again(cenote, list_server):
    cenote.command("feeds", "update")
    until(lambda: ("/list", 304) in list_server.requests)
    assert is_blocked(cenote, "c2.evil.net")


@pytest.mark.parametrize("text", ["com", "net", "co.uk", ".", "*", "*.com", "192.0.2.1", "0.0.0.0 net", "||net^", "\\.", "*.*", "2001:db8::1"])
def test_too_broad_lines_are_skipped(start, tmp_path, text):
    (tmp_path / "list").write_text(f"a.example\nb.example\nc.example\nd.example\ne.example\nf.example\n{text}\n")
    cenote = start(config(str(tmp_path / "list")))
    wait_for_generation(cenote)
    assert is_blocked(cenote, "a.example")
    assert rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"] and rdata(cenote.ask("www.other.net")) == ["9.2.3.5"]
    assert row(cenote)["skipped"] == 1 and row(cenote)["rules"] == 6


def test_own_rules_may_not_be_too_broad(start):
    cenote = start()
    for rule in (".", "*", "192.0.2.1"):
        status, _, text = cenote.http("POST", "/api/v1/rules", {"kind": "deny", "rule": rule})
        assert status in (400, 409, 422), (rule, text)
    assert rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"]


def test_skipped_lines_are_shown_with_numbers(start, tmp_path):
    (tmp_path / "list").write_text("".join(f"a{i}.example\n" for i in range(20)) + "not a name !!\n")
    cenote = start(config(str(tmp_path / "list")))
    wait_for_generation(cenote)
    assert row(cenote)["skipped"] == 1
    until(lambda: "event=skipped list=evil line=21 " in cenote.log())


@pytest.mark.parametrize("match, below", [("exact", False), ("subtree", True)])
def test_match(start, tmp_path, match, below):
    (tmp_path / "list").write_text("c2.evil.net\n")
    cenote = start(config(str(tmp_path / "list"), match=match))
    wait_for_generation(cenote)
    assert is_blocked(cenote, "c2.evil.net") and is_blocked(cenote, "deep.c2.evil.net") == below


def test_many_lists_and_their_counters(start, tmp_path):
    lists = []
    for i in range(40):
        (tmp_path / f"l{i}").write_text(f"only{i}.evil.net\nall.evil.net\n")
        lists.append({"name": f"l{i}", "source": str(tmp_path / f"l{i}"), "kind": "deny"})
    cenote = start({"lists": lists})
    wait_for_generation(cenote)
    assert all(is_blocked(cenote, f"only{i}.evil.net") for i in range(40)) and is_blocked(cenote, "all.evil.net")
    told = cenote.get("/api/v1/explain?name=all.evil.net")
    assert sorted(h["list"] for h in told["holders"]) == sorted(l["name"] for l in lists)
    assert row(cenote, "l7")["rules"] == 2 and row(cenote, "l7")["unique"] == 1
