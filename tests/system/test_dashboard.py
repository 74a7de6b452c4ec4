# SPDX-License-Identifier: BSD-2-Clause
"""The page in a browser: its numbers, hostile text, keyboard, a telephone's width, and contrast, in light and dark."""
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from authority import generated
from daemons import tool, until
from lists import wait_for_lists

HOSTILE = "<img src=x onerror=document.title='owned'>"
CONTRAST = """
const light = (c) => { const v = c.map((x) => x / 255).map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n.slice(0, 3), n.length > 3 ? n[3] : 1]; };
const over = (top, alpha, below) => top.map((x, i) => x * alpha + below[i] * (1 - alpha));
const page = (e) => { if (!e) return [255, 255, 255]; const [c, a] = parse(getComputedStyle(e).backgroundColor);
    return a === 1 ? c : over(c, a, page(e.parentElement)); };
const bad = [];
for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || e.closest("noscript")) continue;
    const style = getComputedStyle(e);
    const below = page(e), [color] = parse(e instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(color), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${e.tagName} "${e.textContent.slice(0, 30)}": ${ratio.toFixed(2)}`);
}
return bad;
"""


@pytest.fixture(scope="module")
def cenote(start_shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "ads.txt").write_text("ads.example\n")
    (folder / "bad.txt").write_text(f"{HOSTILE}\n" * 10)
    daemon = start_shared({"lists": [{"name": "ads", "source": str(folder / "ads.txt"), "kind": "deny", "category": "advertising"},
                                     {"name": "broken", "source": str(folder / "bad.txt"), "kind": "deny"}]})
    wait_for_lists(daemon)
    for name in ("ads.example", "www.ads.example", "www.valid.com", "www.valid.com", "https.valid.com"):
        daemon.ask(name)
    return daemon


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = str(tool("chromium"))
    driver = webdriver.Chrome(service=Service(str(tool("chromedriver"))), options=options)
    yield driver
    driver.quit()


def show(browser, cenote, width=1280, scheme="light"):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(f"http://127.0.0.1:{cenote.http_port}/")
    until(lambda: text(browser, "queries") not in ("–", ""))


def text(browser, element_id):
    return browser.find_element(By.ID, element_id).text


def test_shows_what_the_daemon_counts(browser, cenote):
    show(browser, cenote)
    stats = cenote.get("/api/v1/stats")
    until(lambda: text(browser, "queries") == f"{stats['queries']:,}")
    assert text(browser, "blocked") == str(stats["blocked"])
    assert f"{100 * stats['blocked'] / stats['queries']:.1f} %" in text(browser, "blocked-note")
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#lists tr")]
    assert any("ads" in row and "ok" in row for row in rows)
    assert any("broken" in row and ("refused" in row or "never" in row) for row in rows)
    assert "blocked" in text(browser, "outcomes")
    cenote.ask("x.ads.example")
    until(lambda: text(browser, "blocked") == str(stats["blocked"] + 1))


def test_no_script_is_foreign_and_no_rule_is_broken(browser, cenote):
    browser.get_log("browser")
    show(browser, cenote)
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "#chart polyline"))
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert all(name.startswith(f"http://127.0.0.1:{cenote.http_port}/") for name in loaded)


def test_explains_by_keyboard(browser, cenote):
    show(browser, cenote)
    field = browser.find_element(By.ID, "explain-name")
    field.send_keys("www.ads.example" + Keys.ENTER)
    until(lambda: "blocked" in text(browser, "explanation"))
    shown = text(browser, "explanation")
    assert "ads (advertising)" in shown and "0.0.0.0" in shown and "ads.example" in shown
    field.clear()
    field.send_keys("a..b" + Keys.ENTER)
    until(lambda: "not a domain name" in text(browser, "explanation"))


def test_hostile_text_stays_text(browser, cenote):
    show(browser, cenote)
    field = browser.find_element(By.ID, "explain-name")
    field.send_keys(HOSTILE.replace(" ", "\\032") + ".example" + Keys.ENTER)
    until(lambda: "onerror" in text(browser, "explanation"))
    until(lambda: "broken" in text(browser, "lists"))
    assert browser.title == "cenote"
    assert not browser.find_elements(By.CSS_SELECTOR, "main img")


def test_shows_generated_names(browser, start):
    cenote = start({"dga": {"mode": "block"}})
    show(browser, cenote)
    until(lambda: "blocked, over a score of" in text(browser, "generated-note"))
    assert text(browser, "generated") == "No suspects yet"
    cenote.ask(f"{generated(7)}.com")
    until(lambda: "random letters\n1 · 100.0 %" in text(browser, "generated"))
    until(lambda: "blocked as a generated name" in text(browser, "outcomes"))
    assert text(browser, "blocked") == "1"
    browser.find_element(By.ID, "explain-name").send_keys(generated(7) + ".com" + Keys.ENTER)
    until(lambda: "it is blocked (mode block)" in text(browser, "explanation"))
    for width in (360, 1280):
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert browser.execute_script(CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_fits_and_can_be_read(browser, cenote, width, scheme):
    show(browser, cenote, width, scheme)
    browser.find_element(By.ID, "explain-name").send_keys("ads.example" + Keys.ENTER)
    until(lambda: "blocked" in text(browser, "explanation"))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(CONTRAST) == []


def test_controls_have_names(browser, cenote):
    show(browser, cenote)
    for element in browser.find_elements(By.CSS_SELECTOR, "input, select, button, a, [role=img]"):
        assert element.accessible_name, element.get_attribute("outerHTML")
    headings = [int(e.tag_name[1]) for e in browser.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4")]
    assert headings[0] == 1 and headings.count(1) == 1 and max(headings) == 2


def test_says_when_the_daemon_is_gone(browser, start):
    cenote = start()
    show(browser, cenote)
    cenote.stop()
    until(lambda: text(browser, "state") == "down")
    assert "does not answer" in text(browser, "reasons")
