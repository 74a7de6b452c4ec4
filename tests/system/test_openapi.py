# SPDX-License-Identifier: BSD-2-Clause
"""The API's document is complete and true: each operation is called as it says, well and badly, and answers as it says."""
import contextlib
import http.client
import json
import re

import pytest

from checks import begin_update, taken_up, wait_for_generation
from daemons import REPOSITORY, UnixConnection, until
from openapi import DOCUMENT, OPERATIONS, Call, check, faults, resolve
from test_evidence import BOT, become_case

NAMES = [f"bad{i}.example" for i in range(40)] + ["ads.example"]
REPORT = {"org": "Example", "contact": "abuse@example.net", "domain": "example.net"}
SCOPES = ["nobody", "stats", "control", "admin"]


def wait_until_settled(daemon):
    until(lambda: daemon.get("/api/v1/lists?wait_ms=5000")["is_settled"], 240)


def settle(daemon):
    begin_update(daemon)
    wait_until_settled(daemon)


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    """Three generations, a list that is held, a case, and some queries."""
    source = tmp_path_factory.mktemp("lists") / "ads.txt"
    source.write_text("\n".join(NAMES))
    daemon = start_shared({"lists": [{"name": "ads", "source": str(source), "floor": 20}], "deny": ["evil.net"],
                           "evidence": {"report": REPORT},
                           "dga": {"mode": "monitor"}})
    wait_for_generation(daemon)
    for n in (1, 2):
        source.write_text("\n".join(NAMES + [f"turn{n}.example"]))
        settle(daemon)
    source.write_text("short.example\n")
    settle(daemon)
    for name in ("www.valid.com", "www.valid.com", "ads.example", "c2.evil.net"):
        daemon.ask(name)
    become_case(daemon, BOT)
    taken_up(daemon)
    return daemon


def send(cenote, call):
    with contextlib.closing(UnixConnection(cenote.socket_path, 60)) as c:
        c.request(call.method, call.target, call.raw, call.headers)
        answer = c.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def prepare(cenote, operation):
    """Brings about what the operation's example is about."""
    if repr(operation) == "DELETE /api/v1/rules":
        cenote.http("POST", "/api/v1/rules", {"kind": "deny", "rule": "=added.example"})
    if repr(operation) == "DELETE /api/v1/pause":
        cenote.http("POST", "/api/v1/pause", {"client": "127.0.0.99", "seconds": 60})
    if repr(operation) == "DELETE /api/v1/unblock":
        cenote.http("POST", "/api/v1/unblock", {"name": "=unblocked.example", "client": "127.0.0.99", "seconds": 60})
    if operation.path.startswith("/api/v1/generations/"):
        wait_until_settled(cenote)  # an update that ends takes back a rollback
    if operation.path == "/api/v1/generations/release":
        cenote.http("POST", "/api/v1/generations/rollback", {})


def fill_in(cenote, call):
    """What the document cannot know: the token of a link. The password is that of its examples."""
    if "/auth/" in call.operation.path:
        links = json.loads(cenote.http("POST", "/api/v1/auth/link", {})[2])["links"]
        body = {"token": links[0].partition("#setup=")[2], "password": "correct horse battery"}
        if call.operation.path == "/api/v1/auth/setup":
            call.raw = json.dumps(body)
        else:
            assert cenote.http("POST", "/api/v1/auth/setup", body)[0] == 200
    if call.operation.path == "/api/v1/keys":
        cenote.http("DELETE", "/api/v1/keys?name=grafana")
        if call.method == "DELETE":
            cenote.http("POST", "/api/v1/keys", {"name": "grafana", "scope": "stats"})


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if not o.is_stream], ids=repr)
def test_operations_answer_as_documented(cenote, operation):
    for call in operation.good_calls():
        prepare(cenote, operation)
        fill_in(cenote, call)
        status, headers, text = send(cenote, call)
        assert 200 <= status < 300, f"{call}: {status} {text[:300]}"
        check(call, status, headers, text)
        if operation.path == "/api/v1/lists/accept":
            break


def test_a_case_is_unsealed_in_all_formats(cenote):
    operation = next(o for o in OPERATIONS if repr(o) == "POST /api/v1/cases/unseal")
    for word in resolve(operation.body["schema"])["properties"]["format"]["enum"]:
        call = Call(operation, {}, {**operation.example, "format": word})
        status, headers, text = send(cenote, call)
        assert status == 200, text
        check(call, status, headers, text)


@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_bad_calls_are_refused_as_documented(cenote, operation):
    for call in operation.bad_calls():
        status, headers, text = send(cenote, call)
        assert 400 <= status < 500, f"{call}: {status} {text[:300]}"
        assert check(call, status, headers, text)["status"] == status
    cenote.assert_running()


