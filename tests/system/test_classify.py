# SPDX-License-Identifier: BSD-2-Clause
"""The classifier on the path: what the modes do to names that look generated, and to those that must never be touched."""
import json
import re
import time

import pytest

from authority import ZONES, generated
from checks import ede, flags, rcode, rdata, records, stats, wait_for_generation
from daemons import query, until
from load import Load
from test_policy import write_lists

pytestmark = pytest.mark.threads

BOT, BOT2 = generated(0) + ".com", generated(1) + ".com"  # these have a zone
TEXT = re.compile(r"generated name \((random|hash|words), score -?\d+\.\d\)")
ORDINARY = ["www.valid.com", "across.valid.com", "nothing.valid.com", "host1.load.net", "www.other.net", "togenerated.other.net"]


def fresh(number):
    """A name that nobody has registered."""
    return generated(f"fresh {number}") + ".com"


def reload(cenote, **changes):
    """With these keys in the place of the old ones; in force when it returns. The API's status and text."""
    cenote.write_config(changes)
    status, _, text = cenote.http("POST", "/api/v1/reload", {})
    return status, text


def set_mode(cenote, mode, **dga):
    status, text = reload(cenote, dga={"mode": mode, **dga})
    assert status == 200, text


def is_blocked(answer):
    return rdata(answer) == ["0.0.0.0"] and bool(TEXT.fullmatch(ede(answer).get(15, "")))


def dga(cenote):
    return stats(cenote)["dga"]


def suspects(cenote):
    return sum(dga(cenote)["suspects"].values())


def explain(cenote, name):
    return cenote.get(f"/api/v1/explain?name={name}")


@pytest.fixture
def blocking(start):
    return start({"dga": {"mode": "block"}})


def test_monitor_is_the_default_and_has_no_effect(start):
    seen = []
    for config in ({"dga": {"mode": "off"}}, {}, {"dga": {"mode": "monitor"}}):
        cenote = start(config)
        answers = [cenote.ask(name, rdtype) for _ in range(2) for name in ORDINARY + [BOT, "www." + BOT, fresh(0)]
                   for rdtype in ("A", "AAAA", "TXT", "HTTPS")]
        seen.append([(rcode(a), flags(a), ede(a), records(a.answer), records(a.authority)) for a in answers])
        counted = dga(cenote)
        assert counted["mode"] == config.get("dga", {}).get("mode", "monitor")
        assert (suspects(cenote), counted["scored"]) == (0, 0) if counted["mode"] == "off" else suspects(cenote) == 12
        assert stats(cenote)["outcomes"]["blocked_generated"] == 0
        cenote.stop()
    assert seen[0] == seen[1] == seen[2]


def test_names_that_do_not_exist_are_counted(start):
    cenote = start()
    for i in range(10):
        assert rcode(cenote.ask(fresh(i))) == "NXDOMAIN"
    assert suspects(cenote) == 10 and dga(cenote)["suspects"]["random"] >= 8
    # What is in the cache was judged when it came.
    for i in range(10):
        cenote.ask(fresh(i))
    assert suspects(cenote) == 10 == dga(cenote)["scored"]
    metrics = cenote.http("GET", "/metrics")[2]
    assert f"cenote_dga_suspects_total{{class=\"random\"}} {dga(cenote)['suspects']['random']}\n" in metrics
    assert "cenote_dga_scored_total 10\n" in metrics and 'cenote_dga_mode{mode="monitor"} 1\n' in metrics


def test_block_answers_every_type_without_asking(blocking):
    asked = stats(blocking)["events"]["upstream_queries"]
    for tcp in (False, True):
        for name in (BOT, "www." + BOT, "a.b." + BOT.upper(), fresh(1)):
            for rdtype, wanted in (("A", ["0.0.0.0"]), ("AAAA", ["::"]), ("HTTPS", []), ("TXT", []), ("MX", []), ("NS", [])):
                answer = blocking.ask(name, rdtype, tcp=tcp)
                assert (rcode(answer), rdata(answer)) == ("NOERROR", wanted)
                assert list(ede(answer)) == [15] and TEXT.fullmatch(ede(answer)[15]), ede(answer)
                assert len(answer.authority) == (0 if wanted else 1)
    s = stats(blocking)
    assert s["outcomes"]["blocked_generated"] == 48 == sum(s["dga"]["suspects"].values()) == s["blocked"]
    assert s["events"]["upstream_queries"] == asked
    for name in ORDINARY:
        assert not ede(blocking.ask(name)), name
    assert stats(blocking)["outcomes"]["blocked_generated"] == 48


