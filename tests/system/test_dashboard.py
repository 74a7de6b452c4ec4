# SPDX-License-Identifier: BSD-2-Clause
"""The page in a browser: log-in, numbers, what can be done, hostile names, keyboard, a telephone's width and contrast, in light and dark."""
import random
import re
import time

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import pytest
from selenium.webdriver.common.keys import Keys

from browser import PASSWORD, Browser
from checks import taken_up
from daemons import until
from lists import wait_for_lists

BOT = "127.0.0.66"
SHOWS_CHART = "const c = globalThis.Chart && Chart.getChart('chart'); return c ? c.data.datasets.map((d) => [d.label, d.data]) : []"
PAGES = {"overview": "#top-clients li", "devices": "#clients tr", "log": "#log tr", "lists": "#lists tr", "explain?name=www.ads.example": "#dga",
         "settings": "#config tr", "client?address=127.0.0.1": "#main .bars li", "case?id=1": ".story li"}


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "ads.txt").write_text("ads.example\nwww.insecure.com\nwww.plain.valid.com\n")
    (folder / "c2.txt").write_text("".join(f"gate{i}.example\n" for i in range(20)))
    (folder / "short.txt").write_text("short.example\n")
    daemon = start_shared({"groups": [{"name": "children", "clients": ["127.0.0.128/25"]}],
                           "lists": [{"name": "ads", "source": str(folder / "ads.txt"), "kind": "deny", "category": "advertising"},
                                     {"name": "c2", "source": str(folder / "c2.txt"), "kind": "deny", "category": "botnet"},
                                     {"name": "short", "source": str(folder / "short.txt"), "kind": "deny", "floor": 1000}]}, http={"anonymous": "none"})
    wait_for_lists(daemon)
    for name in ("ads.example", "www.ads.example", "www.valid.com", "www.valid.com", "https.valid.com"):
        daemon.ask(name)
    return daemon


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.quit()


@pytest.fixture(autouse=True)
def nothing_to_complain(browser):
    browser.resize(1280)
    browser.scheme("light")
    browser.complaints()
    yield
    browser.block()
    assert browser.complaints(but=["Failed to load resource"]) == []


@pytest.fixture(scope="module")
def case(cenote):
    """A device that asked for what only bots ask for."""
    for i in range(8):
        cenote.ask(f"gate{i}.example", source=BOT)
    until(lambda: cenote.get("/api/v1/stats")["evidence"]["events"] >= 8)
    return until(lambda: cenote.get("/api/v1/cases")["cases"])[0]


def is_blocked(daemon, name, source=None):
    answers = daemon.ask(name, source=source).answer
    return [str(rdata) for rrset in answers for rdata in rrset] == ["0.0.0.0"]


def test_first_login_is_by_a_link(browser, start):
    cenote = start(http={"anonymous": "none"})
    browser.open(cenote)
    browser.waits_for("#front", "Welcome", "Token")
    link = re.search(r"#setup=(\S+?)[\"\s]", cenote.log() + " ").group(1)
    # The link is not lost when the daemon does not answer at once.
    browser.block("*/api/v1/auth")
    browser.open(cenote, f"setup={link}")
    browser.waits_for("#front", "does not answer")
    browser.block()
    browser.waits_for("#front", "There is none until you do")
    assert link not in browser.driver.current_url
    assert browser.unnamed() == [] and browser.pale() == []
    browser.fill("[name=password]", PASSWORD)
    browser.fill("[name=repeated]", PASSWORD + "!" + Keys.ENTER)
    browser.waits_for("#front .fault", "not the same")
    browser.fill("[name=repeated]", PASSWORD + Keys.ENTER)
    browser.waits_for("#title", "Overview")
    browser.click("#logout")
    browser.waits_for("#front", "Log in")
    browser.fill("[name=password]", "a wrong password" + Keys.ENTER)
    browser.waits_for("#front .fault", "not right")
    browser.fill("[name=password]", PASSWORD + Keys.ENTER)
    browser.waits_for("#title", "Overview")
    session = browser.driver.get_cookie("cenote_session")["value"]
    browser.go("settings")
    browser.click("#logout-all")
    browser.waits_for("#front", "Log in")
    assert cenote.http("GET", "/api/v1/keys", unix=False, Cookie=f"cenote_session={session}")[0] == 401
    # The link was for once.
    browser.open(cenote, f"setup={link}")
    browser.fill("[name=password]", PASSWORD)
    browser.fill("[name=repeated]", PASSWORD + Keys.ENTER)
    browser.waits_for("#front .fault", "link")


