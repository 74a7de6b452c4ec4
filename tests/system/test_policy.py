# SPDX-License-Identifier: BSD-2-Clause
"""Lists, own rules, groups and actions: what is blocked, for whom, with which answer."""
import dns.flags
import dns.name
import dns.rdatatype
import pytest

from checks import ede, list_hits, rcode, rdata, stats, wait_for_generation
from daemons import query, until

pytestmark = pytest.mark.threads

HOSTS = """# a hosts file
0.0.0.0 c2.evil.net
127.0.0.1 exact.evil.net   # the name alone
0.0.0.0 both.evil.net shared.evil.net
::1 localhost
0.0.0.0 0.0.0.0
""" + "".join(f"0.0.0.0 filler{i}.example\n" for i in range(20))
DOMAINS = """! plain names, each with all below
tree.evil.net
shared.evil.net
allowed.evil.net
inner.allowed2.evil.net
"""
WILD = "*.wild.evil.net\nalone.evil.net\n"
GOOD = "allowed.evil.net\nown.evil.net\n"


def write_lists(folder, **texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return {name: str(folder / name) for name in texts}


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    files = write_lists(tmp_path_factory.mktemp("lists"), hosts=HOSTS, domains=DOMAINS, wild=WILD, good=GOOD, watch="watched.evil.net\n",
                        nx="nx.evil.net\n", nodata="nodata.evil.net\n", sink="sink.evil.net\n", refuse="refuse.evil.net\n",
                        dropped="drop.evil.net\n", strict="strict.evil.net\n")
    deny = {"kind": "deny", "category": "botnet"}
    daemon = start_shared({
        "lists": [
            {"name": "hosts", "source": files["hosts"], **deny},
            {"name": "domains", "source": files["domains"], **deny},
            {"name": "wild", "source": files["wild"], **deny},
            {"name": "good", "source": files["good"], "kind": "allow"},
            {"name": "watch", "source": files["watch"], "mode": "monitor", **deny},
            {"name": "nx", "source": files["nx"], "action": "nxdomain", **deny},
            {"name": "nodata", "source": files["nodata"], "action": "nodata", **deny},
            {"name": "sink", "source": files["sink"], "action": "address", **deny},
            {"name": "refuse", "source": files["refuse"], "action": "refused", **deny},
            {"name": "dropped", "source": files["dropped"], "action": "drop", **deny},
            {"name": "strict", "source": files["strict"], **deny},
        ],
        "allow": ["=both.evil.net", "good.denied.evil.net", "*.deep.evil.net"],
        "deny": ["denied.evil.net", "=own.evil.net", "own2.evil.net", "deep.evil.net"],
        "groups": [
            {"name": "children", "clients": ["127.0.0.64/26"], "lists": ["strict", "hosts"]},
            {"name": "office", "clients": ["127.0.0.70/32"], "lists": ["nx"]},
            {"name": "default", "lists": [n for n in files if n != "strict"]},
        ],
        "sinkhole": {"ttl": "77s", "addresses": ["192.0.2.1", "2001:db8::1"]},
    })
    wait_for_generation(daemon)
    return daemon


def is_blocked(daemon, name, **options):
    return rdata(daemon.ask(name, **options)) == ["0.0.0.0"]


@pytest.mark.parametrize("name, wanted", [
    ("c2.evil.net", True), ("C2.EVIL.NET", True), ("sub.c2.evil.net", False), ("exact.evil.net", True), ("evil.net", False),
    ("clean.evil.net", False), ("xc2.evil.net", False),
    ("tree.evil.net", True), ("a.b.tree.evil.net", True), ("xtree.evil.net", False),
    ("a.wild.evil.net", True), ("a.b.wild.evil.net", True), ("wild.evil.net", True),
    ("alone.evil.net", True), ("x.alone.evil.net", False),
    ("shared.evil.net", True), ("below.shared.evil.net", True),
    # an allow list beats deny lists, an own deny beats an allow list, an own allow beats all
    ("allowed.evil.net", False), ("below.allowed.evil.net", False), ("inner.allowed2.evil.net", True),
    ("own.evil.net", True), ("below.own.evil.net", False), ("own2.evil.net", True), ("x.own2.evil.net", True),
    ("both.evil.net", False), ("denied.evil.net", True), ("x.denied.evil.net", True), ("good.denied.evil.net", False),
    ("x.good.denied.evil.net", False), ("deep.evil.net", True), ("x.deep.evil.net", False),
    ("watched.evil.net", False), ("strict.evil.net", False),
])
def test_who_is_blocked(cenote, name, wanted):
    for tcp in (False, True):
        assert is_blocked(cenote, name, tcp=tcp) == wanted


@pytest.mark.parametrize("source, blocked, free", [
    ("127.0.0.1", ["c2.evil.net", "tree.evil.net"], ["strict.evil.net"]),
    ("127.0.0.65", ["c2.evil.net", "strict.evil.net"], ["tree.evil.net", "nx.evil.net"]),
    ("127.0.0.70", ["own2.evil.net"], ["c2.evil.net", "strict.evil.net"]),
])
def test_groups(cenote, source, blocked, free):
    assert [n for n in blocked + free if is_blocked(cenote, n, source=source)] == blocked
    expected = "NXDOMAIN" if source.endswith(".70") else rcode(cenote.ask("nx.evil.net", source=source))
    assert rcode(cenote.ask("nx.evil.net", source=source)) == expected


ANSWERS = {  # action: rcode, A, AAAA
    "c2": ("NOERROR", ["0.0.0.0"], ["::"]), "nx": ("NXDOMAIN", [], []), "nodata": ("NOERROR", [], []),
    "sink": ("NOERROR", ["192.0.2.1"], ["2001:db8::1"]), "refuse": ("REFUSED", [], []),
}


@pytest.mark.parametrize("label", ANSWERS)
def test_actions_and_agreement_of_types(cenote, label):
    code, a, aaaa = ANSWERS[label]
    expected = {"A": a, "AAAA": aaaa}
    for rdtype in ("A", "AAAA", "HTTPS", "SVCB", "TXT", "MX", "NS", "SOA", "CNAME", "DS", "TYPE65280"):
        answer = cenote.ask(f"{label}.evil.net", rdtype, do=True, ad=True)
        assert (rcode(answer), rdata(answer)) == (code, expected.get(rdtype, [])), rdtype
        assert not answer.flags & dns.flags.AD and answer.flags & dns.flags.RA
        assert list(ede(answer)) == [15]
        text = ede(answer)[15]
        assert (label if label in ("nx", "nodata", "sink", "refuse") else "hosts") in text and "botnet" in text[0:]
        if answer.answer:
            assert all(s.ttl == 77 for s in answer.answer)
        elif code != "REFUSED":
            soa = [s for s in answer.authority if s.rdtype == dns.rdatatype.SOA]
            assert len(soa) == 1 and soa[0].ttl == 77 and soa[0][0].minimum == 77
            assert dns.name.from_text(f"{label}.evil.net").is_subdomain(soa[0].name)


def test_drop_gives_no_answer(cenote):
    before = stats(cenote)["outcomes"]["dropped_policy"]
    assert cenote.answers_nothing_to(query("drop.evil.net").to_wire())
    until(lambda: stats(cenote)["outcomes"]["dropped_policy"] == before + 1)


def test_own_deny_says_filtered(cenote):
    assert list(ede(cenote.ask("own2.evil.net"))) == [17]


def test_no_error_code_without_edns(cenote):
    answer = cenote.ask("c2.evil.net", edns=False)
    assert answer.edns == -1 and rdata(answer) == ["0.0.0.0"]


def test_monitor_counts_and_does_not_block(cenote):
    before = list_hits(cenote, "watch", "monitored")
    assert not is_blocked(cenote, "watched.evil.net")
    assert list_hits(cenote, "watch", "monitored") == before + 1
    assert list_hits(cenote, "watch") == 0


def test_hits_are_counted_by_list(cenote):
    before, blocked = list_hits(cenote, "hosts"), stats(cenote)["outcomes"]["blocked"]
    for _ in range(7):
        cenote.ask("exact.evil.net")
    assert list_hits(cenote, "hosts") == before + 7
    assert stats(cenote)["outcomes"]["blocked"] == blocked + 7


def test_cached_answer_of_one_group_is_not_given_to_another(cenote):
    for _ in range(2):
        assert not is_blocked(cenote, "c2.evil.net", source="127.0.0.70")
        assert is_blocked(cenote, "c2.evil.net", source="127.0.0.65")


@pytest.mark.parametrize("client", ["127.0.0.1", "127.0.0.65", "127.0.0.70"])
def test_explain_says_what_is_answered(cenote, client):
    names = ["c2", "sub.c2", "tree", "x.tree", "a.wild", "shared", "allowed", "own", "both", "denied", "x.deep", "watched",
             "strict", "nx", "clean", "refuse"]
    for name in (f"{n}.evil.net" for n in names):
        told = cenote.get(f"/api/v1/explain?name={name}&client={client}&type=A")
        answer = cenote.ask(name, source=client)
        was_blocked = bool({15, 17} & set(ede(answer)))
        assert told["is_blocked"] == was_blocked, (name, told)
        if was_blocked:
            assert told["ede"]["code"] in ede(answer)
            assert told["list"] in ede(answer)[told["ede"]["code"]]


def test_explain_shows_every_holder(cenote):
    told = cenote.get("/api/v1/explain?name=below.shared.evil.net")
    holders = {(h["list"], h["name"], h["is_applied"]) for h in told["holders"]}
    assert holders == {("hosts", "shared.evil.net", False), ("domains", "shared.evil.net", True)}


@pytest.mark.parametrize("name, code", [("c2.evil.net", 10), ("clean.evil.net", 0)])
def test_explain_command_exit_code(cenote, name, code):
    text = cenote.command("explain", name, codes=(code,))
    assert name in text and ("hosts" in text) == (code == 10)


def test_runtime_rules_act_at_once(cenote):
    def change(method, kind, rule, wanted):
        path = "/api/v1/rules" + (f"?kind={kind}&rule={rule}" if method == "DELETE" else "")
        status, _, text = cenote.http(method, path, None if method == "DELETE" else {"kind": kind, "rule": rule})
        assert status == wanted, text
    cenote.ask("late.evil.net")
    change("POST", "deny", "late.evil.net", 201)
    assert is_blocked(cenote, "late.evil.net") and is_blocked(cenote, "x.late.evil.net")
    change("POST", "allow", "c2.evil.net", 201)
    assert not is_blocked(cenote, "c2.evil.net")
    change("DELETE", "deny", "late.evil.net", 200)
    change("DELETE", "allow", "c2.evil.net", 200)
    assert not is_blocked(cenote, "late.evil.net") and is_blocked(cenote, "c2.evil.net")


def test_rules_are_changed_as_they_were_read(cenote):
    """Two who edit at the same time: the second one is told."""
    def add(rule, tag, wanted):
        status, headers, text = cenote.http("POST", "/api/v1/rules", {"kind": "deny", "rule": rule}, If_Match=tag)
        assert status == wanted, text
        return headers["ETag"]
    tag = cenote.http("GET", "/api/v1/rules")[1]["ETag"]
    second = add("versioned.evil.net", tag, 201)
    assert second != tag and add("versioned.evil.net", second, 200) == second
    add("other.evil.net", tag, 412)
    assert is_blocked(cenote, "versioned.evil.net") and not is_blocked(cenote, "other.evil.net")
    gone = "/api/v1/rules?kind=deny&rule=versioned.evil.net"
    assert cenote.http("DELETE", gone, If_Match=tag)[0] == 412 and is_blocked(cenote, "versioned.evil.net")
    status, headers, _ = cenote.http("DELETE", gone, If_Match=f'"x", {second}')
    assert (status, headers["ETag"]) == (200, tag) and not is_blocked(cenote, "versioned.evil.net")


def test_rules_of_the_file_are_changed_there(cenote):
    rules = cenote.get("/api/v1/rules")["rules"]
    assert {"kind": "deny", "rule": "denied.evil.net", "is_runtime": False, "file": str(cenote.config_path)} in rules
    status, _, text = cenote.http("DELETE", "/api/v1/rules?kind=deny&rule=denied.evil.net")
    assert status == 409 and str(cenote.config_path) in text
    assert f"deny   denied.evil.net  ({cenote.config_path})" in cenote.command("rules", "list")


def test_changed_list_acts_after_update(cenote):
    path = next(row["source"] for row in cenote.config["lists"] if row["name"] == "hosts")
    assert not is_blocked(cenote, "clean.evil.net")
    with open(path, "a", encoding="ascii") as f:
        f.write("0.0.0.0 clean.evil.net\n")
    cenote.command("feeds", "update")
    until(lambda: is_blocked(cenote, "clean.evil.net"))
    assert is_blocked(cenote, "c2.evil.net")


def test_blocked_names_use_no_cache_and_no_upstream(cenote):
    before = stats(cenote)
    for i in range(50):
        cenote.ask(f"x{i}.tree.evil.net")
    after = stats(cenote)
    assert after["events"]["upstream_queries"] == before["events"]["upstream_queries"]
    assert after["cache"]["entries"] == before["cache"]["entries"]
