# SPDX-License-Identifier: BSD-2-Clause
"""What is let through for a while: pauses and unblocked names, for whom, until when, and over a restart."""
import json
import pathlib
import time

import pytest

from authority import generated
from checks import ede, list_hits, rcode, rdata, stats, taken_up, wait_for_generation
from daemons import until

pytestmark = pytest.mark.threads

ADULT, CHILD, OTHER = "127.0.0.77", "127.0.0.130", "127.0.0.78"
LISTED = ["www.other.net", "www.insecure.com"]
PAUSE, UNBLOCK = "/api/v1/pause", "/api/v1/unblock"


def config(folder, **changes):
    folder.mkdir(exist_ok=True)
    (folder / "deny.txt").write_text("\n".join(LISTED) + "\n")
    return {"lists": [{"name": "bots", "source": str(folder / "deny.txt"), "category": "botnet"}],
            "deny": ["across.valid.com"],
            "groups": [{"name": "children", "clients": ["127.0.0.128/28"], "lists": ["bots"]}], **changes}


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    daemon = start_shared(config(tmp_path_factory.mktemp("lists")))
    wait_for_generation(daemon)
    return daemon


@pytest.fixture
def started(start, tmp_path):
    """A daemon of one's own, in whose folder others can be started after it."""
    daemon = start(config(tmp_path / "lists"))
    wait_for_generation(daemon)
    return daemon


def again(start, before, **options):
    """The next daemon in the folder of one that has ended."""
    mine = {k: v for k, v in before.config.items() if k not in ("listen", "http")}
    return start(folder=before.folder, config=mine, **options)


def is_blocked(cenote, name, source=OTHER, **options):
    return rdata(cenote.ask(name, source=source, **options), "A") == ["0.0.0.0"]


def request(cenote, method, path, wanted, **about):
    query = "?" + "&".join(f"{k}={v}" for k, v in about.items()) if about and method != "POST" else ""
    status, _, text = cenote.http(method, path + query, about if method == "POST" else None)
    assert status == wanted, text
    return json.loads(text)


def pause(cenote, seconds=0, **about):
    return request(cenote, "POST", PAUSE, 201, seconds=seconds, **about)


def resume(cenote, **about):
    return request(cenote, "DELETE", PAUSE, 200, **about)


def unblock(cenote, name, seconds=600, **about):
    return request(cenote, "POST", UNBLOCK, 201, name=name, seconds=seconds, **about)


def pauses(cenote):
    return cenote.get(PAUSE)["pauses"]


# --- pauses

def test_pause_and_resume(cenote):
    names = [*LISTED, "across.valid.com"]
    assert all(is_blocked(cenote, name) for name in names)
    told = pause(cenote)
    assert told == {"scope": "all", "until": None} and pauses(cenote) == [told]
    for _ in range(2):  # the second time from the cache
        for name in names:
            for tcp in (False, True):
                assert not is_blocked(cenote, name, tcp=tcp) and rcode(cenote.ask(name)) == "NOERROR"
    resume(cenote)
    assert pauses(cenote) == []
    for _ in range(2):
        assert all(is_blocked(cenote, name) for name in names)


def test_a_client_among_others(cenote):
    pause(cenote, client=ADULT, scope="client")
    for _ in range(2):
        for name in LISTED:
            assert not is_blocked(cenote, name, ADULT)
            assert is_blocked(cenote, name, OTHER) and is_blocked(cenote, name, CHILD)
    pause(cenote)
    assert not is_blocked(cenote, LISTED[0], OTHER)
    resume(cenote, scope="all")
    assert is_blocked(cenote, LISTED[0], OTHER) and not is_blocked(cenote, LISTED[0], ADULT)
    resume(cenote, client=ADULT)
    assert is_blocked(cenote, LISTED[0], ADULT)


def test_a_group(cenote):
    pause(cenote, scope="group", group="children")
    assert not is_blocked(cenote, LISTED[0], CHILD) and is_blocked(cenote, LISTED[0], OTHER)
    resume(cenote, scope="group", group="children")
    pause(cenote, group="default")
    assert is_blocked(cenote, LISTED[0], CHILD) and not is_blocked(cenote, LISTED[0], OTHER)
    resume(cenote, group="default")
    request(cenote, "POST", PAUSE, 404, seconds=5, group="nobody")


def test_chains_and_what_is_clean(cenote):
    """`across` leads to a name on the list: neither the paused nor the others get what is meant for the other ones."""
    name = "across.valid.com"
    unblock(cenote, "=" + name, client=ADULT)
    pause(cenote, client=CHILD)
    for _ in range(2):
        assert not is_blocked(cenote, name, ADULT) and not is_blocked(cenote, name, CHILD)
        assert is_blocked(cenote, name, OTHER)
    for target in ("alias.valid.com", "cname.valid.com"):
        assert not is_blocked(cenote, target, CHILD) and not is_blocked(cenote, target, OTHER)
    request(cenote, "DELETE", UNBLOCK, 200, name="=" + name, client=ADULT)
    resume(cenote, client=CHILD)
    assert is_blocked(cenote, name, ADULT) and is_blocked(cenote, name, CHILD)


