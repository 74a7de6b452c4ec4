# SPDX-License-Identifier: BSD-2-Clause
"""RPZ zones by transfer from a real BIND: whole and incremental, signed, announced, kept over crashes."""
import contextlib
import random
import socket
import statistics
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest

from daemons import CENOTE, PORTS, query, until
from primary import KEY, SECRET, Primary

UPDATES = 300 if "asan" in str(CENOTE) or "tsan" in str(CENOTE) else 1000
WILD = "wild.valid.com"  # every name below has the address 9.2.3.9
ALWAYS = [f"always{i}.{WILD}" for i in range(50)]
NEVER = [f"never{i}.{WILD}" for i in range(50)]
TOGGLED = [f"toggled{i}.{WILD}" for i in range(200)]
BLOCK = ("CNAME", ".")


@pytest.fixture
def primary(tmp_path):
    started = []

    def make(**options):
        options.setdefault("records", "".join(f"{name} CNAME .\n" for name in ALWAYS))
        started.append(Primary(tmp_path / f"named{len(started)}", next(PORTS), next(PORTS), **options))
        return started[-1]
    yield make
    for one in started:
        one.stop(codes=None)


def config(made, secret=SECRET, **more):
    return {"lists": [{"name": "zone", "source": f"xfr://{made.host}:{made.port}/{made.zone}", "tsig": KEY},
                      *more.pop("lists", [])],
            "tsig_keys": [{"name": KEY, "secret": secret}],
            "feeds": {"notify_listen": [f"127.0.0.1:{made.notify}"], "directory": str(made.folder.parent)}, **more}


def is_blocked(daemon, name):
    answer = daemon.ask(name)
    if answer.rcode() == dns.rcode.NXDOMAIN:
        return True
    assert answer.rcode() == dns.rcode.NOERROR and answer.answer, answer
    return False


def of_zone(daemon, field=None, name="zone"):
    one = next(each for each in daemon.get("/api/v1/lists")["lists"] if each["name"] == name)
    return one["transfer"][field] if field else one


def generation(daemon):
    return daemon.get("/api/v1/lists")["generation"]


class Askers:
    """Ask all the time, wait for nobody, and remember what was wrong. Silence of a dead daemon is not wrong."""

    def __init__(self, daemon, blocked, free, toggled, count=2):
        self.address, self.blocked, self.free, self.toggled = (daemon.host, daemon.port), blocked, free, toggled
        self.answers, self.wrong, self.ending = 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def run(self):
        dice = random.Random(7)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(self.address)
            s.settimeout(3)
            while not self.ending.is_set():
                name = dice.choice(dice.choice((self.blocked, self.free, self.toggled)))
                # From now on or from before: a name that became one of `blocked` meanwhile is judged by what it was when asked.
                must_block, must_free = name in self.blocked, name in self.free
                message = query(name)
                try:
                    s.send(message.to_wire())
                    self.judge(name, must_block, must_free, message, s.recv(4096))
                except OSError:
                    time.sleep(0.01)

    def judge(self, name, must_block, must_free, message, wire):
        with contextlib.suppress(dns.exception.DNSException):
            answer = dns.message.from_wire(wire)
            if answer.id != message.id:
                return
            self.answers += 1
            if must_block and answer.rcode() != dns.rcode.NXDOMAIN or must_free and answer.rcode() == dns.rcode.NXDOMAIN:
                self.wrong.append(f"{name}: {answer}")


