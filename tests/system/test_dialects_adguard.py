# SPDX-License-Identifier: BSD-2-Clause
"""Each call of AdGuard Home's clients, and the one of Technitium's: what they send, every field that they read, and whose numbers they are."""
import json
import time

import pytest

from checks import rdata
from daemons import until
from dialects import NUMBER, AdGuard, ask, basic, fits, grouped, new_key, settled
from lists import wait_for_lists


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "ads.txt").write_text("ads.example\ntrackers.example\n")
    (folder / "good.txt").write_text("fine.example\n")
    daemon = start_shared({"lists": [{"name": "ads", "source": str(folder / "ads.txt"), "kind": "deny"},
                                     {"name": "good", "source": str(folder / "good.txt"), "kind": "allow"}],
                           "deny": ["bad.example", "=self.example", "*.below.example"],
                           "groups": [{"name": "children", "clients": ["127.0.0.64/26"]}]}, http={"anonymous": "none"})
    wait_for_lists(daemon)
    for i, name in enumerate(["ads.example"] * 4 + ["trackers.example"] * 2 + ["www.valid.com"] * 5 + ["nothing.valid.com"] * 3):
        daemon.ask(name, "AAAA" if i % 3 == 1 else "A", source=f"127.0.0.{1 + i % 3}")
    settled(daemon)
    return daemon


@pytest.fixture(scope="module")
def keys(cenote):
    return {scope: new_key(cenote, f"dialect-{scope}", scope) for scope in ("stats", "control", "admin")}


@pytest.fixture
def client(cenote, keys):
    return AdGuard(cenote, keys["control"])


def is_blocked(cenote, name="ads.example"):
    return rdata(cenote.ask(name)) == ["0.0.0.0"]


def top(cenote, kind):
    return {entry["name"]: entry["count"] for entry in cenote.get(f"/api/v1/top?kind={kind}&limit=100")["entries"]}


def top_permitted(cenote):
    """What these products call queried: without what was blocked."""
    blocked = top(cenote, "blocked_domains")
    return {name: n - blocked.get(name, 0) for name, n in top(cenote, "domains").items() if n > blocked.get(name, 0)}


def merged(list_of_objects):
    """What stands in an array of objects with one key each."""
    assert all(len(one) == 1 for one in list_of_objects)
    return {name: n for one in list_of_objects for name, n in one.items()}


def latency(native):
    return native["latency"]["mean_us"] / 1e6


STATS = {"num_dns_queries": int, "num_blocked_filtering": int, "num_replaced_safebrowsing": int, "num_replaced_safesearch": int,
         "num_replaced_parental": int, "avg_processing_time": NUMBER, "time_units": str,
         "top_queried_domains": [{str: int}], "top_clients": [{str: int}], "top_blocked_domains": [{str: int}],
         "top_upstreams_responses": [{str: int}], "top_upstreams_avg_time": [{str: NUMBER}],
         "dns_queries": [int], "blocked_filtering": [int], "replaced_safebrowsing": [int], "replaced_parental": [int]}


def agrees(stats, native):
    fits(stats, STATS)
    assert stats["num_dns_queries"] == native["queries"] == sum(stats["dns_queries"])
    assert stats["num_blocked_filtering"] == native["blocked"] == sum(stats["blocked_filtering"])
    assert stats["num_replaced_safebrowsing"] == stats["num_replaced_safesearch"] == stats["num_replaced_parental"] == 0
    assert {len(stats[name]) for name in ("dns_queries", "blocked_filtering", "replaced_safebrowsing", "replaced_parental")} == {24}
    assert stats["avg_processing_time"] == pytest.approx(latency(native), rel=0.01)


def test_homepage(cenote, keys):
    native = settled(cenote)
    answer = ask(cenote, "GET", "/control/stats", headers={"Content-Type": "application/json", **basic(keys["stats"])})
    assert answer.status == 200
    agrees(answer.json, native)