def test_a_timer_is_over_by_itself_and_not_before(cenote):
    assert is_blocked(cenote, LISTED[0])
    begun = time.monotonic()
    told = pause(cenote, 2)
    assert told["until"]
    while not is_blocked(cenote, LISTED[0]):
        assert time.monotonic() - begun < 60
    assert time.monotonic() - begun >= 2
    assert pauses(cenote) == []


def test_what_would_have_been_blocked_is_counted(cenote):
    before, hits = stats(cenote), list_hits(cenote, "bots")
    monitored = list_hits(cenote, "bots", "monitored")
    pause(cenote, client=ADULT)
    for _ in range(3):
        cenote.ask(LISTED[0], source=ADULT)
    resume(cenote, client=ADULT)
    after = stats(cenote)
    assert after["outcomes"]["blocked"] == before["outcomes"]["blocked"] and after["queries"] == before["queries"] + 3
    assert list_hits(cenote, "bots") == hits and list_hits(cenote, "bots", "monitored") == monitored + 3
    taken_up(cenote)
    log = cenote.get(f"/api/v1/querylog?client={ADULT}&limit=3")["rows"]
    assert {(row["name"], row["verdict"], row["list"], row["monitored"]) for row in log} == {(LISTED[0], "answered", "bots", True)}
    # It is no less of a bot meanwhile.
    until(lambda: stats(cenote)["evidence"]["events"] >= before["evidence"]["events"] + 3)


def test_a_device_with_a_case_stays_held_back(start, tmp_path):
    cenote = start({"evidence": {"mode": "block"}, "dga": {"mode": "block"}})
    for i in range(15):
        cenote.ask(generated(f"missing {i}") + ".com", source=ADULT)
    pause(cenote, client=ADULT)
    live = generated(0) + ".com"
    assert not is_blocked(cenote, live, ADULT) and is_blocked(cenote, live, OTHER)
    for i in range(15):
        assert rcode(cenote.ask(generated(f"missing {i}") + ".com", source=ADULT)) == "NXDOMAIN"
    until(lambda: is_blocked(cenote, live, ADULT))
    # A name that is unblocked is, as by an own allow rule.
    unblock(cenote, live, client=ADULT)
    assert not is_blocked(cenote, live, ADULT) and is_blocked(cenote, live, OTHER)


def test_rebinding_protection_stays(cenote):
    name = "private.valid.com"
    before = rdata(cenote.ask(name))
    pause(cenote)
    assert rdata(cenote.ask(name)) == before
    resume(cenote)


# --- unblocked names

def test_unblocked_for_one_client(cenote):
    told = unblock(cenote, "other.net", client=ADULT)
    assert told["name"] == "other.net" and told["scope"] == "client" and told["client"] == ADULT and told["until"]
    for _ in range(2):
        assert not is_blocked(cenote, "www.other.net", ADULT)
        assert is_blocked(cenote, "www.other.net", OTHER) and is_blocked(cenote, LISTED[1], ADULT)
    assert cenote.get(UNBLOCK)["unblocks"] == [told]
    request(cenote, "DELETE", UNBLOCK, 404, name="other.net")
    request(cenote, "DELETE", UNBLOCK, 200, name="other.net", client=ADULT)
    assert is_blocked(cenote, "www.other.net", ADULT)


def test_forms_of_a_name(cenote):
    for rule, free in (("=valid.com", False), ("*.valid.com", True), ("valid.com", True), ("=across.valid.com", True)):
        unblock(cenote, rule, group="children")
        assert is_blocked(cenote, "across.valid.com", CHILD) != free and is_blocked(cenote, "across.valid.com", OTHER)
        request(cenote, "DELETE", UNBLOCK, 200, name=rule, scope="group", group="children")


def test_unblocked_until_its_end(cenote):
    begun = time.monotonic()
    unblock(cenote, LISTED[0], 2)
    while not is_blocked(cenote, LISTED[0]):
        assert time.monotonic() - begun < 60
    assert time.monotonic() - begun >= 2
    assert cenote.get(UNBLOCK)["unblocks"] == []


# --- explain and the commands

