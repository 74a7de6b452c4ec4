# SPDX-License-Identifier: BSD-2-Clause
"""What more than one test looks at in an answer or a daemon."""
import struct

import dns.edns
import dns.flags
import dns.rcode

from daemons import until


def rcode(answer):
    return dns.rcode.to_text(answer.rcode())


def ede(answer):
    """{code: text} of the extended errors."""
    return {o.code: o.text for o in answer.options if isinstance(o, dns.edns.EDEOption)}


def rdata(answer, rdtype=None):
    """The texts of the records of the answer section, sorted."""
    return sorted(r.to_text() for s in answer.answer for r in s
                  if rdtype is None or dns.rdatatype.to_text(s.rdtype) == rdtype)


def records(section):
    """Owner, type and data of each record of a section, as a set."""
    return {(s.name.to_text().lower(), dns.rdatatype.to_text(s.rdtype), r.to_text()) for s in section for r in s}


def counts(wire):
    """Questions, answers, authorities, additionals as the header says."""
    return struct.unpack_from("!4H", wire, 4)


def flags(answer):
    return dns.flags.to_text(answer.flags)


def stats(daemon):
    """The counters, once they add up: a worker may be amid a query that it counts."""
    def adds_up():
        s = daemon.get("/api/v1/stats")
        return s["queries"] == sum(s["outcomes"].values()) == sum(s["types"].values()) == sum(s["transports"].values()) and s
    return until(adds_up)


def taken_up(daemon, before=0, span=""):
    """(counters, summary), when log and history have taken up all there is; `before` of it in other lives."""
    def is_all():
        # The log's count first: names and clients of the summary are taken up with it, its sums of themselves.
        s = stats(daemon)
        summary = daemon.get(f"/api/v1/summary{span}")
        return s["queries"] == s["querylog"]["events"] == s["latency"]["count"] == summary["queries"] - before and \
            summary["latency"]["count"] == summary["queries"] and (s, summary)
    return until(is_all)


def list_hits(daemon, name, key="hits"):
    return sum(row[key] for row in daemon.get("/api/v1/stats")["lists"] if row["name"] == name)


def generation(daemon):
    return daemon.get("/api/v1/lists")["generation"]


def wait_for_generation(daemon, after=0, seconds=240):
    """Waits for a policy generation newer than `after` that serves; returns its number."""
    def newer():
        daemon.assert_running()
        feeds = daemon.get("/api/v1/lists")
        return feeds["generation"] > after and not feeds["is_building"] and feeds["generation"]
    return until(newer, seconds)


def begin_update(daemon):
    """Lets the daemon fetch and build now; does not wait for it."""
    status, _, text = daemon.http("POST", "/api/v1/lists/update", {})
    assert status == 202, text
