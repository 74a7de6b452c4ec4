# SPDX-License-Identifier: BSD-2-Clause
"""The same queries, counted in each view of them: to the unit."""
import collections
import contextlib
import json
import os
import socket

import pytest

from checks import stats, taken_up
from daemons import UnixConnection, query, until
from lists import wait_for_lists

KNOWN_TYPES = {"A", "AAAA", "HTTPS", "PTR", "TXT", "MX", "SRV", "NS", "SOA", "DS", "DNSKEY"}
ONE, TWO, OUTSIDE = "127.0.0.21", "127.0.0.22", "198.51.100.7"
# (client, name, type, times)
LOAD = [(ONE, "www.valid.com", "A", 9), (ONE, "ads.example", "A", 7), (ONE, "x.ads.example", "AAAA", 3), (ONE, "c2.evil.net", "TXT", 2),
        (TWO, "www.valid.com", "AAAA", 4), (TWO, "ads.example", "HTTPS", 5), (TWO, "nothing.valid.com", "A", 6),
        (TWO, "nas.home.arpa", "MX", 1), (TWO, "www.valid.com", "NAPTR", 1), (OUTSIDE, "www.valid.com", "A", 2)]


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("||ads.example^\n")
    daemon = start_shared({"lists": [{"name": "ads", "source": str(source)}], "deny": ["evil.net"], "access": ["127.0.0.0/8"],
                           "records": ["nas.home.arpa. 300 IN A 192.168.1.9"]})
    wait_for_lists(daemon)
    return daemon


def all_rows(cenote):
    rows, target = [], "/api/v1/querylog?limit=100"
    while True:
        page = cenote.get(target)
        rows += page["rows"]
        if page["next"] is None:
            return rows
        target = f"/api/v1/querylog?limit=100&before={page['next']}"


def put_load(cenote):
    """Sends it all, and what is no question; returns how many queries that were."""
    before, count = stats(cenote)["queries"], 0
    for client, name, rdtype, times in LOAD:
        for i in range(times):
            cenote.ask(name, rdtype, tcp=i % 3 == 2, source=client)
            count += 1
    for broken in (b"\0", query("www.valid.com").to_wire()[:20], b"\x00\x01\x28" + b"\0" * 9):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect((cenote.host, cenote.port))
            s.send(broken)
        count += 1
    until(lambda: stats(cenote)["queries"] >= before + count)
    return count


@pytest.fixture(scope="module")
def loaded(cenote):
    before, _ = taken_up(cenote)
    count = put_load(cenote)
    after, _ = taken_up(cenote)
    assert after["queries"] - before["queries"] == count
    return before, after


def test_all_views_have_the_same_sums(cenote, loaded):
    total = loaded[1]
    log, summary, history = total["querylog"], cenote.get("/api/v1/summary"), cenote.get("/api/v1/history?step=minute")
    rows = all_rows(cenote)
    assert total["queries"] == sum(total["outcomes"].values()) == sum(total["types"].values()) == log["events"]
    assert total["queries"] == len(rows) + log["dropped"] + log["suppressed"]
    assert log["events"] == log["written"] + log["pending"] + log["dropped"] + log["suppressed"]
    for key in ("queries", "blocked", "outcomes", "types", "blocked_percent"):
        assert summary[key] == total[key], key
    assert summary["latency"]["count"] == total["latency"]["count"] == total["queries"]
    for key in ("queries", "blocked", "cached", "failed"):
        assert sum(p[key] for p in history["points"]) == summary[key], key
    for key in ("outcomes", "types"):
        told = collections.Counter()
        for p in history["points"]:
            assert sum(p[key].values()) == p["queries"]
            told.update(p[key])
        assert told == {k: n for k, n in total[key].items() if n}, key


def test_rows_say_what_was_counted(cenote, loaded):
    total, rows = loaded[1], all_rows(cenote)
    assert total["querylog"]["dropped"] == 0
    assert len({row["id"] for row in rows}) == len(rows)
    for key, name in (("outcomes", lambda row: row["outcome"]), ("transports", lambda row: row["transport"]),
                      ("types", lambda row: row["type"] if row["type"] in KNOWN_TYPES else "other")):
        assert collections.Counter(map(name, rows)) == {k: n for k, n in total[key].items() if n}, key
    verdicts, summary = collections.Counter(row["verdict"] for row in rows), cenote.get("/api/v1/summary")
    assert verdicts["blocked"] == summary["blocked"] and verdicts["failed"] == summary["failed"]
    for verdict, n in verdicts.items():
        assert len(cenote.get(f"/api/v1/querylog?limit=1000&verdict={verdict}")["rows"]) == n
    by_list = collections.Counter(row["list"] for row in rows if row["list"])
    assert by_list == {row["name"]: row["hits"] for row in total["lists"] if row["hits"]}


