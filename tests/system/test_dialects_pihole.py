# SPDX-License-Identifier: BSD-2-Clause
"""Each call of Pi-hole's clients: what they send, every field that they read, and that the numbers are those of the native API."""
import json
import time

import pytest

from checks import rdata
from daemons import until
from dialects import NUMBER, OPTIONAL_TEXT, PiHole6, ask, basic, fits, grouped, new_key, settled
from lists import wait_for_lists
from test_auth import set_up

CONFIG = {"groups": [{"name": "children", "clients": ["127.0.0.64/26", "127.0.0.9"]}, {"name": "guests", "clients": ["fd00:53::/64"]}]}


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("ads.example\ntrackers.example\n")
    daemon = start_shared({**CONFIG, "lists": [{"name": "ads", "source": str(source), "kind": "deny"}]}, http={"anonymous": "none"})
    wait_for_lists(daemon)
    for i, name in enumerate(["ads.example"] * 4 + ["trackers.example"] * 2 + ["www.valid.com"] * 5 + ["nothing.valid.com"] * 3):
        daemon.ask(name, "AAAA" if i % 3 == 1 else "A", source=f"127.0.0.{1 + i % 3}")
    daemon.ask("www.valid.com", "TXT")
    return daemon


@pytest.fixture(scope="module")
def keys(cenote):
    return {scope: new_key(cenote, f"dialect-{scope}", scope) for scope in ("stats", "control", "admin")}


@pytest.fixture
def client(cenote, keys):
    """One with the control key, logged in."""
    one = PiHole6(cenote, keys["control"])
    assert one.login().status == 200
    return one


COUNTS = ("total", "blocked", "cached", "forwarded")
STATUSES = ("UNKNOWN GRAVITY FORWARDED CACHE REGEX DENYLIST EXTERNAL_BLOCKED_IP EXTERNAL_BLOCKED_NULL EXTERNAL_BLOCKED_NXRA GRAVITY_CNAME "
            "REGEX_CNAME DENYLIST_CNAME RETRIED RETRIED_DNSSEC IN_PROGRESS DBBUSY SPECIAL_DOMAIN CACHE_STALE EXTERNAL_BLOCKED_EDE15").split()
REPLIES = "UNKNOWN NODATA NXDOMAIN CNAME IP DOMAIN RRNAME SERVFAIL REFUSED NOTIMP OTHER DNSSEC NONE BLOB".split()
TYPES = "A AAAA ANY SRV SOA PTR TXT NAPTR MX DS RRSIG DNSKEY NS SVCB HTTPS OTHER".split()
SUMMARY = {
    "queries": {**{name: int for name in COUNTS}, "percent_blocked": NUMBER, "unique_domains": int, "frequency": NUMBER,
                "types": {name: int for name in TYPES}, "status": {name: int for name in STATUSES},
                "replies": {name: int for name in REPLIES}},
    "clients": {"active": int, "total": int},
    "gravity": {"domains_being_blocked": int, "last_update": int},
    "took": NUMBER,
}
VERSION = {part: {"local": {"version": OPTIONAL_TEXT, "hash": OPTIONAL_TEXT}, "remote": {"version": OPTIONAL_TEXT, "hash": OPTIONAL_TEXT}}
           for part in ("core", "web", "ftl")}
BLOCKING = {"blocking": str, "took": NUMBER}
UPSTREAMS = {"upstreams": [{"ip": str, "name": str, "port": int, "count": int, "statistics": {"response": NUMBER, "variance": NUMBER}}],
             "forwarded_queries": int, "total_queries": int, "took": NUMBER}
ERROR = {"error": {"key": str, "message": str, "hint": OPTIONAL_TEXT}, "took": NUMBER}
DOMAINS = {"domains": [{"domain": str, "count": int}], "total_queries": int, "blocked_queries": int, "took": NUMBER}
CLIENTS = {"clients": [{"ip": str, "name": OPTIONAL_TEXT, "count": int}], "total_queries": int, "blocked_queries": int, "took": NUMBER}