def test_glance(cenote, keys):
    native = settled(cenote)
    stats = ask(cenote, "GET", "/control/stats", headers=basic(keys["stats"], "")).json
    agrees(stats, native)
    assert merged(stats["top_blocked_domains"]) == top(cenote, "blocked_domains")


def test_home_assistant_polls(cenote, client):
    native = settled(cenote)
    status = client.get("status")
    fits(status, {"dns_addresses": [str], "dns_port": int, "http_port": int, "protection_enabled": bool,
                  "protection_disabled_duration": int, "running": bool, "version": str, "language": str, "start_time": NUMBER})
    assert status["protection_enabled"] is True and status["running"] is True and status["protection_disabled_duration"] == 0
    assert (status["dns_addresses"], status["dns_port"], status["http_port"]) == (["127.0.0.1"], cenote.port, cenote.http_port)
    # What the integration takes for new enough.
    assert [int(n) for n in status["version"].lstrip("v").split("+")[0].split(".")] >= [0, 107, 58]
    assert abs(status["start_time"] / 1000 - time.time()) < 3600
    stats = client.get("stats")
    agrees(stats, native)
    queried = merged(stats["top_queried_domains"])
    assert queried == top_permitted(cenote) and "www.valid.com" in queried and "ads.example" not in queried
    assert merged(stats["top_clients"]) == top(cenote, "clients")
    counts = [next(iter(one.values())) for one in stats["top_queried_domains"]]
    assert counts == sorted(counts, reverse=True)
    filtering = client.get("filtering/status")
    each = {"id": int, "enabled": bool, "url": str, "name": str, "rules_count": int}
    fits(filtering, {"enabled": bool, "interval": int, "filters": [each], "whitelist_filters": [each], "user_rules": [str]})
    assert [(f["name"], f["enabled"], f["rules_count"]) for f in filtering["filters"]] == [("ads", True, 2)]
    assert [(f["name"], f["rules_count"]) for f in filtering["whitelist_filters"]] == [("good", 1)]
    assert {"||bad.example^", "|self.example^", "||*.below.example^"} <= set(filtering["user_rules"])
    assert fits(client.get("querylog_info"), {"enabled": bool, "interval": NUMBER, "anonymize_client_ip": bool})["enabled"] is True
    assert fits(client.get("stats_info"), {"interval": NUMBER})["interval"] == 1
    for what in ("safebrowsing", "parental", "safesearch"):
        assert client.get(f"{what}/status")["enabled"] is False
    assert client.get("rewrite/list") == []
    clients = client.get("clients")
    fits(clients, {"clients": [{"name": str, "ids": [str], "filtering_enabled": bool, "use_global_settings": bool}],
                   "auto_clients": [{"ip": str, "name": str, "source": str, "whois_info": dict}], "supported_tags": [str]})
    assert [(c["name"], c["ids"]) for c in clients["clients"]] == [("children", ["127.0.0.64/26"])]
    assert {c["ip"] for c in clients["auto_clients"]} == set(top(cenote, "clients"))
    assert client.request("version.json", "POST") == (200, {"disabled": True})


def test_the_switch(cenote, client):
    assert is_blocked(cenote)
    assert client.request("protection", "POST", {"enabled": False}) == (200, {"message": "OK\n"})
    assert client.get("status")["protection_enabled"] is False and not is_blocked(cenote)
    assert client.get("status")["protection_disabled_duration"] == 0
    assert client.request("protection", "POST", {"enabled": True}) == (200, {"message": "OK\n"})
    assert client.get("status")["protection_enabled"] is True and is_blocked(cenote)


def test_the_switch_with_a_timer(cenote, client):
    assert client.request("protection", "POST", {"enabled": False, "duration": 300 * 1000})[0] == 200
    assert 150_000 < client.get("status")["protection_disabled_duration"] <= 300_000 and not is_blocked(cenote)
    assert client.request("protection", "POST", {"enabled": False, "duration": 1})[0] == 200
    until(lambda: client.get("status")["protection_enabled"])
    assert is_blocked(cenote)


