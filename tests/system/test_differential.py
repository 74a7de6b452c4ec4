# SPDX-License-Identifier: BSD-2-Clause
"""Answers equal those of Unbound's daemon over the same tree: every header bit, every record."""
import itertools

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from checks import counts, flags, rcode, records
from daemons import query

QUESTIONS = [
    ("www.valid.com", "A"), ("www.valid.com", "AAAA"), ("www.valid.com", "MX"), ("www.valid.com", "HTTPS"),
    ("valid.com", "MX"), ("valid.com", "NS"), ("valid.com", "SOA"), ("valid.com", "DNSKEY"), ("valid.com", "DS"),
    ("valid.com", "TXT"), ("valid.com", "CAA"), ("valid.com", "NSEC"), ("many.valid.com", "A"),
    ("_sip._tcp.valid.com", "SRV"), ("case.valid.com", "A"), ("mixed.valid.com", "A"), ("txt.valid.com", "TXT"),
    ("big.valid.com", "TXT"), ("medium.valid.com", "TXT"), ("unknown.valid.com", "TYPE65280"),
    ("nothing.valid.com", "A"), ("b.ent.valid.com", "A"), ("a.b.ent.valid.com", "A"),
    ("x.wild.valid.com", "A"), ("x.y.wild.valid.com", "TXT"), ("x.wild.valid.com", "AAAA"), ("x.wildcname.valid.com", "A"),
    ("cname.valid.com", "A"), ("cname.valid.com", "CNAME"), ("c1.valid.com", "A"), ("across.valid.com", "A"),
    ("deep.valid.com", "AAAA"), ("toinsecure.valid.com", "A"), ("toexpired.valid.com", "A"), ("tonothing.valid.com", "A"),
    ("tonodata.valid.com", "A"), ("loop1.valid.com", "A"), ("www.dn.valid.com", "A"), ("nothing.dn.valid.com", "A"),
    ("dn.valid.com", "DNAME"), ("dn.valid.com", "A"),
    ("https.valid.com", "HTTPS"), ("alias.valid.com", "HTTPS"), ("_dns.valid.com", "SVCB"),
    ("www.nsec3.com", "A"), ("nothing.nsec3.com", "A"), ("www.nsec3.com", "MX"), ("x.wild.nsec3.com", "A"),
    ("cname.nsec3.com", "A"), ("b.ent.nsec3.com", "A"),
    ("www.insecure.com", "A"), ("nothing.insecure.com", "A"), ("x.wild.insecure.com", "A"), ("cname.insecure.com", "A"),
    ("insecure.com", "DS"),
    ("www.signed.valid.com", "A"), ("www.plain.valid.com", "A"), ("plain.valid.com", "DS"),
    ("www.optout.org", "A"), ("www.signed.org", "A"), ("optout.org", "DS"),
    ("www.expired.com", "A"), ("www.notyet.com", "A"), ("www.wrongds.com", "A"), ("www.unsigned.com", "A"),
    ("www.refusing.com", "A"), ("www.truncated.com", "AAAA"),
    ("com", "NS"), (".", "NS"), (".", "DNSKEY"), ("nothing", "A"), ("5.3.2.9.in-addr.arpa", "PTR"),
]
COMBINATIONS = [dict(zip(("do", "ad", "cd"), bits)) for bits in itertools.product((False, True), repeat=3)]


@pytest.fixture(scope="module")
def cenote(start_shared):
    return start_shared({"rebinding": {"enabled": False}})


def differences(ours, theirs):
    if (flags(ours), rcode(ours)) != (flags(theirs), rcode(theirs)):
        yield f"header: {flags(ours)} {rcode(ours)}, Unbound says {flags(theirs)} {rcode(theirs)}"
    if (ours.edns, ours.ednsflags & 0x8000) != (theirs.edns, theirs.ednsflags & 0x8000):
        yield f"EDNS: {ours.edns} {ours.ednsflags:x}, Unbound says {theirs.edns} {theirs.ednsflags:x}"
    for section in ("answer", "authority"):
        mine, reference = records(getattr(ours, section)), records(getattr(theirs, section))
        if mine != reference:
            yield f"{section}: only here {sorted(mine - reference)}, only Unbound {sorted(reference - mine)}"


def ttls_are_right(answer):
    """Unbound gives a CNAME that it made from a DNAME a TTL of 0."""
    least = 0 if any(s.rdtype == dns.rdatatype.DNAME for s in answer.answer) else 1
    return all(least <= s.ttl <= 3600 for s in answer.answer)


@pytest.mark.parametrize("name, rdtype", QUESTIONS)
def test_same_as_unbound(cenote, unbound, name, rdtype):
    wrong = []
    for case in COMBINATIONS + [dict(case, edns=False) for case in COMBINATIONS if not case["do"]]:
        for tcp in (False, True):
            theirs = unbound.ask(name, rdtype, tcp=tcp, **case)
            # The first answer comes from the network or the library's cache, the second from our own.
            for turn in ("first", "second"):
                ours = cenote.ask(name, rdtype, tcp=tcp, **case)
                wrong += [f"{case} tcp={tcp} {turn} {text}" for text in differences(ours, theirs)]
                if not ttls_are_right(ours):
                    wrong.append(f"{case} tcp={tcp} {turn} TTL: {ours.answer}")
    assert not wrong, "\n".join(wrong[:6])


@pytest.mark.parametrize("name, rdtype", [q for q in QUESTIONS if q[0] != "big.valid.com"])
def test_no_record_twice(cenote, name, rdtype):
    wire = cenote.raw(query(name, rdtype, do=True).to_wire())
    answer = dns.message.from_wire(wire)
    if not answer.flags & dns.flags.TC:
        assert counts(wire)[1] == len(records(answer.answer))
        assert counts(wire)[2] == len(records(answer.authority))


@pytest.mark.parametrize("rdtype", ["OPT", "AXFR", "IXFR", "MAILB", "MAILA", "TYPE128", "TSIG", "TKEY", "TYPE250"])
def test_meta_types_same_as_unbound(cenote, unbound, rdtype):
    """None of them may go upstream."""
    asked_before = cenote.get("/api/v1/stats")["events"]["upstream_queries"]
    assert rcode(cenote.ask("valid.com", rdtype, tcp=True)) == rcode(unbound.ask("valid.com", rdtype, tcp=True))
    assert cenote.get("/api/v1/stats")["events"]["upstream_queries"] == asked_before