def agrees(summary, native):
    """Pi-hole's summary says what the native one says."""
    queries = fits(summary, SUMMARY)["queries"]
    assert {name: queries[name] for name in COUNTS} == grouped(native)
    assert queries["percent_blocked"] == pytest.approx(100 * native["blocked"] / native["queries"])
    assert queries["unique_domains"] == native["domains"] and summary["clients"]["active"] == native["clients"]
    assert summary["clients"]["total"] >= native["clients"]
    for name in ("types", "status", "replies"):
        assert sum(queries[name].values()) == queries["total"], name
    assert {name: n for name, n in queries["types"].items() if n} == \
        {name.upper(): n for name, n in native["types"].items() if n}
    blocked = sum(n for name, n in queries["status"].items() if name not in ("UNKNOWN", "FORWARDED", "CACHE", "CACHE_STALE"))
    assert blocked == queries["blocked"] and queries["status"]["FORWARDED"] == queries["forwarded"]


def test_homepage(cenote, keys):
    native = settled(cenote)
    client = PiHole6(cenote, keys["stats"], common={"Content-Type": "application/json"})
    session = client.login().json["session"]
    assert fits(session, {"sid": str, "validity": int})["validity"] >= 60
    summary = client.get("/api/stats/summary")
    agrees(summary, native)
    assert summary["gravity"]["domains_being_blocked"] == 2 == cenote.get("/api/v1/stats")["policy"]["names"]


def test_homepage_before_version_6(cenote, keys):
    native = settled(cenote)
    answer = ask(cenote, "GET", f"/admin/api.php?summaryRaw&auth={keys['stats']}")
    assert answer.status == 200
    value = fits(answer.json, {"ads_blocked_today": int, "ads_percentage_today": NUMBER, "dns_queries_today": int,
                               "domains_being_blocked": int})
    assert value["dns_queries_today"] == native["queries"] and value["ads_blocked_today"] == native["blocked"]
    assert value["ads_percentage_today"] == pytest.approx(native["blocked_percent"], abs=0.01)
    assert value["domains_being_blocked"] == 2


def python_hole_refresh(client):
    """HoleV6.get_data: in its order."""
    return {
        "data": client.get("/api/stats/summary"),
        "blocked": client.get("/api/stats/top_domains?blocked=true&count=10"),
        "permitted": client.get("/api/stats/top_domains?blocked=false&count=10"),
        "clients": client.get("/api/stats/top_clients?count=10"),
        "upstreams": client.get("/api/stats/upstreams"),
        "blocking": client.get("/api/dns/blocking"),
        "versions": client.get("/api/info/version")["version"],
    }


def top(cenote, kind):
    return {entry["name"]: entry["count"] for entry in cenote.get(f"/api/v1/top?kind={kind}&limit=100")["entries"]}


def test_home_assistant(cenote, client):
    native = settled(cenote)
    seen = python_hole_refresh(client)
    agrees(seen["data"], native)
    blocked, permitted = (fits(seen[name], DOMAINS)["domains"] for name in ("blocked", "permitted"))
    assert {one["domain"]: one["count"] for one in blocked} == top(cenote, "blocked_domains")
    everything = top(cenote, "domains")
    assert {one["domain"]: one["count"] for one in permitted} == \
        {name: n - top(cenote, "blocked_domains").get(name, 0) for name, n in everything.items()
         if n > top(cenote, "blocked_domains").get(name, 0)}
    assert "ads.example" in {one["domain"] for one in blocked} and "www.valid.com" in {one["domain"] for one in permitted}
    counts = [one["count"] for one in permitted]
    assert counts == sorted(counts, reverse=True)
    assert {one["ip"]: one["count"] for one in fits(seen["clients"], CLIENTS)["clients"]} == top(cenote, "clients")
    assert seen["clients"]["total_queries"] == native["queries"] and seen["clients"]["blocked_queries"] == native["blocked"]
    upstreams = fits(seen["upstreams"], UPSTREAMS)
    assert sum(one["count"] for one in upstreams["upstreams"]) <= upstreams["total_queries"] == native["queries"]
    assert upstreams["forwarded_queries"] == grouped(native)["forwarded"]
    assert fits(seen["blocking"], BLOCKING)["blocking"] == "enabled" and seen["blocking"]["timer"] is None
    fits(seen["versions"], VERSION)
    assert client.send("DELETE", "/api/auth").status == 204


