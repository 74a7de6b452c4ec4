# SPDX-License-Identifier: BSD-2-Clause
"""Commands, HTTP and metrics, as an operator meets them."""
import json
import subprocess

import pytest

from checks import stats
from daemons import CENOTE, REPOSITORY, tool, tool_environment


@pytest.fixture(scope="module")
def cenote(start_shared):
    daemon = start_shared({"deny": ["evil.net"]})
    for name in ("www.valid.com", "www.valid.com", "c2.evil.net", "nothing.valid.com"):
        daemon.ask(name)
    return daemon


def run(*words, timeout=180):
    return subprocess.run([CENOTE, *words], capture_output=True, text=True, timeout=timeout)


def test_metrics_are_correct(cenote):
    status, headers, text = cenote.http("GET", "/metrics", unix=False)
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    told = subprocess.run([tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, env=tool_environment())
    assert told.returncode == 0 and not told.stderr, told.stderr


def test_metrics_agree_with_stats(cenote):
    text = cenote.http("GET", "/metrics")[2]
    total = sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("cenote_queries_total{"))
    assert total == stats(cenote)["queries"] > 0


def test_stats_by_socket_and_tcp_are_equal(cenote):
    mine, other = (json.loads(cenote.http("GET", "/api/v1/stats", unix=unix)[2])["outcomes"] for unix in (True, False))
    assert mine == other and mine["blocked"] == 1


@pytest.mark.parametrize("words", [("status",), ("stats",), ("explain", "c2.evil.net"), ("explain", "www.valid.com", "--type", "AAAA")])
def test_commands_say_it_in_text_and_json(cenote, words):
    codes = (10,) if "c2.evil.net" in words else (0,)
    assert cenote.command(*words, codes=codes).strip()
    assert json.loads(cenote.command(*words, "--json", codes=codes))


def test_check_accepts_the_running_file(cenote):
    cenote.command("check")


@pytest.mark.parametrize("text, line, told", [
    ("listen: [x\n", None, ""), ("\nno_such_key: 1\n", 2, "no_such_key"), ("workers: 1\ncache: {size: much}\n", 2, "cache.size"),
    ("deny: ['a..b']\n", 1, "deny"), ("workers: -1\n", 1, "workers"), ("listen: ['127.0.0.1:99999']\n", 1, "listen"),
    ("lists:\n  - {name: x, source: /x, kind: maybe}\n", 2, "kind"),
    ("groups: [{name: g, clients: [10.0.0.0/33], lists: []}]\n", 1, "clients"),
    ("groups: [{name: g, clients: [10.0.0.0/8], lists: [nowhere]}]\n", 1, "nowhere"),
    ("records: ['nonsense']\n", None, "records"),
    ("dnssec: {trust_anchors: ['. IN DS nonsense']}\n", 1, "trust_anchors"),
])
def test_bad_configuration(tmp_path, text, line, told):
    path = tmp_path / "c.yaml"
    path.write_text(f"{text}directory: {tmp_path}\n")
    for command in ("check", "run"):
        done = run(command, "-c", str(path))
        assert done.returncode == 78, (command, done)
        assert str(path) in done.stderr and told in done.stderr, done.stderr
        assert line is None or f"{path}:{line}" in done.stderr, done.stderr


def test_exit_codes(tmp_path):
    assert run("no-such-command").returncode == 2
    assert run("explain").returncode == 2
    (tmp_path / "c.yaml").write_text(f"directory: {tmp_path}\n")
    assert run("status", "-c", str(tmp_path / "c.yaml")).returncode == 3
    assert run("check", "-c", str(tmp_path / "missing.yaml")).returncode == 78


def test_local_names_never_go_upstream(cenote):
    before = stats(cenote)["events"]["upstream_queries"]
    for name in ("localhost", "x.localhost", "a.test", "a.invalid", "a.onion", "printer.local", "x.home.arpa", "x.alt",
                 "1.1.168.192.in-addr.arpa", "1.0.0.127.in-addr.arpa", "resolver.arpa"):
        cenote.ask(name)
    assert stats(cenote)["events"]["upstream_queries"] == before


def test_records_and_forward(start, upstreams, unbound):
    cenote = start({
        "records": ["nas.home.arpa. 300 IN A 192.168.1.9", "nas.home.arpa. 300 IN TXT \"mine\""],
        "forward": [{"zone": "valid.com.", "to": [f"127.0.0.1:{unbound.port}"]}],
        "stub": [{"zone": "lan.", "to": ["127.0.1.59"]}],
    })
    answer = cenote.ask("nas.home.arpa")
    assert [r.to_text() for s in answer.answer for r in s] == ["192.168.1.9"]
    assert [r.to_text() for s in cenote.ask("www.valid.com").answer for r in s] == ["9.2.3.5"]
    assert [r.to_text() for s in cenote.ask("printer.lan").answer for r in s] == ["9.5.5.5"]


def test_the_example_of_the_readme_is_good(tmp_path):
    readme = (REPOSITORY / "README.md").read_text()
    (tmp_path / "c.yaml").write_text(readme.split("```yaml\n")[1].split("```")[0])
    done = run("check", "-c", str(tmp_path / "c.yaml"))
    assert done.returncode == 0, done.stderr
