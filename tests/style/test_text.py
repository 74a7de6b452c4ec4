# SPDX-License-Identifier: BSD-2-Clause
"""What must and what must not stand in a file."""
import re
import subprocess

import tree

TOP_LEVEL = {"CMakeLists.txt", "README.md", "LICENSE", "setup", "resolver", "dga", "feeds", "web", "tests", ".ci",
             ".clang-format", ".clang-tidy", ".gitignore"}
SCRIPTS = ["setup", ".ci/run", "tests/system/run"]

# Files below resolver/ that set up or tear down, and so may allocate. Every other one is on the path of a query.
MAY_ALLOCATE = {"cache", "calendar", "worker", "server", "view", "local", "lookup", "nameservers", "recurse", "flight", "refresh", "respites", "rules", "udp", "tcp", "main",
                "cli"}


def found(pattern, names, read=tree.code):
    return [f"{name}:{read(name).count(chr(10), 0, m.start()) + 1}: {m.group(0)}"
            for name in names for m in re.finditer(pattern, read(name))]


def is_text(name):
    try:
        tree.text(name)
    except UnicodeDecodeError:
        return False
    return "/corpus/" not in name


def test_nothing_else_at_the_top():
    assert {name.split("/")[0] for name in tree.files()} <= TOP_LEVEL


def test_licence_line_first():
    c = [n for n in tree.matching("*.c", "*.h") if not tree.text(n).startswith("/* SPDX-License-Identifier: BSD-2-Clause")]
    other = [n for n in tree.matching("*.py", "*.sh", *SCRIPTS)
             if "# SPDX-License-Identifier: BSD-2-Clause" not in tree.text(n).split("\n")[:2]]
    assert c + other == []


def test_headers_say_what_they_promise():
    headers = [n for n in tree.sources() if n.endswith(".h")]
    assert not [n for n in headers if "#pragma once" not in tree.text(n)]
    assert not [n for n in headers if "\n * Threads: " not in tree.text(n).split("*/")[0]]


def test_no_plain_assert():
    assert not found(r"(?<!\w)assert\s*\(", tree.matching("*.c", "*.h"))


def test_the_path_allocates_nothing():
    path = [n for n in tree.matching("resolver/*.c") if n.count("/") == 1
            and re.match(r"resolver/([a-z0-9]+)", n).group(1) not in MAY_ALLOCATE]
    assert not found(r"\b(malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|vasprintf)\s*\(", path)


def test_time_comes_through_the_clock():
    names = [n for n in tree.sources() if n != "resolver/base/clock.c"]
    assert not found(r"\b(clock_gettime|gettimeofday|time)\s*\(", names)


def test_nothing_is_left_undone():
    assert not found(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", filter(is_text, tree.files()), tree.text)


def test_no_path_of_the_makers_machine():
    pattern = r"/wo" r"rk/|\.\./sha" r"red|\bCOMMON\.m" r"d|\b(design|pitfalls|style)\.m" r"d|\b[Ii]ssue #?\d+"
    assert not found(pattern, filter(is_text, tree.files()), tree.text)


def test_unit_tests_mirror_the_tree():
    stems = {n.split("/")[-1][:-2] for n in tree.sources()}
    tests = tree.matching("tests/unit/test_*.c")
    # test_<file>.c, or test_<file>_<aspect>.c where one would be too long
    names = {n: n.split("/")[-1][len("test_"):-2] for n in tests}
    assert not [n for n, name in names.items() if not any(name == s or name.startswith(s + "_") for s in stems)]


def test_fuzz_targets_have_a_corpus():
    targets = {n.split("/fuzz_")[1][:-2] for n in tree.matching("tests/fuzz/fuzz_*.c")}
    corpora = [n.split("/")[3] for n in tree.matching("tests/fuzz/corpus/*")]
    assert not [t for t in targets if corpora.count(t) < 8]
    assert set(corpora) <= targets


def test_c_is_formatted():
    names = tree.matching("*.c", "*.h")
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *names], cwd=tree.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]


def test_scripts_are_clean():
    names = [n for n in SCRIPTS if n in tree.files()]
    done = subprocess.run(["shellcheck", *names], cwd=tree.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
