# SPDX-License-Identifier: BSD-2-Clause
"""Updates that an operator would want to see first: held with a reason, the old content serves, `accept` takes them in."""
import pytest

from checks import begin_update, list_hits, rdata, wait_for_generation
from daemons import until

NAMES = [f"bad{i}.example" for i in range(400)] + ["c2.evil.net"]


def text(names):
    return "".join(f"{name}\n" for name in names)


def row(daemon, name="evil"):
    return next(r for r in daemon.get("/api/v1/lists")["lists"] if r["name"] == name)


def is_blocked(daemon, name):
    return rdata(daemon.ask(name)) == ["0.0.0.0"]


def config(source, **more):
    return {"lists": [{"name": "evil", "source": source, "kind": "deny", "allow_private": True, **more}]}


def update(daemon):
    begin_update(daemon)
    return until(lambda: (f := daemon.get("/api/v1/lists?wait_ms=5000"))["is_settled"] and f, 240)


@pytest.fixture
def cenote(start, list_server):
    list_server.lists["/list"] = text(NAMES)
    daemon = start(config(list_server.url("/list"), floor=20))
    wait_for_generation(daemon)
    assert is_blocked(daemon, "c2.evil.net") and row(daemon)["held"] is None
    return daemon


# What an update says instead: (names, the guard, words of its sentence).
POISON = {
    "shrunk": (NAMES[-12:], "floor", "12 rules are fewer than its floor of 20"),
    "halved": (NAMES[-190:], "change", "it shrank from 401 rules to 190, by more than 50 %"),
    "grown": (NAMES + [f"more{i}.example" for i in range(2006)], "change", "it grew from 401 rules to 2407"),
    "popular": (NAMES + ["google.com"], "names", "newly block google.com"),
    "ancestor": (NAMES + ["akadns.net", "root-servers.net"], "names", "newly block akadns.net, a.root-servers.net"),
    "own": (NAMES + ["shop.example.edu"], "names", "www.shop.example.edu (feeds.protected)"),
}


@pytest.mark.parametrize("kind", POISON)
def test_held_and_accepted(start, list_server, kind):
    names, guard, words = POISON[kind]
    list_server.lists["/list"] = text(NAMES)
    cenote = start({"feeds": {"protected": ["www.shop.example.edu"]}, **config(list_server.url("/list"), floor=20)})
    number = wait_for_generation(cenote)
    list_server.lists["/list"] = text(names)
    assert update(cenote)["generation"] == number
    held = row(cenote)["held"]
    assert row(cenote)["state"] == "held" and row(cenote)["reason"] == held["reason"]
    assert held["guard"] == guard and words in held["reason"] and held["since"], held
    assert is_blocked(cenote, "bad0.example") and not is_blocked(cenote, "google.com")
    assert words in cenote.command("feeds", "list") and words in cenote.log()
    # It is not sent again, and it stays held over a restart.
    update(cenote)
    assert list_server.requests[-1] == ("/list", 304) or row(cenote)["state"] == "held"
    cenote.stop()
    again = start(config(list_server.url("/list"), floor=20), folder=cenote.folder)
    assert row(again)["held"]["guard"] == guard and is_blocked(again, "bad0.example")
    assert "taken in" in again.command("feeds", "accept", "evil")
    assert row(again)["state"] == "ok" and row(again)["held"] is None and row(again)["rules"] == len(names)
    assert is_blocked(again, names[-1]) and is_blocked(again, "bad0.example") == ("bad0.example" in names)
    if guard == "floor":
        return
    # What was accepted is the measure of the next update.
    list_server.lists["/list"] = text(names + ["one.more.example"])
    update(again)
    assert row(again)["state"] == "ok" and is_blocked(again, "one.more.example")


