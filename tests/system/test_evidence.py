# SPDX-License-Identifier: BSD-2-Clause
"""Which device is a bot: from queries to a case, through the real daemon."""
import contextlib
import json
import os
import pathlib
import socket
import time

import pytest

from authority import generated
from checks import ede, rcode, rdata, stats, wait_for_generation
from daemons import PORTS, until

pytestmark = pytest.mark.threads

BOT, OTHER = "127.0.0.77", "127.0.0.78"
LIVE = [generated(i) + ".com" for i in range(2)]  # these have a zone
ORDINARY = ["www.valid.com", "across.valid.com", "host1.load.net", "www.other.net"]


def cases(cenote, state="all"):
    return json.loads(cenote.command("cases", "list", state, "--json"))["cases"]


def evidence(cenote):
    return stats(cenote)["evidence"]


def ask_generated(cenote, source, first=0, count=15):
    for i in range(first, first + count):
        assert rcode(cenote.ask(generated(f"missing {i}") + ".com", source=source)) == "NXDOMAIN"


def become_case(cenote, source=BOT, first=0):
    """A new case, once it has heard of all names."""
    known, heard = len(cases(cenote)), evidence(cenote)["events"]
    ask_generated(cenote, source, first)
    until(lambda: evidence(cenote)["events"] >= heard + 15)
    until(lambda: len(cases(cenote)) == known + 1)
    return cases(cenote)[0]


def is_told(cenote, name, source):
    return rdata(cenote.ask(name, source=source)) != ["0.0.0.0"]


def set_mode(cenote, mode):
    cenote.write_config({"evidence": {"mode": mode}})
    status, _, text = cenote.http("POST", "/api/v1/reload", {})
    assert status == 200, text


def test_a_bot_becomes_a_case_and_others_do_not(start):
    cenote = start()
    for name in ORDINARY:
        cenote.ask(name, source=OTHER)
    for i in range(30):
        cenote.ask(f"nothing{i}.valid.com", source=OTHER)
        cenote.ask(f"qxkvjwzht{i}.local", source=OTHER)
    case = become_case(cenote)
    assert (case["client"], case["state"]) == (BOT, "open")
    assert case["families"][0].startswith("unknown-") and case["confidence"] > 0.99
    assert len(case["evidence"]) >= 5 and all(line["kind"] == "nxdomain" for line in case["evidence"])
    asked = {generated(f"missing {i}") + ".com" for i in range(15)}
    assert {line["name"] for line in case["evidence"]} <= asked
    times = [line["time"] for line in case["evidence"]]
    assert times == sorted(times)
    assert evidence(cenote)["live_cases"] == 1 and evidence(cenote)["lost_events"] == 0
    # The same for a person.
    shown = cenote.command("cases", "show", str(case["id"]))
    assert BOT in shown and case["evidence"][0]["name"] in shown and "what to do" in shown
    assert BOT in cenote.command("cases", "list")


def test_monitor_touches_no_answer(start):
    cenote = start()
    become_case(cenote)
    for name in LIVE + ORDINARY:
        assert is_told(cenote, name, BOT)
    assert stats(cenote)["outcomes"]["blocked_infected"] == 0


def test_block_holds_back_where_the_master_is(start):
    cenote = start({"evidence": {"mode": "block"}})
    for name in LIVE:
        assert is_told(cenote, name, BOT)  # and in the cache from now on
    become_case(cenote)
    until(lambda: not is_told(cenote, LIVE[0], BOT))
    answer = cenote.ask(LIVE[0], source=BOT)
    assert "generated name" in ede(answer)[15]
    assert not is_told(cenote, LIVE[1], BOT)
    for name in ORDINARY:
        assert is_told(cenote, name, BOT)
    for name in LIVE + ORDINARY:
        assert is_told(cenote, name, OTHER)
    held = stats(cenote)["outcomes"]["blocked_infected"]
    assert held >= 3
    until(lambda: cases(cenote)[0]["sinkholed_count"] == held)
    # An own allow is stronger, and closing the case ends it all.
    cenote.command("rules", "add", "allow", LIVE[0])
    assert is_told(cenote, LIVE[0], BOT)
    cenote.command("rules", "remove", "allow", LIVE[0])
    assert not is_told(cenote, LIVE[0], BOT)
    cenote.command("cases", "close", "1", "set up anew")
    until(lambda: is_told(cenote, LIVE[0], BOT))


