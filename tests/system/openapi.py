# SPDX-License-Identifier: BSD-2-Clause
"""The API's document as tests read it: operations, good and bad calls of each, and a strict reader of what comes back."""
import datetime
import ipaddress
import json
import re
import urllib.parse

from daemons import REPOSITORY

DOCUMENT = json.loads((REPOSITORY / "web" / "openapi.json").read_text())
METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {"null": lambda v: v is None, "boolean": lambda v: isinstance(v, bool), "string": lambda v: isinstance(v, str),
         "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
         "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
         "array": lambda v: isinstance(v, list), "object": lambda v: isinstance(v, dict)}
KNOWN = {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum", "minLength",
         "maxLength", "pattern", "format", "oneOf", "description"}


def resolve(node):
    while "$ref" in node:
        found = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def is_of_format(text, name):
    try:
        if name == "date-time":
            datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
            return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text) is not None
        assert name == "ip", name
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def faults(value, schema, at="$"):
    """What of a value is not as the schema has it. A word of a schema that is not known here is a fault, too."""
    schema = resolve(schema)
    if set(schema) - KNOWN:
        return [f"{at}: the schema says {set(schema) - KNOWN}"]
    if "oneOf" in schema:
        fitting = [s for s in schema["oneOf"] if not faults(value, s, at)]
        return [] if len(fitting) == 1 else [f"{at}: {value!r} fits {len(fitting)} of the schemas of oneOf"]
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if not any(TYPES[t](value) for t in types):
        return [f"{at}: {value!r} is not {' or '.join(types)}"]
    found = []
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        found.append(f"{at}: {value!r} is not among {schema.get('enum', schema.get('const'))}")
    if TYPES["number"](value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{at}: {value} is out of range")
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{at}: {value!r} is too short or too long")
        if not re.search(schema.get("pattern", ""), value) or "format" in schema and not is_of_format(value, schema["format"]):
            found.append(f"{at}: {value!r} is not {schema.get('format', schema.get('pattern'))}")
    if isinstance(value, list):
        found += [f for i, item in enumerate(value) for f in faults(item, schema["items"], f"{at}[{i}]")]
    if isinstance(value, dict):
        found += object_faults(value, schema, at)
    return found


def object_faults(value, schema, at):
    known = schema.get("properties", {})
    found = [f"{at}: {key} is missing" for key in schema.get("required", []) if key not in value]
    for key, member in value.items():
        other = schema.get("additionalProperties", True)
        if key in known:
            found += faults(member, known[key], f"{at}.{key}")
        elif other is False:
            found.append(f"{at}: {key} is not in the document")
        elif other is not True:
            found += faults(member, other, f"{at}.{key}")
    return found


class Call:
    """One request, and which answers may come."""

    def __init__(self, operation, query, body=None, is_good=True, raw=None, content_type="application/json", headers=()):
        self.operation, self.is_good, self.content_type = operation, is_good, content_type
        self.method, path = operation.method, operation.path
        self.target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        self.raw = raw if raw is not None or body is None else json.dumps(body)
        self.headers = dict(headers, **({"Content-Type": content_type} if self.raw is not None else {}))

    def __repr__(self):
        return f"{self.method} {self.target} {self.raw or ''}"


class Operation:
    def __init__(self, method, path, node):
        self.method, self.path, self.node = method.upper(), path, node
        parameters = [resolve(p) for p in node.get("parameters", [])]
        self.parameters = [p for p in parameters if p["in"] == "query"]
        self.headers = [p for p in parameters if p["in"] == "header"]
        assert len(self.parameters) + len(self.headers) == len(parameters), path
        self.body = node.get("requestBody", {}).get("content", {}).get("application/json")
        self.is_stream = "text/event-stream" in self.response(200).get("content", {})

    def __repr__(self):
        return f"{self.method} {self.path}"

    def response(self, status):
        found = self.node["responses"].get(str(status))
        return resolve(found) if found else {}

    @property
    def needed(self):
        return {p["name"]: p["example"] for p in self.parameters if p.get("required")}

    @property
    def example(self):
        return self.body["example"] if self.body else None

    def good_calls(self):
        """With what is needed alone, then with each parameter and each of its words, then with all of them; or with those
        that are only good together."""
        if together := self.node.get("x-together"):
            yield Call(self, {**self.needed, **{p["name"]: p["example"] for p in self.parameters if p["name"] in together}}, self.example)
            return
        yield Call(self, self.needed, self.example)
        for p in self.parameters:
            for value in resolve(p["schema"]).get("enum", [p["example"]]):
                if not p.get("required"):
                    yield Call(self, {**self.needed, p["name"]: value}, self.example)
        if len(self.parameters) > len(self.needed):
            yield Call(self, {p["name"]: p["example"] for p in self.parameters}, self.example)
        if self.headers:
            yield Call(self, self.needed, self.example, headers={p["name"]: p["example"] for p in self.headers})

    def bad_calls(self):
        """Each parameter wrong in each way that its schema knows, and left out where it is needed; and so with the body."""
        for p in self.parameters:
            if p.get("required"):
                yield Call(self, {k: v for k, v in self.needed.items() if k != p["name"]}, self.example, False)
            for value in bad_values(resolve(p["schema"])):
                yield Call(self, {**self.needed, p["name"]: value}, self.example, False)
        if not self.body:
            return
        schema = resolve(self.body["schema"])
        for raw in ("{", "[]", "1", '{"no_such_key": 1}', "[" * 5000, '{"a":' * 5000, b"\xff\xfe", "\0"):
            yield Call(self, self.needed, None, False, raw)
        for key in schema["required"]:
            yield Call(self, self.needed, {k: v for k, v in self.example.items() if k != key}, False)
        for key in schema["properties"]:
            for value in (None, {}, [], 1.5, True):
                yield Call(self, self.needed, {**self.example, key: value}, False)
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            yield Call(self, self.needed, {**self.example}, False, content_type=kind)


def bad_values(schema):
    """As text of a query. What is not bounded by its schema has none here."""
    kinds = [resolve(s) for s in schema.get("oneOf", [schema])]
    if all(k["type"] == "integer" or k.get("format") or "enum" in k for k in kinds):
        yield from ("no_such_word", "-1", "1.5", "0x10", "99999999999999999999", " ", "1;2")
    for k in kinds if len(kinds) == 1 else []:
        if "minimum" in k and k["minimum"] > 0:
            yield k["minimum"] - 1
        if "maximum" in k:
            yield k["maximum"] + 1
        if "maxLength" in k:
            yield "a" * (k["maxLength"] + 1)
        if k.get("minLength"):
            yield ""
        if "pattern" in k:
            yield "~"


OPERATIONS = [Operation(method, path, node[method]) for path, node in DOCUMENT["paths"].items() for method in METHODS if method in node]


def check(call, status, headers, text):
    """The answer is one that the document tells of, to the letter. Returns its value."""
    response = call.operation.response(status)
    assert response, f"{call}: {status} is not in the document: {text[:300]}"
    for name, header in response.get("headers", {}).items():
        assert name in headers and not faults(headers[name], header["schema"]), (call, name)
    content_type = headers["Content-Type"]
    kind = content_type.split("; charset")[0]
    assert kind in response["content"], f"{call}: {status} as {content_type}"
    value = json.loads(text) if "json" in kind and kind != "application/jsonl" else text
    found = faults(value, response["content"][kind]["schema"])
    assert not found, f"{call}: {status}: {found[:5]}"
    return value
