# SPDX-License-Identifier: BSD-2-Clause
"""Killed at any instant, a damaged file, a full or read-only disk: the best older state serves."""
import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from checks import begin_update, rdata, wait_for_generation
from daemons import CENOTE, until


def big_list(path, turn, names=60000):
    """As a whole: the daemon may be reading the old one."""
    new = path.with_suffix(".new")
    new.write_text("c2.evil.net\n" + "".join(f"host{i}.turn{turn}.example\n" for i in range(names)))
    new.replace(path)


def with_list(path):
    return {"lists": [{"name": "evil", "source": str(path), "kind": "deny", "max_change": 100}]}


def is_filtered(daemon):
    return rdata(daemon.ask("c2.evil.net")) == ["0.0.0.0"]


def generations(daemon):
    return sorted(pathlib.Path(daemon.config["directory"]).rglob("generations/*.mdb"))


def children(pid):
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended
            found += [int(p) for p in path.read_text().split()]
    return found


@contextlib.contextmanager
def small_disk(folder, size):
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


IS_SANITIZED = b"__asan_init" in CENOTE.read_bytes() or b"__tsan_init" in CENOTE.read_bytes()
KILLS = 40 if IS_SANITIZED else 200
PARALLEL = 4


def act(cenote, path, turn):
    """Begins something that changes what is on the disk: an update, one that a guard holds, its acceptance, a rollback."""
    kind = turn % 4
    if kind != 2:
        big_list(path, turn, 2000)
    if kind == 1:
        with path.open("a") as out:
            out.write(f"www.popular{turn}.example\ngoogle.com\n")
    with contextlib.suppress(OSError, http.client.HTTPException):
        if kind == 2:
            cenote.http("POST", "/api/v1/lists/accept", {"name": "evil"})
        if kind == 3:
            cenote.http("POST", "/api/v1/generations/rollback", {})
        cenote.http("POST", "/api/v1/lists/update", {})


def assert_good_start(cenote, turn):
    assert is_filtered(cenote), f"turn {turn}: {cenote.log()[-2000:]}"
    feeds = cenote.get("/api/v1/lists")
    assert feeds["generation"] and feeds["names"] >= 2001, (turn, feeds)
    bad = [line for line in cenote.log().splitlines()
           if any(word in line for word in ("event=passed_over", "event=pinned_lost", "event=pin ", "event=ledger"))]
    assert not bad, (turn, bad)


def killed_again_and_again(start, folder, seed, rounds):
    path = folder / f"list{seed}"
    big_list(path, 0, 2000)
    chance = random.Random(seed)
    config = {**with_list(path), "workers": 1, "http": {"listen": []}}
    cenote = start(config, folder=folder / f"killed{seed}")
    wait_for_generation(cenote)
    began = time.monotonic()
    act(cenote, path, 4)
    until(lambda: cenote.get("/api/v1/lists?wait_ms=5000")["is_settled"])
    whole = time.monotonic() - began
    for turn in range(5, rounds + 5):
        act(cenote, path, turn)
        time.sleep(chance.random() * whole * 1.2)
        cenote.kill()
        cenote = start(config, folder=cenote.folder)
        assert_good_start(cenote, turn)
    # What those that died have left is swept away by the next update.
    cenote.http("POST", "/api/v1/generations/release", {})
    big_list(path, 9999, 2000)
    begin_update(cenote)
    until(lambda: rdata(cenote.ask("host1.turn9999.example")) == ["0.0.0.0"])
    until(lambda: cenote.get("/api/v1/lists?wait_ms=5000")["is_settled"])
    left = [p.name for p in generations(cenote)[0].parent.iterdir() if p.suffix != ".mdb" or p.name.startswith("tmp-")]
    assert not left and len(generations(cenote)) <= 4, left
    cenote.stop()