@pytest.mark.parametrize("action, code, wanted", [
    ("nxdomain", "NXDOMAIN", []), ("nodata", "NOERROR", []), ("refused", "REFUSED", []), ("address", "NOERROR", ["192.0.2.66"])])
def test_block_does_what_the_sinkhole_does(start, action, code, wanted):
    cenote = start({"dga": {"mode": "block"}, "sinkhole": {"action": action, "addresses": ["192.0.2.66"], "ttl": "7s"}})
    answer = cenote.ask(BOT)
    assert (rcode(answer), rdata(answer)) == (code, wanted)
    assert TEXT.fullmatch(ede(answer)[15])
    assert not wanted or answer.answer[0].ttl == 7


def test_block_may_be_silence(start):
    cenote = start({"dga": {"mode": "block"}, "sinkhole": {"action": "drop"}})
    assert cenote.answers_nothing_to(query(BOT).to_wire())
    s = stats(cenote)
    assert s["outcomes"]["dropped_policy"] == 1 == sum(s["dga"]["suspects"].values())


def test_what_is_cached_is_judged_by_the_mode_in_force(start):
    cenote = start()
    names = [BOT, "www." + BOT, fresh(2)]
    before = {name: records(cenote.ask(name).answer) for name in names + ORDINARY}
    for mode in ("block", "monitor", "block", "off", "block"):
        set_mode(cenote, mode)
        for _ in range(3):
            for name in names:
                answer = cenote.ask(name)
                assert is_blocked(answer) if mode == "block" else records(answer.answer) == before[name], (mode, name)
            for name in ORDINARY:
                assert records(cenote.ask(name).answer) == before[name]
    assert stats(cenote)["outcomes"]["blocked_generated"] == 27
    # None of these was asked anew: a mode changes nothing in the cache.
    assert stats(cenote)["events"]["upstream_queries"] == len(before)


def test_an_old_answer_is_not_kept_up(start):
    cenote = start()
    assert rdata(cenote.ask("nolong." + BOT)) == ["9.2.3.40"]  # for two seconds
    set_mode(cenote, "block")
    asked, end = stats(cenote)["events"]["upstream_queries"], time.monotonic() + 5
    while time.monotonic() < end:
        assert is_blocked(cenote.ask("nolong." + BOT))
        time.sleep(0.05)
    assert stats(cenote)["events"]["upstream_queries"] == asked


@pytest.mark.parametrize("loose", ["0.1", 0.05])
def test_the_threshold_in_force_decides(start, loose):
    cenote = start({"dga": {"mode": "block", "threshold": "1e-6"}})
    names = [generated(f"threshold {i}", 6 + i % 14) + ".com" for i in range(60)]
    seen = []
    for threshold in ("1e-6", loose, "1e-6"):
        set_mode(cenote, "block", threshold=threshold)
        counted = dga(cenote)
        assert counted["threshold"] == float(threshold)
        limit = counted["threshold_score"]
        for name in names:
            said = explain(cenote, name)["dga"]
            wanted = said["score"] > limit and not said["is_popular"]
            assert is_blocked(cenote.ask(name)) == wanted == (said["effect"] == "it is blocked"), (name, said)
        seen.append((limit, sum(is_blocked(cenote.ask(name)) for name in names)))
    assert seen[0] == seen[2] and seen[0][0] > seen[1][0] and seen[0][1] <= seen[1][1]


