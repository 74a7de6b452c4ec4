/* SPDX-License-Identifier: BSD-2-Clause
 * The frame: who is there, which page is shown, and how the daemon is. */
import { ask, every, may, post, session } from "./api.js";
import { byId, element, icon, patch, setText, visible } from "./dom.js";
import { duration } from "./format.js";
import { setLook } from "./kept.js";
import { showLogin, showSetup } from "./login.js";
import { watchPauses } from "./pause.js";
import { act } from "./verbs.js";

const part = (file, name) => async () => (await import(`./${file}.js`))[name];

/* {title, menu: its name there, at: the page it belongs to, get(): resolves to show(root, parameters, signal, setTitle)} */
const PAGES = {
	overview: { title: "Overview", get: part("overview", "overview") }, devices: { title: "Devices", get: part("cases", "devices") },
	log: { title: "Query log", menu: "Queries", get: part("log", "log") }, lists: { title: "Lists", get: part("lists", "lists") },
	explain: { title: "Why is it blocked?", menu: "Explain", get: part("explain", "explain") }, settings: { title: "Settings", get: part("settings", "settings") },
	case: { title: "Case", get: part("cases", "oneCase"), at: "devices" }, client: { title: "Device", get: part("client", "client"), at: "devices" },
	wall: { title: "Wall display", get: part("wall", "wall") },
};
const MENU = ["overview", "devices", "log", "lists", "explain", "settings"];

let shown = null; /* an AbortController: ends what the shown page does */
let frame = null; /* the same of the frame */

function address() {
	const [name, query = ""] = location.hash.slice(1).split("?", 2);
	return { name: Object.hasOwn(PAGES, name) ? name : "overview", parameters: Object.fromEntries(new URLSearchParams(query)) };
}

function setTitle(text) {
	setText(byId("title"), text);
	document.title = `${text} · cenote`;
}

async function show(isFirst = false) {
	if (!frame)
		return;
	const { name, parameters } = address(), page = PAGES[name], isWall = name === "wall";
	shown?.abort();
	shown = new AbortController();
	byId("shell").hidden = isWall;
	byId("front").replaceChildren();
	byId("main").replaceChildren();
	setTitle(page.title);
	for (const a of byId("nav").querySelectorAll("a")) {
		if (a.dataset.page === (page.at || name))
			a.setAttribute("aria-current", "page");
		else
			a.removeAttribute("aria-current");
	}
	if (!isFirst && !isWall) {
		window.scrollTo(0, 0);
		byId("title").focus({ preventScroll: true });
	}
	const { signal } = shown, root = isWall ? byId("front") : byId("main");
	try {
		const fill = await page.get();
		if (!signal.aborted)
			fill(root, parameters, signal, setTitle);
	} catch {
		if (!signal.aborted)
			root.replaceChildren(element("p", { class: "fault", role: "alert" }, "This page could not be fetched: the daemon does not answer. Load it anew when it does."));
	}
}

/* The other pages are fetched when there is time, so that they are there when one of them is chosen. */
const AHEAD_MS = 1500;
function fetchAhead() {
	for (const page of Object.values(PAGES))
		page.get().catch(() => {});
}

/* --- the frame --- */

function menu(live) {
	patch(byId("nav"), MENU.map((name) => ({ key: name, sign: name === "devices" ? live : 0, make: () => element("li", {}, element("a", { href: `#${name}`, "data-page": name, "data-act": "go",
		"aria-current": (PAGES[address().name].at || address().name) === name ? "page" : null }, icon(name), element("span", { class: "text" }, PAGES[name].menu || PAGES[name].title),
	name === "devices" && live ? element("span", { class: "mark" }, String(live), element("span", { class: "sr" }, " infected")) : null)) })));
}

