# SPDX-License-Identifier: BSD-2-Clause
"""DNS over TCP (RFC 7766), and who may ask and from which address the answer comes."""
import contextlib
import socket
import struct
import time

import dns.message
import pytest

from checks import rcode, rdata, stats
from daemons import frame, query, receive_tcp, until

pytestmark = pytest.mark.threads


@pytest.fixture(scope="module")
def cenote(start_shared):
    return start_shared({"tcp": {"idle": "10m", "connections_per_client": 20}})


@pytest.fixture(scope="module")
def impatient(start_shared):
    return start_shared({"tcp": {"idle": "1s"}})


def numbered(name, number):
    return struct.pack("!H", number) + query(name).to_wire()[2:]


def closed_by_peer(connection, seconds=60):
    connection.settimeout(seconds)
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def test_pipelined(cenote):
    with cenote.connect() as c:
        c.sendall(b"".join(frame(numbered(f"host{i}.load.net", i)) for i in range(200)))
        answers = {a.id: a for a in (dns.message.from_wire(receive_tcp(c)) for _ in range(200))}
    assert sorted(answers) == list(range(200))
    assert all(rdata(a) == [f"9.7.{i // 250}.{i % 250}"] for i, a in answers.items())


def test_out_of_order(start):
    """A question that waits holds up no other (RFC 7766 6.2.1.1)."""
    cenote = start({"recursion": {"loopback": True, "deadline": "4s"}})
    assert cenote.ask("www.valid.com").answer
    with cenote.connect() as c:
        c.sendall(frame(numbered("tcp.silent.com", 1)) + frame(numbered("www.valid.com", 2)))
        assert dns.message.from_wire(receive_tcp(c)).id == 2
        late = dns.message.from_wire(receive_tcp(c))
        assert late.id == 1 and rcode(late) == "SERVFAIL"


def test_in_pieces(cenote):
    with cenote.connect() as c:
        for octet in frame(numbered("www.valid.com", 5)):
            c.sendall(bytes([octet]))
        assert rdata(dns.message.from_wire(receive_tcp(c))) == ["9.2.3.5"]


def test_half_closed(cenote):
    with cenote.connect() as c:
        c.sendall(frame(numbered("www.valid.com", 6)))
        c.shutdown(socket.SHUT_WR)
        assert dns.message.from_wire(receive_tcp(c)).id == 6
        assert closed_by_peer(c)


@pytest.mark.parametrize("data", [b"", b"\0", frame(numbered("www.valid.com", 7))[:-3], b"\xff\xff" + b"x" * 100, frame(b"")],
                         ids=["nothing", "one-octet", "cut", "long", "zero-length"])
def test_idle_connection_is_closed(impatient, data):
    with impatient.connect() as c:
        with contextlib.suppress(ConnectionError):  # closed already, on a machine that stalls
            c.sendall(data)
        assert closed_by_peer(c)


def test_garbage_is_answered_or_closed(cenote):
    with cenote.connect() as c:
        c.sendall(frame(b"\0\7\1\0\0\1\0\0\0\0\0\0") + frame(b"junk") + frame(numbered("www.valid.com", 8)))
        assert receive_tcp(c)[3] & 15 == 1
        with contextlib.suppress(EOFError, ConnectionResetError):
            assert dns.message.from_wire(receive_tcp(c)).id == 8
    assert rdata(cenote.ask("www.valid.com", tcp=True)) == ["9.2.3.5"]


def test_reader_that_does_not_read(cenote):
    """Its answers are bounded; others are served meanwhile."""
    with cenote.connect() as c:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.settimeout(0.5)
        with contextlib.suppress(OSError):
            for i in range(20000):
                c.sendall(frame(struct.pack("!H", i) + query("big.valid.com", "TXT").to_wire()[2:]))
        assert rdata(cenote.ask("www.valid.com", tcp=True, source="127.0.0.3")) == ["9.2.3.5"]


def test_connections_per_client_are_capped(cenote):
    before = stats(cenote)["events"]["tcp_refused"]
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(cenote.connect(source="127.0.0.4"))
        until(lambda: stats(cenote)["events"]["tcp_refused"] >= before + 20)
        assert rdata(cenote.ask("www.valid.com", tcp=True, source="127.0.0.5")) == ["9.2.3.5"]

    def is_served():
        with contextlib.suppress(EOFError, OSError):  # while those before are still counted
            return rdata(cenote.ask("www.valid.com", tcp=True, source="127.0.0.4")) == ["9.2.3.5"]
    until(is_served)


def test_strangers_are_refused_and_few(start):
    cenote = start({"workers": 1, "access": ["127.0.0.0/8"], "refused_per_second": 10})
    cenote.write_config({"listen": [f"127.0.0.1:{cenote.port}", f"198.51.100.1:{cenote.port}"]})
    cenote.stop()
    again = start({"listen": cenote.config["listen"], "workers": 1, "refused_per_second": 10}, folder=cenote.folder, wait=False)
    again.wait_for_dns("127.0.0.1", cenote.port)
    again.port = cenote.port
    answer = again.ask("www.valid.com", host="198.51.100.1", source="198.51.100.7")
    assert rcode(answer) == "REFUSED" and not answer.answer
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("198.51.100.7", 0))
        s.connect(("198.51.100.1", again.port))
        before, begin, sent = stats(again), time.monotonic(), 0
        while stats(again)["outcomes"]["dropped_limit"] < 1500:
            for i in range(100):
                s.send(numbered("www.valid.com", i))
            sent += 100
            until(lambda: stats(again)["queries"] == before["queries"] + sent)
        after, seconds = stats(again), time.monotonic() - begin
        refused = after["outcomes"]["refused"] - before["outcomes"]["refused"]
        assert refused + after["outcomes"]["dropped_limit"] - before["outcomes"]["dropped_limit"] == sent
        # Ten in each second that was touched.
        assert refused <= 10 * (seconds + 2)
        s.settimeout(30)
        for _ in range(refused):
            assert s.recv(512)[3] & 15 == 5
        s.settimeout(0.1)
        with pytest.raises(socket.timeout):
            s.recv(512)


@pytest.mark.parametrize("host, family", [("127.0.0.1", 4), ("127.0.0.9", 4), ("10.53.0.1", 4), ("::1", 6), ("fd00:53::1", 6)])
def test_answers_come_from_the_address_asked(start_shared, wildcard, host, family):
    for tcp in (False, True):
        # dnspython accepts an answer only from the address it asked.
        answer = wildcard.ask("www.valid.com", host=host, tcp=tcp)
        assert rdata(answer) == ["9.2.3.5"]


@pytest.fixture(scope="module")
def wildcard(start_shared):
    port = 5299
    daemon = start_shared({"listen": [f"0.0.0.0:{port}", f"[::]:{port}"]}, wait=False)
    daemon.port = port
    return daemon.wait_for_dns("127.0.0.1", port)
