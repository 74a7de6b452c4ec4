#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints what DNS answers feel of a crowd at the sinkhole: p50 and p99 of answers in peace, with the crowd at this daemon's sinkhole, and,
as the machine is busy with the crowd itself, with the same crowd at the sinkhole of another daemon.

  tests/bench/bench_sinkhole.py [--build DIR] [--connections 10000] [--rate 5000] [--rounds 3]

A third of the crowd says nothing, a third says one octet a second, a third asks as a bot does; who is turned away comes again.
Everything runs on 127.0.0.0/8 and high ports. Figures are printed, never judged.
"""
import argparse
import json
import multiprocessing
import os
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

REQUEST = b"GET /gate.php?id=1 HTTP/1.1\r\nHost: c2.example\r\nUser-Agent: bot/1.0\r\n\r\n"
PORTS = {"own": (25400, 25480), "other": (25401, 25481)}
PER_ADDRESS = 100
NAMES = 10000


class Visitor:
    def __init__(self, crowd, number):
        self.crowd, self.number, self.sent, self.kind = crowd, number, 0, number % 3
        self.enter()

    def enter(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        source = self.number // PER_ADDRESS
        self.socket.bind((f"127.1.{source >> 8}.{source & 255 or 1}", 0))
        self.socket.connect_ex(("127.0.0.1", self.crowd.port))
        self.sent = 0
        self.crowd.selector.register(self.socket, selectors.EVENT_READ, self)
        self.crowd.entered += 1

    def say(self):
        """Once a second."""
        try:
            if self.kind == 1:
                self.sent += self.socket.send(b"a")
            elif self.kind == 2 and not self.sent:
                self.sent += self.socket.send(REQUEST)
        except OSError:
            pass

    def hear(self):
        try:
            if self.socket.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.crowd.selector.unregister(self.socket)
        self.socket.close()
        self.enter()


class Crowd:
    def __init__(self, port, size):
        self.port, self.entered = port, 0
        self.selector = selectors.EpollSelector()
        self.visitors = []
        for number in range(size):
            self.visitors.append(Visitor(self, number))
            if number % 200 == 199:
                self.listen(0.02)

    def listen(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                key.data.hear()

    def run(self, ready, ending):
        turn = 0
        ready.set()
        while not ending.is_set():
            for v in self.visitors[turn::20]:
                v.say()
            turn = (turn + 1) % 20
            self.listen(0.05)


def crowd(port, size, ready, ending):
    os.nice(5)
    Crowd(port, size).run(ready, ending)


class Bench:
    def __init__(self, options):
        self.o, self.dir, self.processes = options, tempfile.mkdtemp(prefix="cenote-bench-"), {}

    def close(self):
        for p in self.processes.values():
            p.terminate()
        for p in self.processes.values():
            p.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, which):
        dns, sinkhole = PORTS[which]
        folder = os.path.join(self.dir, which)
        os.makedirs(folder)
        names = os.path.join(folder, "names")
        with open(names, "w", encoding="ascii") as f:
            f.writelines(f"c2-{i}.example.com\n" for i in range(NAMES))
        with open(os.path.join(folder, "cenote.yaml"), "w", encoding="ascii") as f:
            f.write(f'directory: {folder}/state\nlisten: ["127.0.0.1:{dns}"]\nhttp: {{listen: []}}\nworkers: 1\n'
                    f'lists: [{{name: bots, source: "{names}", action: address}}]\n'
                    f'sinkhole: {{addresses: ["127.0.0.1"], timeout: {self.o.timeout}, listen: {{tcp: ["127.0.0.1:{sinkhole}"]}}}}\n')
        with open(os.path.join(folder, "log"), "ab") as log:
            self.processes[which] = subprocess.Popen([self.o.build + "/cenote", "run", "-c", f"{folder}/cenote.yaml"],
                                                     stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.time() + 60
        while "event=generation_in_force" not in open(os.path.join(folder, "log"), encoding="ascii", errors="replace").read():
            if time.time() > end:
                sys.exit("no generation within 60 s")
            time.sleep(0.05)

    def sinkhole(self, which):
        told = subprocess.run([self.o.build + "/cenote", "stats", "--json", "-c", os.path.join(self.dir, which, "cenote.yaml")],
                              capture_output=True, text=True, check=True).stdout
        return json.loads(told)["evidence"]["sinkhole"]

    def resident_kb(self, which):
        with open(f"/proc/{self.processes[which].pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def load(self):
        questions = os.path.join(self.dir, "own", "names")
        command = [self.o.build + "/tests/bench_load", "127.0.0.1", str(PORTS["own"][0]), questions, "-r", str(self.o.rate), "-s", "8"]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def with_crowd(self, which):
        ready, ending = multiprocessing.Event(), multiprocessing.Event()
        p = multiprocessing.Process(target=crowd, args=(PORTS[which][1], self.o.connections, ready, ending))
        before = self.resident_kb(which)
        p.start()
        ready.wait(120)
        time.sleep(2)
        seen = [self.sinkhole(which)]
        result = self.load()
        seen.append(self.sinkhole(which))
        result["open"] = min(s["open"] for s in seen)
        result["served"] = seen[1]["accepted"] - seen[0]["accepted"]
        result["kb"] = self.resident_kb(which) - before
        ending.set()
        p.join(60)
        return result

    def run(self):
        for which in PORTS:
            self.start(which)
        self.load()
        results = {"in peace": [], "crowd elsewhere": [], "crowd here": []}
        for _ in range(self.o.rounds):
            results["in peace"].append(self.load())
            results["crowd elsewhere"].append(self.with_crowd("other"))
            results["crowd here"].append(self.with_crowd("own"))
        print(f"{self.o.rate} blocked answers a second, {self.o.connections} connections at the sinkhole:\n"
              f"{'':16} {'p50 us':>7} {'p99 us':>7} {'lost':>5} {'open':>6} {'visits/s':>9}")
        for title, rows in results.items():
            crowded = (f"{min(r['open'] for r in rows):6} {statistics.median(r['served'] for r in rows) / 8:9.0f}" if "open" in rows[0] else "")
            print(f"{title:16} {statistics.median(r['p50_us'] for r in rows):7.0f} {statistics.median(r['p99_us'] for r in rows):7.0f} "
                  f"{sum(r['lost'] for r in rows):5} {crowded}")
        first = results["crowd here"][0]
        print(f"memory: {first['kb'] * 1024 / max(1, first['open']):.0f} octets a connection")


def main():
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=os.path.abspath, default=os.path.join(here, "build"))
    p.add_argument("--connections", type=int, default=10000)
    p.add_argument("--rate", type=int, default=5000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--timeout", default="30s")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bench = Bench(p.parse_args())
    try:
        bench.run()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
