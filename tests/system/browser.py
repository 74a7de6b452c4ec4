# SPDX-License-Identifier: BSD-2-Clause
"""Chromium for the tests of the page: what it shows, what an eye and a screen reader get of it, and what it complains about."""
import json

from selenium import webdriver
from selenium.common.exceptions import (ElementClickInterceptedException, ElementNotInteractableException, NoSuchElementException,
                                        StaleElementReferenceException)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from daemons import tool, until

# Text with a contrast of less than 4.5 to what is below it.
CONTRAST = """
const light = (c) => { const v = c.map((x) => x / 255).map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const parse = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data; return [[d[0], d[1], d[2]], d[3] / 255]; };
const over = (top, alpha, below) => top.map((x, i) => x * alpha + below[i] * (1 - alpha));
const page = (e) => { if (!e) return [255, 255, 255]; const [c, a] = parse(getComputedStyle(e).backgroundColor);
    return a === 1 ? c : over(c, a, page(e.parentElement)); };
const bad = [];
for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || (e.placeholder && !e.value) || e.value && e.matches("input, select");
    if (!own || !e.getClientRects().length || e.closest("noscript, .sr")) continue;
    const style = getComputedStyle(e, e.placeholder && !e.value ? "::placeholder" : null);
    const below = page(e), [color, alpha] = parse(style.color);
    const [a, b] = [light(over(color, alpha, below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${e.tagName}.${e.className} "${(e.textContent || e.placeholder || "").slice(0, 30)}": ${ratio.toFixed(2)}`);
}
return bad;
"""
PASSWORD = "correct horse battery"
# The page puts a row anew, a dialog is about to come, a toast lies over it.
NOT_YET = (ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException)
ROLES = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "image", "img", "tab", "dialog", "slider"}


class Browser:
    def __init__(self, profile):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = str(tool("chromium"))
        self.driver = webdriver.Chrome(service=Service(str(tool("chromedriver"))), options=options)

    def quit(self):
        self.driver.quit()

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width, height=900):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def open(self, daemon, where="overview"):
        """Loads the page anew, at one of its places."""
        self.driver.get("about:blank")
        self.driver.get(f"http://127.0.0.1:{daemon.http_port}/#{where}")

    def enter(self, daemon, where="overview", password=PASSWORD):
        """The same, logged in: the first time by the daemon's one-time link."""
        self.open(daemon, where)
        until(lambda: self.all("#front form") or self.all("#shell:not([hidden]), .wall"))
        if not self.all("#front form"):
            return
        if self.all("[name=repeated]"):
            status, _, text = daemon.http("POST", "/api/v1/auth/link")
            assert status == 201, text
            link = json.loads(text)["links"][0]
            status, _, text = daemon.http("POST", "/api/v1/auth/setup", {"token": link.split("#setup=")[1], "password": password})
            assert status == 200, text
            self.open(daemon, where)
        until(lambda: self.all("#front [name=password]"))
        self.fill("#front [name=password]", password + Keys.ENTER)
        until(lambda: self.all("#shell:not([hidden]), .wall"))

    def block(self, *patterns):
        """Requests to these addresses fail from now on."""
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(patterns)})

    def go(self, where):
        """Goes on to another place without loading."""
        self.run("location.hash = arguments[0]", f"#{where}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """What an eye gets of it; "" when it is not there (any more)."""
        try:
            return self.driver.find_element(By.CSS_SELECTOR, selector).text
        except (NoSuchElementException, StaleElementReferenceException):
            return ""

    def waits_for(self, selector, *words):
        """The text of an element as soon as it holds all the words."""
        def holds():
            text = self.text(selector)
            return text if text and all(word in text for word in words) else None
        holds.__doc__ = f"{selector} shows {words}"
        return until(holds)

    def click(self, selector, within=None):
        """Clicks as soon as that can be done."""
        def clicked():
            found = self.all(selector)
            try:
                if not found or (within is not None and within not in found[0].text):
                    return False
                found[0].click()
            except NOT_YET:
                return False
            return True
        clicked.__doc__ = f"{selector} can be clicked"
        until(clicked)

    def fill(self, selector, text):
        def filled():
            found = self.all(selector)
            try:
                if found:
                    found[0].clear()
                    found[0].send_keys(text)
            except NOT_YET:
                return False
            return bool(found)
        filled.__doc__ = f"{selector} can be filled in"
        until(filled)

    def keys(self, *keys):
        """To the page, as a keyboard sends them: to whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """The name of the control that has the focus; "" while the page puts another in its place."""
        try:
            return self.driver.switch_to.active_element.accessible_name
        except (NoSuchElementException, StaleElementReferenceException):
            return ""

    def tab_to(self, wanted, *keys):
        """Goes by the Tab key to the control whose name holds `wanted`, however often round the page, and presses the keys there."""
        def is_there():
            self.keys(Keys.TAB)
            return wanted in self.focused()
        is_there.__doc__ = f"the Tab key comes to {wanted!r}"
        until(is_there, every=0)
        self.keys(*keys)

    def complaints(self, but=()):
        """What the console holds since the last time, without lines that hold one of `but`."""
        lines = [entry["message"] for entry in self.driver.get_log("browser")]
        return [line for line in lines if not any(word in line for word in but)]

    def unnamed(self):
        """Controls and pictures without a name in the accessibility tree."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        assert len(nodes) > 20, nodes
        return [json.dumps(node)[:300] for node in nodes if not node.get("ignored") and node["role"]["value"] in ROLES
                and not node.get("name", {}).get("value", "").strip()]

    def pale(self):
        return self.run(CONTRAST)

    def assert_readable(self, width):
        wide, pale, unnamed = self.run("return document.documentElement.scrollWidth"), self.pale(), self.unnamed()
        assert wide <= width and not pale and not unnamed, (wide, pale, unnamed)