def test_a_zone_is_transferred_and_acts(start, primary):
    made = primary()
    daemon = start(config(made))
    until(lambda: is_blocked(daemon, ALWAYS[0]))
    assert not is_blocked(daemon, NEVER[0])
    zone = of_zone(daemon)
    assert (zone["state"], zone["format"], zone["rules"], zone["transfer"]["serial"], zone["transfer"]["axfr"]) == \
        ("ok", "rpz", len(ALWAYS), 1, 1)
    before, times = generation(daemon), []
    for i in range(40):
        started = time.monotonic()
        made.update((f"timed{i}.{WILD}", *BLOCK))
        until(lambda: is_blocked(daemon, f"timed{i}.{WILD}"), every=0.001)
        times.append(time.monotonic() - started)
    made.update((f"timed0.{WILD}",), (ALWAYS[0],))
    until(lambda: not is_blocked(daemon, f"timed0.{WILD}") and not is_blocked(daemon, ALWAYS[0]))
    assert generation(daemon) == before, "a delta is no reason for a build"
    assert of_zone(daemon, "ixfr") > 0 and of_zone(daemon, "axfr") == 1 and of_zone(daemon, "notifies") > 0
    until(lambda: f"serial {made.serial()}, 1 whole transfer" in daemon.command("feeds", "list"))
    assert 'cenote_zone_axfr_total{list="zone"} 1' in daemon.http("GET", "/metrics")[2]
    print(f"update to verdict: median {statistics.median(times) * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms")


def test_updates_under_load_with_crashes(start, primary, tmp_path):
    made = primary()
    other = tmp_path / "other.txt"
    other.write_text("".join(f"other{i}.{WILD}\n" for i in range(1000)))
    wanted = config(made, lists=[{"name": "other", "source": str(other), "refresh": "365d", "action": "nxdomain"}])
    daemon = start(wanted)
    until(lambda: is_blocked(daemon, ALWAYS[0]) and is_blocked(daemon, f"other1.{WILD}"))
    before, held, deltas, wholes = generation(daemon), set(), 0, 0
    # Blocked by deltas alone: after a crash they are in no generation yet, and must be blocked from the first answer on.
    late = [f"late{i}.{WILD}" for i in range(30)]
    made.update(*((name, *BLOCK) for name in late))
    until(lambda: all(is_blocked(daemon, name) for name in late))
    dice = random.Random(5)
    with Askers(daemon, ALWAYS + late, NEVER, TOGGLED) as askers:
        for i in range(UPDATES):
            name = dice.choice(TOGGLED)
            if name in held:
                held.remove(name)
                made.update((name,))
            else:
                held.add(name)
                made.update((name, *BLOCK))
            if i == UPDATES * 4 // 10:
                deltas, wholes = deltas + of_zone(daemon, "ixfr"), wholes + of_zone(daemon, "axfr")
                daemon.kill()
                daemon = restart(start, daemon, wanted)
            if i == UPDATES * 7 // 10:
                assert of_zone(daemon, "axfr") == 0, "after a crash it goes on from where it was"
                made.stop()
                made.run()
        until(lambda: of_zone(daemon, "serial") == made.serial())
        until(lambda: {name for name in TOGGLED if is_blocked(daemon, name)} == held)
    assert not askers.wrong, (len(askers.wrong), askers.wrong[:3])
    assert askers.answers > 100
    assert all(is_blocked(daemon, name) for name in ALWAYS + late) and not any(is_blocked(daemon, name) for name in NEVER)
    deltas, wholes = deltas + of_zone(daemon, "ixfr"), wholes + of_zone(daemon, "axfr")
    print(f"{UPDATES} updates: {deltas} deltas, {wholes} whole transfers, {askers.answers} answers")
    assert wholes in (1, 2), "the first one, and perhaps one from a primary that came back without its journal"
    assert 2 <= deltas <= UPDATES + 2
    assert generation(daemon) == before, "unrelated lists were built anew"
    assert of_zone(daemon, "failures") >= 0 and of_zone(daemon)["state"] == "ok"


def restart(start, daemon, wanted):
    """The same folder and the same ports."""
    again = start({**wanted, "listen": daemon.config["listen"], "http": daemon.config["http"]}, folder=daemon.folder, wait=False)
    again.port, again.http_port = daemon.port, daemon.http_port
    again.wait_for_dns(again.host, again.port, NEVER[0])
    return again


