# SPDX-License-Identifier: BSD-2-Clause
"""The calendar: what known botnets will ask for today is blocked without a list being configured, and says whose it is."""
import json
import re
import subprocess
import time

import pytest

from checks import begin_update, ede, generation, list_hits, rcode, rdata, stats, wait_for_generation
from daemons import CENOTE
from lists import wait_for_lists

DAY_S = 86400
ON = {"calendar": {"mode": "block"}}
RELEASED_S = 1793491200  # as CMakeLists.txt has it


def names_of(*arguments):
    """{name: family} of `cenote dga calendar`."""
    done = subprocess.run([CENOTE, "dga", "calendar", *arguments], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {row[0]: row[1] for row in rows}


def some_of(family, *arguments):
    """Names whose registrable label is long enough not to be somebody else's."""
    found = [name for name in names_of("--family", family, *arguments) if len(name.split(".")[0]) >= 8 and name.count(".") == 1]
    assert len(found) > 5, (family, found)
    return found[:5]


def calendar_of(cenote):
    """The row of its list; None: there is no such list."""
    return next((row for row in cenote.get("/api/v1/lists")["lists"] if row["name"] == "dga-calendar"), None)


def verdict(cenote, name):
    return cenote.get(f"/api/v1/explain?name={name}")


def reload(cenote, **changes):
    cenote.write_config(changes)
    status, _, text = cenote.http("POST", "/api/v1/reload", {})
    assert status == 200, text
    wait_for_lists(cenote)


def noon():
    """No midnight goes by, at which the calendar is built anew."""
    return {"CENOTE_TEST_CLOCK_OFFSET_S": str(int(DAY_S / 2 - time.time() % DAY_S))}


def set_of_banjori(name):
    """A set of parameters whose first name is this one."""
    return f'banjori\tv1\t{{"seed_domain": "{name}", "count": 3}}\n'


@pytest.fixture(scope="module")
def today(start_shared):
    """With a configuration that says nothing of lists or calendars."""
    cenote = start_shared({"dga": {"calendar": {}}})
    wait_for_lists(cenote)
    return cenote


def test_it_acts_by_itself_and_names_the_botnet(today):
    for family in ("necurs", "tinba", "ramnit"):
        for name in some_of(family):
            answer = today.ask(name)
            assert rdata(answer) == ["0.0.0.0"], name
            assert ede(answer) == {15: f"dga-calendar (botnet): {family}"}
    name = some_of("necurs")[0]
    below = today.ask(f"a.b.{name}", "AAAA")
    assert rdata(below) == ["::"] and ede(below) == {15: "dga-calendar (botnet): necurs"}
    assert not ede(today.ask("www.valid.com"))


def test_explain_names_it_too(today):
    name = some_of("necurs")[1]
    x = verdict(today, name)
    assert (x["verdict"], x["list"], x["category"], x["family"]) == ("block", "dga-calendar", "botnet", "necurs")
    assert [(r["list"], r["family"], r["is_deciding"]) for r in x["rules"]] == [("dga-calendar", "necurs", True)]
    shown = today.command("explain", name, codes=(10,))
    assert "verdict   blocked by dga-calendar (botnet): necurs\n" in shown
    assert "match, necurs (decides)\n" in shown
    assert verdict(today, "www.valid.com")["family"] == ""


def test_every_family_has_its_counter(today):
    name = some_of("tinba")[2]
    before = stats(today)["families"].get("tinba", 0)
    hits = list_hits(today, "dga-calendar")
    for label in ("", "x.", "y."):
        today.ask(label + name)
    assert stats(today)["families"]["tinba"] == before + 3
    assert list_hits(today, "dga-calendar") == hits + 3
    metrics = today.http("GET", "/metrics")[2]
    shown = dict(re.findall(r'cenote_dga_family_hits_total\{family="(\w+)"\} (\d+)', metrics))
    assert int(shown["tinba"]) == before + 3
    assert set(names_of().values()) | {"other"} <= set(shown) and len(shown) <= 64
    assert re.search(rf"tinba +{before + 3}\n", today.command("stats"))


def test_it_is_shown_as_a_list(today):
    row = calendar_of(today)
    assert (row["state"], row["format"], row["reason"]) == ("ok", "calendar", "")
    facts = row["calendar"]
    first, last = time.strptime(facts["from"], "%Y-%m-%d"), time.strptime(facts["to"], "%Y-%m-%d")
    assert (time.mktime(last) - time.mktime(first)) // 3600 in (95, 96, 97)
    # Its five letters on a shared zone may be anybody's: all of them are left out.
    families = set(names_of().values()) - {"unnamed_downloader"}
    assert facts["families"] == len(families) >= 25
    assert row["rules"] > 10000 and set(facts["left_out"]) == {"popular", "short", "protected"}
    shown = today.command("feeds", "list")
    assert f"names that {facts['families']} botnets will ask for, {facts['from']} to {facts['to']}; left out: " in shown
    status = today.get("/api/v1/status")
    assert status["status"] == "ok" and status["clock"]["reason"] == ""
    assert status["policy"]["lists"] == 1
    assert "\nclock " in today.command("status")


def test_own_rules_and_groups_come_first(start):
    mine, other = some_of("necurs")[:2]
    cenote = start({"dga": ON, "allow": [mine], "groups": [
        {"name": "without", "clients": ["127.0.0.2"], "lists": []},
        {"name": "with", "clients": ["127.0.0.3"], "lists": ["dga-calendar"]}]})
    wait_for_lists(cenote)
    assert rcode(cenote.ask(mine)) == "NXDOMAIN"
    assert rdata(cenote.ask(other)) == ["0.0.0.0"]
    assert rcode(cenote.ask(other, source="127.0.0.2")) == "NXDOMAIN"
    assert rdata(cenote.ask(other, source="127.0.0.3")) == ["0.0.0.0"]
    assert stats(cenote)["families"] == {"necurs": 2}


def test_monitor_and_off(start):
    name = some_of("necurs")[0]
    cenote = start({"dga": {"calendar": {"mode": "monitor"}}}, environment=noon())
    wait_for_lists(cenote)
    answer = cenote.ask(name)
    assert rcode(answer) == "NXDOMAIN" and 15 not in ede(answer)
    assert list_hits(cenote, "dga-calendar", "monitored") == 1
    assert stats(cenote)["families"] == {"necurs": 1}
    x = verdict(cenote, name)
    assert (x["verdict"], x["list"], x["family"]) == ("monitor", "dga-calendar", "necurs")
    # To block it, nothing has to be built.
    built = generation(cenote)
    reload(cenote, dga=ON)
    assert rdata(cenote.ask(name)) == ["0.0.0.0"]
    assert generation(cenote) == built
    reload(cenote, dga={"calendar": {"mode": "off"}})
    assert rcode(cenote.ask(name)) == "NXDOMAIN"
    assert calendar_of(cenote) is None
    assert verdict(cenote, name)["rules"] == []
    assert stats(cenote)["families"] == {"necurs": 2}


def test_seeds_of_the_operator(start, tmp_path):
    seeds = tmp_path / "seeds"
    seeds.write_text(set_of_banjori("firstonesname.com"))
    cenote = start({"dga": {"calendar": {"seeds": str(seeds)}}}, environment=noon())
    wait_for_lists(cenote)
    assert verdict(cenote, "firstonesname.com")["family"] == "banjori"
    seeds.write_text(set_of_banjori("thisnameisours.com"))
    reload(cenote)
    assert ede(cenote.ask("www.thisnameisours.com")) == {15: "dga-calendar (botnet): banjori"}
    built = generation(cenote)
    # A file that cannot be read: it is said, and what was made of the good one serves on.
    seeds.write_text("banjori\tv1\t{not json}\n")
    reload(cenote)
    row = calendar_of(cenote)
    assert row["state"] == "stale" and "seeds line 1: banjori v1: " in row["reason"]
    assert row["reason"] in cenote.command("feeds", "list")
    assert rdata(cenote.ask("thisnameisours.com")) == ["0.0.0.0"]
    assert rdata(cenote.ask(some_of("necurs")[0])) == ["0.0.0.0"]
    assert generation(cenote) == built
    seeds.write_text("nobody\tv1\t{}\n")
    reload(cenote)
    assert "no generator for `nobody v1`" in calendar_of(cenote)["reason"]
    seeds.unlink()
    begin_update(cenote)
    wait_for_lists(cenote)
    assert calendar_of(cenote)["state"] == "stale"
    seeds.write_text(set_of_banjori("anotherofours.com"))
    reload(cenote)
    assert calendar_of(cenote)["state"] == "ok"
    assert rdata(cenote.ask("anotherofours.com")) == ["0.0.0.0"]
    assert verdict(cenote, "thisnameisours.com")["verdict"] == "none"


def test_bad_seeds_at_the_first_start(start, tmp_path):
    """Nothing serves then, and everything else is built."""
    (tmp_path / "seeds").write_text("x\n")
    (tmp_path / "list").write_text("listed.example\n")
    cenote = start({"dga": {"calendar": {"seeds": str(tmp_path / "seeds")}},
                    "lists": [{"name": "l", "source": str(tmp_path / "list")}]})
    wait_for_lists(cenote)
    assert rdata(cenote.ask("listed.example")) == ["0.0.0.0"]
    row = calendar_of(cenote)
    assert row["state"] == "never" and "line 1" in row["reason"]


def test_popular_short_and_protected_names_are_left_out(start, tmp_path):
    seeds = tmp_path / "seeds"
    seeds.write_text("".join(set_of_banjori(name) for name in
                             ("google.com", "wikipedia.org", "ourownname.com", "wxyz.com", "sub.protectedone.com", "abcdefgh.ddns.net")))
    cenote = start({"dga": {"calendar": {"seeds": str(seeds)}}, "feeds": {"protected": ["protectedone.com"]}})
    wait_for_lists(cenote)
    for name in ("google.com", "www.google.com", "wikipedia.org", "wxyz.com", "sub.protectedone.com", "protectedone.com", "ddns.net"):
        assert verdict(cenote, name)["verdict"] == "none", name
    assert verdict(cenote, "ourownname.com")["family"] == "banjori"
    # Under a zone in which anybody has a name, the label below it counts.
    assert verdict(cenote, "abcdefgh.ddns.net")["family"] == "banjori"
    left_out = calendar_of(cenote)["calendar"]["left_out"]
    assert left_out["popular"] >= 1 and left_out["short"] >= 1 and left_out["protected"] >= 1


def test_a_restart_does_not_build(start):
    cenote = start({"dga": ON})
    wait_for_lists(cenote)
    before, row = generation(cenote), calendar_of(cenote)
    held, changed = row["calendar"], row["changed"]
    name = some_of("necurs")[0]
    cenote.stop()
    again = start({"dga": ON}, folder=cenote.folder)
    assert rdata(again.ask(name)) == ["0.0.0.0"]  # from the first query on
    wait_for_lists(again)
    if calendar_of(again)["calendar"] == held:  # else midnight went by
        assert generation(again) == before and calendar_of(again)["changed"] == changed
        assert "event=list " not in again.log().split("event=stopped")[-1]


def shifted(seconds):
    return {"CENOTE_TEST_CLOCK_OFFSET_S": str(int(seconds))}


def test_another_day_another_calendar(start):
    cenote = start({"dga": ON})
    wait_for_lists(cenote)
    first = calendar_of(cenote)["calendar"]
    before = generation(cenote)
    later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * DAY_S))
    name = some_of("necurs", "--date", later)[0]
    assert verdict(cenote, name)["verdict"] == "none"
    cenote.stop()
    # A week off: the old calendar serves until the new one is built.
    again = start({"dga": ON}, folder=cenote.folder, environment=shifted(9 * DAY_S))
    wait_for_generation(again, before)
    wait_for_lists(again)
    assert calendar_of(again)["calendar"]["from"] > first["to"]
    assert rdata(again.ask(name)) == ["0.0.0.0"]
    assert again.get("/healthz")["status"] == "ok"
    again.stop()
    # Back again: the clock is followed, and it is said.
    back = start({"dga": ON}, folder=cenote.folder)
    wait_for_generation(back, before + 1)
    wait_for_lists(back)
    assert calendar_of(back)["calendar"]["from"] >= first["from"]
    health = back.get("/healthz")
    assert health["status"] == "degraded"
    assert [r for r in health["reasons"] if r.startswith("the clock of this machine went back: it says ")], health
    assert back.log().count("event=clock reason=") == 1