def test_killed_at_many_instants(start, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        for done in [pool.submit(killed_again_and_again, start, tmp_path, seed, KILLS // PARALLEL) for seed in range(PARALLEL)]:
            done.result()


def test_killed_builder_is_only_a_failed_build(start, tmp_path):
    path = tmp_path / "list"
    big_list(path, 0, 10)
    cenote = start(with_list(path))
    number = wait_for_generation(cenote)
    for turn in range(1, 20):
        big_list(path, turn, 400000)
        begin_update(cenote)
        found = []
        # It may have ended before it is seen: the machine stalled.
        until(lambda: found.extend(children(cenote.process.pid)) or found or cenote.get("/api/v1/lists")["is_settled"], every=0.001)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        feeds = until(lambda: (f := cenote.get("/api/v1/lists"))["is_settled"] and f)
        if feeds["build_failures"]:
            break
        number = feeds["generation"]
    assert feeds["build_failures"] == 1 and feeds["generation"] == number
    assert is_filtered(cenote)
    begin_update(cenote)
    wait_for_generation(cenote, number)
    assert rdata(cenote.ask(f"host399999.turn{turn}.example")) == ["0.0.0.0"]


def damage_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES = {"byte": damage_byte, "cut": lambda p: os.truncate(p, p.stat().st_size // 2), "empty": lambda p: os.truncate(p, 0),
           "text": lambda p: p.write_text("not a generation\n" * 1000), "last": lambda p: os.truncate(p, p.stat().st_size - 1)}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_generation(start, tmp_path, damage):
    path = tmp_path / "list"
    big_list(path, 0, 1000)
    cenote = start(with_list(path))
    number = wait_for_generation(cenote)
    big_list(path, 1, 1000)
    begin_update(cenote)
    wait_for_generation(cenote, number)
    cenote.stop()
    newest = generations(cenote)[-1]
    DAMAGES[damage](newest)
    path.unlink()
    again = start(with_list(path), folder=cenote.folder)
    assert is_filtered(again)
    assert newest.name in again.log()
    # What was downloaded last is still there, and is built anew.
    until(lambda: rdata(again.ask("host1.turn1.example")) == ["0.0.0.0"])


def test_all_generations_damaged(start, tmp_path):
    path = tmp_path / "list"
    big_list(path, 0, 100)
    cenote = start(with_list(path))
    wait_for_generation(cenote)
    cenote.stop()
    for file in generations(cenote):
        damage_byte(file)
    again = start(with_list(path), folder=cenote.folder)
    until(lambda: is_filtered(again))


def test_full_disk(start, tmp_path):
    path = tmp_path / "list"
    big_list(path, 0, 100)
    with small_disk(tmp_path / "disk", "8m") as disk:
        cenote = start({"directory": str(disk), **with_list(path)})
        number = wait_for_generation(cenote)
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(65536))
        big_list(path, 1)
        begin_update(cenote)
        until(lambda: cenote.get("/api/v1/lists")["last_error"])
        assert "space" in cenote.get("/api/v1/lists")["last_error"]
        assert is_filtered(cenote) and cenote.get("/api/v1/lists")["generation"] == number
        (disk / "filler").unlink()
        begin_update(cenote)
        wait_for_generation(cenote, number)
        assert rdata(cenote.ask("host1.turn1.example")) == ["0.0.0.0"]
        cenote.stop()


def leave(disk, free):
    """Fills the disk but for so many bytes."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        left = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
        for _ in range(max(0, left - free) // 4096):
            filler.write(bytes(4096))


def test_disk_full_at_every_step(start, tmp_path):
    """More room each time: the list, its generation, the tables in it, the ledger are each the first that has none."""
    path = tmp_path / "list"
    big_list(path, 0, 5000)
    outcomes = set()
    with small_disk(tmp_path / "disk", "8m") as disk:
        cenote = start({"directory": str(disk), **with_list(path)})
        wait_for_generation(cenote)
        for step in range(24):
            before = cenote.get("/api/v1/lists")["generation"]
            big_list(path, step + 1, 5000)
            leave(disk, step * 40 * 1024)
            begin_update(cenote)
            feeds = until(lambda: (f := cenote.get("/api/v1/lists?wait_ms=5000"))["is_settled"] and f)
            is_new = feeds["generation"] > before
            outcomes.add(is_new)
            assert is_filtered(cenote) and feeds["names"] == 5001, (step, feeds)
            assert is_new or feeds["last_error"] or feeds["lists"][0]["reason"], (step, feeds)
            if step % 4 == 0:
                cenote.kill()
                cenote = start({"directory": str(disk), **with_list(path)}, folder=cenote.folder)
                assert is_filtered(cenote), step
            (disk / "filler").unlink()
            begin_update(cenote)
            until(lambda: rdata(cenote.ask(f"host4999.turn{step + 1}.example")) == ["0.0.0.0"])
            until(lambda: cenote.get("/api/v1/lists?wait_ms=5000")["is_settled"])
        cenote.stop()
    assert outcomes == {False, True}


def test_read_only_state(start, tmp_path):
    path = tmp_path / "list"
    big_list(path, 0, 100)
    with small_disk(tmp_path / "disk", "8m") as disk:
        first = start({"directory": str(disk), **with_list(path)})
        wait_for_generation(first)
        first.stop()
        subprocess.run(["mount", "-o", "remount,bind,ro", disk], check=True)
        again = start({"directory": str(disk), **with_list(path)})
        assert is_filtered(again)
        assert "read-only" in again.log().lower()
        again.stop()
