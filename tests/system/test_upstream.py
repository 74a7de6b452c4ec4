# SPDX-License-Identifier: BSD-2-Clause
"""Authorities that are slow, dead, refusing or lying: the client still gets the best answer in time."""
import concurrent.futures
import socket
import time

import pytest

from checks import ede, rcode, rdata, stats
from daemons import query, until

ANSWER = ["9.5.5.5"]


@pytest.fixture
def fickle(upstreams):
    server = upstreams["fickle"]
    yield server
    server.behaviour, server.delay = "good", 3.0


def ask_until_expired(cenote, name):
    """Fills the cache with a record of one second, and waits until it has expired."""
    answer = cenote.ask(name)
    assert rdata(answer) == ANSWER and answer.answer[0].ttl <= 1
    time.sleep(2.1)


def test_failing_servers(start):
    """Dead, silent, refusing and lying ones: SERVFAIL with the reason, by our own deadline if need be."""
    cenote = start({"recursion": {"loopback": True, "deadline": "10s"}})
    zones = ["dead", "silent", "refusing", "servfail", "wrongid", "wrongname", "garbage", "lame"]
    with concurrent.futures.ThreadPoolExecutor(len(zones)) as pool:
        asked = {zone: pool.submit(cenote.ask, f"www.{zone}.com") for zone in zones}
        # Meanwhile everyone else is served.
        for i in range(20):
            assert rcode(cenote.ask(f"host{i}.load.net")) == "NOERROR"
        for zone, future in asked.items():
            answer = future.result()
            assert rcode(answer) == "SERVFAIL" and not answer.answer, zone
            assert set(ede(answer)) & {22, 23}, (zone, ede(answer))
            # Before the library gives up, which takes it 17 s.
            assert zone != "silent" or "no answer within the deadline" in ede(answer).values()
    assert stats(cenote)["outcomes"]["servfail"] == len(zones)


def test_failures_are_cached(start, upstreams):
    """RFC 9520: not every question goes out again, for five seconds."""
    cenote = start()
    for turn in range(20):
        begin = time.monotonic()
        name = f"once{turn}.refusing.com"
        assert rcode(cenote.ask(name)) == "SERVFAIL"
        before = upstreams["refusing"].asked
        assert all(rcode(cenote.ask(name)) == "SERVFAIL" for _ in range(20))
        if time.monotonic() - begin < 4:
            assert upstreams["refusing"].asked == before
            return
    raise AssertionError("this machine stalls again and again")


def test_truncated_goes_over_tcp(start):
    assert rdata(start().ask("www.truncated.com")) == ANSWER


def test_slow_gives_stale_then_fresh(start, fickle):
    """RFC 8767 5: after 1.8 s the old answer, with EDE 3; the late answer is kept."""
    cenote = start()
    ask_until_expired(cenote, "stale.fickle.com")
    fickle.behaviour = "silent"
    begin = time.monotonic()
    answer = cenote.ask("stale.fickle.com")
    # At the deadline it would have been SERVFAIL, and nothing else can end the waiting.
    assert rdata(answer) == ANSWER and 3 in ede(answer) and answer.answer[0].ttl <= 30
    assert time.monotonic() - begin > 1.5
    assert stats(cenote)["outcomes"]["stale"] == 1
    fickle.behaviour = "good"
    until(lambda: 3 not in ede(cenote.ask("stale.fickle.com")))


def test_dead_gives_stale(start, fickle):
    cenote = start()
    ask_until_expired(cenote, "stale2.fickle.com")
    fickle.behaviour = "refusing"
    answer = cenote.ask("stale2.fickle.com")
    assert rdata(answer) == ANSWER and 3 in ede(answer)
    # For half a minute nobody waits for it again.
    until(lambda: stats(cenote)["in_flight"] == 0)
    before = fickle.asked
    for _ in range(3):
        answer = cenote.ask("stale2.fickle.com")
        assert rdata(answer) == ANSWER and 3 in ede(answer)
    assert fickle.asked == before


def test_without_stale(start, fickle):
    cenote = start({"cache": {"stale": "0s"}})
    ask_until_expired(cenote, "stale3.fickle.com")
    fickle.behaviour = "refusing"
    assert rcode(cenote.ask("stale3.fickle.com")) == "SERVFAIL"


def test_slow_answer_still_comes(start, fickle):
    """Nothing stale is there: the client waits for the true answer."""
    fickle.behaviour, fickle.delay = "slow", 1.0
    begin = time.monotonic()
    assert rdata(start().ask("late.fickle.com")) == ANSWER
    assert time.monotonic() - begin > 0.9


@pytest.mark.threads
def test_many_clients_one_question(start, fickle):
    """All get the answer; the authority is asked few times."""
    cenote = start({"workers": 1})
    fickle.behaviour = "silent"
    before = fickle.asked
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(cenote.ask, "crowd.fickle.com", source=f"127.0.1.{100 + i}") for i in range(30)]
        until(lambda: stats(cenote)["in_flight"] == 30)
        # What the library sends again is answered.
        fickle.behaviour = "good"
        assert all(rdata(future.result()) == ANSWER for future in asked)
    assert fickle.asked - before < 15


def test_client_in_flight_cap(start):
    """One client cannot have more than its share of waiting questions; others go on."""
    cenote = start({"recursion": {"loopback": True, "deadline": "60s", "in_flight_per_client": 10}, "workers": 1})
    wires = [query(f"x{i}.silent.com").to_wire() for i in range(30)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((cenote.host, cenote.port))
        for wire in wires:
            s.send(wire)
        s.settimeout(30)
        early = [s.recv(4096) for _ in range(20)]
    assert all(wire[3] & 15 == 2 for wire in early)
    assert rdata(cenote.ask("www.valid.com", source="127.0.0.2")) == ["9.2.3.5"]
    assert stats(cenote)["events"]["limit_client"] == 20


def test_a_stop_answers_those_who_wait(start):
    """At the end of its patience a stopping cenote says SERVFAIL rather than nothing."""
    cenote = start({"recursion": {"loopback": True, "deadline": "60s"}})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(cenote.ask, "www.silent.com")
        until(lambda: stats(cenote)["in_flight"] > 0)
        cenote.stop()
        answer = asked.result()
    assert rcode(answer) == "SERVFAIL" and "the resolver is being stopped" in ede(answer).values()


@pytest.mark.parametrize("is_on", [True, False])
def test_servers_learn_only_what_they_need(start, fickle, is_on):
    """RFC 9156."""
    cenote = start({"recursion": {"loopback": True, "deadline": "20s", "qname_minimisation": is_on}})
    fickle.names.clear()
    assert rdata(cenote.ask("secret.deep.fickle.com")) == ANSWER
    told = [name for name in fickle.names if name.endswith("deep.fickle.com.")]
    assert told[-1] == "secret.deep.fickle.com."
    assert (told[0] == "deep.fickle.com.") == is_on


@pytest.mark.parametrize("is_on", [True, False])
def test_random_letter_case(start, fickle, is_on):
    cenote = start({"recursion": {"loopback": True, "deadline": "20s", "case_randomisation": is_on}})
    fickle.names.clear()
    assert rdata(cenote.ask("areallylongname.fickle.com")) == ANSWER
    assert any(n != n.lower() for n in fickle.names) == is_on