def test_explain_says_who_is_paused_and_until_when(cenote):
    told = pause(cenote, 600, client=ADULT)
    x = cenote.get(f"/api/v1/explain?name={LISTED[0]}&client={ADULT}")
    assert (x["verdict"], x["is_blocked"], x["list"], x["answer"], x["ede"]) == ("paused", False, "bots", "as resolved", None)
    assert x["pause"] == told
    shown = cenote.command("explain", LISTED[0], "--client", ADULT)
    assert f"pause     blocking is paused for client {ADULT} until {told['until']}\n" in shown
    assert "let through while blocking is paused" in shown
    x = cenote.get(f"/api/v1/explain?name={LISTED[0]}&client={OTHER}")
    assert x["is_blocked"] and x["pause"] is None
    resume(cenote, client=ADULT)
    told = unblock(cenote, LISTED[0])
    x = cenote.get(f"/api/v1/explain?name={LISTED[0]}")
    assert (x["verdict"], x["is_blocked"], x["unblock"]) == ("allow", False, told)
    assert f"unblock   {LISTED[0]} is allowed for all until " in cenote.command("explain", LISTED[0])
    request(cenote, "DELETE", UNBLOCK, 200, name=LISTED[0])


def test_commands(cenote):
    assert cenote.command("pause", "--client", ADULT) == f"paused for client {ADULT} until it is resumed\n"
    assert not is_blocked(cenote, LISTED[0], ADULT)
    assert cenote.command("pause", "--group", "children", "5m").startswith("paused for group children until 20")
    assert "blocking is paused" in cenote.command("status")
    assert "\ncenote_pauses 2\n" in cenote.http("GET", "/metrics")[2]
    shown = cenote.command("pause", "list").splitlines()
    assert len(shown) == 2 and shown[0] == f"paused for client {ADULT} until it is resumed"
    assert len(json.loads(cenote.command("pause", "list", "--json"))["pauses"]) == 2
    assert cenote.command("resume", "--client", ADULT) == f"resumed for client {ADULT}\n"
    cenote.command("resume", "--group", "children")
    cenote.command("resume", codes=(1,))
    assert cenote.command("unblock", LISTED[0], "--client", ADULT, "--for", "2h").startswith(
        f"unblocked {LISTED[0]} for client {ADULT} until 20")
    assert LISTED[0] in cenote.command("unblock", "list")
    assert json.loads(cenote.command("unblock", "remove", LISTED[0], "--client", ADULT, "--json"))["client"] == ADULT
    assert cenote.command("unblock", "list") == ""
    for words in (["pause", "soon"], ["pause", "0s"], ["pause", "367d"], ["unblock", LISTED[0], "--for", "8d"],
                  ["unblock", LISTED[0], "--for", ""], ["pause", "--group", "a", "--client", ADULT], ["unblock"],
                  ["unblock", "renew", LISTED[0]], ["resume", "1h"], ["pause", "--for", "1h"], ["rules", "list", "--group", "a"]):
        cenote.command(*words, codes=(2,))
    for words in (["pause", "--client", "ADULT", "1h"], ["unblock", "a..b"], ["pause", "--group", "nobody"]):
        cenote.command(*words, codes=(1,))
    assert pauses(cenote) == []


# --- over a restart

@pytest.mark.parametrize("later, is_over", [(0, False), (1800, False), (3700, True), (-100, True)])
def test_over_a_restart(started, start, later, is_over):
    told = pause(started, 3600, client=ADULT)
    allowed = unblock(started, LISTED[0], 3600, client=OTHER)
    endless = pause(started, group="children")
    started.stop()
    cenote = again(start, started, environment={"CENOTE_TEST_CLOCK_OFFSET_S": str(later)})
    assert is_blocked(cenote, LISTED[0], ADULT) == is_over == is_blocked(cenote, LISTED[0], OTHER)
    assert not is_blocked(cenote, LISTED[0], CHILD)
    assert pauses(cenote) == ([endless] if is_over else [told, endless])
    assert cenote.get(UNBLOCK)["unblocks"] == ([] if is_over else [allowed])


def test_killed_while_paused(started, start):
    pause(started, 3600)
    started.kill()
    cenote = again(start, started)
    assert not is_blocked(cenote, LISTED[0]) and len(pauses(cenote)) == 1


def test_a_damaged_file_is_set_aside(started, start):
    pause(started, 3600)
    started.stop()
    state, = pathlib.Path(started.folder).rglob("respites")
    state.write_bytes(state.read_bytes() + b"pause 12 \xff\0\x1b[2J\n" + b"x" * 100000)
    cenote = again(start, started)
    assert not is_blocked(cenote, LISTED[0])
    assert "event=damaged" in cenote.log() and pathlib.Path(f"{state}.damaged").exists()


