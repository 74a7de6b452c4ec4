# SPDX-License-Identifier: BSD-2-Clause
"""The commands: what they print, how they end, and how the daemon takes signals."""
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from daemons import CENOTE, SANITIZERS, until
from lists import wait_for_lists


def run(*words, code=0):
    done = subprocess.run([CENOTE, *map(str, words)], capture_output=True, text=True, timeout=180,
                          env=dict(os.environ, **SANITIZERS))
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "ads.txt").write_text("ads.example\ntracker.valid.com\nhidden.example\n")
    (folder / "watch.txt").write_text("www.insecure.com\nwatched.example\n")
    (folder / "good.txt").write_text("good.ads.example\n")
    return folder


@pytest.fixture(scope="module")
def cenote(start_shared, lists):
    daemon = start_shared({
        "lists": [
            {"name": "ads", "source": str(lists / "ads.txt"), "kind": "deny", "category": "ads"},
            {"name": "watch", "source": str(lists / "watch.txt"), "kind": "deny", "mode": "monitor"},
            {"name": "good", "source": str(lists / "good.txt"), "kind": "allow"},
        ],
        "deny": ["bad.example"],
        "records": ["nas.home.arpa. 300 IN A 192.168.1.9"],
        "groups": [{"name": "free", "clients": ["10.53.0.1"], "lists": ["good"]}],
    })
    wait_for_lists(daemon)
    return daemon


# --- without a daemon ---

def test_version_and_help():
    assert re.fullmatch(r"cenote \d+\.\d+\.\d+\n", run("--version").stdout)
    overview = run("help").stdout
    assert run("--help").stdout == overview
    commands = re.findall(r"^  ([a-z][a-z-]+) {2,}", overview, re.M)
    assert {"run", "check", "status", "stats", "explain", "feeds", "rules", "reload", "sample-config"} <= set(commands)
    assert "build-generation" not in overview
    for command in set(commands) - {"help"}:
        assert run("help", command).stdout.startswith(f"usage: cenote {command}")
        assert run(command, "--help").stdout == run("help", command).stdout


@pytest.mark.parametrize("words", [
    (), ("bogus",), ("help", "bogus"), ("explain",), ("explain", "a", "b"), ("run", "--json"), ("status", "--type", "A"),
    ("--bogus",), ("feeds",), ("feeds", "bogus"), ("rules", "add", "maybe", "a.example"), ("rules", "add", "deny"),
    ("sample-config", "-c", "x"), ("status", "-c"),
])
def test_wrong_usage_says_so(words):
    done = run(*words, code=2)
    assert done.stdout == "" and done.stderr


def test_no_daemon(tmp_path):
    for words in (("status",), ("stats",), ("explain", "a.example"), ("feeds", "list"), ("feeds", "update"), ("rules", "list"),
                  ("reload",)):
        done = run(*words, "-o", f"directory={tmp_path}", code=3)
        assert str(tmp_path) in done.stderr and "cenote run" in done.stderr


def test_check(tmp_path):
    good = tmp_path / "good.yaml"
    good.write_text(f"directory: {tmp_path}\n")
    assert run("check", "-c", good).stdout == f"OK: {good}\n"
    assert json.loads(run("check", "-c", good, "--json").stdout)["is_good"] is True


@pytest.mark.parametrize("text, line, what", [
    ("workers: 2\nbogus: 1\n", 2, "bogus"),
    ("cache: {size: large}\n", 1, "cache.size"),
    ("\n\nlisten: [5335x]\n", 3, "listen"),
    ("lists: [\n", None, ""),
    ("records: ['nas A 1.2.3']\n", None, "nas"),
    ("dnssec: {trust_anchors: ['. IN DS nonsense']}\n", 1, "trust_anchors"),
])
def test_check_names_the_fault(tmp_path, text, line, what):
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    done = run("check", "-c", bad, code=78)
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert what in done.stderr and str(bad) in done.stderr
    if line:
        assert f"{bad}:{line}: " in done.stderr
    shown = json.loads(run("check", "-c", bad, "--json", code=78).stdout)
    assert shown["is_good"] is False and what in shown["error"]


def test_run_refuses_a_bad_configuration(tmp_path):
    for text, what in (("records: [nonsense]", "records"), ("root_hints: /missing/hints", "root_hints"),
                       ("dnssec: {trust_anchors: ['. IN DS nonsense']}", "")):
        bad = tmp_path / "bad.yaml"
        bad.write_text(f"{text}\ndirectory: {tmp_path}\n")
        done = run("run", "-c", bad, code=78)
        assert str(bad) in done.stderr and what in done.stderr
        assert done.stderr.splitlines()[-1] == run("check", "-c", bad, code=78).stderr.strip()
    done = run("run", "-o", f"directory={tmp_path}", "-o", 'listen=["192.0.2.77:5300"]', code=1)
    assert "192.0.2.77:5300" in done.stderr
    done = run("run", "-o", f"directory={tmp_path}", "-o", "workers=many", code=78)
    assert "workers" in done.stderr
    assert "missing.yaml" in run("run", "-c", tmp_path / "missing.yaml", code=78).stderr


