# SPDX-License-Identifier: BSD-2-Clause
"""The network of the tests, and the daemons in it."""
import os
import sys

import pytest

from authority import Tree
from bad_upstream import BadUpstream
from daemons import Cenote, Unbound
from list_server import ListServer

sys.dont_write_bytecode = True
# Zones below com whose only server is one that misbehaves.
BAD = {"slow": "127.0.1.50", "silent": "127.0.1.51", "refusing": "127.0.1.52", "servfail": "127.0.1.53",
       "wrongid": "127.0.1.54", "wrongname": "127.0.1.55", "truncated": "127.0.1.56", "garbage": "127.0.1.57",
       "lame": "127.0.1.58", "fickle": "127.0.1.59", "dead": "127.0.1.60"}
BEHAVIOUR = {"wrongid": "wrong_id", "wrongname": "wrong_name", "fickle": "good"}


def pytest_addoption(parser):
    parser.addoption("--shard", default="1/1", metavar="I/N", help="run every N-th file only, from the I-th on")


def pytest_collection_modifyitems(config, items):
    number, of = map(int, config.getoption("--shard").split("/"))
    files = sorted({item.path for item in items})
    mine = set(files[number - 1::of])
    config.hook.pytest_deselected(items=[item for item in items if item.path not in mine])
    items[:] = [item for item in items if item.path in mine]


def pytest_configure(config):
    if os.environ.get("CENOTE_TEST_NETWORK") != "own":
        raise pytest.UsageError("run these with tests/system/run, which gives them a network of their own")
    config.addinivalue_line("markers", "threads: worth running under the thread sanitizer")


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    made = Tree(tmp_path_factory.mktemp("tree"), BAD)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def upstreams():
    """Name of the zone below com -> its server. Nobody listens for `dead`."""
    return {name: BadUpstream(address, BEHAVIOUR.get(name, name)) for name, address in BAD.items() if name != "dead"}


@pytest.fixture(scope="session")
def unbound(tree, upstreams, tmp_path_factory):
    daemon = Unbound(tmp_path_factory.mktemp("unbound"), tree, 5053)
    yield daemon
    daemon.stop()


def base_config(tree, **changes):
    """What makes cenote resolve in the test tree, even when it or one of the servers does not get to run for some seconds."""
    return {"root_hints": str(tree.hints), "dnssec": {"trust_anchors": [tree.anchor]},
            "recursion": {"loopback": True, "deadline": "20s"}, **changes}


class Starter:
    """Starts cenotes and stops them all at the end, each with its checks."""

    def __init__(self, tree, folder):
        self.tree, self.folder, self.started = tree, folder, []

    def __call__(self, config=None, folder=None, **options):
        if folder is None:
            folder = self.folder / f"cenote{len(self.started)}"
        daemon = Cenote(folder, base_config(self.tree, **(config or {})), **options)
        self.started.append(daemon)
        return daemon

    def stop(self):
        for daemon in self.started:
            if daemon.process.poll() is None:
                daemon.stop()


@pytest.fixture
def start(tree, upstreams, tmp_path):
    starter = Starter(tree, tmp_path)
    yield starter
    starter.stop()


@pytest.fixture(scope="module")
def start_shared(tree, upstreams, tmp_path_factory):
    """For a daemon that the tests of one file share."""
    starter = Starter(tree, tmp_path_factory.mktemp("shared"))
    yield starter
    starter.stop()


@pytest.fixture
def list_server():
    server = ListServer()
    yield server
    server.shutdown()
    server.server_close()