@pytest.mark.parametrize("body", [{}, {"enabled": 1}, {"enabled": None}, {"enabled": False, "duration": -1},
                                  {"enabled": False, "duration": "5"}, {"enabled": False, "duration": 1.5},
                                  {"enabled": False, "duration": 2**62}, []])
def test_the_switch_refuses_nonsense(cenote, client, body):
    assert client.request("protection", "POST", body)[0] == 400
    assert client.get("status")["protection_enabled"] is True and is_blocked(cenote)


@pytest.mark.parametrize("body, content_type, status", [
    (b"{", "application/json", 400), (b"\xff", "application/json", 400), (b"[" * 30000, "application/json", 400),
    (b'{"enabled":false,"enabled":false}', "application/json", 400), (b"", "application/json", 400),
    (b'{"enabled":false}', "text/plain", 415), (b"enabled=false", "application/x-www-form-urlencoded", 415), (b'{"enabled":false}', "", 415)])
def test_bad_bodies(cenote, keys, body, content_type, status):
    answer = ask(cenote, "POST", "/control/protection", body, {"Content-Type": content_type, **basic(keys["control"])})
    assert answer.status == status and answer.headers["Content-Type"].startswith("text/plain")
    assert is_blocked(cenote)


@pytest.mark.parametrize("uri, body, status", [
    # What is so already is said to be done, what cannot be is not.
    ("filtering/config", {"enabled": True, "interval": 24}, 200), ("filtering/config", {"enabled": False, "interval": 24}, 501),
    ("filtering/config", {"enabled": True, "interval": 1}, 501), ("querylog_config", {"enabled": True, "interval": 30}, 200),
    ("querylog_config", {"enabled": False, "interval": 30}, 501), ("querylog_config", {"enabled": True, "interval": 7}, 501),
    ("filtering/add_url", {"whitelist": False, "name": "x", "url": "https://example.org/x.txt"}, 501),
    ("filtering/remove_url", {"whitelist": False, "url": "https://example.org/x.txt"}, 501),
    ("filtering/set_url", {"whitelist": False, "url": "x", "data": {"enabled": False}}, 501),
    ("safebrowsing/enable", None, 501), ("safebrowsing/disable", None, 200), ("parental/enable", None, 501), ("parental/disable", None, 200),
    ("safesearch/enable", None, 501), ("safesearch/disable", None, 200),
    ("rewrite/add", {"domain": "a.example", "answer": "192.0.2.1"}, 501), ("rewrite/delete", {"domain": "a.example", "answer": "192.0.2.1"}, 501),
    ("stats_reset", None, 501), ("update", None, 501),
])
def test_changes(cenote, client, uri, body, status):
    before = {what: client.get(what) for what in ("filtering/status", "querylog_info", "rewrite/list")}
    queries = settled(cenote)["queries"]
    got, value = client.request(uri, "POST", body)
    assert got == status and isinstance(value["message"], str) and value["message"]
    assert before == {what: client.get(what) for what in before}
    assert settled(cenote)["queries"] == queries


def test_refresh_takes_an_admin_key(cenote, keys, client):
    before = cenote.get("/api/v1/lists")["lists"][0]["checked"]
    assert client.request("filtering/refresh?force=true", "POST", {"whitelist": False})[0] == 403
    time.sleep(1)  # times are told to the second
    admin = AdGuard(cenote, keys["admin"])
    status, value = admin.request("filtering/refresh?force=true", "POST", {"whitelist": False})
    assert status == 200 and fits(value, {"updated": int})
    until(lambda: cenote.get("/api/v1/lists")["lists"][0]["checked"] > before)
    # Where they come from is for those who may read the configuration.
    assert admin.get("filtering/status")["filters"][0]["url"].endswith("/ads.txt")
    assert client.get("filtering/status")["filters"][0]["url"] == "cenote:ads"


