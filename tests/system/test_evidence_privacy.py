# SPDX-License-Identifier: BSD-2-Clause
"""What is written of cases when less is to be written, and pseudonyms that are unsealed."""
import json

import pytest

from test_evidence import BOT, LIVE, become_case, cases, is_told
from daemons import until

REPORT = {"org": "Example Networks", "contact": "abuse@example.net", "domain": "example.net"}


def everywhere(cenote, case):
    """All that a person, a log or a tool gets to see."""
    shown = [cenote.command("cases", "show", str(case["id"])), cenote.command("cases", "list"), cenote.log(),
             cenote.command("cases", "export"), json.dumps(case)]
    return "\n".join(shown)


@pytest.mark.parametrize("privacy, has_client, has_name", [
    ("all", True, True), ("no_client", False, True), ("no_name", True, False), ("none", False, False)])
def test_levels(start, privacy, has_client, has_name):
    cenote = start({"evidence": {"mode": "block", "privacy": privacy}})
    case = become_case(cenote)
    text = everywhere(cenote, case)
    assert (BOT in text) == has_client and (case["client"] is not None) == has_client
    assert all((line["name"] is not None) == has_name for line in case["evidence"])
    assert (".com" in text.replace(str(cenote.folder), "")) == has_name
    # It is judged all the same.
    until(lambda: not is_told(cenote, LIVE[0], BOT))
    cenote.command("cases", "false-positive", "1", "for-all", codes=(0 if has_name else 1,))
    assert case["evidence"][0]["name"] is None or case["evidence"][0]["name"] in cenote.command("rules", "list")


def test_a_pseudonym_is_unsealed(start):
    cenote = start({"evidence": {"pseudonyms": True, "report": REPORT}})
    case = become_case(cenote)
    assert case["client"].startswith("client-") and case["unsealed"] is None
    assert BOT not in everywhere(cenote, case)
    # A report names its client: not by the way.
    cenote.command("cases", "export", "1", "--format", "xarf", codes=(1,))
    shown = cenote.command("cases", "unseal", "1", "the owner called")
    assert BOT in shown
    assert 'event=case_unsealed case=1 times=1 by=socket reason="the owner called"' in cenote.log()
    xarf = json.loads(cenote.command("cases", "unseal", "1", "--format", "xarf"))
    assert xarf["source_identifier"] == BOT
    after = cases(cenote)[0]
    assert after["client"] == case["client"] and after["unsealed"]["count"] == 2
    assert "unsealed" in cenote.command("cases", "show", "1")
    cenote.command("cases", "unseal", "9", codes=(1,))
    assert cenote.http("POST", "/api/v1/cases/unseal", {"id": 1}, unix=False)[0] in (401, 403)
    folder = cenote.folder
    cenote.stop()
    cenote = start({"evidence": {"pseudonyms": True}}, folder=folder)
    assert cases(cenote)[0]["client"] == case["client"] and cases(cenote)[0]["unsealed"]["count"] == 2


def test_there_is_nothing_to_unseal(start):
    cenote = start({"evidence": {"privacy": "no_client", "pseudonyms": True}})
    assert become_case(cenote)["client"] is None
    cenote.command("cases", "unseal", "1", codes=(1,))