def test_mode_changes_without_a_restart(start):
    cenote = start({"evidence": {"mode": "off"}})
    ask_generated(cenote, BOT)
    assert evidence(cenote)["events"] == 0
    set_mode(cenote, "block")
    become_case(cenote)
    until(lambda: not is_told(cenote, LIVE[0], BOT))
    set_mode(cenote, "monitor")
    assert is_told(cenote, LIVE[0], BOT)


def test_cases_are_decided(start):
    cenote = start()
    become_case(cenote)
    assert cenote.command("cases", "ack", "1", "Ann looks at it").strip() == "case 1 is acknowledged"
    assert cases(cenote, "acknowledged")[0]["note"] == "Ann looks at it"
    cenote.command("cases", "close", "1")
    assert cases(cenote, "open") == []
    again = become_case(cenote, first=100)
    assert again["id"] == 2
    cenote.command("cases", "false-positive", "2", "for-all")
    rules = cenote.command("rules", "list")
    assert again["evidence"][0]["name"] in rules
    cenote.command("cases", "show", "9", codes=(1,))
    cenote.command("cases", "close", "nine", codes=(2,))
    cenote.command("cases", "list", "strange", codes=(1,))


def test_nobody_else_sees_the_cases(start):
    cenote = start()
    become_case(cenote)
    for path in ("/api/v1/cases", "/api/v1/case?id=1"):
        status, _, text = cenote.http("GET", path, unix=False)
        assert status == 401 and BOT not in text


def test_what_it_knew_survives(start):
    cenote = start()
    case = become_case(cenote)
    ask_generated(cenote, OTHER, 50, 2)
    until(lambda: evidence(cenote)["clients"] == 2)
    folder = cenote.folder
    cenote.stop()
    cenote = start(folder=folder)
    after = cases(cenote)[0]
    assert (after["id"], after["client"]) == (case["id"], BOT)
    assert after["evidence"][:5] == case["evidence"][:5] and evidence(cenote)["clients"] == 2
    # Killed: what a query after it shows was on the disk before.
    saves = evidence(cenote)["saves"]
    become_case(cenote, OTHER, 60)
    until(lambda: evidence(cenote)["saves"] > saves)
    cenote.kill()
    cenote = start(folder=folder)
    assert [c["client"] for c in cases(cenote)] == [OTHER, BOT]


def test_clocks_that_jump(start):
    """A day back, a day ahead, and one that stands in 1970: nothing known is lost, and devices are judged."""
    cenote = start()
    become_case(cenote)
    folder, known = cenote.folder, 1
    for shift in (-86400, 86400, 1000 - int(time.time()), 0):
        cenote.stop()
        cenote = start(folder=folder, environment={"CENOTE_TEST_CLOCK_OFFSET_S": str(shift)})
        assert len(cases(cenote)) == known
        become_case(cenote, f"127.0.0.{100 + known}", 1000 * known)
        known += 1
    assert {c["client"] for c in cases(cenote)} == {BOT} | {f"127.0.0.{100 + n}" for n in range(1, 5)}


def test_a_damaged_state_is_set_aside(start):
    cenote = start()
    become_case(cenote)
    folder = cenote.folder
    cenote.stop()
    state, = folder.rglob("evidence.mdb")
    state.write_bytes(os.urandom(len(state.read_bytes())))
    cenote = start(folder=folder)
    assert rcode(cenote.ask("www.valid.com")) == "NOERROR"
    assert "set aside" in evidence(cenote)["problem"] and cases(cenote) == []
    assert pathlib.Path(f"{state}.damaged").exists()
    become_case(cenote)


