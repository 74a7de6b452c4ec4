# SPDX-License-Identifier: BSD-2-Clause
"""Random names of a dead zone beside honest questions: the honest ones are answered."""
import itertools
import random
import time

import pytest

from checks import rcode, stats
from load import Load


@pytest.mark.parametrize("zone", ["silent.com", "refusing.com"])
def test_water_torture(start, zone):
    cenote = start()
    random.seed(zone)
    noise = ((f"{random.getrandbits(64):016x}.{zone}", "A") for _ in itertools.count())
    honest = ((f"host{i}.load.net", "A") for i in itertools.count())
    with Load(cenote, noise, 500, patience=0.1):
        time.sleep(1)
        with Load(cenote, honest, 100, lambda name, rdtype, answer: None if answer.answer else rcode(answer)) as good:
            time.sleep(6)
    assert good.sent > 500
    assert good.answered - len(good.complaints) >= 0.99 * good.sent, good.complaints[:5]
    assert good.slowest < 2
    if zone == "silent.com":
        assert stats(cenote)["events"]["limit_domain"] > 0
