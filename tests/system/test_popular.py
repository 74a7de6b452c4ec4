# SPDX-License-Identifier: BSD-2-Clause
"""A popular name never makes a client wait, however slow its servers and short its time to live."""
import time

import pytest

from checks import stats

DELAY = 0.2  # below libunbound's first time-out (376 ms): its back-off would be what is measured
STALL = 1.0  # so long a silence is the machine's: neither this test nor the daemon may have run
REFRESHES = 3  # to be seen in a row


@pytest.fixture
def slow_server(upstreams):
    server = upstreams["slow"]
    before, server.delay = server.delay, DELAY
    yield server
    server.delay = before


class Asker:
    """Asks on and on, and says what the questions led to."""

    def __init__(self, daemon, name):
        self.daemon, self.name = daemon, name
        self.last = time.monotonic()

    def refreshes(self):
        return stats(self.daemon)["events"]["refreshes"]

    def ask(self):
        """Did the client wait for upstream? None when the machine stood still meanwhile: who is not asked for is not popular."""
        before = stats(self.daemon)["outcomes"]["recursed"]
        assert self.daemon.ask(self.name).answer
        has_waited = stats(self.daemon)["outcomes"]["recursed"] > before
        time.sleep(0.02)
        self.last, last = time.monotonic(), self.last
        return None if self.last - last > STALL else has_waited

    def settle(self):
        """Asks until a refresh has begun in peace."""
        seen = self.refreshes()
        has_waited = None
        while has_waited is not False or self.refreshes() == seen:
            has_waited = self.ask()
            if has_waited is None:
                seen = self.refreshes()

    def run(self, refreshes):
        """Asks until there were so many more refreshes. False: the machine stood still meanwhile."""
        end = self.refreshes() + refreshes
        while self.refreshes() < end:
            has_waited = self.ask()
            if has_waited is None:
                return False
            assert not has_waited, f"a client waited: {stats(self.daemon)['outcomes']}"
        return True


def test_a_popular_name_is_fetched_behind_the_clients_backs(start, slow_server):
    asker = Asker(start(), "popular.slow.com")
    for _ in range(20):
        asker.settle()
        asked = slow_server.asked
        if asker.run(REFRESHES):
            # Its answers live for one second.
            assert slow_server.asked >= asked + REFRESHES - 1
            return
    raise AssertionError(f"this machine stood still for {STALL} s twenty times")