def test_prometheus_exporter(cenote, client):
    """Go takes no fraction for an int."""
    native = settled(cenote)
    agrees(client.get("stats"), native)
    assert client.get("stats")["top_upstreams_responses"] == [{"recursion": grouped(native)["forwarded"]}]
    fits(client.get("status"), {"protection_enabled": bool, "version": str, "running": bool})
    dhcp = fits(client.get("dhcp/status"), {"enabled": bool, "leases": [dict], "static_leases": [dict]})
    assert dhcp["enabled"] is False and dhcp["leases"] == []
    log = client.get("querylog?limit=1000&response_status=all")
    fits(log, {"oldest": str, "data": [{
        "answer": [{"type": str, "ttl": NUMBER}], "answer_dnssec": bool, "client": str, "client_proto": str, "elapsedMs": str,
        "question": {"class": str, "name": str, "type": str}, "reason": str, "status": str, "time": str, "upstream": str,
        "client_info": {"whois": dict, "name": str, "disallowed": bool, "disallowed_rule": str}}]})
    rows = cenote.get("/api/v1/querylog?limit=1000")["rows"]
    assert len(log["data"]) == len(rows) == native["queries"]
    assert [(r["question"]["name"], r["client"], r["question"]["type"]) for r in log["data"]] == \
        [(r["name"], r["client"], r["type"]) for r in rows]
    assert sum(r["reason"] == "FilteredBlackList" for r in log["data"]) == native["blocked"]
    assert all(float(r["elapsedMs"]) >= 0 for r in log["data"])
    by_name = {r["question"]["name"]: r for r in log["data"]}
    assert by_name["ads.example"]["rules"] == [{"filter_list_id": 0, "text": "ads"}]
    assert (by_name["nothing.valid.com"]["status"], by_name["www.valid.com"]["reason"]) == ("NXDOMAIN", "NotFilteredNotFound")
    found = client.request("clients/search", "POST", {"clients": [{"id": "127.0.0.2"}, {"id": 5}, "x"]})[1]
    assert fits(found, [{str: {"name": str, "ids": [str], "disallowed": bool}}])[0]["127.0.0.2"]["ids"] == ["127.0.0.2"]


def test_querylog_filters(cenote, client):
    assert {r["question"]["name"] for r in client.get("querylog?response_status=filtered")["data"]} == {"ads.example", "trackers.example"}
    assert {r["question"]["name"] for r in client.get("querylog?search=nothing&response_status=processed")["data"]} == {"nothing.valid.com"}
    assert len(client.get("querylog?limit=2")["data"]) == 2
    assert client.get("querylog?older_than=2020-01-01T00:00:00Z")["data"] == []
    assert client.request("querylog?older_than=yesterday")[0] == 400
    for words in ("limit=0", "limit=-5", "limit=99999999999", "limit=x"):
        assert len(client.get(f"querylog?{words}")["data"]) <= 500


READS = ["status", "stats", "filtering/status", "querylog_info", "querylog/config", "querylog", "stats_info", "stats/config",
         "safebrowsing/status", "parental/status", "safesearch/status", "rewrite/list", "clients", "dhcp/status"]


STRANGERS = [None, "", "Basic", "Basic !!!", "Basic YWRtaW4=", "Basic YWRtaW46", "Bearer x", "Basic YWRtaW46d3Jvbmc=",
             "Basic " + "QUFB" * 2000]


@pytest.mark.parametrize("authorization", STRANGERS, ids=range(len(STRANGERS)))
def test_no_key_no_answer(start, authorization):
    own = start(http={"anonymous": "none"})
    headers = {"Authorization": authorization} if authorization is not None else {}
    for uri in READS:
        answer = ask(own, "GET", f"/control/{uri}", headers=headers)
        assert answer.status in (401, 429) and answer.headers["Content-Type"].startswith("text/plain"), uri
    answer = ask(own, "POST", "/control/protection", {"enabled": False}, {"Content-Type": "application/json", **headers})
    assert answer.status in (401, 429)
    assert own.get("/api/v1/pause")["pauses"] == []


