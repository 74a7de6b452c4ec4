# SPDX-License-Identifier: BSD-2-Clause
"""Recorded questions through the lists, the classifier, the calendar and the evidence, without a network."""
import gzip
import json
import random
import string
import struct
import subprocess

import dns.message
import dns.rcode
import dns.rrset
import pytest

from checks import wait_for_generation
from daemons import CENOTE

START = 1763600000  # 2025-11-20
BOT, PERSON = "192.0.2.66", "192.0.2.7"


def generated(number):
    return "".join(random.Random(f"replayed {number}").choices(string.ascii_lowercase, k=18)) + ".biz"


def rows():
    """(seconds, client, name, rcode): a bot among people."""
    made = [(i / 10, f"192.0.2.{i % 50 + 1}", f"www{i % 7}.example.com", "NOERROR") for i in range(1000)]
    made += [(i * 5, BOT, generated(i), "NXDOMAIN") for i in range(15)]
    made += [(90, BOT, generated(99), "NOERROR"), (91, PERSON, generated(99), "NOERROR"), (92, PERSON, "ads.listed.com", "NOERROR")]
    return sorted(made)


def write_csv(path):
    text = "time,client,name,rcode\n" + "".join(f"{START + t:.3f},{c},{n},{r}\n" for t, c, n, r in rows())
    path.write_text(text)
    return path


def write_pcap(path):
    """Questions and answers as raw IPv4."""
    def packet(source, destination, ports, payload):
        udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
        address = [bytes(int(x) for x in a.split(".")) for a in (source, destination)]
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + b"".join(address) + udp

    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for seconds, client, name, rcode in rows():
        question = dns.message.make_query(name, "A")
        answer = dns.message.make_response(question)
        answer.set_rcode(dns.rcode.from_text(rcode))
        if rcode == "NOERROR":
            answer.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "A", "198.51.100.1"))
        for wire in (packet(client, "192.0.2.53", (40000, 53), question.to_wire()),
                     packet("192.0.2.53", client, (53, 40000), answer.to_wire())):
            at = START + seconds
            out += struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(wire), len(wire)) + wire
    path.write_bytes(out)
    return path


def replay(cenote, path, *words):
    return json.loads(cenote.command("replay", str(path), "--json", *words))


@pytest.fixture
def built(start, tmp_path):
    """A configuration with a built generation, and no daemon any more."""
    names = tmp_path / "listed.txt"
    names.write_text("listed.com\nother.com\n")
    cenote = start({"lists": [{"name": "ads", "source": str(names)}]})
    wait_for_generation(cenote)
    cenote.stop()
    return cenote


@pytest.mark.parametrize("write", [write_csv, write_pcap])
def test_a_bot_among_people(built, tmp_path, write):
    told = replay(built, write(tmp_path / "recorded"))
    assert told["questions"] == len(rows()) and told["has_lists"] is True
    assert (told["blocked"], told["lists"]) == (1, {"ads": 1})
    case, = told["cases"]
    assert case["client"] == BOT and case["first_seen"].startswith("2025-11-20T")
    assert told["held_back"] == 1
    blocked = {c["name"]: c["by"] for c in told["candidates"]}
    assert blocked == {"ads.listed.com": "ads", generated(99): "evidence"}
    assert (told["from"], told["file"]["is_cut"]) == ("2025-11-20T00:53:20.000Z", False)
    text = built.command("replay", str(tmp_path / "recorded"))
    assert BOT in text and "ads.listed.com" in text


def test_compressed_cut_and_nonsense(built, tmp_path):
    path = write_pcap(tmp_path / "recorded")
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(whole))
    assert replay(built, path)["questions"] == len(rows())
    path.write_bytes(whole[:len(whole) // 2 + 7])
    told = replay(built, path)
    assert told["file"]["is_cut"] is True and 400 < told["questions"] < 700
    for nonsense in (b"", b"x", random.Random(1).randbytes(5000), whole[:24] + b"\xff" * 64):
        path.write_bytes(nonsense)
        built.command("replay", str(path), codes=(1,))
    built.command("replay", str(tmp_path / "nowhere"), codes=(1,))


def test_the_calendar_of_the_records_days(built, tmp_path):
    done = subprocess.run([CENOTE, "dga", "calendar", "--family", "necurs", "--date", "2025-11-20"],
                          capture_output=True, text=True, check=True)
    names = [line.split("\t")[0] for line in done.stdout.splitlines()][:5]
    assert len(names) == 5
    path = tmp_path / "recorded"
    path.write_text("time,client,name\n" + "".join(f"{START + i},{BOT},{name}\n" for i, name in enumerate(names)))
    told = replay(built, path, "-o", "dga.calendar.mode=block")
    assert told["blocked"] == 5 and told["cases"][0]["families"] == ["necurs"]
    # A year later they are nobody's.
    path.write_text("time,client,name\n" + "".join(f"{START + 31536000},{BOT},{name}\n" for name in names))
    assert replay(built, path, "-o", "dga.calendar.mode=block")["blocked"] == 0
