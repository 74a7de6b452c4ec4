#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints what cenote costs: CPU microseconds a query, as ratios to a bare UDP echo and beside Unbound's daemon, all in one run.

  tests/bench/run.py [--build DIR] [--names 1000000 | --list FILE] [--rounds 3] [--workers 1] [--lists 1]

Everything runs on 127.0.0.1 and high ports, with bounded load; nsd is the upstream. nsd and unbound are taken from PATH, and
Unbound is left out, with a word, when it is not there. Figures are printed, never judged: speed is not a test.
"""
import argparse
import json
import os
import random
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HOST = "127.0.0.1"
PORTS = {"nsd": 25353, "echo": 25302, "cenote": 25300, "unbound": 25310}
ZONE = "bench.example"
POOL = 10000


def children(pid):
    pids = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                for child in f.read().split():
                    pids += children(int(child))
        except OSError:
            pass
    return pids


def cpu_ns(pid, thread=None):
    """Nanoseconds on a core of all threads of a process and its children, or of those with this name."""
    total = 0
    for p in children(pid):
        try:
            for task in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{task}/comm", encoding="ascii") as f:
                    if thread and f.read().strip() != thread:
                        continue
                with open(f"/proc/{p}/task/{task}/schedstat", encoding="ascii") as f:
                    total += int(f.read().split()[0])
        except OSError:
            pass
    return total


def written_bytes(pid):
    """What a process and its children that are gone have given to write(2) and its kind."""
    with open(f"/proc/{pid}/io", encoding="ascii") as f:
        return int(dict(line.split(":") for line in f)["wchar"])


def children_cpu_s(pid):
    """Seconds on a core of its children that are gone."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        fields = dict(line.split(":", 1) for line in f if ":" in line)
    return {k: int(fields[k].split()[0]) / 1024 for k in ("VmRSS", "RssAnon", "RssFile")}


