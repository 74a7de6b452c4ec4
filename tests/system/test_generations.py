# SPDX-License-Identifier: BSD-2-Clause
"""Going back to an older generation, and on again: at once, kept over a restart, and never by itself."""
import threading

import pytest

from checks import begin_update, list_hits, rdata, wait_for_generation
from daemons import until


def is_blocked(daemon, name):
    return rdata(daemon.ask(name)) == ["0.0.0.0"]


def row(daemon, name="evil"):
    return next(r for r in daemon.get("/api/v1/lists")["lists"] if r["name"] == name)


def settle(daemon):
    begin_update(daemon)
    return until(lambda: (f := daemon.get("/api/v1/lists?wait_ms=5000"))["is_settled"] and f, 240)


def turn(path, n):
    path.write_text(f"c2.evil.net\nturn{n}.evil.net\n")


def with_list(path, **feeds):
    return {"lists": [{"name": "evil", "source": str(path), "refresh": "1m"}], "feeds": feeds}


@pytest.fixture
def listed(tmp_path):
    turn(tmp_path / "list", 1)
    return tmp_path / "list"


@pytest.fixture
def cenote(start, listed):
    """Three generations."""
    daemon = start(with_list(listed, keep=4))
    wait_for_generation(daemon)
    for n in (2, 3):
        turn(listed, n)
        assert settle(daemon)["generation"] == n
    return daemon


def serving(daemon):
    """Which turns act. Asked of the resolver, not of what it says."""
    return [n for n in range(1, 6) if is_blocked(daemon, f"turn{n}.evil.net")]


def test_back_and_on(cenote):
    assert serving(cenote) == [3]
    assert "generation 2 is in force" in cenote.command("feeds", "rollback")
    assert serving(cenote) == [2]
    cenote.command("feeds", "rollback")
    assert serving(cenote) == [1]
    told = cenote.get("/api/v1/generations")
    assert told["pinned"] == told["generation"] == 1 and told["newest"] == 3
    assert [g["number"] for g in told["generations"]] == [3, 2, 1]
    assert all(g["names"] == 2 and g["created"] for g in told["generations"])
    assert [g["is_in_force"] for g in told["generations"]] == [False, False, True]
    assert "pinned" in cenote.command("feeds", "generations")
    cenote.command("feeds", "rollback", "to", "2")
    assert serving(cenote) == [2]
    assert "generation 3 is in force" in cenote.command("feeds", "release")
    assert serving(cenote) == [3]
    cenote.command("feeds", "rollback", "2")
    assert serving(cenote) == [1]


def test_it_is_shown(cenote):
    assert cenote.get("/healthz")["status"] == "ok"
    cenote.command("feeds", "rollback")
    health = cenote.get("/healthz")
    assert health["status"] == "degraded" and "rolled back by hand" in health["reasons"][0]
    assert "rolled back by hand" in cenote.command("status") and "rolled back" in cenote.command("feeds", "list")
    assert "\ncenote_policy_pinned 1\n" in cenote.http("GET", "/metrics")[2]
    cenote.command("feeds", "release")
    assert cenote.get("/healthz")["status"] == "ok"


def test_it_stays_over_a_restart_and_while_lists_change(start, cenote, listed):
    cenote.command("feeds", "rollback")
    cenote.stop()
    turn(listed, 4)
    again = start(with_list(listed, keep=2), folder=cenote.folder)
    assert serving(again) == [2]
    # The list is due at once after a restart only when its minute is over; a reload builds for its own reasons.
    (listed.parent / "more").write_text("more.evil.net\n")
    more = with_list(listed, keep=2)
    more["lists"].append({"name": "more", "source": str(listed.parent / "more")})
    again.reload(more)
    until(lambda: again.get("/api/v1/lists")["newest"] > 3)
    assert serving(again) == [2] and not is_blocked(again, "more.evil.net")
    assert again.get("/api/v1/generations")["pinned"] == 2  # neither is it removed
    # Now it is asked for.
    settle(again)
    assert serving(again) == [4] and is_blocked(again, "more.evil.net")
    assert again.get("/api/v1/lists")["pinned"] == 0
    assert len(again.get("/api/v1/generations")["generations"]) <= 3