def test_shows_what_the_api_counts(browser, cenote):
    _, summary = taken_up(cenote)
    browser.enter(cenote)
    browser.waits_for("#queries", f"{summary['queries']:,}")
    assert browser.text("#blocked") == str(summary["blocked"])
    assert f"{100 * summary['blocked'] / summary['queries']:.1f} %" in browser.text("#blocked-note")
    points = cenote.get("/api/v1/history")["points"]
    browser.enter(cenote)
    series = dict(until(lambda: browser.run(SHOWS_CHART)))
    assert sum(series["blocked"]) == sum(p["blocked"] for p in points) > 0
    assert sum(sum(values) for values in series.values()) == sum(p["queries"] for p in points) == summary["queries"]
    browser.click("[data-choice=types]")
    types = until(lambda: (s := dict(browser.run(SHOWS_CHART))) if "A" in dict(browser.run(SHOWS_CHART)) else None)
    assert {name: sum(values) for name, values in types.items()} == {name: n for name, n in summary["types"].items() if n}
    # The table says the same.
    browser.click("#history summary")
    cells = "return [...document.querySelectorAll('#history tbody td')].reduce((a, e) => a + Number(e.textContent), 0)"
    until(lambda: browser.run(cells) == summary["queries"])
    top = {e["name"]: e["count"] for e in cenote.get("/api/v1/top?kind=blocked_domains")["entries"]}
    for name, n in top.items():
        browser.waits_for("#top-blocked_domains", f"{name}\n{n}")


def test_allows_and_blocks_from_the_log(browser, cenote):
    name = "www.insecure.com"
    browser.enter(cenote, f"log?name=%3D{name}")
    browser.waits_for("#queries-log .small", "live")
    assert is_blocked(cenote, name)
    browser.waits_for("#log tr:first-child", name, "blocked", "by ads")
    browser.click("#log tr:first-child [data-act=allow]")
    browser.waits_for("#toasts", "is allowed")
    assert not is_blocked(cenote, name)
    browser.waits_for("#log tr:first-child", "resolved")
    browser.click("#log tr:first-child [data-act=deny]")
    browser.waits_for("#toasts", "is blocked")
    assert is_blocked(cenote, name)
    browser.go("lists")
    browser.click(f"#rules [aria-label='Remove the rule for {name}']")
    until(lambda: cenote.get("/api/v1/rules")["rules"] == [])


def test_lets_through_for_a_while(browser, cenote):
    name = "www.plain.valid.com"
    browser.enter(cenote, f"log?name=%3D{name}")
    browser.waits_for("#queries-log .small", "live")
    assert is_blocked(cenote, name)
    browser.click("#log tr:first-child [data-act=unblock]")
    browser.waits_for("#toasts", "for 1 h")
    assert not is_blocked(cenote, name) and is_blocked(cenote, name, source="127.0.0.5")
    browser.go("lists")
    browser.waits_for("#unblocks", name, "127.0.0.1")
    browser.click("#unblocks [data-act=end]")
    until(lambda: is_blocked(cenote, name))


def test_pauses_and_resumes(browser, cenote):
    browser.enter(cenote)
    browser.click("#pause button")
    browser.click("dialog [type=submit]")
    browser.waits_for("#banner-pauses", "paused for everybody", "5 min")
    assert not is_blocked(cenote, "www.insecure.com")
    browser.click("#banner-pauses button")
    until(lambda: browser.text("#banner-pauses") == "")
    assert is_blocked(cenote, "www.insecure.com")
    browser.go("client?address=127.0.0.9")
    browser.click("#client-pause button")
    browser.click("dialog [type=submit]")
    browser.waits_for("#banner-pauses", "paused for 127.0.0.9")
    assert is_blocked(cenote, "www.insecure.com") and not is_blocked(cenote, "www.insecure.com", source="127.0.0.9")
    browser.click("#banner-pauses button")
    until(lambda: is_blocked(cenote, "www.insecure.com", source="127.0.0.9"))


