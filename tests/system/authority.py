# SPDX-License-Identifier: BSD-2-Clause
"""The Internet of the tests: a signed tree of zones on loopback, served by nsd, one process a level.

   127.0.1.1  the root
   127.0.1.2  com, net, org (NSEC3, opt-out), in-addr.arpa
   127.0.1.3  what is below com, net, org
   127.0.1.4  what is below that
   127.0.1.5x servers that misbehave (bad_upstream.py)
"""
import concurrent.futures
import pathlib
import random
import string
import subprocess
import time

from daemons import Daemon, tool

ROOT, TLD, ZONES, BELOW = "127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"
DAY = 86400
HEAD = """$ORIGIN {origin}
$TTL 300
@ 3600 SOA ns hostmaster 1 1800 900 604800 300
@ 3600 NS ns
ns 3600 A {address}
"""
COMMON = """@ A 9.2.3.4
www A 9.2.3.5
www AAAA 2a00::5
"""

VALID = COMMON + """@ MX 10 mail
@ TXT "v=spf1 -all"
@ CAA 0 issue "ca.valid.com"
mail A 9.2.3.6
many A 9.2.3.10
many A 9.2.3.11
many A 9.2.3.12
_sip._tcp SRV 1 2 5060 www
CaSe A 9.2.3.7
txt TXT "one" "two"
big """ + "\nbig ".join(f'TXT "{i:03d}{"x" * 247}"' for i in range(20)) + """
medium """ + "\nmedium ".join(f'TXT "{i:03d}{"y" * 200}"' for i in range(5)) + """
a.b.ent A 9.2.3.8
*.wild A 9.2.3.9
*.wild TXT "from a wildcard"
*.wildcname CNAME www
cname CNAME www
c1 CNAME c2
c2 CNAME c3
c3 CNAME www
across CNAME www.other.net.
deep CNAME hop.other.net.
toinsecure CNAME www.insecure.com.
toexpired CNAME www.expired.com.
tonothing CNAME nothing
tonodata CNAME txt
loop1 CNAME loop2
loop2 CNAME loop1
dn DNAME tree.other.net.
https HTTPS 1 . alpn=h2,h3 ipv4hint=9.2.3.5 ipv6hint=2a00::5
alias HTTPS 0 www.other.net.
_dns SVCB 1 www.valid.com. alpn=dot
unknown TYPE65280 \\# 4 01020304
toevil CNAME c2.evil.net.
tofarevil CNAME toevil.other.net.
dnevil DNAME evil.net.
httpsevil HTTPS 1 c2.evil.net. alpn=h2
aliasevil HTTPS 0 c2.evil.net.
private A 192.168.1.7
mixed A 192.168.1.7
mixed A 9.2.3.20
loopback A 127.0.0.1
ula AAAA fd00::7
mapped AAAA ::ffff:192.168.1.7
nat64 AAAA 64:ff9b::c0a8:107
badaddress A 9.66.6.6
badaddress6 AAAA 2a00:666::1
halfbad A 9.66.6.6
halfbad A 9.2.3.21
short 2 A 9.2.3.30
"""
# As a bot's program makes them up; those below com, net and org have no zone but these two.
def generated(number, length=24):
    return "".join(random.Random(f"bot {number}").choices(string.ascii_lowercase, k=length))


OTHER = COMMON + f"togenerated CNAME www.{generated(0)}.com.\n" + """hop CNAME www.valid.com.
toevil CNAME c2.evil.net.
www.tree A 9.3.3.3
tree TXT "the target of a DNAME"
"""
EVIL = COMMON + """c2 A 9.66.0.1
c2 AAAA 2a00:66::1
c2 HTTPS 1 . alpn=h2
c2 TXT "command"
clean A 9.66.0.2
deep.c2 A 9.66.0.3
"""


GENERATED = COMMON + """@ TXT "command"
@ HTTPS 1 . alpn=h2
mail A 9.2.3.6
nolong 2 A 9.2.3.40
"""