def test_good_content_again_lets_go(cenote, list_server):
    list_server.lists["/list"] = text(NAMES[:3])
    update(cenote)
    assert row(cenote)["held"]["guard"] == "floor"
    list_server.lists["/list"] = text(NAMES + ["apple.com"])
    update(cenote)
    assert row(cenote)["held"]["guard"] == "names"  # the newer content takes its place
    list_server.lists["/list"] = text(NAMES)
    update(cenote)
    assert row(cenote)["held"] is None and row(cenote)["state"] == "ok"
    list_server.lists["/list"] = text(NAMES + ["microsoft.com"])
    update(cenote)
    list_server.lists["/list"] = text(NAMES + ["new.example"])
    update(cenote)
    assert row(cenote)["held"] is None and is_blocked(cenote, "new.example")


def test_accepting_asks_the_other_guards(cenote, list_server):
    list_server.lists["/list"] = text(NAMES[:5] + ["school.example"])
    update(cenote)
    assert row(cenote)["held"]["guard"] == "floor"
    cenote.write_config({"feeds": {"protected": ["www.school.example"]}})
    cenote.command("reload")
    cenote.command("feeds", "accept", "evil", codes=(1,))
    assert row(cenote)["held"]["guard"] == "names" and not is_blocked(cenote, "school.example"), cenote.log()[-1500:]
    cenote.command("feeds", "accept", "evil")
    assert is_blocked(cenote, "school.example") and not is_blocked(cenote, "bad9.example")


def test_all_that_is_wrong_is_said_at_once(cenote, list_server):
    list_server.lists["/list"] = text(NAMES[:5] + ["paypal.com"])
    update(cenote)
    assert "paypal.com" in row(cenote)["reason"] and "6 rules are fewer" in row(cenote)["reason"]
    cenote.command("feeds", "accept", "evil")
    assert is_blocked(cenote, "paypal.com") and row(cenote)["rules"] == 6


def test_there_must_be_something_to_accept(cenote):
    for name, status in (("evil", 409), ("none", 404)):
        assert cenote.http("POST", "/api/v1/lists/accept", {"name": name})[0] == status
    assert cenote.http("POST", "/api/v1/lists/accept", {})[0] == 400
    assert cenote.http("POST", "/api/v1/lists/accept", {"name": "evil"}, unix=False)[0] == 401
    cenote.command("feeds", "accept", "none", codes=(1,))


def test_one_held_list_holds_up_no_other(start, list_server):
    list_server.lists.update({"/a": text(NAMES), "/b": text(["b.example"])})
    lists = [{"name": n, "source": list_server.url(f"/{n}"), "allow_private": True} for n in "ab"]
    cenote = start({"lists": lists})
    number = wait_for_generation(cenote)
    list_server.lists.update({"/a": text(NAMES + ["facebook.com"]), "/b": text(["b.example", "b2.example"])})
    assert update(cenote)["generation"] == number + 1
    assert row(cenote, "a")["state"] == "held" and row(cenote, "b")["state"] == "ok"
    assert is_blocked(cenote, "b2.example") and not is_blocked(cenote, "facebook.com") and is_blocked(cenote, "bad1.example")


def test_a_new_list(start, list_server):
    """Its size says nothing; protected names do, and what they already block they may go on blocking."""
    list_server.lists["/list"] = text(["wikipedia.org"])
    cenote = start(config(list_server.url("/list")))
    until(lambda: row(cenote)["state"] == "held")
    assert "wikipedia.org" in row(cenote)["reason"] and cenote.get("/api/v1/lists")["generation"] == 0
    cenote.command("feeds", "accept", "evil")
    assert is_blocked(cenote, "wikipedia.org")
    list_server.lists["/list"] = text(["wikipedia.org", "en.wikipedia.org", "ads.google.com", "two.example"])
    update(cenote)
    assert row(cenote)["state"] == "ok" and is_blocked(cenote, "ads.google.com")


@pytest.mark.parametrize("change, names", [({"max_change": 100}, NAMES[:5]), ({"kind": "allow"}, NAMES + ["google.com"])])
def test_what_may_be(start, list_server, change, names):
    list_server.lists["/list"] = text(NAMES)
    cenote = start(config(list_server.url("/list"), **change))
    number = wait_for_generation(cenote)
    list_server.lists["/list"] = text(names)
    assert update(cenote)["generation"] == number + 1 and row(cenote)["state"] == "ok"


