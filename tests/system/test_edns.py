# SPDX-License-Identifier: BSD-2-Clause
"""The message itself: EDNS, letter case, truncation, opcodes, classes, and bytes that are no message."""
import random
import socket
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rdataclass
import pytest

from checks import counts, rcode, rdata, stats
from daemons import query, until

OPT = struct.Struct("!BHHBBHH")  # owner, type, payload, extended rcode, version, flags, length


def opt(version=0, payload=1232, flags=0, data=b""):
    return OPT.pack(0, 41, payload, 0, version, flags, len(data)) + data


def header(ident=7, flags=0x0100, qd=1, an=0, ns=0, ar=0):
    return struct.pack("!6H", ident, flags, qd, an, ns, ar)


NAME = b"\3www\5valid\3com\0"
QUESTION = NAME + struct.pack("!HH", 1, 1)


@pytest.fixture(scope="module")
def cenote(start_shared):
    return start_shared({"deny": ["evil.net"]})


def reply_code(wire):
    """The rcode of a raw reply, with the extended bits."""
    return dns.message.from_wire(wire, ignore_trailing=False).rcode()


def test_version_1_gets_badvers(cenote):
    answer = dns.message.from_wire(cenote.raw(header(ar=1) + QUESTION + opt(version=1)))
    assert rcode(answer) == "BADVERS" and answer.edns == 0 and not answer.answer


def test_unknown_options_are_ignored(cenote):
    options = [dns.edns.GenericOption(65001, b"x" * 40), dns.edns.GenericOption(10, b"12345678")]
    answer = cenote.ask("www.valid.com", options=options)
    assert rcode(answer) == "NOERROR" and rdata(answer) == ["9.2.3.5"]
    assert not [o for o in answer.options if o.otype == 65001]


def test_two_opts_are_malformed(cenote):
    assert reply_code(cenote.raw(header(ar=2) + QUESTION + opt() + opt())) == 1


def test_opt_not_at_the_root_is_malformed(cenote):
    assert reply_code(cenote.raw(header(ar=1) + QUESTION + b"\1a" + opt())) == 1


def test_reply_has_opt_only_when_asked(cenote):
    assert cenote.ask("www.valid.com", edns=False).edns == -1
    answer = cenote.ask("www.valid.com", do=True)
    assert answer.edns == 0 and answer.payload == 1232 and answer.ednsflags == dns.flags.DO


@pytest.mark.parametrize("name, rdtype, edns, payload", [
    ("big.valid.com", "TXT", True, 4096), ("big.valid.com", "TXT", False, 512), ("medium.valid.com", "TXT", False, 512),
    ("medium.valid.com", "TXT", True, 512), ("medium.valid.com", "TXT", True, 1),
])
def test_truncation_and_the_whole_over_tcp(cenote, name, rdtype, edns, payload):
    for _ in range(2):
        asked = query(name, rdtype, edns=edns, payload=payload)
        wire = cenote.raw(asked.to_wire())
        assert len(wire) <= max(512, min(payload, 1232))
        assert dns.message.from_wire(wire).flags & dns.flags.TC
        whole = cenote.exchange(asked, tcp=True)
        assert not whole.flags & dns.flags.TC
        assert len(rdata(whole)) == (20 if name.startswith("big") else 5)


def test_what_fits_is_not_truncated(cenote):
    answer = cenote.ask("medium.valid.com", "TXT", payload=4096)
    assert not answer.flags & dns.flags.TC and len(rdata(answer)) == 5


@pytest.mark.parametrize("name", ["www.valid.com", "nothing.valid.com", "cname.valid.com", "c2.evil.net", "localhost",
                                  "www.dn.valid.com", "www.expired.com"])
def test_letter_case_comes_back(cenote, name):
    for _ in range(40):
        mixed = "".join(random.choice((c.upper(), c.lower())) for c in name)
        sent = query(mixed).to_wire()
        got = cenote.raw(sent)
        end = 12 + len(name) + 2 + 4
        assert got[:2] == sent[:2] and got[12:end] == sent[12:end]


def test_any_is_answered_small(cenote):
    """RFC 8482 4.2."""
    before = stats(cenote)["events"]["upstream_queries"]
    answer = cenote.ask("valid.com", "ANY")
    assert rcode(answer) == "NOERROR" and rdata(answer, "HINFO") == ['"RFC8482" ""']
    assert stats(cenote)["events"]["upstream_queries"] == before


