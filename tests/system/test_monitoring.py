# SPDX-License-Identifier: BSD-2-Clause
"""What is shipped for Prometheus and Grafana: the alerts mean what they say, and each panel finds its series."""
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from daemons import PORTS, REPOSITORY, Daemon, tool, until
from lists import wait_for_lists

MONITORING = REPOSITORY / "web" / "monitoring"
# Panels about what need not have happened: a case, a contact, a dropped query, a name of the calendar.
MAY_BE_EMPTY = {"Cases", "Contacts with the sinkhole", "Names that look generated", "Waiting, and at limits"}


def promtool(*words):
    done = subprocess.run([tool("promtool"), *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_alerts_are_good_and_say_what_they_should(tmp_path):
    shutil.copy(MONITORING / "alerts.yml", tmp_path)
    shutil.copy(REPOSITORY / "tests" / "system" / "alerts_test.yml", tmp_path)
    rules = yaml.safe_load((tmp_path / "alerts.yml").read_text())["groups"][0]["rules"]
    assert f"{len(rules)} rules found" in promtool("check", "rules", tmp_path / "alerts.yml")
    promtool("test", "rules", tmp_path / "alerts_test.yml")
    assert all(rule["annotations"]["summary"] and rule["annotations"]["description"] for rule in rules)


@pytest.fixture(scope="module")
def prometheus(start_shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "ads.txt").write_text("ads.example\n")
    cenote = start_shared({"lists": [{"name": "ads", "source": str(folder / "ads.txt"), "kind": "deny"}]})
    wait_for_lists(cenote)
    shutil.copy(MONITORING / "alerts.yml", folder)
    (folder / "prometheus.yml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": ["alerts.yml"],
        "scrape_configs": [{"job_name": "cenote", "static_configs": [{"targets": [f"127.0.0.1:{cenote.http_port}"]}]}]}))
    port = next(PORTS)
    daemon = Daemon([tool("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                     f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle"], folder / "prometheus.log")
    daemon.cenote, daemon.port = cenote, port
    yield daemon
    daemon.stop()


def ask(prometheus, expression):
    """The series of an instant query; None while the server does not answer."""
    url = f"http://127.0.0.1:{prometheus.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return json.load(reply)["data"]["result"]
    except urllib.error.HTTPError as e:
        if e.code == 503:  # it starts
            return None
        raise AssertionError(f"{expression}: {e.read().decode()}") from e
    except OSError:
        return None


def panels():
    shown = json.loads((MONITORING / "grafana.json").read_text())["panels"]
    assert len({panel["id"] for panel in shown}) == len(shown)
    return [(panel["title"], target["expr"]) for panel in shown for target in panel["targets"]]


def test_each_panel_finds_its_series(prometheus):
    cenote = prometheus.cenote

    def scraped():
        for name in ("ads.example", "www.valid.com", "nothing.valid.com"):
            cenote.ask(name)
        return (ask(prometheus, 'sum(rate(cenote_queries_total[1m])) > 0') and ask(prometheus, 'up{job="cenote"} == 1'))

    until(scraped, every=0.3)
    for title, expression in panels():
        asked = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")

        def finds_it():
            result = ask(prometheus, asked)
            return result is not None and (result or title in MAY_BE_EMPTY) and True
        finds_it.__doc__ = f"{title}: {expression}"
        until(finds_it, every=0.3)


def test_no_alert_is_up_beside_a_good_daemon(prometheus):
    until(lambda: ask(prometheus, 'up{job="cenote"} == 1'), every=0.3)
    # A scrape that came too late on a machine that stalls is made good by the next one.
    until(lambda: ask(prometheus, "ALERTS") == [], every=0.3)
