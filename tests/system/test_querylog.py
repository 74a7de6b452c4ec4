# SPDX-License-Identifier: BSD-2-Clause
"""The query log: each query has its row or its count, over kills, full disks and damage, and no row says more than it may."""
import contextlib
import itertools
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import urllib.parse

import pytest

from checks import rdata, stats, taken_up
from daemons import CENOTE, query, until
from test_crash import small_disk

CONFIG = {"records": ["nas.home.arpa. 300 IN A 192.168.1.9"], "deny": ["bad.example"], "querylog": {"save": "1s"}}


def rows(daemon, **params):
    """All rows that pass, the newest first, page by page."""
    found, before = [], None
    while True:
        words = urllib.parse.urlencode({**params, "limit": 500, **({"before": before} if before else {})})
        page = daemon.get(f"/api/v1/querylog?{words}")
        found += page["rows"]
        before = page["next"]
        if not before:
            return found


def names(daemon, part):
    return [row["name"] for row in rows(daemon, name=part)]


def settled(daemon):
    """All rows are on disk or counted as lost."""
    log = daemon.get("/api/v1/stats")["querylog"]
    return not log["pending"] and log


def restart(start, daemon, config):
    """The next life: its log is opened beside the answers, and the first row comes after that."""
    again = start(config, folder=daemon.folder)
    until(lambda: again.get("/api/v1/stats")["querylog"]["events"])
    return again


def files(daemon, suffix=".log"):
    return sorted(pathlib.Path(daemon.config["directory"]).glob(f"querylog/*{suffix}"))


def wait_for_row(daemon, name):
    return until(lambda: rows(daemon, name=f"={name}"))[0]