def test_cases_are_exported(start):
    cenote = start({"evidence": {"report": {"org": "Example Networks", "contact": "abuse@example.net", "domain": "example.net"}}})
    become_case(cenote)
    whole = json.loads(cenote.command("cases", "export"))
    assert whole["cases"][0]["client"] == BOT
    xarf = json.loads(cenote.command("cases", "export", "1", "--format", "xarf"))
    assert xarf["source_identifier"] == BOT and xarf["reporter"]["contact"] == "abuse@example.net"
    assert json.loads(cenote.command("cases", "export", "--format", "stix"))["type"] == "bundle"
    assert BOT in cenote.command("cases", "export", "1", "--format", "misp")
    assert cenote.command("cases", "export", "--format", "shadowserver").startswith('"timestamp","protocol","src_ip"')
    cenote.command("cases", "export", "--format", "pdf", codes=(1,))
    cenote.command("cases", "export", "9", codes=(1,))
    for path in ("", "?format=xarf"):
        assert cenote.http("GET", "/api/v1/cases/export" + path, unix=False)[0] == 401


def test_a_report_needs_to_know_who_reports(start):
    cenote = start()
    become_case(cenote)
    status, _, text = cenote.http("GET", "/api/v1/cases/export?format=xarf")
    assert status == 422 and "evidence.report" in text or "org" in text


def knock(address, port, payload=b"GET /gate.php HTTP/1.1\r\nHost: c2.example\r\nUser-Agent: bot/1.0\r\n\r\n", source=None):
    """What the sinkhole answers."""
    with socket.create_connection((address, port), timeout=30, source_address=(source, 0) if source else None) as s:
        s.sendall(payload)
        return b"".join(iter(lambda: s.recv(65536), b""))


def sinkholing(folder, port, **changes):
    """Names on a list of botnets lead to 127.0.0.66."""
    names = folder / "bots.txt"
    names.write_text("\n".join(f"c2-host{i}.com" for i in range(20)) + "\n")
    return {"lists": [{"name": "bots", "source": str(names), "category": "botnet", "action": "address"}],
            "sinkhole": {"addresses": ["127.0.0.66"], "listen": {"tcp": [f"0.0.0.0:{port}"]}, **changes}}


def test_who_knocks_at_the_sinkhole(start, tmp_path):
    port = next(PORTS)
    cenote = start(sinkholing(tmp_path, port))
    wait_for_generation(cenote)
    assert rdata(cenote.ask("c2-host0.com", source=BOT)) == ["127.0.0.66"]
    answer = knock("127.0.0.66", port, source=BOT)
    assert answer.startswith(b"HTTP/1.1 403 ") and b"This address was blocked" in answer
    until(lambda: evidence(cenote)["sinkhole"]["knocks"]["http"] == 1)
    # Names of the list and contacts add up to a case.
    for i in range(1, 4):
        cenote.ask(f"c2-host{i}.com", source=BOT)
    until(lambda: len(cases(cenote)) == 1)
    knock("127.0.0.66", port, source=BOT)
    until(lambda: cases(cenote)[0]["contacts"])
    contact = cases(cenote)[0]["contacts"][0]
    assert (contact["source"], contact["destination"], contact["destination_port"]) == (BOT, "127.0.0.66", port)
    assert (contact["host"], contact["user_agent"], contact["kind"]) == ("c2.example", "bot/1.0", "http")
    assert contact["source_port"] > 0 and contact["rule"] is None
    assert "contacts with the sinkhole" in cenote.command("cases", "show", "1")

    def exports_all():
        rows = cenote.command("cases", "export", "1", "--format", "shadowserver").splitlines()
        return len(rows) == 1 + len(cases(cenote)[0]["contacts"]) and BOT in rows[1]
    until(exports_all)


def unproven(cenote):
    _, _, text = cenote.http("GET", "/metrics")
    return int(text.split("\ncenote_evidence_knocks_unproven_total ")[1].split()[0])


def knock_often(port, source):
    """For many names: enough for a case, from a client."""
    for i in range(8):
        knock("127.0.0.1", port, f"GET / HTTP/1.1\r\nHost: c{i}.example\r\n\r\n".encode(), source)