class Events:
    """Server-sent events, one after the other: (event, id, value)."""

    def __init__(self, cenote, target, headers, unix):
        self.connection = UnixConnection(cenote.socket_path, 60) if unix else http.client.HTTPConnection("127.0.0.1", cenote.http_port, timeout=60)
        self.connection.request("GET", target, headers=headers)
        self.answer = self.connection.getresponse()

    def __iter__(self):
        return self

    def __next__(self):
        fields = {}
        while True:
            sent = self.answer.readline().decode()
            assert sent, "the stream has ended"
            line = sent.rstrip("\n")
            if not line and "data" in fields:
                return fields["event"], fields.get("id"), json.loads(fields["data"])
            key, _, value = line.partition(": ")
            fields[key] = value

    def close(self):
        self.connection.close()


@pytest.fixture(scope="module")
def keys(cenote):
    """A key of each scope."""
    made = {}
    for scope in SCOPES[1:]:
        status, _, text = cenote.http("POST", "/api/v1/keys", {"name": f"of-{scope}", "scope": scope})
        assert status == 201, text
        made[scope] = json.loads(text)["key"]
    yield made
    for scope in made:
        cenote.http("DELETE", f"/api/v1/keys?name=of-{scope}")


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.is_stream], ids=repr)
@pytest.mark.parametrize("unix", [True, False], ids=["unix", "tcp"])
def test_streams_tell_what_is_documented(cenote, keys, operation, unix):
    shapes = operation.response(200)["content"]["text/event-stream"]["x-events"]
    key, word = {"X-API-Key": keys["control"]}, f"{unix}".lower()
    taken_up(cenote)
    newest = cenote.get("/api/v1/querylog?limit=1")["rows"][0]["id"]
    with contextlib.closing(Events(cenote, f"{operation.path}?after=0&verdict=blocked&name={word}.evil.net", key, unix)) as events:
        assert events.answer.status == 200 and events.answer.headers["Content-Type"] == "text/event-stream"
        asked = [f"a.{word}.evil.net", "www.valid.com", f"b.{word}.evil.net"]
        for name in asked:
            cenote.ask(name)
        rows = []
        while not {asked[0], asked[2]} <= {row["name"] for row in rows}:
            event, number, value = next(events)
            assert not faults(value, shapes[event])
            if event == "query":
                assert value["id"] == int(number)
                rows.append(value)
        # And nothing of what was not asked for. Two workers may end in any order.
        assert sorted(row["name"] for row in rows) == [asked[0], asked[2]]
    with contextlib.closing(Events(cenote, operation.path, {**key, "Last-Event-ID": str(newest)}, unix)) as events:
        assert {next(events)[2]["name"] for _ in asked} == set(asked)


def test_a_stale_version_is_refused_as_documented(cenote):
    changes = [o for o in OPERATIONS if any(p["name"] == "If-Match" for p in o.headers)]
    assert len(changes) == 2
    for operation in changes:
        call = Call(operation, operation.needed, operation.example, headers={"If-Match": '"no such version"'})
        status, headers, text = send(cenote, call)
        assert status == 412
        check(call, status, headers, text)


@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_scopes_are_as_documented(cenote, operation):
    """Over TCP without a log-in, where strangers may read what takes the scope `stats`."""
    call = next(operation.good_calls())
    fill_in(cenote, call)
    status, headers, text = cenote.http(operation.method, call.target, json.loads(call.raw or "null"), unix=False)
    if operation.node["x-scope"] in ("nobody", "stats"):
        assert status == 200, text
    else:
        assert status == 401 and headers["WWW-Authenticate"].startswith("Bearer")
        check(call, status, headers, text)


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
@pytest.mark.parametrize("scope", SCOPES[1:])
def test_keys_may_what_is_documented(cenote, keys, scope, header):
    for operation in OPERATIONS:
        call = next(operation.good_calls())
        needed = operation.node["x-scope"]
        may = SCOPES.index(scope) >= SCOPES.index(needed)
        if operation.is_stream or may and operation.method != "GET":
            continue  # changes are tried elsewhere
        key = ("Bearer " if header == "Authorization" else "") + keys[scope]
        status, headers, text = cenote.http(call.method, call.target, operation.example, unix=False, **{header: key})
        assert status == (200 if may else 403), (call, text[:300])
        check(call, status, headers, text)


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
        assert o.node["x-scope"] in SCOPES and ("security" in o.node) == (o.node["x-scope"] == "nobody"), o
        for p in o.parameters + o.headers:
            assert p["description"], (o, p)


@pytest.mark.parametrize("value, schema", [
    ({"a": 1}, {"type": "object", "properties": {}, "additionalProperties": False}),
    ({}, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}),
    (True, {"type": "integer"}), (None, {"type": "string"}), (-1, {"type": "integer", "minimum": 0}), ([1, "a"], {"type": "array", "items": {"type": "integer"}}),
    ("x", {"type": "string", "enum": ["y"]}), ("2026-01-01", {"type": "string", "format": "date-time"}), (1, {"type": "integer", "unknown": 1}), (1, {}),
])
def test_the_reader_finds_faults(value, schema):
    assert faults(value, schema)
