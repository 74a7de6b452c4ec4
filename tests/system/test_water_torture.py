# SPDX-License-Identifier: BSD-2-Clause
"""Random names of a dead zone beside honest questions: the honest ones are answered."""
import itertools
import random

import pytest

from checks import stats
from daemons import until
from load import Load


@pytest.mark.parametrize("zone", ["silent.com", "refusing.com"])
def test_water_torture(start, zone):
    cenote = start()
    random.seed(zone)
    noise = ((f"{random.getrandbits(64):016x}.{zone}", "A") for _ in itertools.count())
    with Load(cenote, noise, 500, patience=0.1) as load:
        if zone == "silent.com":
            until(lambda: stats(cenote)["events"]["limit_domain"] > 0)
        until(lambda: load.sent > 500)
        # One after the other, so that the only things to wait for are the noise and their own servers.
        for i in range(300):
            assert cenote.ask(f"host{i}.load.net").answer, f"{i} of 300, {stats(cenote)}"
        until(lambda: load.sent > 3000)
        assert cenote.ask("host300.load.net").answer