def test_sample_is_a_good_configuration(tmp_path):
    sample = tmp_path / "sample.yaml"
    sample.write_text(run("sample-config").stdout)
    run("check", "-c", sample)


# --- with a daemon ---

def test_status(cenote):
    text = cenote.command("status")
    assert re.search(r"^status +ok$", text, re.M)
    assert f"127.0.0.1:{cenote.port}" in text and "3 lists" in text
    shown = json.loads(cenote.command("status", "--json"))
    assert shown["pid"] == cenote.process.pid and shown["workers"] == 2
    assert shown["config_file"] == str(cenote.config_path)


def test_explain_a_blocked_name(cenote):
    text = cenote.command("explain", "WWW.Ads.Example.", codes=(10,))
    assert "www.ads.example A" in text and "blocked by ads (ads)" in text and "0.0.0.0" in text
    shown = json.loads(cenote.command("explain", "www.ads.example", "--type", "aaaa", "--json", codes=(10,)))
    assert shown["is_blocked"] and shown["answer"] == "::" and shown["type"] == "AAAA"
    assert [(h["list"], h["name"], h["is_applied"]) for h in shown["holders"]] == [("ads", "ads.example", True)]
    assert cenote.ask("www.ads.example").answer[0][0].address == "0.0.0.0"


def test_explain_shows_each_list(cenote):
    shown = json.loads(cenote.command("explain", "good.ads.example", "--json"))
    assert shown["verdict"] == "allow" and shown["list"] == "good"
    assert {h["list"] for h in shown["holders"]} == {"ads", "good"}
    shown = json.loads(cenote.command("explain", "www.insecure.com", "--json"))
    assert shown["verdict"] == "monitor" and not shown["is_blocked"]
    assert "answered locally" in cenote.command("explain", "nas.home.arpa")
    assert "own deny" in cenote.command("explain", "x.bad.example", codes=(10,))
    assert "no list holds" in cenote.command("explain", "www.valid.com")


def test_explain_by_client(cenote):
    assert not json.loads(cenote.command("explain", "ads.example", "--client", "10.53.0.1", "--json"))["is_blocked"]
    text = cenote.command("explain", "ads.example", "--client", "10.53.0.1")
    assert "group free" in text and "not in this client's group" in text
    text = cenote.command("explain", "ads.example", "--client", "198.51.100.7", codes=(0, 10))
    assert "would be refused" in text


def test_explain_refuses_what_is_no_name(cenote):
    cenote.command("explain", "a..b", codes=(1,))
    cenote.command("explain", "a" * 64 + ".example", codes=(1,))
    cenote.command("explain", "a.example", "--type", "BOGUS", codes=(1,))
    cenote.command("explain", "a.example", "--client", "bogus", codes=(1,))
    cenote.command("explain", "a" * 5000, codes=(2,))


def test_stats_add_up(cenote):
    before = json.loads(cenote.command("stats", "--json"))
    for i in range(7):
        cenote.ask(f"x{i}.ads.example")
    cenote.ask("nas.home.arpa", tcp=True)
    after = json.loads(cenote.command("stats", "--json"))
    assert after["queries"] - before["queries"] == 8
    assert after["blocked"] - before["blocked"] == 7
    assert after["transports"]["tcp"] - before["transports"]["tcp"] == 1
    for part in ("outcomes", "types", "transports"):
        assert sum(after[part].values()) == after["queries"], part
    hits = {l["name"]: l["hits"] for l in after["lists"]}
    assert hits["ads"] >= 7
    assert re.search(r"^queries +[\d,]+, blocked", cenote.command("stats"), re.M)


def test_rules_act_at_once(cenote):
    def rules():
        return [(r["kind"], r["rule"], r["is_runtime"]) for r in json.loads(cenote.command("rules", "list", "--json"))["rules"]]
    assert rules() == [("deny", "bad.example", False)]
    cenote.command("rules", "add", "deny", "=Nas2.example")
    assert cenote.ask("nas2.example").answer[0][0].address == "0.0.0.0"
    assert ("deny", "=nas2.example", True) in rules()
    cenote.command("rules", "add", "allow", "*.hidden.example")
    assert json.loads(cenote.command("explain", "a.hidden.example", "--json"))["verdict"] == "allow"
    assert json.loads(cenote.command("explain", "hidden.example", "--json", codes=(10,)))["verdict"] == "block"
    cenote.command("rules", "remove", "allow", "*.hidden.example")
    cenote.command("rules", "remove", "deny", "=nas2.example")
    cenote.command("rules", "remove", "deny", "=nas2.example", codes=(1,))
    assert rules() == [("deny", "bad.example", False)]


@pytest.mark.parametrize("rule", ["com", "co.uk", "*.org", ".", "", "a..b"])
def test_rules_that_would_block_too_much_are_refused(cenote, rule):
    cenote.command("rules", "add", "deny", rule, codes=(1,))
    assert len(json.loads(cenote.command("rules", "list", "--json"))["rules"]) == 1


