# SPDX-License-Identifier: BSD-2-Clause
"""Waiting until the lists of a daemon act."""
from daemons import until


def wait_for_lists(cenote, seconds=240):
    def in_force():
        feeds = cenote.get("/api/v1/lists")
        return feeds["generation"] > 0 and feeds["is_settled"]
    until(in_force, seconds)