def test_allowed_names_are_let_through(start, tmp_path):
    files = write_lists(tmp_path / "lists", good=BOT2 + "\n", bad=fresh(3) + "\n")
    cenote = start({"dga": {"mode": "block"}, "allow": ["www." + BOT],
                    "lists": [{"name": "good", "source": files["good"], "kind": "allow"},
                              {"name": "bad", "source": files["bad"], "category": "botnet"}],
                    "groups": [{"name": "strict", "clients": ["127.0.0.9"], "lists": ["bad"]}]})
    wait_for_generation(cenote)
    for _ in range(3):
        assert rdata(cenote.ask("www." + BOT)) == ["9.2.3.5"]
        assert is_blocked(cenote.ask("mail." + BOT))
        assert rdata(cenote.ask("www." + BOT2)) == ["9.2.3.5"]
        # Kept for those who are allowed it, given to nobody else.
        assert is_blocked(cenote.ask("www." + BOT2, source="127.0.0.9"))
    # A list decides before the score does, and is named.
    assert ede(cenote.ask(fresh(3))) == {15: "bad (botnet)"}
    assert dga(cenote)["exempt"] == 2 and stats(cenote)["outcomes"]["blocked"] == 1
    cenote.command("rules", "add", "allow", "mail." + BOT)
    assert rdata(cenote.ask("mail." + BOT)) == ["9.2.3.6"]
    x = explain(cenote, "mail." + BOT)
    assert (x["verdict"], x["dga"]["effect"]) == ("allow", "nothing: it is allowed")


def test_zones_of_the_operator_are_let_through(start):
    cenote = start({"dga": {"mode": "block"}, "forward": [{"zone": BOT, "to": [f"{ZONES}@53"]}],
                    "stub": [{"zone": BOT2, "to": [f"{ZONES}@53"]}], "rebinding": {"except": [fresh(4)]},
                    "records": [f"{fresh(5)}. 60 IN A 192.0.2.5"]})
    for _ in range(2):
        assert rdata(cenote.ask("www." + BOT)) == rdata(cenote.ask("www." + BOT2)) == ["9.2.3.5"]
        assert rcode(cenote.ask(fresh(4))) == "NXDOMAIN"
        assert rdata(cenote.ask(fresh(5))) == ["192.0.2.5"]
    assert rdata(cenote.ask("5.3.2.9.in-addr.arpa", "PTR")) == ["www.valid.com."]
    s = stats(cenote)
    assert s["outcomes"]["blocked_generated"] == 0 == sum(s["dga"]["suspects"].values()) and s["dga"]["exempt"] == 3
    assert is_blocked(cenote.ask(fresh(6)))
    assert "zone of your own" in explain(cenote, BOT)["dga"]["effect"]


def test_where_a_chain_leads_is_not_judged(blocking):
    for _ in range(2):
        assert rdata(blocking.ask("togenerated.other.net"), ) == ["9.2.3.5", f"www.{BOT}."]


def test_bad_files_at_a_reload_change_nothing(blocking, tmp_path):
    bad = tmp_path / "bad.model"
    bad.write_bytes(b"this is no model" * 100)
    for key in ("model", "popular"):
        for path in (bad if key == "model" else tmp_path, tmp_path / "missing"):
            status, text = reload(blocking, dga={"mode": "monitor", key: str(path)})
            assert status == 422 and f"dga.{key}: " in text and path.name in text, text
            assert is_blocked(blocking.ask(BOT))
            health = blocking.get("/healthz")
            assert health["status"] == "degraded" and "the old configuration serves" in health["reasons"][0]
    set_mode(blocking, "off", model=str(bad))  # who turns it off is not held up by it
    assert blocking.get("/healthz")["status"] == "ok"
    assert rdata(blocking.ask(BOT)) == ["9.2.3.4"]
    set_mode(blocking, "block")
    assert is_blocked(blocking.ask(BOT))


def test_bad_files_at_the_start(start, tmp_path):
    bad = tmp_path / "bad.model"
    bad.write_bytes(b"this is no model" * 100)
    cenote = start({"dga": {"mode": "block", "model": str(bad)}})
    assert rdata(cenote.ask(BOT)) == ["9.2.3.4"]
    health = cenote.get("/healthz")
    assert health["status"] == "degraded" and "not classified" in health["reasons"][0] and str(bad) in health["reasons"][0]
    assert "event=no_classifier" in cenote.log()
    assert "there is none" in cenote.command("status") and not dga(cenote)["has_classifier"]
    assert "no classifier" in cenote.command("explain", BOT)
    told = cenote.command("check", "--json", codes=(78,))
    assert "dga.model: " in json.loads(told)["error"] and str(bad) in told
    set_mode(cenote, "block")
    assert is_blocked(cenote.ask(BOT)) and cenote.get("/healthz")["status"] == "ok"
    cenote.command("check")