def test_feeds_list(cenote):
    shown = json.loads(cenote.command("feeds", "list", "--json"))
    assert [(l["name"], l["state"], l["rules"]) for l in shown["lists"]] == [("ads", "ok", 3), ("watch", "ok", 2), ("good", "ok", 1)]
    assert re.search(r"^ads +ok +domains +3", cenote.command("feeds", "list"), re.M)


def test_feeds_update_waits_and_shows_what_changed(cenote, lists):
    source = lists / "ads.txt"
    old = source.read_text()
    source.write_text(old + "added.example\n")
    text = cenote.command("feeds", "update", "ads")
    assert re.search(r"^ads +3 -> 4 +ok  \+1 -0$", text, re.M) and "watch" not in text
    assert cenote.ask("added.example").answer[0][0].address == "0.0.0.0"
    source.write_text("<!DOCTYPE html><html><body>Log in</body></html>\n")
    text = cenote.command("feeds", "update", codes=(1,))
    assert re.search(r"^ads +4 -> 4 +refused$", text, re.M)
    assert cenote.ask("added.example").answer[0][0].address == "0.0.0.0"
    source.write_text(old)
    shown = json.loads(cenote.command("feeds", "update", "--json"))
    assert [l["state"] for l in shown["after"]["lists"]] == ["ok"] * 3
    cenote.command("feeds", "update", "bogus", codes=(1,))


def test_reload_by_command(cenote):
    cenote.write_config({"deny": ["bad.example", "worse.example"]})
    assert "in force" in cenote.command("reload")
    assert cenote.ask("worse.example").answer[0][0].address == "0.0.0.0"
    cenote.write_config({"deny": ["bad.example"], "workers": 3})
    assert "workers" in cenote.command("reload")
    cenote.write_config({"workers": 2})
    cenote.command("reload")


# --- signals and life ---

def reloads(daemon):
    config = daemon.get("/api/v1/status")["config"]
    return config["reloads"] + config["failures"]


def test_hup_takes_the_new_and_keeps_the_old_when_bad(start):
    cenote = start({"deny": ["one.example"]})
    seen = reloads(cenote)
    cenote.reload({"deny": ["two.example"]})
    until(lambda: reloads(cenote) > seen)
    assert cenote.ask("two.example").answer[0][0].address == "0.0.0.0"
    seen = reloads(cenote)
    good = cenote.config_path.read_text()
    cenote.config_path.write_text("bogus: 1\n" + good)
    cenote.process.send_signal(signal.SIGHUP)
    until(lambda: reloads(cenote) > seen)
    assert cenote.ask("two.example").answer[0][0].address == "0.0.0.0"
    health = cenote.get("/healthz")
    assert health["status"] == "degraded" and "bogus" in health["reasons"][0]
    until(lambda: re.search(r" error run event=reload_failed .*bogus", cenote.log()))
    cenote.config_path.write_text(good)
    assert "in force" in cenote.command("reload")
    assert cenote.get("/healthz")["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(start, number):
    cenote = start()
    socket_path = cenote.socket_path
    cenote.process.send_signal(signal.SIGUSR1)
    assert cenote.get("/healthz")["status"] == "ok"
    cenote.stop(codes=(0,), signal_number=number)
    assert not socket_path.exists()
    cenote.command("status", codes=(3,))


def test_two_daemons_on_one_folder(start):
    cenote = start()
    done = run("run", "-c", cenote.config_path, "-o", "listen=[\"127.0.0.1:5299\"]", "-o", "http.listen=[]", code=1)
    assert str(cenote.folder) in done.stderr and done.stderr.count("cenote: ") == 1
    assert cenote.get("/healthz")["status"] == "ok"


def test_a_dead_daemons_socket_is_replaced(start):
    cenote = start()
    cenote.kill()
    assert cenote.socket_path.exists()
    again = start(folder=cenote.folder)
    assert again.get("/healthz")["status"] == "ok"


def test_says_loudly_that_it_does_not_filter_yet(start, tmp_path):
    cenote = start({"lists": [{"name": "gone", "source": str(tmp_path / "missing.txt"), "kind": "deny"}]})
    assert "UNFILTERED" in cenote.log()
    until(lambda: cenote.get("/api/v1/lists")["is_settled"])
    assert cenote.get("/healthz")["status"] == "degraded"


def test_tells_the_supervisor(start, tmp_path):
    at = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(at))
        s.settimeout(30)
        cenote = start(environment={"NOTIFY_SOCKET": str(at), "WATCHDOG_USEC": "200000"})
        assert s.recv(1000) == b"READY=1"
        assert s.recv(1000) == b"WATCHDOG=1"
        cenote.process.send_signal(signal.SIGHUP)
        heard = [s.recv(1000)]
        while heard[-1] != b"READY=1":
            heard.append(s.recv(1000))
        assert any(h.startswith(b"RELOADING=1\nMONOTONIC_USEC=") for h in heard)
        cenote.process.send_signal(signal.SIGTERM)
        while heard[-1] != b"STOPPING=1":  # it waits for a reader
            heard.append(s.recv(1000))