def flood(daemon, count):
    """So many questions as fast as they can be sent, of many kinds; only that the daemon is done with them is waited for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((daemon.host, daemon.port))
        kinds = [query("nas.home.arpa").to_wire(), query("bad.example", "AAAA").to_wire(), query("localhost.", "TXT").to_wire(),
                 query("nas.home.arpa", "MX").to_wire(), b"\0" * 12, b"\0\1\1\0\0\1\0\0\0\0\0\0\4cut!", query(".", "ANY").to_wire()]
        for i in range(count):
            with contextlib.suppress(OSError):
                s.send(kinds[i % len(kinds)])
        # One worker serves a socket, in order. Where the buffer was full, a marker is lost too.
        s.settimeout(1)
        for marker in itertools.count(1):
            wire = struct.pack("!H", 0xF000 | marker) + kinds[0][2:]
            s.send(wire)
            with contextlib.suppress(socket.timeout):
                while s.recv(4096)[:2] != wire[:2]:
                    pass
                return


def test_a_row_tells_what_was_asked_and_answered(start):
    cenote = start({**CONFIG, "groups": [{"name": "children", "clients": ["127.0.0.7/32"], "lists": "all"}]})
    assert rdata(cenote.ask("nas.home.arpa", tcp=True)) == ["192.168.1.9"]
    cenote.ask("C2.Bad.Example", "AAAA", source="127.0.0.7")
    row = wait_for_row(cenote, "nas.home.arpa")
    assert (row["client"], row["type"], row["outcome"], row["verdict"], row["rcode"], row["reply"], row["transport"], row["group"]) == \
        ("127.0.0.1", "A", "local", "answered", "NOERROR", "ip", "tcp", "default")
    row = wait_for_row(cenote, "c2.bad.example")
    assert (row["client"], row["type"], row["outcome"], row["verdict"], row["list"], row["group"]) == \
        ("127.0.0.7", "AAAA", "blocked", "blocked", "own deny", "children")
    assert [r["name"] for r in rows(cenote, verdict="blocked")] == ["c2.bad.example"]
    assert [r["name"] for r in rows(cenote, client="127.0.0.4/30")] == ["c2.bad.example"]
    assert names(cenote, ".bad.example") == ["c2.bad.example"] and names(cenote, "nothing") == []


def test_every_query_is_a_row_or_counted(start):
    cenote = start(CONFIG)
    for _ in range(4):
        flood(cenote, 5000)
        cenote.ask("nas.home.arpa")
    log = until(lambda: (log := settled(cenote)) and log["events"] == cenote.get("/api/v1/stats")["queries"] and log)
    s = stats(cenote)
    assert s["queries"] > 1000
    assert log["events"] == s["queries"] == log["written"] + log["dropped"] + log["suppressed"]
    found = rows(cenote)
    assert len(found) == log["rows"] == log["written"]
    assert [r["id"] for r in found] == sorted({r["id"] for r in found}, reverse=True)
    if not log["dropped"]:
        for outcome, count in s["outcomes"].items():
            assert sum(r["outcome"] == outcome for r in found) == count, outcome
    metrics = cenote.http("GET", "/metrics")[2]
    counted = dict(re.findall(r'cenote_querylog_events_total\{result="(\w+)"\} (\d+)', metrics))
    assert counted == {key: str(log[key]) for key in ("written", "dropped", "suppressed")}
    assert "query log" in cenote.command("stats")
    cenote.stop()
    again = restart(start, cenote, CONFIG)
    assert len(rows(again)) >= log["written"]


def test_a_kill_loses_no_more_than_what_was_not_saved(start):
    cenote = start(CONFIG)
    for i in range(20):
        cenote.ask(f"kept{i}.bad.example")
    until(lambda: len(names(cenote, "kept")) == 20 and settled(cenote))
    cenote.kill()
    cenote = restart(start, cenote, {**CONFIG, "querylog": {"save": "1h"}})
    # The first round saves what has come, then none for an hour; the history counts at the end of a round.
    until(lambda: cenote.get("/api/v1/summary")["queries"])
    for i in range(7):
        cenote.ask(f"lost{i}.bad.example")
    until(lambda: len(names(cenote, "lost")) == 7)
    newest = rows(cenote)[0]["id"]
    cenote.kill()
    again = restart(start, cenote, {**CONFIG, "querylog": {"save": "1h"}})
    assert len(names(again, "kept")) == 20 and names(again, "lost") == []
    again.ask("next.bad.example")
    assert wait_for_row(again, "next.bad.example")["id"] > newest
    # An orderly stop loses none.
    again.stop()
    third = restart(start, cenote, CONFIG)
    assert names(third, "=next.bad.example") == ["next.bad.example"] and third.get("/api/v1/stats")["querylog"]["problem"] == ""


def test_killed_while_it_writes(start):
    """The last block may be torn: it is cut off, and the rows before it are whole."""
    cenote = start(CONFIG)
    for turn in range(5):
        for _ in range(4):
            flood(cenote, 2000)
        cenote.ask(f"turn{turn}.bad.example")
        until(lambda: names(cenote, f"=turn{turn}.bad.example"))
        if turn % 2:
            until(lambda: settled(cenote))
            os.truncate(files(cenote)[-1], files(cenote)[-1].stat().st_size - 5)
        cenote.kill()
        cenote = restart(start, cenote, CONFIG)
        found = rows(cenote)
        assert [r["id"] for r in found] == sorted({r["id"] for r in found}, reverse=True)
        assert cenote.get("/api/v1/stats")["querylog"]["problem"] == "" and not files(cenote, ".damaged")


def test_full_disk(start, tmp_path):
    with small_disk(tmp_path / "disk", "8m") as disk:
        cenote = start({**CONFIG, "directory": str(disk)})
        cenote.ask("before.bad.example")
        until(lambda: names(cenote, "before") and settled(cenote))
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        with contextlib.suppress(OSError), (disk / "filler").open("ab", buffering=0) as filler:
            while True:
                filler.write(b"x")
        flood(cenote, 5000)
        log = until(lambda: (log := cenote.get("/api/v1/stats")["querylog"])["failed_writes"] and log)
        assert log["pending"] > 0 and "space" in log["problem"]
        assert rdata(cenote.ask("during.bad.example")) == ["0.0.0.0"]
        wait_for_row(cenote, "during.bad.example")
        (disk / "filler").unlink()
        log = until(lambda: (log := settled(cenote)) and log["written"] + log["dropped"] == log["events"] and log)
        assert log["problem"] == ""
        cenote.kill()
        again = restart(start, cenote, {**CONFIG, "directory": str(disk)})
        assert names(again, ".bad.example")[-1] == "before.bad.example" and "during.bad.example" in names(again, "during")
        again.stop()


def test_damaged_file(start):
    cenote = start(CONFIG)
    cenote.ask("first.bad.example")
    until(lambda: names(cenote, "first") and settled(cenote))
    cenote.stop()
    path = files(cenote)[0]
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    again = restart(start, cenote, CONFIG)
    again.ask("second.bad.example")
    wait_for_row(again, "second.bad.example")
    assert names(again, "first") == []
    assert "damaged; set aside" in again.get("/api/v1/stats")["querylog"]["problem"]
    assert again.log().count("event=log_set_aside") == 1 and files(again, ".damaged")[0].read_bytes() == bytes(data)
    until(lambda: settled(again))
    again.kill()
    third = restart(start, cenote, CONFIG)
    assert names(third, "second") == ["second.bad.example"]


def test_rows_are_forgotten_in_time(start):
    old = {"environment": {"CENOTE_TEST_CLOCK_OFFSET_S": str(-40 * 86400)}}
    cenote = start(CONFIG, **old)
    cenote.ask("old.bad.example")
    wait_for_row(cenote, "old.bad.example")
    cenote.stop()
    assert len(files(cenote)) == 1
    long = restart(start, cenote, {**CONFIG, "querylog": {"days": 60}})
    assert names(long, "old") == ["old.bad.example"]
    # What is shorter acts at a reload: not shown any more at once, and soon removed.
    long.reload({"querylog": {"days": 30}})
    until(lambda: not names(long, "old"))
    until(lambda: len(files(long)) <= 1 and all(b"\3old\3bad" not in f.read_bytes() for f in files(long)))
    long.stop()


LEVELS = {"all": (True, True), "no_client": (False, True), "no_name": (True, False), "none": None}


def written_below(daemon):
    return b"".join(p.read_bytes() for p in pathlib.Path(daemon.config["directory"]).rglob("*")
                    if p.is_file() and p.name not in ("stderr", "cenote.yaml"))


@pytest.mark.parametrize("level", LEVELS)
def test_privacy(start, level):
    """What is withheld is in no file and no answer, neither as text nor as octets."""
    cenote = start({**CONFIG, "querylog": {"save": "1s", "privacy": level}})
    for _ in range(3):
        cenote.ask("hushhush.bad.example", source="127.77.66.55")
    asked = cenote.get("/api/v1/stats")["queries"]
    log = until(lambda: (log := settled(cenote)) and log["events"] >= asked and log)
    found = [r for r in rows(cenote) if r["outcome"] == "blocked"]
    taken_up(cenote)
    shown = json.dumps([cenote.get(f"/api/v1/top?kind={kind}") for kind in ("domains", "blocked_domains", "clients", "blocked_clients")])
    cenote.stop()
    octets = written_below(cenote)
    if LEVELS[level] is None:
        assert not found and log["suppressed"] == log["events"] and not log["written"]
        has_client = has_name = False
    else:
        has_client, has_name = LEVELS[level]
        assert len(found) == 3 and not log["suppressed"]
        assert all(r["client"] == ("127.77.66.55" if has_client else None) for r in found)
        assert all(r["name"] == ("hushhush.bad.example" if has_name else None) for r in found)
    assert has_name == (b"hushhush" in octets) == ("hushhush" in shown)
    assert has_client == (b"127.77.66.55" in octets or bytes([127, 77, 66, 55]) in octets) == ("127.77.66.55" in shown)


def test_pseudonyms(start):
    config = {**CONFIG, "querylog": {"save": "1s", "pseudonyms": True}}
    cenote = start(config)
    for source in ("127.77.66.55", "127.77.66.56", "127.77.66.55"):
        cenote.ask("some.bad.example", source=source)
    found = until(lambda: len(r := rows(cenote, name="some")) == 3 and r)
    clients = [r["client"] for r in found]
    assert all(re.fullmatch("client-[0-9a-f]{8}", c) for c in clients)
    often, once = sorted(set(clients), key=clients.count, reverse=True)
    assert clients.count(often) == 2 == 2 * len(rows(cenote, client=once)) and rows(cenote, client="127.77.66.56") == []
    until(lambda: often in [e["name"] for e in cenote.get("/api/v1/top?kind=clients")["entries"]])
    cenote.stop()
    assert bytes([127, 77, 66]) not in written_below(cenote) and b"127.77.66." not in written_below(cenote)
    again = restart(start, cenote, config)
    again.ask("other.bad.example", source="127.77.66.55")
    assert wait_for_row(again, "other.bad.example")["client"] == often
    # Without the key there would be other names for the same clients: then nobody is named.
    again.stop()
    (pathlib.Path(again.config["directory"]) / "pseudonym.key").write_text("no key")
    third = restart(start, cenote, config)
    third.ask("third.bad.example", source="127.77.66.55")
    assert wait_for_row(third, "third.bad.example")["client"] is None
    assert "event=no_pseudonyms" in third.log()


def test_it_can_be_turned_off_and_on(start):
    cenote = start({**CONFIG, "querylog": {"enabled": False}})
    cenote.ask("one.bad.example")
    asked = cenote.get("/api/v1/stats")["queries"]
    until(lambda: cenote.get("/api/v1/stats")["querylog"]["suppressed"] >= asked)
    assert rows(cenote) == []
    cenote.reload({"querylog": {"enabled": True, "save": "1s"}})
    until(lambda: "event=reloaded" in cenote.log())
    assert "waiting_for_restart" not in cenote.log()
    cenote.ask("two.bad.example")
    wait_for_row(cenote, "two.bad.example")
    assert names(cenote, "one") == []


def test_the_log_command(start):
    cenote = start(CONFIG)
    for name in ("a.bad.example", "nas.home.arpa"):
        cenote.ask(name)
        wait_for_row(cenote, name)
    lines = [line for line in cenote.command("log").splitlines() if "localhost" not in line]
    assert re.fullmatch(r"\S+Z 127\.0\.0\.1 +blocked +blocked +A +a\.bad\.example \(own deny\) [\d.]+ ms", lines[0])
    assert re.fullmatch(r"\S+Z 127\.0\.0\.1 +answered +local +A +nas\.home\.arpa [\d.]+ ms", lines[1])
    only = cenote.command("log", "--name", ".example", "--client", "127.0.0.0/8", "--verdict", "blocked", "--type", "A", "--json")
    assert json.loads(only)["name"] == "a.bad.example"
    assert cenote.command("log", "--client", "192.0.2.1") == ""
    cenote.command("log", "--verdict", "maybe", codes=(1,))
    cenote.command("status", "--follow", codes=(2,))
    follower = subprocess.Popen([CENOTE, "log", "-c", cenote.config_path, "--follow", "--json", "--name", "=z.bad.example"],
                                stdout=subprocess.PIPE, text=True)
    cenote.ask("y.bad.example")
    cenote.ask("z.bad.example")
    assert json.loads(follower.stdout.readline())["name"] == "z.bad.example"
    follower.terminate()
    follower.wait()