# For the tests of policy zones: names of their own, and zones with a server of their own.
POLICY_ZONES = 8
POLICY = "".join(f"n{i} A 9.80.{i // 200}.{i % 200 + 1}\nn{i} AAAA 2a00:80::{i + 1:x}\nn{i} TXT \"text {i}\"\n" for i in range(120)) \
    + "".join(f"two{i} A 9.81.0.{i + 1}\ntwo{i} A 9.82.0.{i + 1}\ntwo{i} AAAA 2a00:81::{i + 1:x}\n" for i in range(20)) \
    + "".join(f"to{i} CNAME n{i}\n" for i in range(120)) \
    + "".join(f"far{i} CNAME to{i}\n" for i in range(40)) \
    + """wide A 9.83.1.1
wide2 A 9.83.1.2
wide3 A 9.83.2.1
wide6 AAAA 2a00:83:1::1
wide62 AAAA 2a00:83:2::1
a.b.c.deep A 9.84.0.1
garden A 9.85.0.1
garden AAAA 2a00:85::1
garden TXT "the garden"
*.garden A 9.85.0.2
hop CNAME garden
"""


def policy_zones():
    """dN.net: for rules on a server's name. eN.net: for rules on a server's address."""
    return [Zone("policy.net", ZONES, POLICY, sign=None, ds=False)] + \
        [Zone(f"d{i}.net", ZONES, COMMON + "a.b A 9.2.3.8\nout CNAME www.policy.net.\n", sign=None, ds=False)
         for i in range(POLICY_ZONES)] + \
        [Zone(f"e{i}.net", ZONES, COMMON + "a.b A 9.2.3.8\n", sign=None, ds=False, server=f"127.0.1.{30 + i}")
         for i in range(POLICY_ZONES)]


class Zone:
    def __init__(self, name, address, text="", sign="nsec", ds=True, inception=-DAY, expiration=30 * DAY, server=None):
        self.server = server or address  # another address of the same server
        self.name, self.address, self.text = name, address, text
        self.sign, self.ds, self.inception, self.expiration = sign, ds, inception, expiration

    @property
    def origin(self):
        return self.name if self.name == "." else self.name + "."

    @property
    def parent(self):
        return self.name.partition(".")[2] or "."


def second_level():
    return [
        Zone("valid.com", ZONES, VALID),
        Zone("nsec3.com", ZONES, COMMON + "*.wild A 9.2.3.9\ncname CNAME www\na.b.ent A 9.2.3.8\n", sign="nsec3"),
        Zone("insecure.com", ZONES, COMMON + "*.wild A 9.2.3.9\ncname CNAME www.valid.com.\n", sign=None, ds=False),
        Zone("expired.com", ZONES, COMMON, inception=-60 * DAY, expiration=-30 * DAY),
        Zone("notyet.com", ZONES, COMMON, inception=30 * DAY, expiration=60 * DAY),
        Zone("wrongds.com", ZONES, COMMON, ds="wrong"),
        Zone("unsigned.com", ZONES, COMMON, sign=None, ds="wrong"),
        Zone("other.net", ZONES, OTHER),
        Zone("evil.net", ZONES, EVIL),
        Zone(f"{generated(0)}.com", ZONES, GENERATED, sign=None, ds=False),
        Zone(f"{generated(1)}.com", ZONES, GENERATED, sign=None, ds=False),
        Zone("load.net", ZONES, "".join(f"host{i} A 9.7.{i // 250}.{i % 250}\n" for i in range(5000)), sign=None, ds=False),
        Zone("optout.org", ZONES, COMMON, sign=None, ds=False),
        Zone("signed.org", ZONES, COMMON),
        Zone("9.in-addr.arpa", ZONES, "5.3.2 PTR www.valid.com.\n"),
        Zone("signed.valid.com", BELOW, COMMON),
        Zone("plain.valid.com", BELOW, COMMON, sign=None, ds=False),
    ] + policy_zones()


