# SPDX-License-Identifier: BSD-2-Clause
"""Files and functions stay small enough to be read at one go."""
import tree

FILE_LINES = {".c": 600, ".h": 150}
FUNCTION_LINES = 100
FUNCTION_LINES_P90 = 45

# name: (lines, reason). Only tables and switches, and headers that are mostly prose.
LONGER_FILES = {
    "resolver/query.h": (190, "a sentence for each field of the object that travels the pipeline"),
    "resolver/base/config.h": (230, "one field for each key of the configuration"),
}
# (file, function): reason
LONGER_FUNCTIONS = {}


def test_files_are_short():
    long = []
    for name in tree.matching("*.c", "*.h"):
        limit = LONGER_FILES.get(name, (FILE_LINES[name[-2:]],))[0]
        lines = tree.text(name).count("\n")
        if lines > limit:
            long.append(f"{name}: {lines} lines, at most {limit}")
    assert not long


def test_functions_are_short():
    long = [f"{name}:{line} {function}: {lines} lines, at most {FUNCTION_LINES}"
            for name in tree.sources() for function, line, lines in tree.functions(name)
            if lines > FUNCTION_LINES and (name, function) not in LONGER_FUNCTIONS]
    assert not long


def test_most_functions_are_shorter():
    lengths = sorted(lines for name in tree.sources() for _, _, lines in tree.functions(name))
    assert lengths[len(lengths) * 9 // 10] <= FUNCTION_LINES_P90


def test_exceptions_are_needed():
    known = set(tree.files())
    assert not [name for name in LONGER_FILES if name not in known]
    assert not [name for name in LONGER_FUNCTIONS if name[0] not in known]
