# SPDX-License-Identifier: BSD-2-Clause
"""Policy zones: cenote's verdicts are those of BIND with the same zone files, for every trigger, action and order."""
import concurrent.futures
import contextlib

import dns.exception
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

from authority import POLICY_ZONES
from checks import wait_for_generation
from daemons import Bind, query

BIND_PORT = 5153
HEAD = "$TTL 300\n@ SOA localhost. nobody.invalid. 1 3600 600 86400 60\n@ NS localhost.\n"
# What an owner says. The garden is a name of the test tree.
ACTIONS = {
    "nxdomain": ["CNAME ."],
    "nodata": ["CNAME *."],
    "passthru": ["CNAME rpz-passthru."],
    "drop": ["CNAME rpz-drop."],
    "tcp": ["CNAME rpz-tcp-only."],
    "data": ["A 10.1.2.3", "A 10.1.2.4", 'TXT "from the list"'],
    "alias": ["CNAME garden.policy.net."],
    "below": ["CNAME *.garden.policy.net."],
}
assert len(ACTIONS) == POLICY_ZONES
TYPES = ("A", "AAAA", "TXT")
# BIND's manual has the first zone with a hit decide, also by an address of the answer. Its 9.18 does so while it knows nothing of the name's
# zone; once it knows the zone's servers, the later zone's rule on the name acts before the answer is there. cenote does as the manual says.
EARLIER_ADDRESS = "address of an earlier zone before a name"


class Table:
    """Three zones under construction, and the questions about them: (name, source)."""

    def __init__(self):
        self.zones = {"first.rpz": [], "second.rpz": [], "third.rpz": []}
        self.questions = {}
        self.next_name = 0

    def rule(self, zone, owner, action):
        self.zones[zone + ".rpz"] += [f"{owner} {record}" for record in ACTIONS[action]]

    def ask(self, why, name, source="127.0.0.1"):
        self.questions[name, source] = why

    def name(self):
        self.next_name += 1
        return f"n{self.next_name - 1}.policy.net"

    def texts(self):
        return {name: HEAD + "\n".join(rules) + "\n" for name, rules in self.zones.items()}


def address_owner(address, bits):
    return f"{bits}." + ".".join(reversed(address.split(".")))


def by_name(t):
    for action in ACTIONS:
        exact, above, below = t.name(), t.name(), t.name()
        t.rule("second", exact, action)
        t.ask(f"exact {action}", exact)
        t.ask(f"below an exact {action}", "www." + exact)
        t.rule("second", "*." + above, action)
        t.ask(f"apex of a wildcard {action}", above)
        t.ask(f"below a wildcard {action}", "www." + above)
        t.ask(f"deep below a wildcard {action}", "a.b.c." + above)
        # Both, with a wildcard hidden by a nearer owner.
        t.rule("second", below, action)
        t.rule("second", "*." + below, "nxdomain")
        t.rule("second", "inner." + below, action)
        t.ask(f"both {action}", below)
        t.ask(f"below both {action}", "x." + below)
        t.ask(f"inner {action}", "inner." + below)
        t.ask(f"below inner {action}", "x.inner." + below)
        t.rule("second", "*.nearer." + below, action)
        t.ask(f"nearest wildcard {action}", "x.nearer." + below)
        t.ask(f"apex of the nearest wildcard {action}", "nearer." + below)
        t.ask(f"upper letters {action}", exact.upper())
    t.ask("not listed", t.name())


def by_order(t):
    """The first zone with a hit decides, and PASSTHRU ends the search."""
    for action in ACTIONS:
        name = t.name()
        t.rule("second", name, action)
        t.rule("third", name, "nxdomain")
        t.ask(f"second before third: {action}", name)
        name = t.name()
        t.rule("third", name, action)
        t.rule("second", name, "passthru")
        t.ask(f"passthru before {action}", name)
        name = t.name()
        t.rule("second", "*." + name, "nodata")
        t.rule("third", "www." + name, action)
        t.ask(f"a wildcard of an earlier zone before an exact {action}", "www." + name)


def by_chain(t):
    """The target of an alias is judged as a question, when nothing has decided before."""
    for action in ("nxdomain", "nodata", "passthru", "drop", "tcp", "data"):
        name = t.name()
        t.rule("second", name, action)
        t.ask(f"alias to {action}", name.replace("n", "to", 1))
    for action in ("nxdomain", "nodata", "passthru", "data"):
        number = t.next_name
        t.name()
        t.rule("second", f"to{number}.policy.net", "passthru")
        t.rule("second", f"n{number}.policy.net", action)
        t.ask(f"passthru of the alias before {action}", f"to{number}.policy.net")


