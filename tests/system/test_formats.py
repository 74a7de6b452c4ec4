# SPDX-License-Identifier: BSD-2-Clause
"""Lists in every format: what `feeds lint` says of a file, and what the daemon makes of it."""
import gzip
import io
import json
import os
import subprocess
import tarfile
import zipfile

import pytest

from checks import rdata, wait_for_generation
from daemons import BAD_WORDS, CENOTE, SANITIZERS

NAMES = [f"n{i}.evil.net" for i in range(30)] + ["xn--bcher-kva.evil.net", "_x.a-b.evil.net"]


def lines(before="", after="", head=""):
    return head + "".join(f"{before}{name}{after}\n" for name in NAMES)


# The same list, as publishers give it out for different programs: each name and all below it.
FORMS = {
    "domains": lines(head="# names\n"),
    "wildcard": lines("*.", head="# names\n"),
    "adblock": lines("||", "^", "[Adblock Plus 2.0]\n! names\n"),
    "dnsmasq": lines("address=/", "/#"),
    "unbound": lines('local-zone: "', '." always_null', "server:\n"),
}
OTHERS = {
    "hosts": "0.0.0.0 n0.evil.net\n",
    "rpz": "$TTL 60\n@ SOA localhost. root.localhost. (\n 1 ; serial\n 2 3 4 5 )\n NS localhost.\n"
           "n0.evil.net CNAME .\n*.n0.evil.net CNAME .\n24.0.2.0.192.rpz-ip CNAME rpz-drop.\n",
    "regex": "/^n0\\.evil/\n",
    "addresses": "198.51.100.0/24 ; SBL1\n203.0.113.7\n",
}


def lint(path, *options, code=0):
    done = subprocess.run([CENOTE, "feeds", "lint", str(path), *options], capture_output=True, text=True,
                          timeout=120, env=dict(os.environ, **SANITIZERS))
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert not BAD_WORDS.search(done.stderr), done.stderr
    return done.stdout


def facts(path, *options, code=0):
    return json.loads(lint(path, "--json", *options, code=code))


def write(folder, content):
    path = folder / "list"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("form", FORMS)
def test_lint_knows_a_form_and_all_say_the_same(tmp_path, form):
    path = write(tmp_path, FORMS[form])
    found = facts(path)
    assert found["is_good"] and found["format"] == form and found["rules"] == len(NAMES)
    assert found["kinds"] == [{"trigger": "name", "verb": "match", "count": len(NAMES)}]
    assert lint(path, "--rules") == "".join(f"name {name} match\n" for name in NAMES)


@pytest.mark.parametrize("form", OTHERS)
def test_lint_of_the_other_forms(tmp_path, form):
    found = facts(write(tmp_path, OTHERS[form]), "--format", form)
    assert found["is_good"] and found["format"] == form and found["rules"] > 0


def test_lint_shows_what_was_skipped(tmp_path):
    path = write(tmp_path, FORMS["adblock"] + "||com^\n||a.example^$third-party\na.example##.ad\n||a.example^$client=tv\n")
    words = lint(path)
    assert words.startswith("format adblock\n") and words.endswith("good\n")
    for word in ("a public suffix (junk)", "line 35: ||com^", "only for a browser", "line 37: a.example##.ad", "not supported",
                 "line 38: ||a.example^$client=tv"):
        assert word in words, words
    reasons = {s["reason"]: s for s in facts(path)["skipped"]}
    assert reasons["only for a browser"]["count"] == 2 and not reasons["only for a browser"]["is_junk"]
    assert reasons["a public suffix"]["first"] == [{"line": 35, "text": "||com^"}]


@pytest.mark.parametrize("content, word", [
    (b"", "empty"), (b"<html>\n<p>a.example</p>\n", "HTML"), ("a.example\n".encode("utf-16"), "UTF-16"),
    (b"a.example\rb.example\r", "carriage return"), (b"://\n", "none of its first"), (b"||^\n", "none of its first"),
    (b"0.0.0.0 0.0.0.0\n", "none of its first"), (b"*\n", "none of its first"), (b"com\n", "none of its first"),
    (b"/.*/\n", "none of its first"), (b"0.0.0.0/0\n", "none of its first"), (b"127.0.0.1\n", "none of its first"),
    (b"$TTL 60\n*.com CNAME .\n", "none of its first"), (b"address=/#/1.2.3.4\n", "none of its first"),
    (b"function f() {\n  return $('x').y || 2;\n}\n", "none of its first"),
    (b"||*^$denyallow=com\n||*^\n", "none of its first"), (gzip.compress(gzip.compress(b"a.example\n")), "within an archive"),
    (gzip.compress(b"a" * (64 << 20)), "bombs"), (gzip.compress(b"a.example\n" * 999)[:-20], "damaged"),
])
def test_lint_refuses_with_a_sentence(tmp_path, content, word):
    found = facts(write(tmp_path, content), code=1)
    assert not found["is_good"] and word in found["reason"], found["reason"]


def packed_tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        for name, text in (("x/one.txt", "one.evil.net\n"), ("x/two.txt", "two.evil.net\nthree.evil.net")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def packed_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.txt", "one.evil.net\n")
        archive.writestr("x/two.txt", "two.evil.net\nthree.evil.net")
    return out.getvalue()


@pytest.mark.parametrize("pack", [packed_tar, packed_zip])
def test_all_files_of_an_archive_are_read(tmp_path, pack):
    names = ("one", "two", "three")
    assert lint(write(tmp_path, pack()), "--rules") == "".join(f"name {name}.evil.net match\n" for name in names)


def test_usage(tmp_path):
    path = write(tmp_path, "a.example\n")
    lint(path, "--format", "nosuch", code=2)
    lint(path, "another", code=2)
    lint(tmp_path / "missing", code=1)
    assert facts(path, "--format", "wildcard")["format"] == "wildcard"


@pytest.mark.parametrize("form", FORMS)
def test_a_form_acts(start, tmp_path, form):
    source = str(write(tmp_path, FORMS[form]))
    cenote = start({"lists": [{"name": "evil", "source": source, "kind": "deny"}]})
    wait_for_generation(cenote)
    for name in ("n0.evil.net", "deep.n29.evil.net", "xn--bcher-kva.evil.net"):
        assert rdata(cenote.ask(name)) == ["0.0.0.0"], name
    assert rdata(cenote.ask("www.valid.com")) == ["9.2.3.5"]
    state = cenote.get("/api/v1/lists")["lists"][0]
    assert state["format"] == form and state["rules"] == len(NAMES)
