# SPDX-License-Identifier: BSD-2-Clause
"""Failures of validation carry their reason (RFC 8914), and the operator's anchors act."""
import dns.flags
import pytest

from checks import ede, rcode, rdata


@pytest.fixture(scope="module")
def cenote(start_shared):
    return start_shared()


@pytest.mark.parametrize("name, codes", [
    ("www.expired.com", {7}), ("www.notyet.com", {8}), ("www.wrongds.com", {6, 9}), ("www.unsigned.com", {9, 10}),
])
def test_reason_of_failure(cenote, name, codes):
    for _ in range(2):
        answer = cenote.ask(name, do=True)
        assert rcode(answer) == "SERVFAIL"
        assert not answer.answer
        assert set(ede(answer)) & codes and set(ede(answer)) <= set(range(6, 13)), ede(answer)


@pytest.mark.parametrize("name", ["www.expired.com", "www.wrongds.com", "www.unsigned.com"])
def test_cd_gives_the_data(cenote, name):
    answer = cenote.ask(name, cd=True)
    assert rcode(answer) == "NOERROR" and rdata(answer) == ["9.2.3.5"]
    assert not answer.flags & dns.flags.AD
    # And the answer that was not validated is not given to those who want validation.
    assert rcode(cenote.ask(name)) == "SERVFAIL"


def test_negative_anchor(start, tree):
    cenote = start({"dnssec": {"trust_anchors": [tree.anchor], "negative": ["expired.com"]}})
    answer = cenote.ask("www.expired.com", ad=True)
    assert rcode(answer) == "NOERROR" and not answer.flags & dns.flags.AD
    assert rcode(cenote.ask("www.wrongds.com")) == "SERVFAIL"


def test_validation_off(start, tree):
    cenote = start({"dnssec": {"validate": False}})
    answer = cenote.ask("www.wrongds.com", ad=True)
    assert rcode(answer) == "NOERROR" and not answer.flags & dns.flags.AD
