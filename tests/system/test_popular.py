# SPDX-License-Identifier: BSD-2-Clause
"""A popular name never makes a client wait, however slow its servers and short its time to live."""
import time

import pytest

from checks import stats

DELAY = 0.2  # below libunbound's first time-out (376 ms): its back-off would be what is measured
STALL = 0.3  # so long a silence is the machine's: neither this test nor the daemon may have run, and who is not asked for is not popular
REFRESHES = 3  # to be seen in peace


@pytest.fixture
def slow_server(upstreams):
    server = upstreams["slow"]
    before, server.delay = server.delay, DELAY
    yield server
    server.delay = before


class Asker:
    """Asks on and on, and says what each question led to."""

    def __init__(self, daemon, name):
        self.daemon, self.name, self.stalls = daemon, name, 0
        self.seen, self.last = stats(daemon), time.monotonic()

    def ask(self):
        """(did the client wait for upstream, has a refresh begun?); None when the machine stood still meanwhile."""
        assert self.daemon.ask(self.name).answer
        before, self.seen = self.seen, stats(self.daemon)
        time.sleep(0.01)
        last, self.last = self.last, time.monotonic()
        if self.last - last > STALL:
            self.stalls += 1
            return None
        return tuple(self.seen[of][what] > before[of][what] for of, what in (("outcomes", "recursed"), ("events", "refreshes")))


def test_a_popular_name_is_fetched_behind_the_clients_backs(start, slow_server):
    asker = Asker(start(), "popular.slow.com")
    asked, seen, is_under_way, end = slow_server.asked, 0, False, time.monotonic() + 180
    while seen < REFRESHES:
        if time.monotonic() > end:
            assert asker.stalls > 20, f"{seen} refreshes"
            pytest.skip("this machine stands still again and again")
        told = asker.ask()
        if told is None:
            is_under_way = False
            continue
        has_waited, has_begun = told
        # From one that began in peace to the next one.
        assert not (is_under_way and has_waited), f"a client waited: {asker.seen['outcomes']}"
        seen += is_under_way and has_begun
        is_under_way = is_under_way or has_begun and not has_waited
    # Its answers live for one second.
    assert slow_server.asked >= asked + REFRESHES