def test_a_case_is_shown_and_closed(browser, cenote, case):
    browser.enter(cenote)
    browser.waits_for("#infected", "1 infected device", BOT, "behaves like a bot")
    browser.waits_for("#bots", "1")
    browser.click(f"#infected [href='#case?id={case['id']}'].button")
    browser.waits_for("#main", "What to do", "asked for gate1.example, which a list of botnets holds")
    browser.click("#main [data-act=acknowledged]")
    browser.fill("dialog [name=note]", "Ann looks at it" + Keys.ENTER)
    browser.waits_for("#main", "acknowledged", "Ann looks at it")
    browser.click("#main [data-act=closed]")
    browser.click("dialog [type=submit]")
    browser.waits_for("#main", "Closed: the device is taken for clean")
    assert cenote.get(f"/api/v1/case?id={case['id']}")["state"] == "closed"
    browser.go("overview")
    browser.waits_for("#no-infected", "No infected devices")
    browser.go("devices")
    browser.click("[data-choice=closed]")
    browser.waits_for("#cases", BOT, "closed")


def test_older_cases_of_each_state_are_shown(browser, cenote):
    browser.enter(cenote, "devices")
    browser.waits_for("#cases", "To do")
    browser.run("""const real = window.fetch; window.asked = [];
        window.fetch = (url, options) => {
            if (!url.startsWith("/api/v1/cases?"))
                return real(url, options);
            window.asked.push(url);
            const next = url.includes("state=open") ? 40 : url.includes("state=acknowledged") ? 200 : null;
            return Promise.resolve(new Response(JSON.stringify({ cases: [], next })));
        };""")
    browser.click("#cases [data-choice=live]")
    browser.click("#cases .panel-body > button:not([hidden])")
    # What one state has shown down to 200 is not passed over because the other is further down.
    asked = until(lambda: [url for url in browser.run("return window.asked") if "before=" in url])
    assert all("before=200" in url for url in asked), asked


def test_a_held_list_is_accepted(browser, cenote):
    browser.enter(cenote, "lists")
    browser.waits_for("#lists", "ads", "in force", "short", "held", "floor")
    browser.click("#lists [data-act=accept]")
    browser.click("dialog [type=submit]")
    until(lambda: is_blocked(cenote, "short.example"))
    until(lambda: "held" not in browser.text("#lists"))
    browser.waits_for("#generations", "in force")
    browser.click("#generations [data-act=back]")
    browser.click("dialog [type=submit]")
    browser.waits_for("#generations", "held by hand")
    assert not is_blocked(cenote, "short.example")
    browser.click("#generations .actions button")
    until(lambda: is_blocked(cenote, "short.example"))


def test_explains_by_keyboard(browser, cenote):
    browser.enter(cenote, "explain")
    browser.fill("#explain-name", "www.ads.example" + Keys.ENTER)
    shown = browser.waits_for("#explanation", "It is blocked", "ads (advertising)")
    assert "0.0.0.0" in shown and "ads.example" in shown
    browser.fill("#explain-name", "a..b" + Keys.ENTER)
    browser.waits_for("#main", "not a domain name")
    browser.fill("#ask-name", "xjqwzvkhtrpbdmflqgkx.com" + Keys.ENTER)
    browser.waits_for("#dga", "looks made up by a program", "Pieces of letters", "xjq")


def hostile_names():
    r = random.Random(6)
    pieces = [b"<img src=x onerror=document.title='owned'>", b"<script>document.title='owned'</script>", b"\"><svg onload=alert(1)>", b"javascript:alert(1)",
              b"\x00\x01\x07\x08\x1b[31m", b"\r\n\r\nSet-Cookie: a=b", "\u202egpj.exe".encode(), "\u05d0\u05d1\u05d2".encode(), "\u2066\u2069\u200f".encode(), b"\xff\xfe\x80", b"&lt;b&gt;&#0;",
              b"a" * 63, b"${7*7}{{7*7}}", b"' OR 1=1 --", "\u0301".encode() * 30, b"..", b"\\", b"/../../etc", b"%00%0a", b"__proto__", b"constructor"]
    names = [dns.name.Name([b"x" * 63, b"<b>" * 21, b"\x00" * 63, b"z" * 61, b""])]
    while len(names) < 200:
        labels = [r.choice(pieces)[:63] for _ in range(r.randint(1, 2))]
        names.append(dns.name.Name([b"n%d" % len(names), *labels, b"localhost", b""]))
    assert len(names[0].to_wire()) == 255
    return names


