# SPDX-License-Identifier: BSD-2-Clause
"""The test network itself, judged by the reference resolver: what the other tests take for granted."""
import dns.flags
import dns.rcode
import pytest


@pytest.mark.parametrize("name, rdtype, rcode, is_secure", [
    ("www.valid.com", "A", "NOERROR", True),
    ("nothing.valid.com", "A", "NXDOMAIN", True),
    ("x.wild.valid.com", "A", "NOERROR", True),
    ("across.valid.com", "A", "NOERROR", True),
    ("www.dn.valid.com", "A", "NOERROR", True),
    ("https.valid.com", "HTTPS", "NOERROR", True),
    ("www.nsec3.com", "A", "NOERROR", True),
    ("nothing.nsec3.com", "A", "NXDOMAIN", True),
    ("www.signed.valid.com", "A", "NOERROR", True),
    ("www.plain.valid.com", "A", "NOERROR", False),
    ("www.insecure.com", "A", "NOERROR", False),
    ("www.optout.org", "A", "NOERROR", False),
    ("5.3.2.9.in-addr.arpa", "PTR", "NOERROR", True),
    ("www.expired.com", "A", "SERVFAIL", False),
    ("www.notyet.com", "A", "SERVFAIL", False),
    ("www.wrongds.com", "A", "SERVFAIL", False),
    ("www.unsigned.com", "A", "SERVFAIL", False),
    ("www.refusing.com", "A", "SERVFAIL", False),
    ("www.fickle.com", "A", "NOERROR", False),
    ("www.truncated.com", "A", "NOERROR", False),
])
def test_tree(unbound, name, rdtype, rcode, is_secure):
    answer = unbound.ask(name, rdtype, ad=True)
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert bool(answer.flags & dns.flags.AD) == is_secure


def test_big_answer_needs_tcp(unbound):
    assert unbound.ask("big.valid.com", "TXT").flags & dns.flags.TC
    assert len(unbound.ask("big.valid.com", "TXT", tcp=True).to_wire()) > 4096
