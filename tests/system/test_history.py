# SPDX-License-Identifier: BSD-2-Clause
"""The history: what was counted outlives restarts, kills, jumps of the clock and damage, to the unit."""
import contextlib
import os
import pathlib
import time

import checks
from checks import rdata, stats
from daemons import until
from test_crash import small_disk

CONFIG = {"records": ["nas.home.arpa. 300 IN A 192.168.1.9"], "deny": ["bad.example"]}
DAY = 86400


def span(days=3):
    return f"from={int(time.time()) - days * DAY}&to={int(time.time()) + days * DAY}"


def summary(daemon, days=3):
    return daemon.get(f"/api/v1/summary?{span(days)}")


def top(daemon, kind, days=3):
    return {e["name"]: e["count"] for e in daemon.get(f"/api/v1/top?kind={kind}&limit=100&{span(days)}")["entries"]}


def taken_up(daemon, before=0):
    """All that was asked, once the history knows it; `before` of it in other lives."""
    return checks.taken_up(daemon, before, f"?{span()}")[1]["queries"]


def ask(daemon, name, count, source="127.0.0.1"):
    for _ in range(count):
        daemon.ask(name, source=source)


def path_of(daemon):
    return pathlib.Path(next(pathlib.Path(daemon.config["directory"]).rglob("history.mdb")))


def test_it_outlives_restarts_and_kills(start):
    cenote = start(CONFIG)
    ask(cenote, "nas.home.arpa", 5)
    ask(cenote, "x.bad.example", 3, source="127.0.0.9")
    known = taken_up(cenote)
    cenote.stop()
    cenote = start(CONFIG, folder=cenote.folder)
    ask(cenote, "nas.home.arpa", 4)
    whole = taken_up(cenote, before=known)
    found = summary(cenote)
    assert sum(found["outcomes"].values()) == sum(found["types"].values()) == found["queries"] == whole
    assert (found["blocked"], found["clients"]) == (3, 2)
    assert min(stats(cenote)["history"]["rows"].values()) >= 1
    assert top(cenote, "domains")["nas.home.arpa"] == 9
    assert top(cenote, "blocked_domains") == {"x.bad.example": 3} and top(cenote, "blocked_clients") == {"127.0.0.9": 3}
    for step in ("minute", "hour", "day"):
        assert sum(p["queries"] for p in cenote.get(f"/api/v1/history?step={step}&{span(1)}")["points"]) == whole
    # Killed before it has saved: as if this life had not been.
    cenote.kill()
    cenote = start(CONFIG, folder=cenote.folder)
    ask(cenote, "nas.home.arpa", 1)
    taken_up(cenote, before=known)
    assert top(cenote, "domains")["nas.home.arpa"] == 6 and stats(cenote)["history"]["problem"] == ""


def test_clocks_that_jump(start):
    """A day ahead, a day back, and one that stands in 1970: all that was counted is there when the clock is right."""
    cenote, known = start(CONFIG), 0
    for n, shift in enumerate((DAY, -DAY, 1000 - int(time.time()), 0)):
        cenote.stop()
        cenote = start(CONFIG, folder=cenote.folder, environment={"CENOTE_TEST_CLOCK_OFFSET_S": str(shift)})
        ask(cenote, f"n{n}.bad.example", 10 + n)
        known += 10 + n
    until(lambda: top(cenote, "domains").get("n3.bad.example") == 13)
    cenote.stop()
    # The day ahead has come.
    cenote = start(CONFIG, folder=cenote.folder, environment={"CENOTE_TEST_CLOCK_OFFSET_S": str(DAY + 3600)})
    until(lambda: top(cenote, "domains").get("n0.bad.example"))
    assert {name: count for name, count in top(cenote, "blocked_domains").items()} == {f"n{n}.bad.example": 10 + n for n in range(4)}
    assert summary(cenote)["blocked"] == known


def test_a_damaged_file_is_set_aside(start):
    cenote = start(CONFIG)
    ask(cenote, "nas.home.arpa", 5)
    taken_up(cenote)
    cenote.stop()
    path = path_of(cenote)
    damages = [lambda data: os.urandom(len(data)), lambda data: b"", lambda data: data[:len(data) // 2],
               lambda data: data[:8192] + bytes(len(data) - 8192)]
    for n, damage in enumerate(damages, 1):
        path.write_bytes(damage(path.read_bytes()))
        cenote = start(CONFIG, folder=cenote.folder)
        assert rdata(cenote.ask("nas.home.arpa")) == ["192.168.1.9"]
        assert "set aside" in stats(cenote)["history"]["problem"] and cenote.log().count("event=set_aside") == n
        assert path.with_name(f"history.mdb.damaged-{n}").exists()
        known = taken_up(cenote)
        cenote.stop()
        cenote = start(CONFIG, folder=cenote.folder)
        taken_up(cenote, before=known)
        assert stats(cenote)["history"]["problem"] == ""
        cenote.stop()


def test_full_disk(start, tmp_path):
    """What cannot be written is said and lost at the end; what was there before stays."""
    with small_disk(tmp_path / "disk", "8m") as disk:
        config = {**CONFIG, "directory": str(disk)}
        cenote = start(config)
        ask(cenote, "nas.home.arpa", 5)
        known = taken_up(cenote)
        cenote.stop()
        cenote = start(config, folder=cenote.folder)
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        ask(cenote, "nas.home.arpa", 5)
        taken_up(cenote, before=known)
        cenote.stop()
        assert "error history event=not_kept" in cenote.log()
        (disk / "filler").unlink()
        cenote = start(config, folder=cenote.folder)
        ask(cenote, "nas.home.arpa", 1)
        taken_up(cenote, before=known)
        assert stats(cenote)["history"]["problem"] == ""
        cenote.stop()
