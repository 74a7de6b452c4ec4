#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints what the web edge costs DNS: latency alone, and beside dashboards that poll and connections that send an octet a second.

  tests/bench/bench_web.py [--build DIR] [--rate 5000] [--dashboards 50] [--slow 1000] [--rounds 3] [--seconds 8]
                         [--nice 0]

`--nice -15` (as root) keeps other programs on a busy machine out of the figures of the daemon and the load generator. The clients of the web take the cores, too: they run at the lowest priority. `guesses` are wrong passwords, one after the other
from one address, while DNS is measured. Figures are printed, never judged.
"""
import argparse
import asyncio
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DNS, HTTP = 25420, 25480
ELSEWHERE = 100  # added to both: a second cenote, which the same crowd visits
PATHS = ["status", "stats", "summary", "history", "top?kind=domains", "top?kind=blocked_domains", "lists"]


async def dashboard(number, port, done, times):
    """Polls as the page does, all of its numbers each two seconds, on a connection that stays."""
    await asyncio.sleep(number * 2 / 50)
    while not done.is_set():
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.2.{number % 50 + 1}", 0))
            while not done.is_set():
                for path in PATHS:
                    began = time.monotonic()
                    writer.write(f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1]))
                    times.append(time.monotonic() - began)
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(done.wait(), 2)
            writer.close()
        await asyncio.sleep(0.1)


async def slow(number, port, done, counts):
    """An octet of a header a second; comes again a second after it was cut off."""
    while not done.is_set():
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.3.{number % 100 + 1}", 0))
            counts["opened"] += 1
            writer.write(b"GET /api/v1/stats HTTP/1.1\r\nX: ")
            while not done.is_set() and not reader.at_eof():
                writer.write(b"a")
                await writer.drain()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(reader.read(1), 1)
            counts["cut"] += not done.is_set()
            writer.close()
        await asyncio.sleep(1)


async def crowd(options, seconds):
    done, times, counts = asyncio.Event(), [], {"opened": 0, "cut": 0}
    tasks = [asyncio.create_task(dashboard(i, options.port, done, times)) for i in range(options.dashboards)]
    tasks += [asyncio.create_task(slow(i, options.port, done, counts)) for i in range(options.slow)]
    await asyncio.sleep(seconds)
    done.set()
    await asyncio.wait(tasks, timeout=5)
    times.sort()
    print(json.dumps({"polls": len(times), "p50_ms": round(1000 * statistics.median(times), 1) if times else None,
                      "p99_ms": round(1000 * times[len(times) * 99 // 100], 1) if times else None, **counts}), flush=True)


def guess(seconds):
    """Wrong passwords as fast as they are answered."""
    end, statuses = time.monotonic() + seconds, {}
    while time.monotonic() < end:
        request = urllib.request.Request(f"http://127.0.0.1:{HTTP}/api/v1/auth/login", b'{"password": "a wrong password"}',
                                         {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except urllib.error.HTTPError as e:
            statuses[e.code] = statuses.get(e.code, 0) + 1
    print(json.dumps(statuses), flush=True)


def measure(options, folder):
    """One run of the load generator."""
    done = subprocess.run(["nice", "-n", str(options.nice), f"{options.build}/tests/bench_load", "127.0.0.1", str(DNS), f"{folder}/names", "-r", str(options.rate),
                           "-s", str(options.seconds)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def beside(options, folder, kind, port=HTTP):
    """The same while a process of `kind` is at work."""
    command = ["nice", "-n", "19", __file__, "--as", kind, "--seconds", str(options.seconds + 4), "--dashboards", str(options.dashboards),
               "--slow", str(options.slow), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        time.sleep(3)
        found = measure(options, folder)
        return found, other.communicate()[0].strip()


def set_password(daemon, folder):
    log = pathlib.Path(folder, "log")
    while not (found := re.search(r"#setup=([\w-]+)", log.read_text(encoding="utf-8"))):
        assert daemon.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    body = json.dumps({"token": found[1], "password": "a password for the bench"}).encode()
    began = time.monotonic()
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{HTTP}/api/v1/auth/setup", body,
                                                  {"Content-Type": "application/json"}), timeout=60).close()
    print(f"a password set (one hash of argon2id): {1000 * (time.monotonic() - began):.0f} ms")


def show(name, runs):
    p50, p99 = (statistics.median(run[key] for run in runs) for key in ("p50_us", "p99_us"))
    print(f"{name:34} p50 {p50:7.0f} us   p99 {p99:7.0f} us   lost {sum(run['lost'] for run in runs)} of {sum(run['sent'] for run in runs)}")


@contextlib.contextmanager
def cenote(options, folder, names, more):
    """A daemon whose ports are `more` above the usual ones."""
    pathlib.Path(folder, "cenote.yaml").write_text(json.dumps({
        "directory": str(folder), "listen": [f"127.0.0.1:{DNS + more}"], "workers": 1, "dga": {"calendar": {"mode": "off"}},
        "http": {"listen": [f"127.0.0.1:{HTTP + more}"], "anonymous": "stats"},
        "records": [f"{name}. 300 IN A 192.0.2.1" for name in names]}), encoding="ascii")
    with open(pathlib.Path(folder, "log"), "wb") as log:
        daemon = subprocess.Popen(["nice", "-n", str(options.nice), f"{options.build}/cenote", "run", "-c", f"{folder}/cenote.yaml"], stderr=log)
    try:
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait(30)


def bench(options, folder):
    names = [f"h{i}.bench.example" for i in range(1000)]
    pathlib.Path(folder, "names").write_text("\n".join(names) + "\n", encoding="ascii")
    other = pathlib.Path(folder, "elsewhere")
    other.mkdir()
    with cenote(options, folder, names, 0) as daemon, cenote(options, other, names, ELSEWHERE):
        set_password(daemon, folder)
        alone, crowded, elsewhere, guessed, words = [], [], [], [], {}
        for _ in range(options.rounds):
            alone.append(measure(options, folder))
            found, words["crowd"] = beside(options, folder, "crowd")
            crowded.append(found)
            elsewhere.append(beside(options, folder, "crowd", HTTP + ELSEWHERE)[0])
            found, words["guesses"] = beside(options, folder, "guesses")
            guessed.append(found)
        show("DNS alone", alone)
        show(f"beside {options.dashboards} dashboards, {options.slow} slow", crowded)
        show("the same crowd at another cenote", elsewhere)
        show("beside guesses", guessed)
        for kind, text in words.items():
            print(f"the last {kind}: {text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(pathlib.Path(__file__).resolve().parents[2] / "build"))
    for name, value in (("rate", 5000), ("dashboards", 50), ("slow", 1000), ("rounds", 3), ("seconds", 8), ("nice", 0), ("port", HTTP)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--as", dest="kind", choices=["crowd", "guesses"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.kind == "crowd":
        asyncio.run(crowd(options, options.seconds))
    elif options.kind == "guesses":
        guess(options.seconds)
    else:
        with tempfile.TemporaryDirectory(prefix="cenote-bench-") as folder:
            bench(options, folder)


if __name__ == "__main__":
    main()