def test_hostile_names_do_nothing(browser, cenote):
    browser.enter(cenote, "log")
    browser.waits_for("#queries-log .small", "live")
    for name in hostile_names():
        message = dns.message.make_query(name, "A")
        message.flags |= dns.flags.RD
        cenote.exchange(message, source="127.0.0.77")
    taken_up(cenote)
    browser.open(cenote, "log?client=127.0.0.77")
    until(lambda: len(browser.all("#log tr")) == 100)
    browser.click(".pager button")
    until(lambda: len(browser.all("#log tr")) == 200)
    browser.click("#queries-log .actions button")
    for where in ("log?client=127.0.0.77", "overview", "client?address=127.0.0.77", "explain?name=%3Cimg%20src%3Dx%3E.%E2%80%AEa%00b"):
        for width in (390, 1280):
            browser.resize(width)
            browser.open(cenote, where)
            until(lambda: browser.all("#main .bars li, #log tr, #main .fault:not([hidden])"))
            text = browser.run("return document.documentElement.textContent")
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u0590-\u05ff]", text)
            assert browser.run("return document.documentElement.scrollWidth") <= width
            assert "owned" not in browser.driver.title
            assert not browser.all("main img, main script, main svg:not(.icon), main b, main [onerror], main [onload]")


@pytest.mark.parametrize("width,scheme", [(390, "dark"), (390, "light"), (1280, "dark"), (1280, "light")])
def test_fits_and_can_be_read(browser, cenote, case, width, scheme):
    browser.resize(width)
    browser.scheme(scheme)
    browser.enter(cenote)
    for where, selector in PAGES.items():
        browser.go(where)
        until(lambda: browser.all(selector))
        browser.assert_readable(width)
    browser.click("#pause button")
    until(lambda: browser.all("dialog[open]"))
    browser.assert_readable(width)
    browser.keys(Keys.ESCAPE)
    until(lambda: not browser.all("dialog"))
    browser.go("wall")
    browser.waits_for("#wall-queries", "")
    browser.assert_readable(width)
    assert not browser.all("#front button, #front a, #front input")
    assert browser.run("return getComputedStyle(document.body).colorScheme") == scheme


def test_a_key_is_made_shown_once_and_removed(browser, cenote):
    browser.enter(cenote, "settings")
    browser.fill("#keys [name=name]", "grafana" + Keys.ENTER)
    key = browser.waits_for("#new-key", "cenote_")
    assert cenote.http("GET", "/api/v1/summary", unix=False, Authorization=f"Bearer {key}")[0] == 200
    browser.click("dialog [type=submit]")
    browser.waits_for("#keys", "stats", "grafana")
    browser.click("#keys [data-act=remove]")
    browser.click("dialog [type=submit]")
    browser.waits_for("#keys", "None.")
    assert key not in browser.run("return document.documentElement.textContent")
    assert cenote.http("GET", "/api/v1/summary", unix=False, Authorization=f"Bearer {key}")[0] == 401


def test_light_and_dark_are_chosen(browser, cenote):
    browser.enter(cenote, "settings")
    page = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(page)
    browser.click("[data-choice=dark]")
    dark = browser.run(page)
    assert dark != light
    browser.open(cenote, "settings")
    until(lambda: browser.all("[data-choice=dark][aria-pressed=true]"))
    assert browser.run(page) == dark
    browser.click("[data-choice=system]")
    assert browser.run(page) == light


