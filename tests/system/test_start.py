# SPDX-License-Identifier: BSD-2-Clause
"""Starting: with the lists of the last time at once, without any loudly unfiltered, alone on its folder."""
import pytest

from checks import rdata, wait_for_generation
from daemons import until


def with_list(source):
    return {"lists": [{"name": "evil", "source": source, "kind": "deny", "allow_private": True}]}


def test_without_lists_it_serves_and_says_so(start, list_server):
    list_server.lists["/slow"], list_server.behaviour["/slow"] = "c2.evil.net\n", "held"
    cenote = start(with_list(list_server.url("/slow")))
    assert rdata(cenote.ask("c2.evil.net")) == ["9.66.0.1"]
    assert "unfiltered" in cenote.log()
    status, _, text = cenote.http("GET", "/healthz", unix=False)
    assert status == 200 and "degraded" in text and "unfiltered" in text


def test_last_generation_serves_before_any_download(start, list_server):
    list_server.lists["/list"] = "c2.evil.net\n"
    cenote = start(with_list(list_server.url("/list")))
    number = wait_for_generation(cenote)
    cenote.stop()
    list_server.behaviour["/list"] = "held"
    again = start(with_list(list_server.url("/list")), folder=cenote.folder)
    assert rdata(again.ask("c2.evil.net")) == ["0.0.0.0"]
    assert again.get("/api/v1/lists")["generation"] == number
    assert "unfiltered" not in again.log_of_this_life()


def test_unreachable_list_is_no_obstacle(start):
    cenote = start(with_list("http://127.0.0.1:9/list"))
    assert rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"]
    row = until(lambda: [r for r in cenote.get("/api/v1/lists")["lists"] if r["reason"]])[0]
    assert row["name"] == "evil" and row["state"] in ("stale", "never", "refused")


def test_second_daemon_on_one_folder(start):
    first = start()
    second = start(folder=first.folder, wait=False)
    until(lambda: second.process.poll() is not None)
    assert second.process.returncode not in (0, 78)
    assert str(first.folder) in second.log()
    assert rdata(first.ask("www.valid.com")) == ["9.2.3.5"]


def test_port_in_use(start):
    first = start()
    second = start({"listen": [f"127.0.0.1:{first.port}"], "workers": 1}, wait=False)
    # SO_REUSEPORT of two daemons would share the queries: it must be noticed.
    until(lambda: second.process.poll() is not None)
    assert second.process.returncode == 1 and str(first.port) in second.log()


def test_runtime_rules_survive_a_restart(start):
    cenote = start()
    assert cenote.http("POST", "/api/v1/rules", {"kind": "deny", "rule": "clean.evil.net"})[0] == 201
    cenote.stop()
    again = start(folder=cenote.folder)
    assert rdata(again.ask("clean.evil.net")) == ["0.0.0.0"]


@pytest.mark.parametrize("keep", [True, False])
def test_cache_over_a_restart(start, keep):
    cenote = start({"cache": {"keep": keep}})
    cenote.ask("short.valid.com")
    cenote.ask("www.valid.com")
    cenote.stop()
    again = start({"cache": {"keep": keep}}, folder=cenote.folder)
    before = again.get("/api/v1/stats")["events"]["upstream_queries"]
    assert rdata(again.ask("www.valid.com")) == ["9.2.3.5"]
    assert (again.get("/api/v1/stats")["events"]["upstream_queries"] == before) == keep