def ask(port, name, timeout=0.1):
    """(rcode, answers, bytes) or None."""
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    packet = struct.pack(">HHHHHH", random.randrange(65536), 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            s.connect((HOST, port))
            s.send(packet)
            reply = s.recv(4096)
        except OSError:
            return None
    return reply[3] & 15, struct.unpack(">H", reply[6:8])[0], reply


def is_blocked(answer):
    return answer is not None and answer[1] > 0 and b"\0\0\0\0" == answer[2][-4:]


def wait_until(check, seconds, what):
    end = time.time() + seconds
    while time.time() < end:
        if check():
            return time.time()
        time.sleep(0.002)
    sys.exit(f"{what} did not happen within {seconds} s")


class Bench:
    def __init__(self, options):
        self.o = options
        self.dir = tempfile.mkdtemp(prefix="cenote-bench-")
        self.processes = {}

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)
        return self.path(name)

    def spawn(self, name, command):
        with open(self.path(name + ".log"), "ab") as log:
            self.processes[name] = subprocess.Popen(command, cwd=self.dir, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return self.processes[name].pid

    def stop(self, name):
        process = self.processes.pop(name, None)
        if process:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self):
        for name in list(self.processes):
            self.stop(name)
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- input ---

    def make_names(self):
        r = random.Random(1)
        if self.o.list:
            with open(self.o.list, encoding="ascii") as f:
                names = [line.strip() for line in f if line.strip() and not line.startswith("#")]
        else:
            letters = "abcdefghijklmnopqrstuvwxyz0123456789"
            tops = ["com", "net", "org", "info", "de", "ru", "co.uk", "io"]
            names = set()
            while len(names) < self.o.names:
                label = "".join(r.choices(letters, k=r.randint(6, 16)))
                host = "".join(r.choices(letters, k=r.randint(2, 8))) + "." if r.random() < 0.4 else ""
                names.add(f"{host}x{label}.{r.choice(tops)}")
            names = sorted(names)
        for i in range(self.o.lists):
            self.write(f"list{i}", "\n".join(names) + "\n")
        blocked = r.sample(names, min(500000, len(names)))
        pool = [f"w{i}.s{i % 97}.{ZONE}" for i in range(POOL)]
        weights = [1 / (i + 1) for i in range(POOL)]
        cached = r.choices(pool, weights, k=200000)
        mix = r.choices(pool, weights, k=320000) + r.sample(blocked, min(80000, len(blocked)))
        r.shuffle(mix)
        self.write("q.blocked", "\n".join(blocked))
        self.write("q.pool", "\n".join(pool))
        self.write("q.cached", "\n".join(cached))
        self.write("q.mix", "\n".join(mix))
        gone = [f"{r.choice(('mistyped', 'removed', 'forgotten'))}{i}.com" for i in range(POOL)]
        self.write("q.generated", "\n".join("".join(r.choices("bcdfghjklmnpqrstvwxz", k=16)) + ".com" for _ in range(50)))
        person = r.choices(pool, weights, k=180000) + r.choices(gone, k=20000)
        r.shuffle(person)
        self.write("q.gone", "\n".join(gone))
        self.write("q.person", "\n".join(person))
        self.write("q.miss", "\n".join(f"m{'0' * 15}.miss.{ZONE}" for _ in range(100)))
        self.last = names[-1]
        self.count = len(names)

    # --- servers ---

    def start_nsd(self):
        zone = f"$ORIGIN {ZONE}.\n$TTL 86400\n@ SOA ns h 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n*.miss A 192.0.2.77\n"
        zone += "".join(f"w{i}.s{i % 97} A 198.18.{i >> 8 & 255}.{i & 255}\n" for i in range(POOL))
        self.write("zone", zone)
        self.write("root", ". 86400 SOA a. h. 1 3600 600 86400 300\n. 86400 NS a.\na. 86400 A 127.0.0.1\n")
        config = f"""server:
 ip-address: {HOST}@{PORTS['nsd']}
 server-count: 1
 username: ""
 zonesdir: "{self.dir}"
 database: ""
 pidfile: "{self.path('nsd.pid')}"
 xfrdfile: "{self.path('xfrd')}"
 xfrdir: "{self.dir}"
 zonelistfile: "{self.path('zone.list')}"
 rrl-ratelimit: 0
remote-control:
 control-enable: no
zone:
 name: "."
 zonefile: root
zone:
 name: "{ZONE}"
 zonefile: zone
"""
        self.spawn("nsd", ["nsd", "-d", "-c", self.write("nsd.conf", config)])
        wait_until(lambda: (ask(PORTS["nsd"], f"w1.s1.{ZONE}") or (9, 0))[1] == 1, 20, "nsd's first answer")

    def start_unbound(self, has_list):
        config = f"""server:
 interface: {HOST}@{PORTS['unbound']}
 num-threads: {self.o.workers}
 so-reuseport: yes
 do-daemonize: no
 username: ""
 chroot: ""
 directory: "{self.dir}"
 pidfile: ""
 use-syslog: no
 module-config: "iterator"
 do-not-query-localhost: no
 outgoing-range: 8192
 num-queries-per-thread: 4096
 msg-cache-size: 64m
 rrset-cache-size: 128m
 so-rcvbuf: 4m
 so-sndbuf: 4m
"""
        if has_list:
            with open(self.path("list0"), encoding="ascii") as names, open(self.path("zones"), "w", encoding="ascii") as zones:
                zones.writelines(f' local-zone: "{name.strip()}" always_null\n' for name in names)
            config += f' include: "{self.path("zones")}"\n'
        config += f'forward-zone:\n name: "."\n forward-addr: {HOST}@{PORTS["nsd"]}\n'
        self.spawn("unbound", ["unbound", "-d", "-c", self.write("unbound.conf", config)])
        wait_until(lambda: ask(PORTS["unbound"], f"w1.s1.{ZONE}"), 120, "Unbound's first answer")

    def write_config(self, evidence="monitor", querylog="true"):
        lists = "".join(f'  - {{name: list{i}, source: "{self.path(f"list{i}")}", kind: deny, category: bench}}\n'
                        for i in range(self.o.lists))
        config = f"""directory: {self.path('state')}
listen: ["{HOST}:{PORTS['cenote']}"]
http: {{listen: []}}
workers: {self.o.workers}
dnssec: {{validate: false}}
forward:
  - {{zone: ., to: ["{HOST}:{PORTS['nsd']}"], dnssec: false}}
recursion: {{in_flight_per_client: 4000, in_flight_per_domain: 4000}}
evidence: {{mode: {evidence}}}
querylog: {{enabled: {querylog}}}
lists:
{lists}"""
        return self.write("cenote.yaml", config)

    def start_cenote(self, name="cenote"):
        return self.spawn(name, [self.o.build + "/cenote", "run", "-c", self.write_config()])

    def cli(self, *words):
        return subprocess.run([self.o.build + "/cenote", *words, "-c", self.path("cenote.yaml")],
                              capture_output=True, text=True, check=False)

    # --- measurements ---

    def load(self, port, questions, *options):
        command = [self.o.build + "/tests/bench_load", HOST, str(port), self.path("q." + questions), *options]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def measure(self, server, questions, *options):
        pid = self.processes[server].pid
        before = cpu_ns(pid)
        result = self.load(PORTS[server], questions, *options)
        result["cpu_us"] = (cpu_ns(pid) - before) / 1000 / max(1, result["received"])
        return result

    def start_and_build(self):
        started = time.time()
        pid = self.start_cenote()
        served = wait_until(lambda: ask(PORTS["cenote"], f"w1.s1.{ZONE}"), 30, "cenote's first answer")
        if self.o.list:  # a real list may block a popular name, and is held for it
            wait_until(lambda: all(self.cli("feeds", "accept", f"list{i}").returncode == 0 or is_blocked(
                ask(PORTS["cenote"], self.last)) for i in range(self.o.lists)), 120, "the first build")
        done = wait_until(lambda: is_blocked(ask(PORTS["cenote"], self.last)), 120, "the first blocked answer")
        print(f"text to serving, {self.count:,} names in {self.o.lists} list(s): {done - started:.2f} s wall; "
              f"answering (unfiltered) after {1000 * (served - started):.0f} ms")
        time.sleep(1)
        self.stop("cenote")
        started = time.time()
        pid = self.start_cenote()
        done = wait_until(lambda: is_blocked(ask(PORTS["cenote"], self.last)), 30, "the first blocked answer")
        print(f"start with a built generation to the first blocked answer: {1000 * (done - started):.0f} ms")
        m = rss_mb(pid)
        print(f"resident: {m['VmRSS']:.0f} MB (anonymous {m['RssAnon']:.0f}, files {m['RssFile']:.0f})")

    def throughput(self):
        tests = [("blocked", "blocked", ["-w", "256"]), ("cached", "cached", ["-w", "256"]), ("mix", "mix", ["-w", "256"]),
                 ("miss", "miss", ["-w", "128", "-u"]), ("blocked 20 kq/s", "blocked", ["-r", "20000"]),
                 ("cached 20 kq/s", "cached", ["-r", "20000"])]
        servers = [s for s in ("echo", "cenote", "unbound") if s in self.processes]
        for s in servers[1:]:
            for _ in range(3):
                self.load(PORTS[s], "pool", "-n", str(POOL), "-w", "64")
        results = {}
        for number in range(self.o.rounds):
            for title, questions, options in tests:
                order = servers[:]
                random.shuffle(order)
                for s in order:
                    extra = [str(int(time.time()) % 100000 + number)] if options[-1] == "-u" else []
                    results.setdefault((title, s), []).append(
                        self.measure(s, questions, "-s", str(self.o.seconds), *options, *extra))
        print(f"\n{'test':16} {'server':9} {'CPU us/q':>9} {'x echo':>7} {'kq/s':>7} {'p50 us':>7} {'p99 us':>7} {'lost':>6}")
        for title, _, _ in tests:
            for s in servers:
                rows, echo = results[title, s], results[title, "echo"]
                ratio = statistics.median(a["cpu_us"] / b["cpu_us"] for a, b in zip(rows, echo))
                med = {k: statistics.median(r[k] for r in rows) for k in ("cpu_us", "qps", "p50_us", "p99_us")}
                print(f"{title:16} {s:9} {med['cpu_us']:9.2f} {ratio:7.2f} {med['qps'] / 1000:7.0f} {med['p50_us']:7.0f} "
                      f"{med['p99_us']:7.0f} {sum(r['lost'] for r in rows):6}")

    def change_names(self):
        """One name in a hundred of list0 goes, as many come, and the canary with them."""
        r = random.Random(2)
        with open(self.path("list0"), encoding="ascii") as f:
            names = f.read().split()
        for i in r.sample(range(len(names)), len(names) // 100):
            names[i] = f"new{i}.{names[i]}"
        names.append(f"canary.miss.{ZONE}")
        self.write("list0", "\n".join(names) + "\n")

    def update_costs(self, pid, update, load):
        """Waits for both; the most memory a helper had meanwhile (MB), and when the canary was blocked."""
        peak, acted = 0.0, None
        while load.poll() is None or update.poll() is None:
            for child in children(pid)[1:]:
                try:
                    with open(f"/proc/{child}/status", encoding="ascii") as f:
                        fields = dict(line.split(":", 1) for line in f if ":" in line)
                    peak = max(peak, int(fields["VmHWM"].split()[0]) / 1024)
                except (OSError, KeyError):
                    pass
            if not acted and is_blocked(ask(PORTS["cenote"], f"canary.miss.{ZONE}")):
                acted = time.time()
            time.sleep(0.005)
        return peak, acted

    def swap(self):
        """A list of which one name in a hundred has changed is fetched, built and swapped in under 10 kq/s."""
        quiet = self.load(PORTS["cenote"], "mix", "-r", "10000", "-s", "5")
        self.change_names()
        pid = self.processes["cenote"].pid
        written, cpu = written_bytes(pid), children_cpu_s(pid)
        command = [self.o.build + "/tests/bench_load", HOST, str(PORTS["cenote"]), self.path("q.mix"), "-r", "10000", "-s", "8"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
            time.sleep(1)
            ordered = time.time()
            with subprocess.Popen([self.o.build + "/cenote", "feeds", "update", "-c", self.path("cenote.yaml")],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as update:
                peak, acted = self.update_costs(pid, update, load)
                words = update.stdout.read()
            busy = json.loads(load.communicate()[0])
        if not acted:
            sys.exit(f"the update did not act: {words}")
        print(f"\n1 % of list0 changed, built and swapped in under 10 kq/s: acts after {acted - ordered:.2f} s, lost {busy['lost']}, "
              f"p99 {busy['p99_us']:.0f} us (quiet {quiet['p99_us']:.0f} us); helper: {children_cpu_s(pid) - cpu:.2f} s of CPU, "
              f"{peak:.0f} MB at most; written {(written_bytes(pid) - written) / 1e6:.1f} MB")

    def evidence(self):
        self.set_evidence("monitor")
        self.load(PORTS["cenote"], "generated", "-n", "50", "-w", "64")
        wait_until(lambda: "127.0.0.1" in self.cli("cases", "list").stdout, 10, "the case")
        self.load(PORTS["cenote"], "gone", "-n", str(POOL), "-w", "64")
        self.with_and_without("a client with a case")
        self.cli("cases", "close", "1")
        self.with_and_without("a clean client")

    def set_evidence(self, mode):
        self.write_config(mode)
        if self.cli("reload").returncode:
            sys.exit("the daemon does not take its configuration")

    def with_and_without(self, title):
        """The same cached answers, one in ten of a name that does not exist, with and without evidence."""
        results = {"off": [], "monitor": []}
        for _ in range(4 * self.o.rounds):
            for mode in random.sample(sorted(results), 2):
                self.set_evidence(mode)
                results[mode].append(self.measure("cenote", "person", "-s", str(self.o.seconds), "-w", "256")["cpu_us"])
        ratio = statistics.median(b / a for a, b in zip(results["off"], results["monitor"]))
        print(f"\nevidence, {title}, one query in ten of a name that does not exist: {statistics.median(results['off']):.3f} us/q without, "
              f"{statistics.median(results['monitor']):.3f} with, ratio {ratio:.3f}")

    def querylog(self):
        """What the workers pay for the log's rows, and what the journal's thread does with them."""
        results = {"false": [], "true": []}
        pid = self.processes["cenote"].pid
        for _ in range(4 * self.o.rounds):
            for enabled in random.sample(sorted(results), 2):
                self.write_config("monitor", enabled)
                if self.cli("reload").returncode:
                    sys.exit("the daemon does not take its configuration")
                before = cpu_ns(pid, "journal")
                row = self.measure("cenote", "cached", "-s", str(self.o.seconds), "-w", "256")
                thread = (cpu_ns(pid, "journal") - before) / 1000 / max(1, row["received"])
                results[enabled].append((row["cpu_us"] - thread, thread))
        workers = {k: statistics.median(w for w, _ in rows) for k, rows in results.items()}
        thread = {k: statistics.median(t for _, t in rows) for k, rows in results.items()}
        print(f"\nquery log: {workers['false']:.3f} us/q of the workers without, {workers['true']:.3f} with; "
              f"the journal's thread {thread['false']:.3f} us/q (history alone), {thread['true']:.3f} with")

    def patterns(self):
        print("\nPatterns (bench_patterns), held against the names of the list:")
        command = [self.o.build + "/tests/bench_patterns", "20000", self.path("list0")]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, end="")
        for kind, count, memory in (("data", 200000, 128), ("plain", 1000000, 128), ("prefixes", 1000000, 256)):
            command = [self.o.build + "/tests/bench_special", kind, str(count), str(memory), self.dir]
            print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, end="")

    def add_name(self):
        name = f"runtime.miss.{ZONE}"
        ask(PORTS["cenote"], name)
        started = time.time()
        done = self.cli("rules", "add", "deny", name)
        returned = time.time()
        acted = wait_until(lambda: is_blocked(ask(PORTS["cenote"], name)), 5, "the rule")
        print(f"a rule at run time: the command returned after {1000 * (returned - started):.1f} ms (exit {done.returncode}), "
              f"the next query was blocked {1000 * (acted - returned):.1f} ms later")

    def run(self):
        self.make_names()
        self.start_nsd()
        self.spawn("echo", [self.o.build + "/tests/bench_echo", HOST, str(PORTS["echo"]), str(self.o.workers)])
        if shutil.which("unbound") and not self.o.no_unbound:
            self.start_unbound(True)
        else:
            print("unbound is left out")
        self.start_and_build()
        self.throughput()
        self.swap()
        self.add_name()
        self.evidence()
        self.querylog()
        self.patterns()


def main():
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=os.path.abspath, default=os.path.join(here, "build"))
    p.add_argument("--names", type=int, default=1000000)
    p.add_argument("--list", type=os.path.abspath)
    p.add_argument("--lists", type=int, default=1)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--no-unbound", action="store_true")
    bench = Bench(p.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        bench.run()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
