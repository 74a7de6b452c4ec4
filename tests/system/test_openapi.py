# SPDX-License-Identifier: BSD-2-Clause
"""The API's document is complete and true: each operation is called as it says, well and badly, and answers as it says."""
import contextlib
import json
import re

import pytest

from checks import begin_update, rcode, wait_for_generation
from authority import generated
from daemons import REPOSITORY, UnixConnection, until
from openapi import DOCUMENT, OPERATIONS, check, faults, resolve

NAMES = [f"bad{i}.example" for i in range(40)] + ["ads.example"]
BOT = "127.0.0.77"


def settle(daemon):
    begin_update(daemon)
    until(lambda: daemon.get("/api/v1/lists?wait_ms=5000")["is_settled"], 240)


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    """Three generations, a list that is held, a case, and some queries."""
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("\n".join(NAMES))
    daemon = start_shared({"lists": [{"name": "ads", "source": str(source), "floor": 20}], "deny": ["evil.net"],
                           "evidence": {"report": {"org": "Example", "contact": "abuse@example.net", "domain": "example.net"}},
                           "dga": {"mode": "monitor"}})
    wait_for_generation(daemon)
    for n in (1, 2):
        source.write_text("\n".join(NAMES + [f"turn{n}.example"]))
        settle(daemon)
    source.write_text("short.example\n")
    settle(daemon)
    for name in ("www.valid.com", "www.valid.com", "ads.example", "c2.evil.net"):
        daemon.ask(name)
    for i in range(15):
        assert rcode(daemon.ask(generated(f"missing {i}") + ".com", source=BOT)) == "NXDOMAIN"
    until(lambda: daemon.get("/api/v1/cases")["cases"])
    until(lambda: len(daemon.get("/api/v1/querylog?limit=1000")["rows"]) >= 19)
    return daemon


def send(cenote, call):
    headers = {"Content-Type": call.content_type} if call.raw is not None else {}
    with contextlib.closing(UnixConnection(cenote.socket_path, 60)) as c:
        c.request(call.method, call.target, call.raw, headers)
        answer = c.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


def prepare(cenote, operation):
    """Brings about what the operation's example is about."""
    if repr(operation) == "DELETE /api/v1/rules":
        cenote.http("POST", "/api/v1/rules", {"kind": "deny", "rule": "=added.example"})
    if operation.path == "/api/v1/generations/release":
        cenote.http("POST", "/api/v1/generations/rollback", {})


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if not o.is_stream], ids=repr)
def test_operations_answer_as_documented(cenote, operation):
    for call in operation.good_calls():
        prepare(cenote, operation)
        status, kind, text = send(cenote, call)
        assert 200 <= status < 300, f"{call}: {status} {text[:300]}"
        check(call, status, kind, text)
        if operation.path == "/api/v1/lists/accept":
            break


@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_bad_calls_are_refused_as_documented(cenote, operation):
    for call in operation.bad_calls():
        status, kind, text = send(cenote, call)
        assert 400 <= status < 500, f"{call}: {status} {text[:300]}"
        assert check(call, status, kind, text)["status"] == status
    cenote.assert_running()


def test_document_is_served(cenote):
    for unix in (True, False):
        status, headers, text = cenote.http("GET", "/api/v1/openapi.json", unix=unix)
        assert (status, headers["Content-Type"]) == (200, "application/json") and json.loads(text) == DOCUMENT


def test_document_has_all_routes_and_no_others():
    rows = re.findall(r"\{EDGE_(\w+),\s*\"(/api/v1/[^\"]+)\",\s*EDGE_(\w+)", (REPOSITORY / "web" / "route.c").read_text())
    routes = {(f"{method} {path}", scope.lower()) for method, path, scope in rows}
    assert len(routes) > 20 and routes == {(repr(o), o.node["x-scope"]) for o in OPERATIONS}


def references(node):
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    for child in node if isinstance(node, list) else []:
        yield from references(child)


def schemas(node):
    if isinstance(node, dict):
        yield from [node] if node.get("type") == "object" and "properties" in node else []
        node = list(node.values())
    for child in node if isinstance(node, list) else []:
        yield from schemas(child)


def test_document_is_in_itself_whole():
    assert DOCUMENT["openapi"] == "3.1.0"
    used = set(references(DOCUMENT))
    for ref in used:
        assert resolve({"$ref": ref})
    made = {f"#/components/{kind}/{name}" for kind in ("parameters", "responses", "schemas") for name in DOCUMENT["components"][kind]}
    assert made <= used, made - used
    names = [o.node["operationId"] for o in OPERATIONS]
    assert len(names) == len(set(names))
    for schema in schemas(DOCUMENT["components"]["schemas"]):
        assert "additionalProperties" in schema, schema
    for o in OPERATIONS:
        assert o.node["x-scope"] in ("nobody", "stats", "control", "admin"), o
        for p in o.parameters:
            assert p["in"] == "query" and p["description"], (o, p)


@pytest.mark.parametrize("value, schema", [
    ({"a": 1}, {"type": "object", "properties": {}, "additionalProperties": False}),
    ({}, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}),
    (True, {"type": "integer"}), (None, {"type": "string"}), (-1, {"type": "integer", "minimum": 0}), ([1, "a"], {"type": "array", "items": {"type": "integer"}}),
    ("x", {"type": "string", "enum": ["y"]}), ("2026-01-01", {"type": "string", "format": "date-time"}), (1, {"type": "integer", "unknown": 1}), (1, {}),
])
def test_the_reader_finds_faults(value, schema):
    assert faults(value, schema)
