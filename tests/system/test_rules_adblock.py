# SPDX-License-Identifier: BSD-2-Clause
"""What rules of adblock, dnsmasq, unbound, pattern and address lists say of a question, with a daemon around them."""
import dns.rcode
import pytest

from checks import rdata, wait_for_generation

ADS = """! an adblock list
||plain.policy.net^
||n0.policy.net^
@@||good.n0.policy.net^
||n1.policy.net^$important
@@||n1.policy.net^
||n2.policy.net^$important
@@||n2.policy.net^$important
||n3.policy.net^
||n3.policy.net^$badfilter
||n4.policy.net^$denyallow=ok.n4.policy.net
||n5.policy.net^$dnstype=AAAA
||n6.policy.net^$dnstype=~AAAA
||n7.policy.net^$client=127.0.0.7
||n8.policy.net^$client=~127.0.0.7
||n9.policy.net^$dnsrewrite=10.9.9.9
||n10.policy.net^$dnsrewrite=NOERROR;TXT;from the list
||n11.policy.net^$dnsrewrite=NXDOMAIN;;
||n12.policy.net^$dnsrewrite=garden.policy.net
||n13.policy.net^$dnsrewrite=REFUSED;;
/^n1[45]\\.policy\\.net$/
@@/^n15\\.policy/
||n16.policy.net^
||n17.policy.net^
"""
OTHER_ADS = "! another adblock list\n@@||n16.policy.net^\n||n18.policy.net^\n"
BOTNETS = "n17.policy.net\nn19.policy.net\n"
EXCEPT_BOTNETS = "@@||n17.policy.net^\n@@||n19.policy.net^\n@@||n20.policy.net^$important\n||harmless.example^\n"
DNSMASQ = "address=/n30.policy.net/10.3.3.3\naddress=/near.n30.policy.net/10.4.4.4\naddress=/n31.policy.net/\n"
REGEX = "/^n3[23]\\.policy\\.net$/\n/(^|\\.)n34\\.policy\\.net$/\n"
ADDRESSES = "9.80.0.41\n9.80.0.43/32\n2a00:80::2c\n"

LISTS = {"ads": ("adblock", ADS, {}), "more-ads": ("adblock", OTHER_ADS, {}), "botnets": ("domains", BOTNETS, {"action": "nxdomain"}),
         "exceptions": ("adblock", EXCEPT_BOTNETS, {}), "dnsmasq": ("dnsmasq", DNSMASQ, {}), "patterns": ("regex", REGEX, {}),
         "addresses": ("addresses", ADDRESSES, {"action": "nodata"}),
         "watched": ("adblock", "||n21.policy.net^\n||n22.policy.net^$dnsrewrite=10.9.9.9\n/^n23\\.policy\\.net$/\n", {"mode": "monitor"})}
BLOCKED, BLOCKED6 = ["0.0.0.0"], ["::"]


def own(number):
    return [f"9.80.0.{number + 1}"]


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    lists = []
    for name, (form, text, more) in LISTS.items():
        (folder / name).write_text(text)
        lists.append({"name": name, "source": str(folder / name), "format": form, **more})
    daemon = start_shared({"lists": lists, "feeds": {"directory": str(folder)}, "allow": ["allowed.n0.policy.net"]})
    wait_for_generation(daemon)
    return daemon


def a(cenote, name, rdtype="A", **options):
    return rdata(cenote.ask(f"{name}.policy.net", rdtype, **options))


def test_exceptions_and_importance(cenote):
    assert a(cenote, "n0") == a(cenote, "www.n0") == BLOCKED
    assert a(cenote, "good.n0") == a(cenote, "x.good.n0") == [] and a(cenote, "allowed.n0") == []
    assert a(cenote, "n1") == BLOCKED
    assert a(cenote, "n2") == own(2) and a(cenote, "n3") == own(3)
    assert a(cenote, "n16") == own(16), "an exception reaches every adblock list"
    for name in ("n17", "n19"):
        answer = cenote.ask(f"{name}.policy.net")
        assert answer.rcode() == dns.rcode.NXDOMAIN, "an adblock exception does not take back another list"


