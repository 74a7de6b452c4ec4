# SPDX-License-Identifier: BSD-2-Clause
"""cenote top: once into a pipe, and as a page on a terminal."""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import termios

import pyte
import pytest

from daemons import CENOTE, until
from lists import wait_for_lists


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("ads.example\n")
    daemon = start_shared({"lists": [{"name": "ads", "source": str(source), "kind": "deny"}]})
    wait_for_lists(daemon)
    for name in ("ads.example", "x.ads.example", "x.ads.example", "www.valid.com", "www.valid.com"):
        daemon.ask(name)
    return daemon


def test_once_shows_what_the_api_says(cenote):
    def seen():
        """The journal's thread has counted every blocked name and every name of the cache."""
        shown = json.loads(cenote.command("top", "--json"))
        counted = sum(entry["count"] for entry in shown["blocked_domains"]["entries"])
        return shown if counted == 3 and "www.valid.com" in json.dumps(shown) else None

    shown = until(seen)
    assert shown["stats"]["queries"] == cenote.get("/api/v1/stats")["queries"]
    assert shown["blocked_domains"]["entries"] == cenote.get("/api/v1/top?kind=blocked_domains")["entries"]
    done = subprocess.run([CENOTE, "top", "--once", "-c", cenote.config_path], capture_output=True, text=True, check=True)
    assert "infected devices: none" in done.stdout
    assert f"blocked  {shown['stats']['blocked']} (" in done.stdout
    assert "x.ads.example" in done.stdout and "www.valid.com" in done.stdout
    assert max(map(len, done.stdout.split("\n"))) <= 100


class Terminal:
    """A program on a terminal of its own, and what a person sees there."""

    def __init__(self, command, rows, columns, kind="linux"):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        env=dict(os.environ, TERM=kind))

    def read(self):
        while select.select([self.master], [], [], 0.05)[0]:
            self.stream.feed(os.read(self.master, 65536))
        return "\n".join(self.screen.display)

    def wait_for(self, words):
        def seen():
            assert self.process.poll() is None, self.read()
            return words in self.read()

        until(seen)

    def press(self, key):
        os.write(self.master, key.encode())

    def end(self):
        code = until(lambda: (self.read(), self.process.poll())[1] is not None) and self.process.wait()
        self.read()
        return code


def test_a_page_on_a_terminal(cenote):
    terminal = Terminal([CENOTE, "top", "-c", cenote.config_path], 40, 120)
    terminal.wait_for("busiest clients, 24 hours")
    terminal.press("t")
    terminal.wait_for("7 days")
    assert cenote.ask("ads.example").answer
    terminal.press("p")
    terminal.wait_for("NOT FILTERED: everybody")
    assert cenote.get("/api/v1/pause")["pauses"][0]["scope"] == "all"
    terminal.press("r")
    until(lambda: cenote.get("/api/v1/pause")["pauses"] == [])
    terminal.press("q")
    assert terminal.end() == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before


@pytest.mark.parametrize("rows,columns", [(1, 10), (2, 40), (5, 30), (24, 80), (80, 300)])
def test_any_size_of_a_terminal(cenote, rows, columns):
    terminal = Terminal([CENOTE, "top", "-c", cenote.config_path], rows, columns)
    terminal.wait_for("q quit" if columns >= 30 else "q")
    terminal.press("q")
    assert terminal.end() == 0


def test_a_terminal_of_no_known_kind(cenote):
    terminal = Terminal([CENOTE, "top", "-c", cenote.config_path], 24, 80, kind="no-such-terminal")
    assert terminal.end() == 1
    assert "TERM" in terminal.read()


def test_without_a_daemon(tmp_path):
    done = subprocess.run([CENOTE, "top", "--once", "-o", f"directory={tmp_path}"], capture_output=True, text=True)
    assert done.returncode == 3 and "no daemon answers" in done.stderr