def test_names_that_need_no_protection(start, list_server):
    list_server.lists["/list"] = text(["tiktok.com", "google.com"])
    cenote = start({"feeds": {"unprotected": ["tiktok.com", "google.com"]}, **config(list_server.url("/list"))})
    wait_for_generation(cenote)
    assert is_blocked(cenote, "google.com")


def test_the_hosts_that_lists_come_from(start, list_server):
    list_server.lists["/list"] = text(["downloads.lists.example"])
    lists = config(list_server.url("/list"))["lists"] + [{"name": "far", "source": "https://downloads.lists.example/l"}]
    cenote = start({"lists": lists})
    until(lambda: row(cenote)["state"] == "held")
    assert "downloads.lists.example (lists come from there)" in row(cenote)["reason"]


def test_patterns_and_addresses_are_guarded(start, tmp_path):
    (tmp_path / "rules").write_text("||bad.example^\n||other.example^\n/^(www\\.)?goo+gle\\.[a-z]+$/\n")
    (tmp_path / "addresses").write_text("192.0.2.7\n8.8.0.0/16\n")
    lists = [{"name": n, "source": str(tmp_path / n)} for n in ("rules", "addresses")]
    cenote = start({"lists": lists})
    until(lambda: row(cenote, "rules")["state"] == "held" and row(cenote, "addresses")["state"] == "held")
    assert "google." in row(cenote, "rules")["reason"] and "8.8.8.8" in row(cenote, "addresses")["reason"]


def test_what_held_content_would_change(cenote, list_server):
    list_server.lists["/list"] = text(NAMES[5:] + ["google.com", "*.below.example", "new.example"])
    update(cenote)
    told = cenote.command("feeds", "diff", "evil").splitlines()
    assert {"+google.com", "+new.example", "-bad0.example", "-bad4.example"} <= set(told) and "-bad5.example" not in told
    assert "rules added, 5 removed" in told[-1] and "feeds accept evil" in told[-1]
    cenote.command("feeds", "accept", "evil")
    # Then it is what the last generation has changed.
    again = cenote.command("feeds", "diff", "evil").splitlines()
    assert again[:-1] == told[:-1] and "generation 2 against 1" in again[-1]
    cenote.command("feeds", "diff", "none", codes=(1,))
    assert cenote.http("GET", "/api/v1/lists/diff?name=evil", unix=False)[0] == 401
    assert cenote.http("GET", "/api/v1/lists/diff")[0] == 400


def test_shadow_period(start, list_server):
    list_server.lists["/list"] = text(NAMES)
    cenote = start(config(list_server.url("/list"), shadow="15s"))
    wait_for_generation(cenote)
    blocked, told = is_blocked(cenote, "c2.evil.net"), cenote.command("feeds", "list")
    if row(cenote)["shadow_s"] > 0:  # else this machine took all of it
        assert not blocked and "only monitors" in told
        until(lambda: list_hits(cenote, "evil", "monitored") >= 1)
    until(lambda: is_blocked(cenote, "c2.evil.net"))
    assert row(cenote)["shadow_s"] == 0


def test_shadow_period_survives(start, list_server):
    list_server.lists["/list"] = text(NAMES)
    cenote = start(config(list_server.url("/list"), shadow="30d"))
    wait_for_generation(cenote)
    list_server.lists["/list"] = text(NAMES + ["late.example"])
    update(cenote)
    left = row(cenote)["shadow_s"]
    assert 29 * 86400 < left <= 30 * 86400
    cenote.stop()
    (cenote.folder / "feeds.json").unlink(missing_ok=True)
    again = start(config(list_server.url("/list"), shadow="30d"), folder=cenote.folder)
    assert 29 * 86400 < row(again)["shadow_s"] <= left and not is_blocked(again, "c2.evil.net")
    again.reload({"lists": config(list_server.url("/list"))["lists"]})
    until(lambda: is_blocked(again, "c2.evil.net"))