def test_back_while_an_update_runs(start, cenote, listed, list_server):
    """The one gone back to would be one too many for that update, which began before."""
    is_asked, go = threading.Event(), threading.Event()

    def wait(handler):
        is_asked.set()
        go.wait(60)
        handler.answer(200, b"more.evil.net\n")

    list_server.behaviour["/more"] = wait
    more = with_list(listed, keep=2)
    more["lists"].append({"name": "more", "source": list_server.url("/more"), "allow_private": True})
    cenote.reload(more)
    assert is_asked.wait(60)
    cenote.command("feeds", "rollback", "to", "1")
    go.set()
    until(lambda: cenote.get("/api/v1/lists")["newest"] == 4)
    until(lambda: cenote.get("/api/v1/lists")["is_settled"])
    assert serving(cenote) == [1]
    assert [g["number"] for g in cenote.get("/api/v1/generations")["generations"]] == [4, 3, 1]
    cenote.kill()
    again = start(more, folder=cenote.folder)
    assert serving(again) == [1] and again.get("/api/v1/lists")["pinned"] == 1


def test_what_cannot_be(cenote):
    cenote.command("feeds", "release", codes=(1,))
    cenote.command("feeds", "rollback", "7", codes=(1,))
    cenote.command("feeds", "rollback", "to", "99", codes=(1,))
    cenote.command("feeds", "rollback", "to", "3", codes=(1,))
    for words in (["x"], ["0"], ["-1"], ["to"], ["to", "x"], ["1", "2"]):
        cenote.command("feeds", "rollback", *words, codes=(2,))
    for body in ({"back": 0}, {"back": "1"}, {"back": 1, "generation": 1}, {"generation": 1.5}, {"x": 1}):
        assert cenote.http("POST", "/api/v1/generations/rollback", body)[0] == 400, body
    assert cenote.http("POST", "/api/v1/generations/rollback", {}, unix=False)[0] == 401
    assert serving(cenote) == [3] and cenote.get("/api/v1/lists")["pinned"] == 0


@pytest.mark.parametrize("damage", [b"", b"2", b"two\n", b"99\n", b"\xff" * 100], ids=repr)
def test_a_damaged_pin_is_no_pin(start, cenote, listed, damage):
    cenote.command("feeds", "rollback")
    cenote.stop()
    pin, = cenote.folder.rglob("pinned")
    pin.write_bytes(damage)
    again = start(with_list(listed, keep=4), folder=cenote.folder)
    assert serving(again) == [3] and again.get("/api/v1/lists")["pinned"] == 0


def test_a_damaged_pinned_generation(start, cenote, listed):
    cenote.command("feeds", "rollback")
    cenote.stop()
    file, = cenote.folder.rglob("00000002.mdb")
    file.write_bytes(file.read_bytes()[:-1])
    again = start(with_list(listed, keep=4), folder=cenote.folder)
    assert serving(again) == [3] and again.get("/api/v1/lists")["pinned"] == 0
    again.command("feeds", "rollback", "to", "2", codes=(1,))
    assert serving(again) == [3]


def test_counts_of_a_list(start, tmp_path):
    (tmp_path / "a").write_text("both.evil.net\nonly.evil.net\n")
    (tmp_path / "b").write_text("both.evil.net\n")
    cenote = start({"lists": [{"name": n, "source": str(tmp_path / n)} for n in "ab"]})
    wait_for_generation(cenote)
    for _ in range(3):
        assert is_blocked(cenote, "only.evil.net")
    until(lambda: list_hits(cenote, "a") == 3)
    assert (row(cenote, "a")["rules"], row(cenote, "a")["unique"], row(cenote, "a")["hits"]) == (2, 1, 3)
    assert (row(cenote, "b")["rules"], row(cenote, "b")["unique"], row(cenote, "b")["hits"]) == (1, 0, 0)
    assert row(cenote, "a")["changed"]