def test_strangers_and_datagrams_prove_nothing(start, tmp_path):
    port, udp = next(PORTS), next(PORTS)
    cenote = start({"access": ["127.0.0.1", BOT], "sinkhole": {"listen": {"tcp": [f"0.0.0.0:{port}"], "udp": [f"0.0.0.0:{udp}"]}}})
    knock_often(port, OTHER)
    until(lambda: unproven(cenote) == 8)
    # Anybody may send these with the address of a client.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((BOT, 0))
        for i in range(8):
            s.sendto(f"GET / HTTP/1.1\r\nHost: c{i}.example\r\n\r\n".encode(), ("127.0.0.1", udp))
    until(lambda: unproven(cenote) == 16)
    assert cases(cenote) == []
    # Who may ask is a client, from the reload on.
    cenote.write_config({"access": ["127.0.0.0/8"]})
    status, _, text = cenote.http("POST", "/api/v1/reload", {})
    assert status == 200, text
    knock_often(port, OTHER)
    until(lambda: [c["client"] for c in cases(cenote)] == [OTHER])
    assert unproven(cenote) == 16
    # Unless it is not to be judged.
    cenote.write_config({"evidence": {"except": [BOT]}})
    status, _, text = cenote.http("POST", "/api/v1/reload", {})
    assert status == 200, text
    ask_generated(cenote, BOT)
    knock_often(port, BOT)
    until(lambda: evidence(cenote)["sinkhole"]["knocks"]["http"] == 32)
    ask_generated(cenote, "127.0.0.79", 100)
    until(lambda: len(cases(cenote)) == 2)
    assert [c["client"] for c in cases(cenote)] == ["127.0.0.79", OTHER]


def test_a_token_tells_whose_question_it_was(start, tmp_path):
    port = next(PORTS)
    cenote = start(sinkholing(tmp_path, port, tokens=["127.66.0.0/16"], token_ttl="3s"))
    wait_for_generation(cenote)
    told = [cenote.ask(f"c2-host{i}.com", source=BOT) for i in range(5)]
    addresses = [rdata(a)[0] for a in told]
    assert len(set(addresses)) == 5 and all(a.startswith("127.66.") for a in addresses)
    assert all(a.answer[0].ttl == 3 for a in told)
    until(lambda: len(cases(cenote)) == 1)
    # Somebody else comes in its place: a router, a forwarder.
    knock(addresses[2], port, source=OTHER)
    until(lambda: cases(cenote)[0]["contacts"])
    contact = cases(cenote)[0]["contacts"][0]
    assert (contact["source"], contact["asker"], contact["rule"]) == (OTHER, BOT, "bots")
    assert any(line["kind"] == "knock" and line["name"] == "c2-host2.com" for line in cases(cenote)[0]["evidence"])
    assert len(cases(cenote)) == 1


def test_hostile_visitors_of_the_sinkhole(start, tmp_path):
    port = next(PORTS)
    cenote = start(sinkholing(tmp_path, port, timeout="1s"))
    rubbish = [b"", b"\x00" * 5000, b"\x16\x03\x01\xff\xff" + b"\x01" * 70000, b"GET / HTTP/1.1\r\nX: " + b"a" * 70000,
               os.urandom(3000), b"\r\n" * 2000]
    opened = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(100)]
    for payload in rubbish * 5:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as s, contextlib.suppress(OSError):
            s.sendall(payload)
    for i in range(20):
        assert rcode(cenote.ask(f"host{i}.load.net")) in ("NOERROR", "NXDOMAIN")

    def are_all_done():
        told = evidence(cenote)["sinkhole"]
        return told["open"] == 0 and sum(told["knocks"].values()) == 130 == told["accepted"]
    until(are_all_done)
    for s in opened:
        s.close()
    status, _, text = cenote.http("GET", "/metrics")
    assert status == 200 and "cenote_sinkhole_knocks_total{kind=\"silent\"}" in text


def test_a_port_that_is_taken_is_said(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cenote = start({"sinkhole": {"listen": {"tcp": [f"127.0.0.1:{port}"]}}}, wait=False)
        until(lambda: cenote.process.poll() is not None)
        assert cenote.process.returncode == 1 and f"127.0.0.1:{port}" in cenote.log()