def top_level(bad):
    """`bad` maps names below com to the addresses of servers that misbehave."""
    delegations = "".join(f"{name}.com. NS ns.{name}.com.\nns.{name}.com. A {address}\n" for name, address in bad.items())
    return [Zone("com", TLD, delegations), Zone("net", TLD), Zone("org", TLD, sign="nsec3-optout"),
            Zone("arpa", TLD), Zone("in-addr.arpa", TLD), Zone(".", ROOT)]


class Tree:
    """Writes, signs and serves the zones. `hints` and `anchor` are what a resolver needs to know."""

    def __init__(self, folder, bad):
        self.folder = pathlib.Path(folder)
        self.zones = second_level() + top_level(bad)
        self.keys = self.make_keys()
        for zone in sorted(self.zones, key=lambda z: -(z.origin.count(".") if z.name != "." else 0)):
            self.write(zone)
        self.hints = self.folder / "root.hints"
        self.hints.write_text(f". 3600000 NS ns.\nns. 3600000 A {ROOT}\n")
        self.anchor = " ".join(self.ds_of("key", ".").split())
        addresses = sorted({zone.address for zone in self.zones})
        self.servers = [self.serve(address) for address in addresses]

    def make_keys(self):
        def one(job):
            made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", job[1]], cwd=self.key_folder(job[0]),
                                  capture_output=True, text=True, check=True)
            return job, made.stdout.strip()
        jobs = [("key", z.origin) for z in self.zones] + [("wrong", z.origin) for z in self.zones if z.ds == "wrong"]
        for use in ("key", "wrong"):
            self.key_folder(use).mkdir(parents=True)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return dict(pool.map(one, jobs))

    def key_folder(self, use):
        return self.folder / f"{use}s"

    def ds_of(self, use, origin):
        return (self.key_folder(use) / (self.keys[use, origin] + ".ds")).read_text().strip()

    def delegations(self, parent):
        for zone in self.zones:
            if zone.name == "." or zone.parent != parent.name:
                continue
            yield f"{zone.origin} NS ns.{zone.origin}\nns.{zone.origin} A {zone.server}\n"
            if zone.ds:
                yield self.ds_of("wrong" if zone.ds == "wrong" else "key", zone.origin) + "\n"

    def path(self, zone):
        return self.folder / ("root" if zone.name == "." else zone.name)

    def write(self, zone):
        path = self.path(zone)
        path.write_text(HEAD.format(origin=zone.origin, address=zone.server) + zone.text + "".join(self.delegations(zone)))
        if not zone.sign:
            return
        now = int(time.time())
        options = {"nsec": [], "nsec3": ["-n", "-s", "beef", "-t", "1"], "nsec3-optout": ["-n", "-p"]}[zone.sign]
        subprocess.run(["ldns-signzone", "-o", zone.origin, "-i", str(now + zone.inception), "-e", str(now + zone.expiration),
                        *options, "-f", path, path, self.key_folder("key") / self.keys["key", zone.origin]],
                       check=True, capture_output=True, text=True)

    def serve(self, address):
        folder = self.folder / address
        folder.mkdir()
        lines = ["server:", f" ip-address: {address}@53", ' username: ""', ' chroot: ""', f' zonesdir: "{self.folder}"',
                 ' database: ""', f' pidfile: "{folder}/pid"', f' xfrdfile: "{folder}/xfrd"', f' xfrdir: "{folder}"',
                 f' zonelistfile: "{folder}/zones"', " server-count: 1", " rrl-ratelimit: 0", " verbosity: 0",
                 "remote-control:", " control-enable: no"]
        more = sorted({zone.server for zone in self.zones if zone.address == address} - {address})
        lines[1:1] = [f" ip-address: {server}@53" for server in more]
        for zone in self.zones:
            if zone.address == address:
                lines += ["zone:", f' name: "{zone.origin}"', f' zonefile: "{self.path(zone)}"']
        (folder / "nsd.conf").write_text("\n".join(lines) + "\n")
        return Daemon([tool("nsd"), "-d", "-c", folder / "nsd.conf"], folder / "stderr").wait_for_dns(address, 53, "ns.")

    def stop(self):
        for server in self.servers:
            server.stop(codes=None)