def test_a_stats_key_changes_nothing(cenote, keys):
    client = AdGuard(cenote, keys["stats"])
    for uri, body in (("protection", {"enabled": False}), ("stats_reset", None), ("filtering/refresh", {"whitelist": False})):
        assert client.request(uri, "POST", body)[0] == 403
    for uri in ("querylog", "clients"):
        assert client.request(uri)[0] == 403
    assert is_blocked(cenote)


def test_paths_and_methods(cenote, client):
    for method, uri, status in (("GET", "nothing", 404), ("GET", "", 404), ("GET", "stats/", 404), ("GET", "protection", 405),
                                ("POST", "status", 405), ("DELETE", "stats", 405), ("GET", "safebrowsing/enable", 405)):
        assert client.request(uri, method)[0] == status, uri


# --- Technitium ----------------------------------------------------------------------------------

TECHNITIUM = ("totalQueries totalNoError totalServerFailure totalNxDomain totalRefused totalAuthoritative totalRecursive totalCached "
              "totalBlocked totalDropped totalClients blockedZones blockListZones").split()


def technitium(cenote, key, type_):
    return ask(cenote, "GET", f"/api/dashboard/stats/get?token={key}&utc=true&type={type_}")


@pytest.mark.parametrize("type_", ["LastHour", "LastDay", "LastWeek", "LastMonth", "LastYear"])
def test_technitium(cenote, keys, type_):
    native = settled(cenote)
    value = technitium(cenote, keys["stats"], type_).json
    assert value["status"] == "ok"
    stats = fits(value["response"]["stats"], {name: int for name in TECHNITIUM})
    groups = grouped(native)
    assert (stats["totalQueries"], stats["totalBlocked"], stats["totalRecursive"], stats["totalClients"]) == \
        (native["queries"], native["blocked"], groups["forwarded"], native["clients"])
    assert stats["totalCached"] + stats["totalAuthoritative"] == groups["cached"] and stats["blockListZones"] == 3
    assert sum(stats[f"total{name}"] for name in ("NoError", "ServerFailure", "NxDomain", "Refused", "Dropped")) == native["queries"]
    rows = cenote.get("/api/v1/querylog?limit=1000")["rows"]
    assert stats["totalNxDomain"] == sum(row["rcode"] == "NXDOMAIN" for row in rows) >= 3
    chart = fits(value["response"]["mainChartData"], {"labels": [str], "datasets": [{"label": str, "data": [int]}]})
    series = {one["label"]: one["data"] for one in chart["datasets"]}
    assert sum(series["Total"]) == native["queries"] and sum(series["Blocked"]) == native["blocked"]
    assert len(series["Total"]) == len(chart["labels"]) == {"LastHour": 60, "LastDay": 24, "LastWeek": 7, "LastMonth": 31, "LastYear": 53}[type_]
    for name, wanted in (("topClients", top(cenote, "clients")), ("topDomains", top_permitted(cenote)),
                         ("topBlockedDomains", top(cenote, "blocked_domains"))):
        entries = fits(value["response"][name], [{"name": str, "hits": int}])
        assert {one["name"]: one["hits"] for one in entries} == wanted


def test_technitium_refuses(start, cenote, keys):
    own = start(http={"anonymous": "none"})
    for path in ("/api/dashboard/stats/get", "/api/dashboard/stats/get?token=", "/api/dashboard/stats/get?token=wrong&type=LastHour"):
        answer = ask(own, "GET", path)
        assert answer.status == 401
        assert fits(json.loads(answer.text), {"status": str, "errorMessage": str})["status"] == "invalid-token"
    answer = technitium(cenote, keys["stats"], "Forever")
    assert answer.status == 400 and answer.json["status"] == "error"