def test_home_assistant_before_version_6(cenote, keys):
    versions = ask(cenote, "GET", "/admin/api.php?versions").json
    fits(versions, {f"{part}_{what}": (bool if what == "update" else str) for part in ("core", "web", "FTL")
                    for what in ("current", "latest", "update")})
    native = settled(cenote)
    value = ask(cenote, "GET", f"/admin/api.php?summaryRaw&auth={keys['control']}").json
    names = ("unique_clients unique_domains ads_blocked_today clients_ever_seen dns_queries_today domains_being_blocked queries_cached "
             "queries_forwarded").split()
    fits(value, {**{name: int for name in names}, "ads_percentage_today": NUMBER, "status": str})
    assert value["status"] == "enabled" and value["unique_clients"] == native["clients"]
    assert (value["queries_cached"], value["queries_forwarded"]) == (grouped(native)["cached"], grouped(native)["forwarded"])
    assert sum(value[f"reply_{name}"] for name in REPLIES) == value["dns_queries_all_replies"] == native["queries"]


def test_home_assistant_finds_out_the_version_by_a_wrong_password(start):
    """It asks with one that is surely wrong, takes 401 for version 6, and logs in with the right one at once."""
    own = start(http={"anonymous": "none"})
    key = new_key(own, "k", "control")
    for _ in range(2):
        assert PiHole6(own, "wrong_password").login().status == 401
        assert PiHole6(own, key).login().status == 200
    answer = ask(own, "GET", "/admin/api.php?summaryRaw&auth=wrong_token")
    assert answer.status == 401 and answer.json == []


def is_blocked(cenote, name="ads.example", **how):
    return rdata(cenote.ask(name, **how)) == ["0.0.0.0"]


def switch(client, is_on, timer=None):
    """HoleV6.enable and .disable: set, then ten looks at most."""
    answer = client.send("POST", "/api/dns/blocking", {"blocking": is_on, "timer": timer})
    assert answer.status == 200, answer.text
    for _ in range(10):
        if python_hole_refresh(client)["blocking"]["blocking"] == ("enabled" if is_on else "disabled"):
            return answer.json
        time.sleep(0.1)
    raise AssertionError("never switched")


def test_the_switch(cenote, client):
    assert is_blocked(cenote)
    assert switch(client, False)["timer"] is None
    assert not is_blocked(cenote)
    assert cenote.get("/api/v1/pause")["pauses"][0]["scope"] == "all"
    assert switch(client, True)["timer"] is None
    assert is_blocked(cenote) and cenote.get("/api/v1/pause")["pauses"] == []
    # On when it is on already.
    assert switch(client, True)["blocking"] == "enabled"


def test_the_switch_with_a_timer(cenote, client):
    status = switch(client, False, 300)
    assert fits(status, {**BLOCKING, "timer": int})["timer"] in range(200, 301)
    assert not is_blocked(cenote)
    assert 150 < client.get("/api/dns/blocking")["timer"] <= 300
    assert client.send("POST", "/api/dns/blocking", {"blocking": False, "timer": 1}).status == 200
    until(lambda: client.get("/api/dns/blocking")["blocking"] == "enabled")
    assert is_blocked(cenote) and client.get("/api/dns/blocking")["timer"] is None


def test_the_switch_before_version_6(cenote, keys):
    def php(words):
        return ask(cenote, "GET", f"/admin/api.php?{words}&auth={keys['control']}").json
    for words in ("disable=True", "disable=300", "disable"):
        assert php(words) == {"status": "disabled"}
        assert php("summaryRaw")["status"] == "disabled" and not is_blocked(cenote)
        assert php("enable=True") == {"status": "enabled"}
        assert php("summaryRaw")["status"] == "enabled" and is_blocked(cenote)
    assert php("disable=30x") == php("disable=-1") == php("disable=5&enable") == []
    assert is_blocked(cenote)


GROUPS = {"groups": [{"name": str, "comment": OPTIONAL_TEXT, "enabled": bool, "id": int}]}


