# SPDX-License-Identifier: BSD-2-Clause
"""`cenote dga`: names scored in their order, a model trained, used and refused."""
import gzip
import random
import subprocess

from daemons import CENOTE


def dga(*args, text=""):
    return subprocess.run([CENOTE, "dga", *args], input=text, capture_output=True, text=True, timeout=60)


def test_every_line_has_its_line_in_order():
    lines = ["wikipedia.org", "XJQWZVKHTRPBDMFL.com", "", "not a name", "a.com", "www.debian.org"]
    done = dga("score", text="\n".join(lines))
    assert done.returncode == 0
    assert done.stderr == "cenote: 2 lines were no names and score 0\n"
    rows = [row.split("\t") for row in done.stdout.splitlines()]
    assert [row[0] for row in rows] == lines
    assert [row[2] for row in rows] == ["none", "random", "none", "none", "none", "none"]
    assert int(rows[1][1]) > 5000 and int(rows[0][1]) < 0
    assert [row[1] for row in rows[2:5]] == ["0", "0", "0"]


def test_a_model_is_trained_used_and_refused(tmp_path):
    chosen = random.Random(1)
    syllables = ["ber", "lin", "ta", "mo", "re", "van", "sol", "ki", "na", "port"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    with gzip.open(tmp_path / "benign.gz", "wt") as f:
        for _ in range(2000):
            print("".join(chosen.choices(syllables, k=4)) + ".com", file=f)
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "one.txt").write_text(
        "".join("".join(chosen.choices(letters, k=12)) + ".net\n" for _ in range(2000)))
    sets = ["--benign", tmp_path / "benign.gz", "--dga", tmp_path / "families"]
    done = dga("train", *sets, "--out", tmp_path / "model", "--seed", "7")
    assert done.returncode == 0, done.stderr
    assert "threshold:" in done.stdout
    again = dga("train", *sets, "--out", tmp_path / "again", "--seed", "7")
    assert again.returncode == 0
    model = (tmp_path / "model").read_bytes()
    assert model == (tmp_path / "again").read_bytes()
    scored = dga("score", "--model", tmp_path / "model", "-", text="linportberta.com\nxjqvzwkhfpbd.net\n")
    assert [row.split("\t")[2] for row in scored.stdout.splitlines()] == ["none", "random"]
    (tmp_path / "model").write_bytes(model[:100] + b"!" + model[101:])
    refused = dga("score", "--model", tmp_path / "model", text="a.com\n")
    assert refused.returncode == 1 and refused.stdout == ""
    assert "damaged DGA model" in refused.stderr


def test_wrong_usage_is_said():
    for args in [(), ("sing",), ("train",), ("train", "--model", "x"), ("score", "--seed", "1"), ("score", "a", "b"),
                 ("train", "--benign", "x", "--dga", "y", "--seed", "z")]:
        done = dga(*args)
        assert done.returncode == 2 and "see `cenote help dga`" in done.stderr, args
    assert dga("score", "/no/such/file").returncode == 1
    assert dga("train", "--benign", "/no/such/file", "--dga", "/").returncode == 1