def test_conditions(cenote):
    assert a(cenote, "n4") == a(cenote, "www.n4") == BLOCKED and a(cenote, "ok.n4") == a(cenote, "x.ok.n4") == []
    assert a(cenote, "n5") == own(5) and a(cenote, "n5", "AAAA") == BLOCKED6
    assert a(cenote, "n6") == BLOCKED and a(cenote, "n6", "AAAA") == ["2a00:80::7"]
    # The answer is in the cache by now: the condition is about who asks.
    for _ in range(2):
        assert a(cenote, "n7") == own(7) and a(cenote, "n7", source="127.0.0.7") == BLOCKED
        assert a(cenote, "n8") == BLOCKED and a(cenote, "n8", source="127.0.0.7") == own(8)


def test_rewrites(cenote):
    answer = cenote.ask("n9.policy.net", ad=True)
    assert rdata(answer) == ["10.9.9.9"] and not answer.flags & dns.flags.AD
    assert a(cenote, "n9", "AAAA") == a(cenote, "n9", "HTTPS") == []
    assert a(cenote, "n10", "TXT") == ['"from the list"'] and a(cenote, "n10") == []
    assert cenote.ask("n11.policy.net").rcode() == dns.rcode.NXDOMAIN
    assert cenote.ask("n13.policy.net").rcode() == dns.rcode.REFUSED
    for tcp in (False, True):
        for rdtype, last in (("A", "9.85.0.1"), ("AAAA", "2a00:85::1"), ("TXT", '"the garden"')):
            assert a(cenote, "n12", rdtype, tcp=tcp) == sorted(["garden.policy.net.", last])
    assert a(cenote, "n12", "CNAME") == ["garden.policy.net."] and a(cenote, "n12", "MX") == ["garden.policy.net."]


def test_patterns(cenote):
    assert a(cenote, "n14") == BLOCKED and a(cenote, "n15") == own(15)
    assert a(cenote, "n32") == a(cenote, "n33") == a(cenote, "n34") == a(cenote, "www.n34") == BLOCKED
    assert a(cenote, "to32") == BLOCKED and a(cenote, "far33") == BLOCKED, "the target of an alias"
    assert a(cenote, "n35") == own(35)


def test_other_formats(cenote):
    assert a(cenote, "n30") == a(cenote, "www.n30") == ["10.3.3.3"]
    assert a(cenote, "near.n30") == a(cenote, "www.near.n30") == ["10.4.4.4"], "the nearest rule of a list is its word"
    assert a(cenote, "n31") == a(cenote, "www.n31") == BLOCKED


def test_addresses_of_answers(cenote):
    for _ in range(2):
        for number, is_listed in ((40, True), (41, False), (42, True), (44, False)):
            assert a(cenote, f"n{number}") == ([] if is_listed else own(number))
        assert a(cenote, "n43", "AAAA") == [] and a(cenote, "n44", "AAAA") == ["2a00:80::2d"]
        assert a(cenote, "to40") == [], "behind an alias"


def test_monitored_rules_only_count(cenote):
    def seen():
        return next(r for r in cenote.get("/api/v1/lists")["lists"] if r["name"] == "watched")["monitored"]
    before = seen()
    assert a(cenote, "n21") == own(21) and a(cenote, "n22") == own(22) and a(cenote, "n23") == own(23)
    assert seen() == before + 3


def test_explain_names_the_rule(cenote):
    said = cenote.get("/api/v1/explain?name=n14.policy.net")
    assert [(r["list"], r["trigger"], r["verb"], r["is_deciding"]) for r in said["rules"]] == [("ads", "pattern", "match", True)]
    said = cenote.get("/api/v1/explain?name=n5.policy.net&type=A")
    assert [r["is_meant"] for r in said["rules"]] == [False] and said["verdict"] == "none"
    said = cenote.get("/api/v1/explain?name=n1.policy.net")
    assert {(r["verb"], r["is_important"], r["is_deciding"]) for r in said["rules"]} >= {("match", True, True), ("except", False, False)}
    said = cenote.get("/api/v1/explain?name=n9.policy.net")
    assert (said["answer"], said["action"], said["is_blocked"]) == ("10.9.9.9", "data", True)


def test_outcomes_add_up(cenote):
    stats = cenote.get("/api/v1/stats")
    assert sum(stats["outcomes"].values()) == stats["queries"]