def test_popular_domains_are_let_through(start, tmp_path):
    popular = tmp_path / "popular.txt"
    popular.write_text(f"1,www.valid.com\n2,{BOT}\n")
    cenote = start({"dga": {"mode": "block", "popular": str(popular)}})
    for _ in range(2):
        assert rdata(cenote.ask("www." + BOT)) == ["9.2.3.5"]
        assert is_blocked(cenote.ask("www." + BOT2))
    assert dga(cenote)["popular"] == 1 and suspects(cenote) == 2
    x = explain(cenote, "www." + BOT)
    assert x["dga"]["is_popular"] and x["dga"]["effect"] == "nothing: the domain is popular" and x["dga"]["class"] == "none"
    assert "popular" in cenote.command("explain", BOT)
    # The file's content changes under its name; what is in the cache is judged by the new one.
    popular.write_text(f"1,www.valid.com\n2,{BOT2}\n")
    set_mode(cenote, "block", popular=str(popular))
    assert is_blocked(cenote.ask("www." + BOT)) and rdata(cenote.ask("www." + BOT2)) == ["9.2.3.5"]
    set_mode(cenote, "block")
    assert is_blocked(cenote.ask("www." + BOT)) and is_blocked(cenote.ask("www." + BOT2))


def test_a_bad_popular_file_at_the_start(start, tmp_path):
    missing = tmp_path / "missing"
    cenote = start({"dga": {"mode": "block", "popular": str(missing)}})
    assert is_blocked(cenote.ask(BOT))
    reasons = cenote.get("/healthz")["reasons"]
    assert len(reasons) == 1 and "the built-in set of popular domains is used" in reasons[0] and str(missing) in reasons[0]
    assert "event=popular_built_in" in cenote.log()
    told = cenote.command("check", "--json", codes=(78,))
    assert "dga.popular: " in json.loads(told)["error"] and str(missing) in told
    missing.write_text("1,valid.com\n")
    set_mode(cenote, "block", popular=str(missing))
    assert cenote.get("/healthz")["status"] == "ok"
    cenote.command("check")


def test_explain_says_why(blocking):
    x = explain(blocking, "www." + BOT)
    assert (x["verdict"], x["is_blocked"], x["answer"], x["ede"]["code"], x["list"]) == ("generated", True, "0.0.0.0", 15, "")
    assert x["dga"]["effect"] == "it is blocked" and TEXT.fullmatch(x["dga"]["text"])
    assert x["dga"]["score"] > x["dga"]["threshold_score"] and 0.5 < x["dga"]["probability"] <= 1
    assert ede(blocking.ask(BOT)) == {15: x["dga"]["text"]}
    shown = blocking.command("explain", BOT, codes=(10,))
    assert "blocked as a generated name" in shown and "effect: it is blocked (dga.mode: block)" in shown
    shown = blocking.command("explain", "www.valid.com")
    assert "effect: nothing" in shown
    set_mode(blocking, "monitor")
    assert "it is counted, not blocked (dga.mode: monitor)" in blocking.command("explain", BOT)


def test_modes_change_while_questions_come(blocking):
    """None is lost, and each is answered as one of the modes says."""
    def questions():
        while True:
            yield from ((name, "A") for name in (BOT, "www." + BOT2, "www.valid.com"))

    def judge(name, _, answer):
        allowed = {"9.2.3.4", "9.2.3.5"} | ({"0.0.0.0"} if "valid" not in name else set())
        return None if len(rdata(answer)) == 1 and rdata(answer)[0] in allowed else str(rdata(answer))

    with Load(blocking, questions(), 300, judge) as load:
        for i in range(12):
            set_mode(blocking, ("monitor", "block", "off")[i % 3])
            until(lambda: load.sent > 40 * (i + 1))
    assert load.lost == 0 and not load.complaints, load.complaints[:5]
    stats(blocking)