def by_answer(t):
    for i, action in enumerate(ACTIONS):
        number = t.next_name
        name = t.name()
        t.rule("second", address_owner(f"9.80.0.{number + 1}", 32) + ".rpz-ip", action)
        t.rule("second", f"128.{number + 1:x}.zz.80.2a00.rpz-ip", action)
        t.ask(f"answer {action}", name)
        t.ask(f"answer behind an alias {action}", f"to{number}.policy.net")
        # One of two addresses.
        t.rule("second", address_owner(f"9.81.0.{i + 1}", 32) + ".rpz-ip", action)
        t.ask(f"one of two addresses {action}", f"two{i}.policy.net")
        # The name comes before the address within a zone, whatever the length; the earlier zone before both.
        number = t.next_name
        name = t.name()
        t.rule("second", address_owner(f"9.80.0.{number + 1}", 32) + ".rpz-ip", "nxdomain")
        t.rule("second", name, action)
        t.ask(f"name before address {action}", name)
        number = t.next_name
        name = t.name()
        t.rule("second", address_owner(f"9.80.0.{number + 1}", 32) + ".rpz-ip", action)
        t.rule("third", name, "nodata")
        t.ask(f"{EARLIER_ADDRESS}: {action}", name)
    # The longest prefix, in one zone and over two.
    t.rule("second", address_owner("9.83.0.0", 16) + ".rpz-ip", "nxdomain")
    t.rule("second", address_owner("9.83.1.0", 24) + ".rpz-ip", "nodata")
    t.rule("second", address_owner("9.83.1.1", 32) + ".rpz-ip", "passthru")
    t.rule("third", address_owner("9.83.2.1", 32) + ".rpz-ip", "data")
    t.rule("second", "32.zz.83.2a00.rpz-ip", "nxdomain")
    t.rule("second", "48.zz.1.83.2a00.rpz-ip", "data")
    for name in ("wide", "wide2", "wide3", "wide6", "wide62"):
        t.ask("overlapping prefixes", f"{name}.policy.net")


def by_client(t):
    for i, action in enumerate(ACTIONS):
        source = f"127.0.0.{100 + i}"
        t.rule("second", address_owner(source, 32) + ".rpz-client-ip", action)
        t.ask(f"client {action}", "n100.policy.net", source)
    # A prefix around an exception; a client before a name.
    t.rule("second", address_owner("127.0.0.128", 28) + ".rpz-client-ip", "nodata")
    t.rule("second", address_owner("127.0.0.130", 32) + ".rpz-client-ip", "passthru")
    for source in ("127.0.0.129", "127.0.0.130", "127.0.0.144"):
        t.ask("prefixes of clients", "n101.policy.net", source)
    name = t.name()
    t.rule("second", name, "nxdomain")
    t.rule("third", name, "data")
    for source in ("127.0.0.104", "127.0.0.105", "127.0.0.102", "127.0.0.130"):
        t.ask("client before name", name, source)


def by_server(t):
    for i, action in enumerate(ACTIONS):
        owner = f"ns.d{i}.net.rpz-nsdname" if i % 2 else f"*.d{i}.net.rpz-nsdname"
        t.rule("third", owner, action)
        t.rule("third", address_owner(f"127.0.1.{30 + i}", 32) + ".rpz-nsip", action)
        for zone in (f"d{i}.net", f"e{i}.net"):
            for name in (zone, "www." + zone, "a.b." + zone, "none." + zone):
                t.ask(f"server {action}", name)
    # A name of the same zone is stronger, one of an earlier zone, too; an alias out of the zone takes its server along.
    t.rule("third", "www.d0.net", "data")
    t.rule("second", "www.d1.net", "passthru")
    t.rule("second", "www.e0.net", "nodata")
    t.rule("third", "www.e1.net", "passthru")
    for i in range(POLICY_ZONES):
        t.ask("alias out of the zone", f"out.d{i}.net")


def make_table():
    t = Table()
    for fill in (by_name, by_order, by_chain, by_answer, by_client, by_server):
        fill(t)
    return t


# --- asking both ---------------------------------------------------------------------------------------------------------


def ask(daemon, name, rdtype, source, tcp, timeout):
    with contextlib.suppress(dns.exception.Timeout, EOFError, OSError):
        return daemon.exchange(query(name, rdtype), tcp=tcp, source=source, timeout=timeout)
    return None