const isDark = () => (document.documentElement.dataset.look || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function foot() {
	const text = (t) => element("span", { class: "text" }, t);
	const links = [element("a", { href: "#wall" }, icon("wall"), text("Wall display")),
		element("button", { type: "button", id: "look", onclick: () => setLook(isDark() ? "light" : "dark") }, icon("look"), text("Light or dark"))];
	if (session.hasLogin)
		links.push(element("button", { type: "button", id: "logout", onclick: (event) => act(event.currentTarget, () => post("auth/logout", {})).then((isOut) => isOut && begin()) }, icon("out"), text("Log out")));
	else
		links.push(element("button", { type: "button", id: "login", onclick: () => begin({ isAsked: true }) }, icon("out"), text("Log in")));
	byId("foot").replaceChildren(...links.map((e) => element("li", {}, e)));
}

function showState(state, reasons, meta) {
	const pill = byId("state");
	pill.dataset.state = state;
	setText(pill, state === "ok" ? "serving" : state);
	if (meta !== null)
		setText(byId("meta"), meta);
	patch(byId("banner-state"), reasons.map((text) => ({ key: text, sign: state, make: () => element("p", { class: `banner ${state === "down" ? "is-down" : ""}` }, visible(text)) })));
}

function watchState(signal) {
	let isDown = false;
	every(5000, async () => {
		try {
			const s = await ask("status", {}, { signal });
			if (isDown)
				window.dispatchEvent(new Event("back"));
			isDown = false;
			showState(s.status, s.reasons, `${s.version} · up ${duration(s.uptime_s)}`);
			if (may("stats"))
				menu((await ask("stats", {}, { signal })).evidence.live_cases);
		} catch (problem) {
			isDown ||= problem.status === 0;
			if (problem.status === 0)
				showState("down", ["The daemon does not answer. Trying again; what is shown may be old."], null);
			throw problem;
		}
	}, signal, { most: 10000 });
}

function openFrame() {
	frame = new AbortController();
	byId("banners").replaceChildren(element("div", { id: "banner-state", role: "alert" }), element("div", { id: "banner-pauses", role: "status" }));
	menu(0);
	foot();
	byId("shell").hidden = false;
	watchState(frame.signal);
	watchPauses(frame.signal);
	show(true);
	setTimeout(fetchAhead, AHEAD_MS);
}

function closeFrame() {
	frame?.abort();
	shown?.abort();
	frame = null;
	byId("shell").hidden = true;
	byId("main").replaceChildren();
}

/* --- who is there --- */

/** The one-time token of the link, which is taken out of the address and the history at once. */
function takeToken() {
	const found = location.hash.match(/^#setup=(.+)$/);
	if (!found)
		return null;
	history.replaceState(null, "", location.pathname);
	return decodeURIComponent(found[1]);
}

/** `isAsked`: somebody who may see a part of it without a log-in wants one. `token`: of the link, taken before. */
async function begin({ isAsked = false, token = takeToken() } = {}) {
	closeFrame();
	const who = await ask("auth").catch((problem) => problem);
	if (who instanceof Error) {
		byId("front").replaceChildren(element("p", { class: "front fault", role: "alert" }, "The daemon does not answer. Trying again."));
		setTimeout(() => begin({ isAsked, token }), 3000);
		return;
	}
	session.scope = who.scope;
	session.isKnown = who.scope !== "nobody";
	session.hasLogin = Boolean(who.is_known);
	document.title = "cenote";
	const back = session.isKnown ? () => begin() : null;
	if (token || (who.needs_setup && (isAsked || !session.isKnown)))
		showSetup(token, who.needs_setup, () => begin(), back);
	else if (isAsked || !session.isKnown)
		showLogin(() => begin(), back);
	else {
		byId("front").replaceChildren();
		openFrame();
	}
}

byId("skip").addEventListener("click", (event) => {
	event.preventDefault();
	byId("main").focus();
});
byId("ask").addEventListener("submit", (event) => {
	event.preventDefault();
	const name = byId("ask-name").value.trim();
	if (name)
		location.hash = `#explain?${new URLSearchParams({ name })}`;
	byId("ask-name").value = "";
});
window.addEventListener("hashchange", () => (location.hash.startsWith("#setup=") ? begin() : show()));
window.addEventListener("signed-out", () => frame && begin());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.dispatchEvent(new Event("look")));
begin();