@pytest.fixture
def custom(cenote, keys):
    """bastgau/ha-pi-hole-v6: another header, and JSON as the content type of everything."""
    one = PiHole6(cenote, keys["control"], "sid", {"accept": "application/json", "content-type": "application/json"})
    session = one.login().json["session"]
    assert session["valid"] is True and session["message"] != "password incorrect" and session["sid"]
    return one


def test_custom_home_assistant(cenote, custom):
    native = settled(cenote)
    assert fits(custom.get("/api/auth"), {"session": {"valid": bool, "sid": str, "validity": int}})["session"]["valid"] is True
    agrees(custom.get("/api/stats/summary"), native)
    assert custom.get("/api/dns/blocking")["blocking"] == "enabled"
    groups = fits(custom.get("/api/groups"), GROUPS)["groups"]
    assert [(g["name"], g["id"], g["enabled"]) for g in groups] == [("default", 0, True), ("children", 1, True), ("guests", 2, True)]
    padd = custom.get("/api/padd?full=true")
    memory = {"total": int, "free": int, "used": int, "%used": NUMBER}
    fits(padd, {"%mem": NUMBER, "%cpu": NUMBER, "active_clients": int, "gravity_size": int, "blocking": str,
                "queries": {"total": int, "blocked": int, "percent_blocked": NUMBER},
                "system": {"uptime": int, "memory": {"ram": memory, "swap": memory},
                           "cpu": {"nprocs": int, "load": {"raw": [NUMBER], "percent": [NUMBER]}}},
                "version": {**VERSION, "docker": {"local": OPTIONAL_TEXT, "remote": OPTIONAL_TEXT}},
                "top_domain": OPTIONAL_TEXT, "top_blocked": str, "top_client": OPTIONAL_TEXT, "recent_blocked": str,
                "cache": {"size": int, "inserted": int, "evicted": int}, "node_name": str, "pid": int,
                "iface": {"v4": dict, "v6": dict}, "config": {"dhcp_active": bool, "dns_port": int, "privacy_level": int},
                "sensors": {"hot_limit": NUMBER, "unit": str}})
    assert padd["version"]["docker"]["local"] is None and padd["queries"]["total"] == native["queries"]
    assert padd["top_blocked"] == "ads.example" and padd["config"]["dns_port"] == cenote.port
    assert "version" not in custom.get("/api/padd?full=false")
    assert custom.get("/api/info/messages/count")["count"] == len(custom.get("/api/info/messages")["messages"]) == 0
    clients = fits(custom.get("/api/clients"), {"clients": [{"client": str, "id": int, "name": OPTIONAL_TEXT, "groups": [int]}]})["clients"]
    assert {(c["client"], c["groups"][0]) for c in clients} == {("127.0.0.64/26", 1), ("127.0.0.9", 1), ("fd00:53::/64", 2)}
    assert custom.get("/api/dhcp/leases")["leases"] == []
    sessions = custom.get("/api/auth/sessions")["sessions"]
    fits(sessions, [{"id": int, "current_session": bool, "valid": bool, "login_at": int, "last_active": int, "valid_until": int,
                     "remote_addr": OPTIONAL_TEXT, "user_agent": OPTIONAL_TEXT, "app": bool}])
    assert len(sessions) == 1 and sessions[0]["current_session"] is True
    devices = fits(custom.get("/api/network/devices?max_devices=999"), {"devices": [
        {"id": int, "hwaddr": str, "macVendor": OPTIONAL_TEXT, "firstSeen": int, "lastQuery": int, "numQueries": int,
         "ips": [{"ip": str, "name": OPTIONAL_TEXT, "lastSeen": int}]}]})["devices"]
    assert {d["ips"][0]["ip"]: d["numQueries"] for d in devices} == top(cenote, "clients")
    assert all(abs(time.time() - d["lastQuery"]) < 3600 for d in devices)
    assert len(custom.get("/api/network/devices?max_devices=1")["devices"]) == 1
    assert custom.send("DELETE", "/api/auth").status == 204