def test_a_tour_by_the_keyboard_alone(browser, cenote):
    cenote.ask("ads.example")
    browser.enter(cenote)
    browser.tab_to("Skip to content", Keys.ENTER)
    browser.tab_to("Show the last hour", Keys.SPACE)
    browser.waits_for("#queries-note", "the last hour")
    browser.tab_to("Show as a table", Keys.ENTER)
    browser.waits_for("#history table", "From")
    browser.open(cenote)
    browser.waits_for("#title", "Overview")
    browser.tab_to("Queries", Keys.ENTER)
    browser.waits_for("#title", "Query log")
    browser.tab_to("Name", "=ads.example", Keys.ENTER)
    until(lambda: browser.all("#filter [name=name][value='=ads.example']"))
    browser.waits_for("#log", "ads.example")
    browser.tab_to("Allow ads.example", Keys.ENTER)
    browser.waits_for("#toasts", "is allowed")
    assert not is_blocked(cenote, "ads.example")
    browser.open(cenote, "lists")
    browser.waits_for("#rules", "ads.example")
    browser.tab_to("Remove the rule for ads.example", Keys.ENTER)
    until(lambda: is_blocked(cenote, "ads.example"))
    browser.open(cenote)
    browser.waits_for("#title", "Overview")
    browser.tab_to("Pause blocking", Keys.ENTER)
    until(lambda: browser.all("dialog[open]"))
    browser.keys(Keys.ESCAPE)
    until(lambda: not browser.all("dialog"))
    until(lambda: "Pause" in browser.focused())
    browser.keys(Keys.ENTER)
    until(lambda: browser.all("dialog[open]"))
    browser.tab_to("For how long", "30")
    browser.tab_to("Pause", Keys.ENTER)
    browser.waits_for("#banner-pauses", "30 min")
    browser.tab_to("Resume", Keys.ENTER)
    until(lambda: browser.text("#banner-pauses") == "")


def test_an_endpoint_that_fails_leaves_the_rest(browser, cenote):
    browser.enter(cenote)
    browser.block("*/api/v1/top*", "*/api/v1/pause*")
    browser.open(cenote)
    browser.waits_for("#top-domains .fault", "does not answer")
    until(lambda: re.fullmatch("[1-9][0-9,]*", browser.text("#queries")))


def test_the_log_is_asked_for_where_it_cannot_be_pushed(browser, cenote):
    browser.enter(cenote)
    browser.block("*/api/v1/live*")
    browser.open(cenote, "log?name=%3Dpolled.ads.example")
    browser.waits_for("#queries-log .small", "every two seconds")
    cenote.ask("polled.ads.example")
    browser.waits_for("#log", "polled.ads.example", "blocked")


def test_a_hidden_tab_asks_nothing(browser, cenote):
    hide = "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    asked = "return performance.getEntriesByType('resource').filter((e) => e.name.includes('/api/')).length"
    browser.enter(cenote)
    # A second passes in a twentieth of one.
    quick = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "const slow = setTimeout; window.setTimeout = (f, ms, ...more) => slow(f, ms > 9000 ? ms : ms / 20, ...more)"})
    browser.open(cenote)
    browser.waits_for("#queries", "")
    for _ in range(2):
        browser.run("performance.clearResourceTimings()")
        until(lambda: browser.run(asked) > 3)
        browser.run(hide, True)

        def is_quiet():
            """What was on its way has come, and nothing more."""
            browser.run("performance.clearResourceTimings()")
            time.sleep(1)
            return browser.run(asked) == 0
        until(is_quiet)
        browser.run(hide, False)
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", quick)


def test_who_may_see_counters_only_sees_no_names_of_devices(browser, start):
    cenote = start()
    browser.open(cenote)
    browser.waits_for("#state", "serving")
    cenote.ask("localhost", source="127.0.0.8")
    browser.waits_for("#queries", "")
    browser.go("log")
    browser.waits_for("#main", "those who may control")
    assert "127.0.0.8" not in browser.text("body")
    browser.click("#login")
    browser.waits_for("#front", "Welcome")
    browser.click("#front [type=button]")
    browser.waits_for("#title", "Query log")


def test_says_when_the_daemon_is_gone(browser, start):
    cenote = start()
    browser.open(cenote)
    browser.waits_for("#state", "serving")
    cenote.stop()
    browser.waits_for("#state", "down")
    browser.waits_for("#banner-state", "does not answer")
