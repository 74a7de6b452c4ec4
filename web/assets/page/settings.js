/* SPDX-License-Identifier: BSD-2-Clause
 * The look, API keys, the password, and the configuration in force, which is changed in its file. */
import { ask, every, may, post, remove, session } from "./api.js";
import { button, code, element, field, foreign, patch, select, setText, visible } from "./dom.js";
import { ago, duration, moment } from "./format.js";
import { kept, setLook } from "./kept.js";
import { empty, panel } from "./panel.js";
import { picker } from "./range.js";
import { act, confirm } from "./verbs.js";

function lookPanel(root) {
	const p = panel("Look");
	p.body.append(picker("Light or dark", [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]], kept.get("look", "system"), setLook),
		element("p", { class: "small spread" }, "Kept on this device only. ", element("a", { href: "#wall" }, "Wall display"), ": the same in big numbers, for a screen that nobody touches."));
	root.append(p.root);
}

/* --- keys --- */

const SCOPES = [["stats", "stats: counters and history"], ["control", "control: also who asked what, pause, rules, cases"], ["admin", "admin: everything"]];

function showKey(made) {
	return confirm(`The key ${visible(made.name)}`, { text: "It is shown this once. Keep it where it is needed.", fields: [element("p", { class: "secret", tabindex: "0", id: "new-key" }, made.key)], verb: "I have it", isNotice: true });
}

function keysPanel(root, signal) {
	const p = panel("API keys", { id: "keys" }), list = element("ul", { class: "story rows" }), nothing = empty("None. A key lets a program ask, such as Home Assistant, Homepage or Grafana.");
	const name = element("input", { name: "name", required: true, maxlength: "63", spellcheck: "false", placeholder: "grafana" });
	const form = element("form", { class: "add" }, field("May", select("scope", SCOPES.map(([k]) => [k, k]), "stats")), field("Name", name), element("button", { type: "submit" }, "Make a key"));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		let made = null;
		if (await act(form.querySelector("button"), async () => { made = await post("keys", { name: name.value.trim(), scope: form.elements.scope.value }); })) {
			name.value = "";
			again();
			await showKey(made);
		}
	});
	nothing.hidden = true;
	p.body.append(form, list, nothing);
	root.append(p.root);
	async function drop(k, control) {
		const got = await confirm(`Remove the key ${visible(k.name)}?`, { text: "What uses it can ask no more.", verb: "Remove it", kind: "danger" });
		if (got && await act(control, () => remove("keys", { name: k.name }), `The key ${k.name} is gone.`))
			again();
	}
	const again = every(30000, () => p.load(async () => {
		const { keys } = await ask("keys", {}, { signal });
		nothing.hidden = keys.length > 0;
		patch(list, keys.map((k) => ({ key: k.name, sign: [k.scope, k.last_used && ago(k.last_used)], make: () => element("li", {}, element("span", { class: "badge" }, visible(k.scope)),
			element("span", {}, foreign(k.name), " ", element("span", { class: "small" }, `made ${k.created ? moment(k.created) : "once"} · ${k.last_used ? `used ${ago(k.last_used)}` : "never used"}`)),
			element("span", { class: "n" }, button("Remove", (event) => drop(k, event.currentTarget), { kind: "slim", name: `Remove the key ${visible(k.name)}`, "data-act": "remove" }))) })));
	}), signal);
}

function passwordPanel(root) {
	const p = panel("Password");
	const make = (label, auto, n) => field(label, element("input", { type: "password", name: n, required: true, autocomplete: auto, maxlength: "256", minlength: n === "fresh" ? "10" : null }));
	const form = element("form", { class: "filter" }, element("input", { type: "text", name: "username", value: "admin", autocomplete: "username", hidden: true }), make("Present one", "current-password", "old"), make("New one", "new-password", "fresh"), element("div", { class: "buttons" }, element("button", { type: "submit" }, "Change")));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (await act(form.querySelector("button"), () => post("auth/password", { old: form.elements.old.value, new: form.elements.fresh.value }), "The password is changed. Other log-ins have ended."))
			form.reset();
	});
	const everywhere = button("Log out everywhere", async (event) => {
		if (await act(event.currentTarget, () => post("auth/logout", { sessions: "all" }), "All log-ins have ended."))
			window.dispatchEvent(new Event("signed-out"));
	}, { picture: "out", id: "logout-all" });
	p.body.append(form, element("p", { class: "spread" }, everywhere));
	root.append(p.root);
}

