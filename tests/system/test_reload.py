# SPDX-License-Identifier: BSD-2-Clause
"""A new configuration and new lists while questions come in: none lost, none wrong."""
import itertools
import time

import pytest

from checks import rcode, rdata, stats, wait_for_generation
from daemons import until
from load import Load
from test_policy import write_lists

pytestmark = pytest.mark.threads

EXPECTED = {"www.valid.com": ["9.2.3.5"], "c2.evil.net": ["0.0.0.0"], "x.tree.evil.net": ["0.0.0.0"], "clean.evil.net": ["9.66.0.2"],
            "across.valid.com": ["9.2.3.5"], "toevil.valid.com": ["0.0.0.0"]}


def questions():
    for i in itertools.count():
        yield from ((name, "A") for name in EXPECTED)
        yield f"host{i % 5000}.load.net", "A"


def judge(name, rdtype, answer):
    if rcode(answer) != "NOERROR":
        return rcode(answer)
    expected = EXPECTED.get(name)
    found = rdata(answer, "A")
    return None if found == expected or (expected is None and found) else str(found)


def lists_config(files):
    return {"lists": [{"name": name, "source": path, "kind": "deny"} for name, path in files.items()]}


def config_state(cenote):
    return cenote.get("/api/v1/status")["config"]


@pytest.fixture
def cenote(start, tmp_path):
    files = write_lists(tmp_path / "lists", one="c2.evil.net\n", two="tree.evil.net\n")
    daemon = start(lists_config(files))
    wait_for_generation(daemon)
    until(lambda: rdata(daemon.ask("toevil.valid.com")) == ["0.0.0.0"])
    return daemon


def test_reload_under_load(cenote):
    before = config_state(cenote)["reloads"]
    with Load(cenote, questions(), 700, judge) as load:
        for i in range(20):
            cenote.reload({"sinkhole": {"ttl": f"{60 + i}s"}, "deny": [f"x{i}.example"]})
            until(lambda: config_state(cenote)["reloads"] == before + i + 1 and load.sent > 50 * i)
    assert load.sent > 500 and load.lost == 0
    assert not load.complaints, load.complaints[:5]
    assert cenote.ask("c2.evil.net").answer[0].ttl == 79


def test_list_swap_under_load(cenote):
    path = cenote.config["lists"][0]["source"]
    number = wait_for_generation(cenote)
    with Load(cenote, questions(), 700, judge) as load:
        for i in range(8):
            with open(path, "w", encoding="ascii") as f:
                f.write("c2.evil.net\n" + "".join(f"n{i}-{k}.example\n" for k in range(2000)))
            cenote.command("feeds", "update")
            number = wait_for_generation(cenote, number)
            until(lambda: load.sent > 100 * i)
    assert load.sent > 500 and load.lost == 0
    assert not load.complaints, load.complaints[:5]
    assert rdata(cenote.ask("n7-1999.example")) == ["0.0.0.0"]
    assert stats(cenote)["policy"]["names"] == 2002


@pytest.mark.parametrize("text, told", [
    ("listen: [nonsense\n", "cenote.yaml:"), ("no_such_key: 1\n", "no_such_key"), ("cache: {size: much}\n", "cache.size"),
    ("deny: ['bad..name']\n", "deny"), ("lists: [{name: x, source: /tmp/x, kind: maybe}]\n", "kind"),
])
def test_bad_file_keeps_the_old(cenote, text, told):
    good = cenote.config_path.read_text()
    before = config_state(cenote)
    cenote.config_path.write_text(text)
    cenote.reload()
    until(lambda: config_state(cenote)["failures"] == before["failures"] + 1)
    assert "cenote.yaml" in config_state(cenote)["last_error"] and told in config_state(cenote)["last_error"]
    assert rdata(cenote.ask("c2.evil.net")) == ["0.0.0.0"] and rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"]
    cenote.config_path.write_text(good)
    cenote.reload()
    until(lambda: config_state(cenote)["last_error"] == "")


def test_changed_groups_and_access(cenote):
    cenote.reload({"groups": [{"name": "free", "clients": ["127.0.0.5/32"], "lists": []}], "access": ["127.0.0.5/32", "127.0.0.1/32"]})
    until(lambda: rdata(cenote.ask("c2.evil.net", source="127.0.0.5")) == ["9.66.0.1"])
    assert rdata(cenote.ask("c2.evil.net")) == ["0.0.0.0"]
    assert rcode(cenote.ask("c2.evil.net", source="127.0.0.6")) == "REFUSED"


