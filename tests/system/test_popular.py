# SPDX-License-Identifier: BSD-2-Clause
"""A popular name never makes a client wait, however slow its servers and short its time to live."""
import time

import pytest

from checks import stats
from daemons import until

DELAY = 0.4


@pytest.fixture
def slow_server(upstreams):
    server = upstreams["slow"]
    before, server.delay = server.delay, DELAY
    yield server
    server.delay = before


def test_a_popular_name_is_fetched_behind_the_clients_backs(start, slow_server):
    cenote = start()

    def ask():
        begin = time.monotonic()
        assert cenote.ask("popular.slow.com").answer
        time.sleep(0.02)
        return time.monotonic() - begin

    def is_popular():
        ask()
        return stats(cenote)["events"]["refreshes"] > 0
    until(is_popular)
    asked, times, end = slow_server.asked, [], time.monotonic() + 6
    while time.monotonic() < end:
        times.append(ask())
    # Its answers live for one second.
    assert slow_server.asked > asked
    assert max(times) < DELAY / 2, f"the slowest of {len(times)} took {max(times):.3f} s"