def test_a_reload_changes_nothing(started):
    pause(started, group="children")
    status, _, text = started.http("POST", "/api/v1/reload", {})
    assert status == 200, text
    assert not is_blocked(started, LISTED[0], CHILD)
    # The group is gone, and nobody is paused; it comes back, and its pause is still there.
    for groups, wanted in (([], True), (started.config["groups"], False)):
        started.write_config({"groups": groups})
        assert started.http("POST", "/api/v1/reload", {})[0] == 200
        assert is_blocked(started, LISTED[0], CHILD) == wanted
    assert len(pauses(started)) == 1


# --- bad input

BAD = [
    (PAUSE, {}, 400), (PAUSE, {"scope": "all"}, 400), (PAUSE, {"seconds": "5"}, 400), (PAUSE, {"seconds": 1.5}, 400),
    (PAUSE, {"seconds": -1}, 422), (PAUSE, {"seconds": 10**18}, 422), (PAUSE, {"seconds": 366 * 86400 + 1}, 422),
    (PAUSE, {"scope": "everybody", "seconds": 5}, 400), (PAUSE, {"scope": "group", "seconds": 5}, 400),
    (PAUSE, {"scope": "all", "client": ADULT, "seconds": 5}, 400), (PAUSE, {"scope": "group", "group": "", "seconds": 5}, 400),
    (PAUSE, {"group": "g" * 64, "seconds": 5}, 400), (PAUSE, {"group": "a\nb", "seconds": 5}, 404),
    (PAUSE, {"group": "children", "client": ADULT, "seconds": 5}, 400), (PAUSE, {"client": "127.0.0.0/8", "seconds": 5}, 400),
    (PAUSE, {"client": "nobody", "seconds": 5}, 400), (PAUSE, {"client": ["127.0.0.1"], "seconds": 5}, 400),
    (PAUSE, {"seconds": 5, "forever": 1}, 400),
    (UNBLOCK, {"seconds": 5}, 400), (UNBLOCK, {"name": "a.example"}, 400), (UNBLOCK, {"name": "a.example", "seconds": 0}, 422),
    (UNBLOCK, {"name": "a.example", "seconds": -5}, 422), (UNBLOCK, {"name": "a.example", "seconds": 604801}, 422),
    (UNBLOCK, {"name": "", "seconds": 5}, 422), (UNBLOCK, {"name": ".", "seconds": 5}, 409), (UNBLOCK, {"name": "a..b", "seconds": 5}, 422),
    (UNBLOCK, {"name": "a" * 64 + ".example", "seconds": 5}, 422), (UNBLOCK, {"name": "192.0.2.1", "seconds": 5}, 422),
    (UNBLOCK, {"name": "a.*.example", "seconds": 5}, 422), (UNBLOCK, {"name": "x" * 60000, "seconds": 5}, 422),
    (UNBLOCK, {"name": "a.example", "seconds": 5, "scope": "client", "client": "::1%lo\n"}, 400),
]


@pytest.mark.parametrize("path, body, wanted", BAD)
def test_bad_requests_change_nothing(cenote, path, body, wanted):
    status, headers, text = cenote.http("POST", path, body)
    assert status == wanted and headers["Content-Type"] == "application/problem+json", text
    assert len(text) < 3000 and json.loads(text)["detail"]
    assert pauses(cenote) == [] and cenote.get(UNBLOCK)["unblocks"] == []


@pytest.mark.parametrize("path", [PAUSE + "?client=x", PAUSE + "?group=", PAUSE + "?scope=none", PAUSE + "?scope=client",
                                  UNBLOCK, UNBLOCK + "?scope=all&client=127.0.0.1&name=a.example"])
def test_bad_removals(cenote, path):
    assert cenote.http("DELETE", path)[0] == 400


def test_as_many_as_there_may_be(started, start):
    unblock(started, "n0.example")
    started.stop()
    state, = pathlib.Path(started.folder).rglob("respites")
    line = state.read_text()
    state.write_text("".join(line.replace("n0", f"n{i}") for i in range(1000)))
    cenote = again(start, started)
    request(cenote, "POST", UNBLOCK, 409, name="more.example", seconds=5)
    unblock(cenote, "n7.example", 60)
    pause(cenote, 60)
    assert len(cenote.get(UNBLOCK)["unblocks"]) == 1000 and len(cenote.command("unblock", "list").splitlines()) == 1000
    request(cenote, "DELETE", UNBLOCK, 200, name="n999.example")
    unblock(cenote, "more.example", 5)


def test_nobody_else_may(cenote):
    for method, path, body in (("POST", PAUSE, {"seconds": 0}), ("DELETE", PAUSE, None), ("GET", PAUSE, None),
                               ("POST", UNBLOCK, {"name": "a.example", "seconds": 5}), ("GET", UNBLOCK, None)):
        assert cenote.http(method, path, body, unix=False)[0] in (401, 403)
    assert pauses(cenote) == []
    assert ede(cenote.ask(LISTED[0]))[15].startswith("bots")
