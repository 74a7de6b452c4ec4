# SPDX-License-Identifier: BSD-2-Clause
"""The page in a browser: its numbers, hostile text, keyboard, a telephone's width, and contrast, in light and dark."""
import pytest
from selenium.webdriver.common.keys import Keys

from browser import Browser
from daemons import until
from lists import wait_for_lists

HOSTILE = "<img src=x onerror=document.title='owned'>"


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
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.quit()


@pytest.fixture(autouse=True)
def nothing_to_complain(browser):
    browser.resize(1280)
    browser.scheme("light")
    browser.complaints()
    yield
    assert browser.complaints(but=["Failed to load resource"]) == []


def test_shows_what_the_daemon_counts(browser, cenote):
    browser.open(cenote)
    summary = until(lambda: cenote.get("/api/v1/summary")["queries"] >= 5 and cenote.get("/api/v1/summary"))
    assert browser.waits_for("#queries", f"{summary['queries']:,}")
    assert browser.text("#blocked") == str(summary["blocked"])
    assert f"{100 * summary['blocked'] / summary['queries']:.1f} %" in browser.text("#blocked-note")


def test_shows_the_lists(browser, cenote):
    browser.open(cenote, "lists")
    browser.waits_for("#lists", "ads", "in force", "broken")


def test_explains_by_keyboard(browser, cenote):
    browser.open(cenote, "explain")
    browser.fill("#explain-name", "www.ads.example" + Keys.ENTER)
    shown = browser.waits_for("#explanation", "It is blocked", "ads (advertising)")
    assert "0.0.0.0" in shown and "ads.example" in shown
    browser.fill("#explain-name", "a..b" + Keys.ENTER)
    browser.waits_for("#main", "not a domain name")


def test_hostile_text_stays_text(browser, cenote):
    browser.open(cenote, "explain")
    browser.fill("#explain-name", HOSTILE.replace(" ", "\\032") + ".example" + Keys.ENTER)
    browser.waits_for("#explanation", "onerror")
    browser.go("lists")
    browser.waits_for("#lists", "broken")
    assert "owned" not in browser.driver.title
    assert not browser.all("main img")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_fits_and_can_be_read(browser, cenote, width, scheme):
    browser.resize(width)
    browser.scheme(scheme)
    for where, selector in (("overview", "#outcomes li"), ("lists", "#lists tr"), ("explain?name=ads.example", "#explanation dl")):
        browser.open(cenote, where)
        until(lambda: browser.all(selector))
        browser.assert_readable(width)


def test_says_when_the_daemon_is_gone(browser, start):
    cenote = start()
    browser.open(cenote)
    browser.waits_for("#state", "serving")
    cenote.stop()
    browser.waits_for("#state", "down")
    assert "does not answer" in browser.text("#banner-state")
