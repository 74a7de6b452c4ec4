# SPDX-License-Identifier: BSD-2-Clause
"""`cenote dga popular`: sets of popular domains made, refused, and heeded by the daemon."""
import gzip
import subprocess

from authority import generated
from checks import ede
from daemons import CENOTE

BOT = generated("popular") + ".com"


def popular(*args):
    return subprocess.run([CENOTE, "dga", "popular", *args], capture_output=True, text=True, timeout=180)


def test_a_set_is_made_and_is_the_same_each_time(tmp_path):
    names = [f"name{i}.example{i % 7}.org" for i in range(500)] + [f"name{i}.net" for i in range(3000)]
    forms = {
        "plain": "\n".join(names) + "\n",
        "ranked": "".join(f"{i},{name}\r\n" for i, name in enumerate(names, 1)),
    }
    made = set()
    for form, text in forms.items():
        (tmp_path / form).write_text(text)
        with gzip.open(tmp_path / f"{form}.gz", "wt", newline="") as f:
            f.write(text)
        for file in (form, f"{form}.gz"):
            done = popular(tmp_path / file, "--out", tmp_path / "set", "--count", "1000")
            assert done.returncode == 0, done.stderr
            assert done.stdout == "1000 domains\n"
            made.add((tmp_path / "set").read_bytes())
    assert len(made) == 1
    assert 2000 < len(made.pop()) < 3500
    done = popular(tmp_path / "plain", "--out", tmp_path / "set")
    assert done.stdout == "3007 domains\n"  # fewer than 100,000; 500 names lie in seven domains


def test_nonsense_is_refused_and_leaves_the_old_file(tmp_path):
    (tmp_path / "set").write_text("old")
    bad = {
        "page": ("<!doctype html>\n<html>\n", "first line 1: <!doctype html>"),
        "empty": ("", "holds no names"),
        "suffixes": ("com\nco.uk\n", "no domains but public suffixes"),
    }
    for file, (text, words) in bad.items():
        (tmp_path / file).write_text(text)
        done = popular(tmp_path / file, "--out", tmp_path / "set")
        assert done.returncode == 1 and done.stdout == "" and words in done.stderr, done.stderr
    assert popular("/no/such/file", "--out", tmp_path / "set").returncode == 1
    assert (tmp_path / "set").read_text() == "old"
    assert not list(tmp_path.glob("*.tmp"))


def test_wrong_usage_is_said(tmp_path):
    (tmp_path / "list").write_text("example.com\n")
    for args in [(), ("list",), ("--out", "set"), ("list", "list", "--out", "set"), ("list", "--out"), ("list", "--outt", "set"),
                 ("list", "--out", "set", "--count", "0"), ("list", "--out", "set", "--count", "2000001"),
                 ("list", "--out", "set", "--count", "many")]:
        done = popular(*[tmp_path / a if a in ("list", "set") else a for a in args])
        assert done.returncode == 2 and "dga popular" in done.stderr, args
    assert not (tmp_path / "set").exists()


def test_the_daemon_spares_what_is_in_a_set(start, tmp_path):
    (tmp_path / "list").write_text(f"1,{BOT}\r\n2,example.com\r\n")
    done = popular(tmp_path / "list", "--out", tmp_path / "set")
    assert (done.returncode, done.stdout) == (0, "2 domains\n")
    cenote = start({"dga": {"mode": "block", "popular": str(tmp_path / "set")}})
    assert 15 not in ede(cenote.ask(f"www.{BOT}"))
    assert cenote.get(f"/api/v1/explain?name={BOT}")["dga"]["is_popular"]
    assert 15 in ede(cenote.ask(generated("unpopular") + ".com"))