def test_custom_home_assistant_tells_what_is_wrong(start, keys, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "none.txt"
    source.write_text("<html>no list</html>\n")
    other = start({"lists": [{"name": "none", "source": str(source), "kind": "deny"}]})
    client = PiHole6(other, new_key(other, "k", "control"), "sid")
    client.login()
    until(lambda: client.get("/api/info/messages/count")["count"])
    messages = fits(client.get("/api/info/messages"), {"messages": [{"id": int, "timestamp": int, "type": str, "plain": str, "html": str}]})
    assert "unfiltered" in messages["messages"][0]["plain"]
    answer = client.send("DELETE", f"/api/info/messages/{messages['messages'][0]['id']}")
    assert answer.status == 403 and fits(answer.json, ERROR)["error"]["key"] == "forbidden"


def test_custom_home_assistant_switches_groups(cenote, custom):
    def put(name, is_on):
        answer = custom.send("PUT", f"/api/groups/{name}", {"name": name, "comment": None, "enabled": is_on})
        assert answer.status == 200, answer.text
        fits(answer.json, {**GROUPS, "processed": {"success": [{"item": str}], "errors": [str]}})
        assert answer.json["groups"][0]["enabled"] is is_on
    put("children", False)
    assert [g["enabled"] for g in custom.get("/api/groups")["groups"]] == [True, False, True]
    assert custom.get("/api/groups/children")["groups"][0]["enabled"] is False
    assert is_blocked(cenote) and not is_blocked(cenote, source="127.0.0.65")
    put("children", True)
    assert is_blocked(cenote, source="127.0.0.65")


@pytest.mark.parametrize("name, body, status", [
    ("nobody", {"name": "nobody", "enabled": False}, 404), ("children", {"name": "kids", "enabled": False}, 400),
    ("children", {"comment": "x", "enabled": False}, 400), ("children", {"enabled": 0}, 400), ("children", {}, 400),
    ("children", [], 400), ("%3Cb%3E", {"enabled": False}, 404),
])
def test_groups_refuse_nonsense(cenote, custom, name, body, status):
    answer = custom.send("PUT", f"/api/groups/{name}", body)
    assert answer.status == status and fits(answer.json, ERROR)
    assert all(g["enabled"] for g in custom.get("/api/groups")["groups"])


@pytest.mark.parametrize("action", ["restartdns", "flush/logs", "flush/network", "flush/arp"])
def test_what_destroys_is_not_allowed(cenote, custom, action):
    answer = custom.send("POST", f"/api/action/{action}")
    assert answer.status == 403 and fits(answer.json, ERROR)["error"]["key"] == "forbidden"


def test_gravity_takes_an_admin_key(cenote, keys, custom):
    answer = custom.send("POST", "/api/action/gravity")
    assert answer.status == 403 and "admin" in fits(answer.json, ERROR)["error"]["hint"]
    builds = cenote.get("/api/v1/lists")["lists"][0]["checked"]
    admin = PiHole6(cenote, keys["admin"], "sid")
    admin.login()
    time.sleep(1)  # times are told to the second
    answer = admin.send("POST", "/api/action/gravity")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
    until(lambda: cenote.get("/api/v1/lists")["lists"][0]["checked"] > builds)


def test_prometheus_exporter(cenote, keys):
    """Go takes no fraction for an int, and no null for a number is not one: all shapes are of whole numbers."""
    native = settled(cenote)
    client = PiHole6(cenote, keys["stats"])
    session = client.login().json["session"]
    fits(session, {"valid": bool, "totp": bool, "sid": str, "validity": int, "message": str})
    history = fits(client.get("/api/history"),
                   {"history": [{"timestamp": int, "total": int, "cached": int, "blocked": int, "forwarded": int}], "took": NUMBER})
    assert sum(slot["total"] for slot in history["history"]) == native["queries"]
    agrees(client.get("/api/stats/summary"), native)
    for kind, native_kind in (("true", "blocked_clients"), ("false", "clients")):
        fits(client.get(f"/api/stats/top_domains?blocked={kind}&count=10"), DOMAINS)
        clients = fits(client.get(f"/api/stats/top_clients?blocked={kind}&count=10"), CLIENTS)["clients"]
        assert {one["ip"]: one["count"] for one in clients} == top(cenote, native_kind)
    assert [one["name"] for one in fits(client.get("/api/stats/upstreams"), UPSTREAMS)["upstreams"]] == ["blocklist", "cache", "recursion"]
    blocking = client.get("/api/dns/blocking")
    assert blocking["blocking"] == "enabled" and blocking["timer"] is None
    assert len(client.get("/api/stats/top_domains?blocked=true&count=1")["domains"]) == 1


def test_glance(cenote, keys):
    native = settled(cenote)
    client = PiHole6(cenote, keys["stats"], "x-ftl-sid")
    assert client.login().json["session"]["sid"]
    # It keeps the session and asks whether it still is one.
    assert client.get("/api/auth")["session"]["valid"] is True
    agrees(client.get("/api/stats/summary"), native)
    fits(client.get("/api/stats/top_domains?blocked=true"), DOMAINS)
    history = client.get("/api/history")["history"]
    assert len(history) == 145
    steps = {b["timestamp"] - a["timestamp"] for a, b in zip(history, history[1:])}
    assert steps == {600} and abs(history[-1]["timestamp"] - time.time()) <= 600
    for name, n in grouped(native).items():
        assert sum(slot[name] for slot in history) == n, name
    # Some builds send the session in the address.
    assert ask(cenote, "GET", f"/api/stats/summary?sid={client.sid}").json["queries"]["total"] == native["queries"]


def test_glance_before_version_6(cenote, keys):
    native = settled(cenote)
    value = ask(cenote, "GET", f"/admin/api.php?summaryRaw&topItems&overTimeData10mins&auth={keys['stats']}").json
    fits(value, {"dns_queries_today": int, "domains_over_time": {str: int}, "ads_blocked_today": int, "ads_over_time": {str: int},
                 "ads_percentage_today": NUMBER, "top_ads": {str: int}, "top_queries": {str: int}, "domains_being_blocked": int})
    assert len(value["domains_over_time"]) == len(value["ads_over_time"]) == 144
    assert sum(value["domains_over_time"].values()) == native["queries"] and sum(value["ads_over_time"].values()) == native["blocked"]
    assert value["top_ads"] == top(cenote, "blocked_domains")
    times = sorted(int(at) for at in value["domains_over_time"])
    assert times[-1] - times[0] == 143 * 600


# --- who may not ---------------------------------------------------------------------------------

READS = ["/api/auth/sessions", "/api/stats/summary", "/api/stats/top_domains?blocked=true&count=10", "/api/stats/top_clients",
         "/api/stats/upstreams", "/api/history", "/api/dns/blocking", "/api/info/version", "/api/info/messages",
         "/api/info/messages/count", "/api/padd?full=true", "/api/groups", "/api/groups/children", "/api/clients",
         "/api/network/devices", "/api/dhcp/leases"]
CHANGES = [("POST", "/api/dns/blocking", {"blocking": False, "timer": None}), ("PUT", "/api/groups/children", {"enabled": False}),
           ("DELETE", "/api/info/messages/1", None), ("POST", "/api/action/gravity", None), ("POST", "/api/action/restartdns", None)]


@pytest.mark.parametrize("sid", [None, "", "x", "AAAA.BBBB.CCCC", "%", "a" * 3000], ids=range(6))
def test_no_session_no_answer(cenote, sid):
    headers = {"X-FTL-SID": sid} if sid is not None else {}
    for path in READS:
        answer = ask(cenote, "GET", path, headers=headers)
        assert answer.status == 401 and fits(answer.json, ERROR)["error"]["key"] == "unauthorized", path
    for method, path, body in CHANGES:
        answer = ask(cenote, method, path, body, {"Content-Type": "application/json", **headers})
        assert answer.status == 401 and fits(answer.json, ERROR), path
    answer = ask(cenote, "GET", "/api/auth", headers=headers)
    assert answer.status == 401
    session = fits(answer.json, {"session": {"valid": bool, "totp": bool, "validity": int}})["session"]
    assert session["valid"] is False and session["sid"] is None
    assert ask(cenote, "DELETE", "/api/auth", headers=headers).status == 401
    assert is_blocked(cenote)


def test_a_session_that_was_tampered_with(cenote, keys, client):
    for at in (0, len(client.sid) // 2, len(client.sid) - 2):
        other = "A" if client.sid[at] != "A" else "B"
        forged = client.sid[:at] + other + client.sid[at + 1:]
        assert ask(cenote, "GET", "/api/stats/summary", headers={"X-FTL-SID": forged}).status == 401, at
    # A key is no session.
    assert ask(cenote, "GET", "/api/stats/summary", headers={"X-FTL-SID": keys["control"]}).status == 401


def test_a_stats_key_changes_nothing(cenote, keys):
    client = PiHole6(cenote, keys["stats"])
    client.login()
    for method, path, body in CHANGES:
        answer = client.send(method, path, body)
        assert answer.status == 403 and fits(answer.json, ERROR)["error"]["key"] == "forbidden", path
    for path in ("/api/clients", "/api/network/devices"):
        client.get(path, 403)
    assert client.get("/api/padd")["recent_blocked"] is None
    for words in ("disable", "disable=5", "enable"):
        answer = ask(cenote, "GET", f"/admin/api.php?{words}&auth={keys['stats']}")
        assert answer.status == 403 and answer.json == []
    assert cenote.get("/api/v1/pause")["pauses"] == [] and is_blocked(cenote)


def test_no_key_where_none_is_needed(start):
    """`http.anonymous: stats`: clients that were given no password read all the same, and change nothing."""
    own = start(http={"anonymous": "stats"})
    assert ask(own, "GET", "/api/stats/summary").status == 200
    session = PiHole6(own, "").login().json["session"]
    assert session["valid"] is True and session["sid"] is None and session["validity"] == -1
    assert ask(own, "GET", "/api/history", headers={"X-FTL-SID": ""}).status == 200
    assert ask(own, "GET", "/api/auth").json["session"]["valid"] is True
    for path in ("/admin/api.php?summaryRaw", "/admin/api.php?summaryRaw&auth=", "/api/dashboard/stats/get?token=&type=LastDay"):
        assert isinstance(ask(own, "GET", path).json, dict)
    for headers in ({}, basic("", "")):
        assert ask(own, "GET", "/control/stats", headers=headers).status == 200
        assert ask(own, "POST", "/control/protection", {"enabled": False}, {"Content-Type": "application/json", **headers}).status == 403
    assert ask(own, "POST", "/api/dns/blocking", {"blocking": False}).status == 403
    assert ask(own, "GET", "/admin/api.php?disable").status == 401
    # A wrong one is wrong also here.
    assert PiHole6(own, "wrong").login().status == 401
    assert ask(own, "GET", "/control/stats", headers=basic("wrong")).status == 401
    assert ask(own, "GET", "/api/stats/summary", headers={"X-FTL-SID": "wrong"}).status == 401


def test_a_cookie_reads_and_changes_nothing(start):
    """It is sent by a browser of its own accord, also for a page of somebody else's."""
    own = start(http={"anonymous": "none"})
    browser = set_up(own)
    assert ask(own, "GET", "/api/stats/summary", headers={"Cookie": browser.cookie}).status == 200
    for origin in (f"http://127.0.0.1:{own.http_port}", "http://evil.example", "null"):
        headers = {"Cookie": browser.cookie, "Origin": origin, "Content-Type": "application/json"}
        for method, path, body in (*CHANGES, ("POST", "/control/protection", {"enabled": False})):
            assert ask(own, method, path, body, headers).status == 403, path
        assert ask(own, "GET", "/admin/api.php?disable", headers=headers).status == 401
    assert own.get("/api/v1/pause")["pauses"] == []


def test_sessions_end(tree, tmp_path, start):
    """A day later, by the clock of the same daemon started anew."""
    first = start(http={"anonymous": "none"})
    key = new_key(first, "k", "stats")
    client = PiHole6(first, key)
    validity = client.login().json["session"]["validity"]
    client.get("/api/stats/summary")
    first.stop()
    later = start(http={"anonymous": "none"}, folder=first.folder, environment={"CENOTE_TEST_CLOCK_OFFSET_S": str(validity + 60)})
    client.cenote = later
    client.get("/api/stats/summary", 401)
    assert client.login().status == 200
    client.get("/api/stats/summary")


def test_a_key_that_is_removed_ends_its_sessions(cenote):
    key = new_key(cenote, "gone", "stats")
    client = PiHole6(cenote, key)
    client.login()
    client.get("/api/stats/summary")
    assert cenote.http("DELETE", "/api/v1/keys?name=gone")[0] in (200, 204)
    client.get("/api/stats/summary", 401)
    assert client.login().status == 401


# --- hostile input -------------------------------------------------------------------------------

BAD_BODIES = [b"", b"{", b"[]", b"null", b"\"x\"", b"{\"password\":1}", b"{\"password\":null}", b"{\"pass\":\"x\"}",
              b"{\"password\":\"a\",\"password\":\"b\"}", b"\xff\xfe", b"[" * 30000, b"{\"password\":" * 5000, b"{\"password\":\"\\u0000\"}"]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_bad_logins(cenote, body):
    answer = ask(cenote, "POST", "/api/auth", body, {"Content-Type": "application/json"})
    assert answer.status in (400, 401) and "error" in answer.json or answer.json["session"]["valid"] is False


@pytest.mark.parametrize("body", [{"blocking": "false"}, {"blocking": 0}, {"timer": 5}, {"blocking": False, "timer": -1},
                                  {"blocking": False, "timer": "5"}, {"blocking": False, "timer": 1e300}, {"blocking": True, "timer": 5},
                                  {"blocking": False, "timer": [1]}, [], "x", None, {"blocking": None}])
def test_the_switch_refuses_nonsense(cenote, client, body):
    answer = client.send("POST", "/api/dns/blocking", json.dumps(body))
    assert answer.status == 400 and fits(answer.json, ERROR)
    assert client.get("/api/dns/blocking")["blocking"] == "enabled" and is_blocked(cenote)


@pytest.mark.parametrize("path, status", [
    ("/api/nothing", 404), ("/api/", 404), ("/api/stats/summary/", 404), ("/api/groups/a/b", 404), ("/api/auth/x", 404),
    ("/api/stats/../auth", 400), ("/api/stats/summary?sid=a&sid=b", 400), ("/api/stats/top_domains?count=-1", 200),
    ("/api/stats/top_domains?count=99999999999999999999", 200), ("/api/stats/top_domains?count=x&blocked=maybe", 200),
    ("/api/network/devices?max_devices=1e9", 200), ("/api/padd?full=%00", 400), ("/api/groups/%3Cscript%3E", 200),
])
def test_bad_targets(cenote, client, path, status):
    answer = ask(cenote, "GET", path, headers=client.headers())
    assert answer.status == status, answer.text


def test_methods(cenote, client):
    for method, path in (("DELETE", "/api/stats/summary"), ("PUT", "/api/auth"), ("GET", "/api/action/gravity"), ("POST", "/api/groups/a")):
        assert client.send(method, path).status == 405
    for method in ("POST", "PUT", "DELETE"):
        assert ask(cenote, method, "/admin/api.php?summaryRaw").status == 405


def test_guesses_are_slowed_down(start):
    """And whoever has a session goes on meanwhile."""
    own = start(http={"anonymous": "none"})
    key = new_key(own, "k", "stats")
    client = PiHole6(own, key)
    client.login()
    seen = [PiHole6(own, f"guess{i}").login() for i in range(40)]
    assert {answer.status for answer in seen} == {401, 429}
    limited = [answer for answer in seen if answer.status == 429]
    assert int(limited[0].headers["Retry-After"]) > 0
    # A right one is never held back.
    assert PiHole6(own, key).login().status == 200
    assert fits(limited[0].json, ERROR)["error"]["key"] == "rate_limiting"
    client.get("/api/stats/summary")
    until(lambda: ask(own, "GET", "/admin/api.php?summaryRaw&auth=guess").status == 429)


def test_hostile_names_are_only_text(cenote, client):
    for name in (r"\<script\>alert\(1\)\</script\>.ads.example", r"\000\001\255.ads.example", r"a\"b\\c.ads.example", r"\226\128\174x.ads.example"):
        cenote.ask(name)
    settled(cenote)
    domains = [one["domain"] for one in client.get("/api/stats/top_domains?blocked=true&count=100")["domains"]]
    assert len([name for name in domains if name.endswith(".ads.example")]) == 4
    assert all(name.isascii() and name.isprintable() and not set(name) & set("<>\"'& ") for name in domains)