/* --- configuration --- */

/* A value as in the file: a line for each item of a list, without what an item leaves out. */
function lines(value) {
	if (Array.isArray(value))
		return value.flatMap((item) => (item && typeof item === "object" ?
			Object.entries(item).filter(([, v]) => v !== null).map(([k, v]) => `${k}: ${Array.isArray(v) ? v.join(", ") : v}`).join(", ") : String(item)));
	return value === null || value === undefined || value === "" ? [] : [typeof value === "object" ? JSON.stringify(value) : String(value)];
}

const shown = (value) => (lines(value).length ? lines(value).map((l) => element("div", {}, code(l))) : "–");
/* A default is written as text: quotes and brackets make no difference, nor does the unit of nothing. */
const same = (value, other) => [value, other].map((v) => lines(v).join(",").replace(/["[\]\s]/g, "").replace(/^0[a-z]+$/, "0")).every((t, i, all) => t === all[0]);

function configPanel(root, signal) {
	const reload = button("Read the file again", async (event) => act(event.currentTarget, () => post("reload", {}), (r) => (r.restart_needed_for ? `Read again. A restart is needed for: ${r.restart_needed_for}.` : "Read again: all of it is in force.")).then(load));
	const find = element("input", { type: "search", "aria-label": "Find a key of the configuration", placeholder: "Find a key", spellcheck: "false" });
	const changedOnly = element("input", { type: "checkbox", id: "changed-only", checked: true });
	const p = panel("Configuration", { id: "config", actions: [reload] }), body = element("tbody"), nothing = empty("No key fits.");
	p.body.append(element("div", { class: "tools" }, find, element("span", { class: "choice" }, changedOnly, element("label", { for: "changed-only" }, "only what differs from the default"))),
		element("div", { class: "scroll" }, element("table", { class: "cards" }, element("thead", {}, element("tr", {}, ["Key", "Value", "Default"].map((t) => element("th", { scope: "col" }, t)))), body)), nothing);
	root.append(p.root);
	let keys = [];
	function show() {
		const word = find.value.trim().toLowerCase();
		const rows = keys.filter((k) => (!word || k.key.toLowerCase().includes(word)) && (!changedOnly.checked || !same(k.value, k.default)));
		nothing.hidden = rows.length > 0;
		patch(body, rows.map((k) => ({ key: k.key, sign: [k.value, k.default], make: () => element("tr", {}, element("td", { class: "wide" }, code(k.key), element("span", { class: "more" }, visible(k.help || ""), k.reloadable ? "" : " (needs a restart)")),
			element("td", { class: "wide", "data-label": "Value" }, shown(k.value)), element("td", { class: "wide small", "data-label": "Default" }, shown(k.default))) })));
	}
	find.addEventListener("input", show);
	changedOnly.addEventListener("change", show);
	const load = () => p.load(async () => {
		const got = await ask("config", {}, { signal });
		keys = got.keys;
		setText(p.note, visible(got.file ? `changed in ${got.file}` : "from no file"));
		show();
	}).catch(() => {});
	load();
}

function aboutPanel(root, signal) {
	const p = panel("This daemon"), list = element("dl", { class: "facts" });
	p.body.append(list, element("p", { class: "small" }, element("a", { href: "/metrics" }, "Metrics for Prometheus"), " · ", element("a", { href: "/api/v1/openapi.json" }, "The API"), " · ", element("a", { href: "/healthz" }, "Health")));
	root.append(p.root);
	p.load(async () => {
		const s = await ask("status", {}, { signal });
		const fact = (term, ...content) => [element("dt", {}, term), element("dd", {}, ...content)];
		list.replaceChildren(...[fact("Version", s.version), fact("Up for", duration(s.uptime_s)), fact("DNS at", (s.listen || []).join(", ") || "–"), fact("Page at", (s.http_listen || []).join(", ") || "–"),
			fact("Your log-in", session.scope)].flat());
	}).catch(() => {});
}

export function settings(root, parameters, signal) {
	const pair = element("div", { class: "grid" });
	root.append(pair);
	lookPanel(pair);
	aboutPanel(pair, signal);
	if (!may("admin"))
		return;
	keysPanel(root, signal);
	passwordPanel(root);
	configPanel(root, signal);
}
