# SPDX-License-Identifier: BSD-2-Clause
"""What an answer leads to is judged too: targets at every depth, private addresses, denied addresses."""
import dns.flags
import pytest

from checks import ede, rcode, rdata, stats
from test_policy import wait_for_generation, write_lists

pytestmark = pytest.mark.threads

CHAINS = [("toevil.valid.com", "A"), ("tofarevil.valid.com", "A"), ("c2.dnevil.valid.com", "A"),
          ("httpsevil.valid.com", "HTTPS"), ("aliasevil.valid.com", "HTTPS"), ("toevil.valid.com", "AAAA"),
          ("tofarevil.valid.com", "TXT")]


def start_with_list(start, folder, text="c2.evil.net\n", **config):
    files = write_lists(folder / "lists", evil=text)
    return start({"lists": [{"name": "evil", "source": files["evil"], "kind": "deny", "category": "botnet"}], **config}), files["evil"]


@pytest.fixture
def cenote(start, tmp_path):
    daemon, _ = start_with_list(start, tmp_path)
    wait_for_generation(daemon)
    return daemon


def blocked_by(answer):
    return "evil" in ede(answer).get(15, "")


def test_targets_are_judged_from_cold_and_warm_cache(cenote):
    for name, rdtype in CHAINS:
        for tcp in (False, True, False):
            answer = cenote.ask(name, rdtype, tcp=tcp, do=True)
            assert blocked_by(answer), (name, rdtype, answer)
            assert rcode(answer) == "NOERROR" and rdata(answer) == {"A": ["0.0.0.0"], "AAAA": ["::"]}.get(rdtype, [])
            assert not answer.flags & dns.flags.AD
    assert stats(cenote)["outcomes"]["blocked_chain"] == 3 * len(CHAINS)


def test_good_chains_are_left_alone(cenote):
    for name in ("across.valid.com", "deep.valid.com", "c1.valid.com", "www.dn.valid.com"):
        for _ in range(2):
            answer = cenote.ask(name, ad=True)
            assert answer.flags & dns.flags.AD and not ede(answer) and rdata(answer, "A") in (["9.2.3.5"], ["9.3.3.3"])


def test_cached_answers_are_judged_again_after_a_list_change(start, tmp_path):
    cenote, path = start_with_list(start, tmp_path, text="nothing.example\n")
    number = wait_for_generation(cenote)
    for name, rdtype in CHAINS:
        assert not blocked_by(cenote.ask(name, rdtype))
    with open(path, "a", encoding="ascii") as f:
        f.write("c2.evil.net\n")
    cenote.command("feeds", "update")
    number = wait_for_generation(cenote, number)
    assert [q for q in CHAINS if not blocked_by(cenote.ask(*q))] == []
    with open(path, "w", encoding="ascii") as f:
        f.write("nothing.example\n")
    cenote.command("feeds", "update")
    wait_for_generation(cenote, number)
    assert [q for q in CHAINS if blocked_by(cenote.ask(*q))] == []


def test_runtime_rule_acts_on_cached_chains(start):
    cenote = start()
    assert rdata(cenote.ask("toevil.valid.com"), "A") == ["9.66.0.1"]
    assert cenote.http("POST", "/api/v1/rules", {"kind": "deny", "rule": "c2.evil.net"})[0] == 201
    assert rdata(cenote.ask("toevil.valid.com")) == ["0.0.0.0"]


def test_allowed_question_is_not_judged_by_its_chain(start, tmp_path):
    cenote, _ = start_with_list(start, tmp_path, allow=["toevil.valid.com"])
    wait_for_generation(cenote)
    for _ in range(2):
        assert rdata(cenote.ask("toevil.valid.com"), "A") == ["9.66.0.1"]
    assert blocked_by(cenote.ask("tofarevil.valid.com"))


def test_another_group_gets_the_chain(start, tmp_path):
    cenote, _ = start_with_list(start, tmp_path, groups=[{"name": "free", "clients": ["127.0.0.9/32"], "lists": []}])
    wait_for_generation(cenote)
    for _ in range(2):
        assert rdata(cenote.ask("toevil.valid.com", source="127.0.0.9"), "A") == ["9.66.0.1"]
        assert blocked_by(cenote.ask("toevil.valid.com"))


@pytest.mark.parametrize("name, rdtype", [("private", "A"), ("loopback", "A"), ("ula", "AAAA"), ("mapped", "AAAA"), ("nat64", "AAAA")])
def test_rebinding(start, name, rdtype):
    cenote = start()
    for _ in range(2):
        answer = cenote.ask(f"{name}.valid.com", rdtype, ad=True)
        assert rdata(answer) == [] and not answer.flags & dns.flags.AD
    assert stats(cenote)["outcomes"]["rebinding"] == 2


def test_rebinding_keeps_public_addresses_and_exceptions(start):
    cenote = start({"rebinding": {"enabled": True, "except": ["private.valid.com"]}})
    for _ in range(2):
        assert rdata(cenote.ask("mixed.valid.com")) == ["9.2.3.20"]
        assert rdata(cenote.ask("private.valid.com")) == ["192.168.1.7"]
        assert rdata(cenote.ask("loopback.valid.com")) == []


def test_rebinding_off(start):
    cenote = start({"rebinding": {"enabled": False}})
    assert rdata(cenote.ask("private.valid.com")) == ["192.168.1.7"]


def test_denied_addresses(start):
    cenote = start({"deny_addresses": ["9.66.6.0/24", "2a00:666::/32"]})
    for _ in range(2):
        for name, rdtype, wanted in (("badaddress", "A", "0.0.0.0"), ("badaddress6", "AAAA", "::"), ("halfbad", "A", "0.0.0.0")):
            answer = cenote.ask(f"{name}.valid.com", rdtype)
            assert rdata(answer) == [wanted] and ede(answer), name
        assert rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"]
    assert stats(cenote)["outcomes"]["blocked_address"] == 6