def counted(pairs):
    counter = collections.Counter()
    for key, times in pairs:
        counter[key] += times
    return counter


def top(cenote, kind):
    return {e["name"]: e["count"] for e in cenote.get(f"/api/v1/top?kind={kind}&limit=1000")["entries"]}


def test_top_lists_agree_with_a_known_load(cenote, loaded):
    blocked = [(client, name, times) for client, name, _, times in LOAD if name.endswith(("ads.example", "evil.net"))]
    domains, clients = top(cenote, "domains"), top(cenote, "clients")
    for name, times in counted((name, times) for _, name, _, times in LOAD).items():
        assert domains[name] == times, name
    for client, times in counted((client, times) for client, _, _, times in LOAD).items():
        assert clients[client] == times, client
    assert top(cenote, "blocked_domains") == counted((name, times) for _, name, times in blocked)
    assert top(cenote, "blocked_clients") == counted((client, times) for client, _, times in blocked)
    assert top(cenote, "lists") == {row["name"]: row["hits"] for row in loaded[1]["lists"] if row["hits"]}


def test_clients_agree_with_a_known_load(cenote, loaded):
    told = {c["client"]: c for c in cenote.get("/api/v1/clients")["clients"]}
    for client in (ONE, TWO):
        mine = [(name, times) for source, name, _, times in LOAD if source == client]
        hit = [(name, times) for name, times in mine if name.endswith(("ads.example", "evil.net"))]
        one = cenote.get(f"/api/v1/client?address={client}")
        assert told[client]["queries"] == one["queries"] == sum(times for _, times in mine)
        assert told[client]["blocked"] == one["blocked"] == sum(times for _, times in hit)
        assert {n["name"]: n["count"] for n in one["domains"]} == counted(mine)
        assert {n["name"]: n["count"] for n in one["blocked_domains"]} == counted(hit)
        assert not one["is_cut"] and one["cases"] == []
        rows = cenote.get(f"/api/v1/querylog?client={client}&limit=1000")["rows"]
        assert len(rows) == one["queries"] and {row["client"] for row in rows} == {client}


def test_live_rows_are_those_of_the_log(cenote, loaded):
    rows = all_rows(cenote)
    with contextlib.closing(UnixConnection(cenote.socket_path, 60)) as c:
        c.request("GET", "/api/v1/live?after=0")
        answer, live = c.getresponse(), []
        while len(live) < len(rows):
            line = answer.readline().decode()
            assert line, "the stream has ended"
            if line.startswith("data: "):
                live.append(json.loads(line.removeprefix("data: ")))
    assert live[::-1] == rows


def flood(cenote, count):
    """So many questions for long names that are on a list; answers are read so that none is held up by us."""
    label = b"x" * 60
    wire = query(b".".join([label] * 3).decode() + ".evil.net").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(30)
        s.connect((cenote.host, cenote.port))
        for _ in range(count // 50):
            for _ in range(50):
                s.send(wire.replace(label, os.urandom(30).hex().encode(), 3))
            for _ in range(50):
                s.recv(4096)


def test_a_slow_reader_is_told_what_it_missed(start):
    cenote = start({"deny": ["evil.net"], "workers": 1})
    taken_up(cenote)
    first = all_rows(cenote)[0]["id"]
    with contextlib.closing(UnixConnection(cenote.socket_path, 60)) as c:
        c.request("GET", f"/api/v1/live?after={first}&name=.evil.net")
        answer, sent = c.getresponse(), 0
        # More than what is kept in memory and what is on its way together.
        while cenote.get("/api/v1/querylog?limit=1")["rows"][0]["id"] < first + 16000:
            flood(cenote, 1000)
            sent += 1000
        dropped = taken_up(cenote)[0]["querylog"]["dropped"]
        last, told, lost, at, event = all_rows(cenote)[0]["id"], 0, 0, 0, None
        while at < last:
            line = answer.readline().decode()
            assert line, "the stream has ended"
            key, _, value = line.rstrip().partition(": ")
            event = value if key == "event" else event
            if key == "data" and event == "dropped":
                lost += json.loads(value)["n"]
            elif key == "data":
                at = json.loads(value)["id"]
                told += 1
    # What found no room on a slow disk had its number already.
    assert lost and told + lost == last - first and sent - dropped <= last - first <= sent


def test_streams_have_a_limit_and_leave_no_trace(start):
    """Also those that are never read."""
    cenote = start()
    opened = [UnixConnection(cenote.socket_path, 60) for _ in range(65)]
    for c in opened:
        c.request("GET", "/api/v1/live")
    answers = [c.getresponse() for c in opened]
    assert sorted(a.status for a in answers) == [200] * 64 + [503]
    for c in opened:
        c.close()

    def is_free():
        with contextlib.closing(UnixConnection(cenote.socket_path, 60)) as c:
            c.request("GET", "/api/v1/live")
            return c.getresponse().status == 200
    until(is_free)