@pytest.mark.parametrize("opcode", [1, 2, 3, 4, 5, 6, 15])
def test_other_opcodes(cenote, opcode):
    wire = cenote.raw(header(flags=0x0100 | opcode << 11) + QUESTION)
    assert wire[3] & 15 == 4 and wire[2] >> 3 & 15 == opcode


@pytest.mark.parametrize("rdclass", [0, 3, 4, 254, 255, 65280])
def test_other_classes(cenote, rdclass):
    before = stats(cenote)["events"]["upstream_queries"]
    assert reply_code(cenote.raw(header() + NAME + struct.pack("!HH", 1, rdclass))) in (1, 4, 5)
    assert stats(cenote)["events"]["upstream_queries"] == before


@pytest.mark.parametrize("wire", [
    header(qd=0), header(qd=2) + QUESTION + QUESTION, header(an=1) + QUESTION, header(ns=1) + QUESTION,
    header() + NAME, header() + b"\3www", header() + b"\xc0\x0c" + struct.pack("!HH", 1, 1),
    header() + b"\x40" + b"a" * 64 + b"\0" + struct.pack("!HH", 1, 1),
    header() + b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3f" + b"d" * 63 + b"\0\0\1\0\1",
    header(ar=1) + QUESTION, header(ar=1) + QUESTION + opt()[:-1], header(ar=1) + QUESTION + opt(data=b"\0\1\0\5x"),
    header(ar=65535) + QUESTION + opt(),
], ids=range(13))
def test_malformed_gets_formerr(cenote, wire):
    got = cenote.raw(wire)
    assert got[:2] == wire[:2] and got[2] & 0x80 and got[3] & 15 == 1
    assert counts(got)[1:3] == (0, 0)


@pytest.mark.parametrize("wire", [b"", b"\0", header()[:11], header(flags=0x8100) + QUESTION, header(flags=0x8000, qd=0)],
                         ids=["empty", "1", "11", "response", "response-empty"])
def test_never_answered(cenote, wire):
    before = stats(cenote)["outcomes"]["dropped_malformed"]
    assert cenote.answers_nothing_to(wire)
    until(lambda: stats(cenote)["outcomes"]["dropped_malformed"] == before + 1)


def mutated(number):
    """A random packet, or a good one with a few bytes changed, cut or repeated."""
    if number % 4 == 0:
        return random.randbytes(random.randrange(0, 600))
    wire = bytearray(random.choice(GOOD))
    for _ in range(random.randrange(1, 6)):
        wire[random.randrange(len(wire))] = random.choice((0, 1, 0x3F, 0x40, 0xC0, 0xFF, random.randrange(256)))
    if number % 4 == 1:
        del wire[random.randrange(len(wire)):]
    if number % 4 == 2:
        wire += wire[random.randrange(len(wire)):]
    return bytes(wire)


GOOD = [query(name, rdtype, do=do).to_wire() for name, rdtype, do in (
    ("www.valid.com", "A", True), ("c2.evil.net", "AAAA", False), ("localhost", "A", False), ("valid.com", "ANY", True),
    ("1.0.0.127.in-addr.arpa", "PTR", True))]


@pytest.mark.threads
def test_garbage(cenote):
    """It goes on answering, and every packet is counted once."""
    random.seed(53)
    before = stats(cenote)["queries"]
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        s.connect((cenote.host, cenote.port))
        for number in range(10000):
            s.send(mutated(number))
            sent += 1
            if number % 50 == 49:
                # The same socket is served by the same worker in order: the queue is empty after this one.
                synchronise(s, number)
                sent += 1
    assert rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"]
    until(lambda: stats(cenote)["queries"] == before + sent + 1)


def synchronise(s, number):
    s.settimeout(30)
    wanted = struct.pack("!H", number) + b"\x81"
    s.send(struct.pack("!H", number) + query("localhost").to_wire()[2:])
    expected = query("localhost").to_wire()[12:12 + 15]
    while True:
        got = s.recv(65535)
        if got[:2] == wanted[:2] and got[12:27] == expected:
            return