def seen(response, is_chain):
    """What counts of an answer. Owners and aliases on the way to a verdict are not compared: cenote answers the question itself."""
    if response is None:
        return "silence"
    if response.flags & dns.flags.TC:
        return "truncated"  # BIND's response code says whether it has the answer in its cache
    rdtype = response.question[0].rdtype
    records = sorted(f"{dns.rdatatype.to_text(rrset.rdtype)} {r.to_text().lower()}" for rrset in response.answer for r in rrset
                     if rrset.rdtype == rdtype or not is_chain)
    return dns.rcode.to_text(response.rcode()), records


def is_chain(name):
    return name.startswith(("to", "far", "out."))


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture(scope="module")
def bind(tree, upstreams, table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bind")
    files = {zone: folder / zone for zone in table.zones}
    for zone, text in table.texts().items():
        files[zone].write_text(text)
    daemon = Bind(folder, tree, BIND_PORT, files)
    yield daemon
    daemon.stop(codes=None)


@pytest.fixture(scope="module")
def cenote(start_shared, table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("zones")
    lists = []
    for zone, text in table.texts().items():
        (folder / zone).write_text(text)
        lists.append({"name": zone, "source": str(folder / zone), "format": "rpz"})
    daemon = start_shared({"lists": lists, "feeds": {"directory": str(folder)}})
    wait_for_generation(daemon)
    return daemon


def compare(cenote, bind, case):
    (name, source), rdtype, tcp = case
    of = [None, None]
    # A busy machine is not a silent server: what differs is asked again, with more patience.
    for timeout in (1.5, 4, 15, 30):
        of = [seen(ask(daemon, name, rdtype, source, tcp, timeout), is_chain(name)) for daemon in (cenote, bind)]
        if of[0] == of[1]:
            return None
    return case, of


def test_verdicts_are_those_of_bind(cenote, bind, table):
    cases = [(question, rdtype, tcp) for question, why in table.questions.items() for rdtype in TYPES for tcp in (False, True)
             if EARLIER_ADDRESS not in why and (rdtype != "TXT" or not tcp)]
    assert len({question for question, _, _ in cases}) >= 200
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        different = [d for d in pool.map(lambda case: compare(cenote, bind, case), cases) if d]
    lines = [f"{table.questions[case[0]]}: {case}: cenote {of[0]}, BIND {of[1]}" for case, of in different]
    assert not lines, "\n".join(lines[:60])
    stats = cenote.get("/api/v1/stats")
    assert sum(stats["outcomes"].values()) == stats["queries"]
    assert stats["outcomes"]["rewritten"] and stats["outcomes"]["tcp_only"] and stats["outcomes"]["blocked_server"]


@pytest.mark.parametrize("action", ACTIONS)
def test_an_earlier_zone_that_judges_answers_is_heard(cenote, table, action):
    name = next(name for (name, _), why in table.questions.items() if why == f"{EARLIER_ADDRESS}: {action}")
    own = f"A 9.80.0.{int(name[1:].partition('.')[0]) + 1}"
    wanted = {"nxdomain": ("NXDOMAIN", []), "nodata": ("NOERROR", []), "passthru": ("NOERROR", [own]), "drop": "silence",
              "tcp": "truncated", "data": ("NOERROR", ["A 10.1.2.3", "A 10.1.2.4"]),
              "alias": ("NOERROR", ["A 9.85.0.1", "CNAME garden.policy.net."]),
              "below": ("NOERROR", ["A 9.85.0.2", f"CNAME {name}.garden.policy.net."])}
    for _ in range(2):  # resolved, and from the cache
        timeout = 1.5 if action == "drop" else 30
        assert seen(ask(cenote, name, "A", "127.0.0.1", False, timeout), False) == wanted[action]
    # Of an answer without such an address it has nothing to say.
    assert seen(ask(cenote, name, "AAAA", "127.0.0.1", False, 30), False) == ("NOERROR", [])


def test_explain_says_why(cenote, table):
    """Every rule that speaks about a question is named, and the one that decides."""
    name = next(name for (name, _), why in table.questions.items() if why == "exact data")
    said = cenote.get(f"/api/v1/explain?name={name}")
    assert (said["verdict"], said["list"], said["answer"]) == ("block", "second.rpz", "10.1.2.3 10.1.2.4")
    assert [(r["trigger"], r["rule"], r["verb"], r["is_deciding"]) for r in said["rules"]] == [("name", name, "data", True)]
    said = cenote.get("/api/v1/explain?name=n100.policy.net&client=127.0.0.101")
    assert [(r["trigger"], r["rule"]) for r in said["rules"]] == [("client", "127.0.0.101/32")]
    assert said["answer"] == "NODATA" and said["is_late"]
    assert "second.rpz" in cenote.command("explain", name, codes=(10,))
