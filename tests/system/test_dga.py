# SPDX-License-Identifier: BSD-2-Clause
"""`cenote dga`: names scored in their order, a model trained, used and refused."""
import gzip
import json
import math
import random
import re
import subprocess

from daemons import CENOTE


def dga(*args, text=""):
    return subprocess.run([CENOTE, "dga", *args], input=text, capture_output=True, text=True, timeout=180)


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


def test_json_says_the_same(tmp_path):
    lines = [b"wikipedia.org", b"XJQWZVKHTRPBDMFL.com", b"", b"caf\xe9.com", "\u00fc.de".encode(), b'a"b\\c.com', b"google.com"]
    (tmp_path / "names").write_bytes(b"\n".join(lines))
    done = dga("score", "--json", tmp_path / "names")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    rows = subprocess.run([CENOTE, "dga", "score", tmp_path / "names"], capture_output=True, timeout=180).stdout.splitlines()
    assert [f"{o['score']}\t{o['class']}".encode() for o in objects] == [row.split(b"\t", 1)[1] for row in rows]
    assert [o["name"] for o in objects] == ["wikipedia.org", "XJQWZVKHTRPBDMFL.com", "", "caf?.com", "\u00fc.de", 'a"b\\c.com',
                                            "google.com"]
    assert objects[0]["probability"] < 0.5 and objects[1]["probability"] > 0.99 and objects[2]["probability"] == 0
    judged = [o for o in objects if o["probability"]]
    assert len(judged) >= 3
    assert all(abs(o["probability"] - 1 / (1 + math.exp(-o["score"] / 1000))) < 1e-3 for o in judged)
    assert all(o["is_popular"] is False for o in objects[:6])


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
    # So few benign names can tell what is over a threshold of one in a hundred, not of one in ten thousand.
    scored = dga("score", "--model", tmp_path / "model", "--threshold", "0.01", "-",
                 text="linportberta.com\nxjqvzwkhfpbd.net\n")
    rows = [row.split("\t") for row in scored.stdout.splitlines()]
    assert [row[2] for row in rows] == ["none", "random"]
    assert int(rows[0][1]) < -2000 and int(rows[1][1]) > 2000
    (tmp_path / "model").write_bytes(model[:100] + b"!" + model[101:])
    refused = dga("score", "--model", tmp_path / "model", text="a.com\n")
    assert refused.returncode == 1 and refused.stdout == ""
    assert "damaged DGA model" in refused.stderr


def test_what_spoke_for_a_score_is_said():
    done = dga("explain", "www.xjqwzvkhtrpbdmfl.com", "wikipedia.org", "a.com")
    assert done.returncode == 0 and not done.stderr
    generated, ordinary, short = done.stdout.split("\n\n")
    assert re.match(r"www\.xjqwzvkhtrpbdmfl\.com\n  score \d+\.\d of \"xjqwzvkhtrpbdmfl\" \(threshold \d+\.\d\), "
                    r"probability 0\.9\d+, class random\n", generated)
    weights = [float(w) for w in re.findall(r"^  +([+-]\d+\.\d\d\d)  ", generated, re.M)]
    assert len(weights) > 5 and [abs(w) for w in weights] == sorted((abs(w) for w in weights), reverse=True)
    assert re.search(r'^ +\+\d\.\d+  "[a-z^$]{3,5}"$', generated, re.M)
    assert re.search(r"^ +[+-]\d+\.\d+  (length 16|top-level domain com|shape)$", generated, re.M)
    assert "score -" in ordinary and "class none, popular" not in ordinary
    assert "not judged" in short and len(short.strip().splitlines()) == 2
    assert dga("explain", "a..b").returncode == 1


def test_wrong_usage_is_said():
    for args in [(), ("sing",), ("train",), ("train", "--model", "x"), ("score", "--seed", "1"), ("score", "a", "b"),
                 ("explain",), ("explain", "--seed", "1", "a.com"),
                 ("train", "--benign", "x", "--dga", "y", "--seed", "z")]:
        done = dga(*args)
        assert done.returncode == 2 and "see `cenote help dga`" in done.stderr, args
    for threshold in ("0.5", "1e-7", "x", ""):
        done = dga("score", "--threshold", threshold)
        assert done.returncode == 2 and "from 1e-6 to 0.1" in done.stderr, threshold
    assert dga("score", "/no/such/file").returncode == 1
    assert dga("train", "--benign", "/no/such/file", "--dga", "/").returncode == 1
