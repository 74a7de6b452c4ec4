# SPDX-License-Identifier: BSD-2-Clause
"""Killed at any instant, a damaged file, a full or read-only disk: the best older state serves."""
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from checks import begin_update, rdata, wait_for_generation
from daemons import until


def big_list(path, turn, names=60000):
    path.write_text("c2.evil.net\n" + "".join(f"host{i}.turn{turn}.example\n" for i in range(names)))


def with_list(path):
    return {"lists": [{"name": "evil", "source": str(path), "kind": "deny", "max_change": 100}]}


def is_filtered(daemon):
    return rdata(daemon.ask("c2.evil.net")) == ["0.0.0.0"]


def generations(daemon):
    return sorted(pathlib.Path(daemon.config["directory"]).rglob("generations/*.mdb"))


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task").glob("*/children") for p in p.read_text().split()]


@contextlib.contextmanager
def small_disk(folder, size):
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_killed_at_many_instants(start, tmp_path):
    path = tmp_path / "list"
    big_list(path, 0)
    cenote = start(with_list(path))
    wait_for_generation(cenote)
    random.seed(9)
    for turn in range(12):
        big_list(path, turn + 1)
        begin_update(cenote)
        time.sleep(turn * 0.03 + random.random() * 0.03)
        cenote.kill()
        cenote = start(with_list(path), folder=cenote.folder)
        assert is_filtered(cenote), f"turn {turn}: {cenote.log()[-2000:]}"
    begin_update(cenote)
    until(lambda: rdata(cenote.ask("host1.turn12.example")) == ["0.0.0.0"], 240)
    until(lambda: len(generations(cenote)) <= 3)
    left = [p.name for p in generations(cenote)[0].parent.iterdir() if p.suffix != ".mdb"]
    assert len(left) <= 1, left


def test_killed_builder_is_only_a_failed_build(start, tmp_path):
    path = tmp_path / "list"
    big_list(path, 0, 10)
    cenote = start(with_list(path))
    number = wait_for_generation(cenote)
    for turn in range(1, 20):
        big_list(path, turn, 400000)
        begin_update(cenote)
        for pid in until(lambda: children(cenote.process.pid), every=0.001):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: cenote.get("/api/v1/feeds")["is_settled"])
        feeds = cenote.get("/api/v1/feeds")
        if feeds["build_failures"]:
            break
        number = feeds["generation"]  # it had ended before it was killed: the machine stalled
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
        until(lambda: cenote.get("/api/v1/feeds")["last_error"])
        assert "space" in cenote.get("/api/v1/feeds")["last_error"]
        assert is_filtered(cenote) and cenote.get("/api/v1/feeds")["generation"] == number
        (disk / "filler").unlink()
        begin_update(cenote)
        wait_for_generation(cenote, number)
        assert rdata(cenote.ask("host1.turn1.example")) == ["0.0.0.0"]
        cenote.stop()


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