def before_release():
    return shifted(RELEASED_S - 30 * DAY_S - time.time())


def test_a_clock_that_is_plainly_wrong(start):
    """It says so; without a calendar only what no date changes is blocked, and with one that serves on."""
    dated, undated = some_of("necurs")[0], some_of("ramnit")[0]
    cenote = start({"dga": ON}, environment=before_release())
    wait_for_lists(cenote)
    status = cenote.get("/api/v1/status")
    assert status["status"] == "degraded"
    assert status["clock"]["reason"].startswith("the clock of this machine is wrong: it says 2026-10-")
    assert status["clock"]["reason"] in status["reasons"]
    assert status["clock"]["reason"] in cenote.command("status")
    assert "cenote_clock_suspect 1\n" in cenote.http("GET", "/metrics")[2]
    assert calendar_of(cenote)["calendar"]["from"] is None
    assert verdict(cenote, undated)["verdict"] == "block"
    assert verdict(cenote, dated)["verdict"] == "none"
    assert "whatever the day" in cenote.command("feeds", "list")
    before = generation(cenote)
    cenote.stop()
    right = start({"dga": ON}, folder=cenote.folder)
    wait_for_generation(right, before)
    assert right.get("/api/v1/status")["status"] == "ok"
    assert "cenote_clock_suspect 0\n" in right.http("GET", "/metrics")[2]
    assert verdict(right, dated)["verdict"] == "block"
    made, before = calendar_of(right)["calendar"], generation(right)
    right.stop()
    wrong = start({"dga": ON}, folder=cenote.folder, environment=before_release())
    wait_for_lists(wrong)
    begin_update(wrong)
    wait_for_lists(wrong)
    assert verdict(wrong, dated)["verdict"] == "block"
    assert calendar_of(wrong)["calendar"] == made and generation(wrong) == before
    assert wrong.get("/healthz")["status"] == "degraded"


def test_servers_know_better(start, list_server):
    list_server.lists["/l"] = "listed.example\n"
    cenote = start({"dga": ON, "lists": [{"name": "l", "source": list_server.url("/l"), "allow_private": True}]},
                   environment=shifted(5 * DAY_S))
    wait_for_lists(cenote)
    reasons = cenote.get("/healthz")["reasons"]
    assert reasons == ["the clock of this machine seems wrong: the servers of the lists say that it is 5 days earlier"], reasons
    assert rdata(cenote.ask("listed.example")) == ["0.0.0.0"]


def test_a_list_of_that_name_is_refused(start, tmp_path):
    cenote = start({"dga": ON}, wait=True)
    cenote.write_config({"lists": [{"name": "dga-calendar", "source": "/x"}]})
    done = subprocess.run([CENOTE, "check", "-c", cenote.config_path, "--json"], capture_output=True, text=True, timeout=180)
    assert done.returncode == 78
    assert '"dga-calendar" is the name of the calendar\'s list' in json.loads(done.stdout)["error"]