def test_a_restart_goes_on_by_delta(start, primary):
    made = primary()
    wanted = config(made)
    daemon = start(wanted)
    until(lambda: is_blocked(daemon, ALWAYS[0]))
    before = generation(daemon)
    daemon.stop()
    made.update((f"meanwhile.{WILD}", *BLOCK), (ALWAYS[0],))
    daemon = restart(start, daemon, wanted)
    until(lambda: is_blocked(daemon, f"meanwhile.{WILD}") and not is_blocked(daemon, ALWAYS[0]))
    until(lambda: of_zone(daemon, "ixfr") == 1)
    assert (of_zone(daemon, "axfr"), generation(daemon)) == (0, before)


def test_a_large_change_is_built(start, primary):
    made = primary()
    daemon = start(config(made))
    until(lambda: is_blocked(daemon, ALWAYS[0]))
    before = generation(daemon)
    for i in range(12):
        made.update(*((f"many{i}-{k}.{WILD}", *BLOCK) for k in range(1000)))
    until(lambda: generation(daemon) > before)
    until(lambda: is_blocked(daemon, f"many11-999.{WILD}"))
    until(lambda: of_zone(daemon, "changes") < 12000)
    assert is_blocked(daemon, f"many0-0.{WILD}") and of_zone(daemon)["rules"] > 10000


@pytest.mark.parametrize("case", ["secret", "unsigned", "zone", "down"])
def test_a_refused_transfer_says_why(start, primary, case):
    made = primary()
    wanted = config(made, secret="b3RoZXI=" if case == "secret" else SECRET)
    if case == "unsigned":
        del wanted["lists"][0]["tsig"]
    if case == "zone":
        wanted["lists"][0]["source"] = f"xfr://{made.host}:{made.port}/other.test"
    if case == "down":
        made.stop()
    words = {"secret": "BADSIG", "unsigned": "REFUSED", "zone": "NOTAUTH", "down": "cannot connect"}[case]
    daemon = start(wanted)
    until(lambda: words in of_zone(daemon)["reason"])
    assert of_zone(daemon)["state"] == "never" and not is_blocked(daemon, ALWAYS[0])
    assert SECRET not in daemon.log() and "b3RoZXI=" not in daemon.log()
    if case != "down":
        return
    made.run()
    daemon.command("feeds", "update", "zone", codes=(0, 1))
    until(lambda: is_blocked(daemon, ALWAYS[0]))


def test_a_lost_primary_changes_nothing(start, primary):
    made = primary()
    daemon = start(config(made))
    until(lambda: is_blocked(daemon, ALWAYS[0]))
    made.stop()
    daemon.command("feeds", "update", "zone", codes=(0, 1))
    until(lambda: of_zone(daemon)["state"] == "stale")
    assert "cannot connect" in of_zone(daemon)["reason"] and is_blocked(daemon, ALWAYS[0])


def test_strangers_are_not_listened_to(start, primary):
    made = primary()
    daemon = start(config(made))
    until(lambda: is_blocked(daemon, ALWAYS[0]))

    def notify(zone, source=None):
        message = dns.message.make_query(zone, "SOA")
        message.flags = dns.flags.AA
        message.set_opcode(dns.opcode.NOTIFY)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(30)
            s.bind((source or "127.0.0.1", 0))
            s.sendto(message.to_wire(), ("127.0.0.1", made.notify))
            return dns.message.from_wire(s.recv(4096)).rcode()
    assert notify(made.zone) == dns.rcode.NOERROR
    assert notify("other.test") == dns.rcode.NOTAUTH
    assert notify(made.zone, "127.0.0.9") == dns.rcode.REFUSED
    until(lambda: of_zone(daemon, "unchanged") >= 1)
    assert 'cenote_notify_total{result="refused"} 2' in daemon.http("GET", "/metrics")[2]
