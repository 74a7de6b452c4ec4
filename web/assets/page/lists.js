/* SPDX-License-Identifier: BSD-2-Clause
 * The lists and what holds them, generations to go back to, own rules, and what is let through for a while. */
import { ask, every, may, post, remove } from "./api.js";
import { badge, button, code, element, field, foreign, patch, select, setText, visible } from "./dom.js";
import { ago, count, duration, left, moment, plural } from "./format.js";
import { empty, panel, said } from "./panel.js";
import { act, confirm, setRule } from "./verbs.js";

const STATES = { never: "not here yet", ok: "in force", stale: "stale", refused: "refused", held: "held" };

/* Why a list is not as it should be, and what else is to be known of it. */
function notes(l) {
	const out = l.reason ? [l.reason] : [];
	if (l.held)
		out.push(...(l.held.reason !== l.reason ? [l.held.reason] : []), `Newer content is held since ${ago(l.held.since)}; the old one serves.`);
	if (l.shadow_s)
		out.push(`Only counts for another ${duration(l.shadow_s)}, then it blocks.`);
	if (l.calendar)
		out.push(`Names that ${l.calendar.families} botnets will ask for${l.calendar.from ? `, ${l.calendar.from} to ${l.calendar.to}` : ", whatever the day"}.`);
	if (l.progress && l.progress.step !== "idle")
		out.push(`${l.progress.step}…`);
	return out;
}

async function showDiff(name) {
	const fault = element("p", { class: "fault", hidden: true }), box = element("div");
	const dialog = element("dialog", { "aria-labelledby": "diff-title" }, element("h2", { id: "diff-title" }, "What changed in ", foreign(name)), fault, box,
		element("div", { class: "buttons" }, button("Close", () => dialog.close())));
	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
	try {
		const d = await ask("lists/diff", { name });
		box.append(element("p", {}, `${d.is_held ? "The held content" : `Generation ${d.to} against ${d.from || "none"}`}: ${plural(d.added, "name")} more, ${plural(d.removed, "name")} less.`),
			d.changes.length ? element("ul", { class: "diff", tabindex: "0", "aria-label": "Changed names" }, d.changes.map((c) => element("li", {}, foreign(c)))) : "");
	} catch (problem) {
		setText(fault, said(problem));
		fault.hidden = false;
	}
}

function listVerbs(l, after) {
	if (!may("admin") || l.name === "dga-calendar")
		return [];
	const name = visible(l.name), out = [];
	if (l.held)
		out.push(button("Accept", async (event) => {
			const got = await confirm(`Accept ${name}?`, { text: l.held.reason || "The held content goes live.", verb: "Accept it" });
			if (got && await act(event.target, () => post("lists/accept", { name: l.name }), `${l.name} is taken in.`))
				after();
		}, { kind: "slim primary", name: `Accept the held content of ${name}`, "data-act": "accept" }));
	out.push(button("Changes", () => showDiff(l.name), { kind: "slim", name: `What changed in ${name}`, "data-act": "diff" }),
		button("Update", async (event) => await act(event.currentTarget, () => post("lists/update", { name: l.name }), `${l.name} is fetched.`) && after(), { kind: "slim", name: `Update ${name} now`, "data-act": "update" }));
	return out;
}

function listRow(l, after) {
	const more = notes(l);
	return { key: l.name, sign: [l.state, more, l.rules, l.hits, l.monitored, ago(l.changed), l.checked && ago(l.checked)],
		make: () => element("tr", {}, element("td", { class: "wide" }, foreign(l.name), more.map((text) => element("span", { class: "more" }, visible(text)))),
			element("td", {}, badge(l.state, STATES[l.state] || visible(l.state))), element("td", { class: "n", "data-label": "Names" }, count(l.rules)),
			element("td", { class: "n", "data-label": "Blocked" }, count(l.hits || 0), l.monitored ? element("span", { class: "more" }, `${count(l.monitored)} only counted`) : null),
			element("td", { "data-label": "Changed" }, ago(l.changed)), element("td", {}, element("div", { class: "verbs row" }, listVerbs(l, after)))) };
}

function listsPanel(root, signal) {
	const update = may("admin") ? [button("Update all", async (event) => await act(event.currentTarget, () => post("lists/update"), "All lists are fetched.") && again())] : [];
	const p = panel("Lists", { id: "lists-panel", actions: update }), body = element("tbody", { id: "lists" }), nothing = empty("No lists are configured: nothing is blocked but by your own rules.");
	const table = element("div", { class: "scroll" }, element("table", { class: "cards" }, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "List"), element("th", { scope: "col" }, "State"),
		element("th", { scope: "col", class: "n" }, "Names"), element("th", { scope: "col", class: "n" }, "Blocked"), element("th", { scope: "col" }, "Changed"), element("th", { scope: "col" }, element("span", { class: "sr" }, "Actions")))), body));
	nothing.hidden = true;
	p.body.append(table, nothing);
	root.append(p.root);
	let isBuilding = false, last = 0, changed = 0, generation = null;
	const again = every(2000, () => p.load(async () => {
		const pace = isBuilding || Date.now() - changed < 20000 ? 1500 : 9000;
		if (Date.now() - last < pace)
			return;
		const f = await ask("lists", {}, { signal });
		isBuilding = f.is_building;
		last = Date.now();
		if (generation !== null && generation !== f.generation)
			window.dispatchEvent(new Event("generations"));
		generation = f.generation;
		setText(p.note, f.is_building ? "a new generation is being built…" : f.generation ? `${count(f.names)} names in generation ${f.generation}, built ${ago(f.created)}` : "none in force yet");
		patch(body, f.lists.map((l) => listRow(l, now)));
		nothing.hidden = f.lists.length > 0;
		table.hidden = !f.lists.length;
	}), signal);
	/* Something was set going: look often until it has come about. */
	function now() {
		last = 0;
		changed = Date.now();
		again();
	}
	window.addEventListener("lists", now, { signal });
}

function generationsPanel(root, signal) {
	const release = button("Go on with the newest", async (event) => await act(event.currentTarget, () => post("generations/release", {}), "New lists act again as they come.") && changed(), { hidden: true });
	const p = panel("Generations", { id: "generations", actions: [release] }), list = element("ul", { class: "story rows" });
	p.body.append(list);
	root.append(p.root);
	function changed() {
		again();
		window.dispatchEvent(new Event("lists"));
	}
	async function back(g, control) {
		const got = await confirm(`Go back to generation ${g.number}?`, { text: "It acts at once and stays until you go on with the newest.", verb: "Go back" });
		if (got && await act(control, () => post("generations/rollback", { generation: g.number }), `Generation ${g.number} is in force.`))
			changed();
	}
	const again = every(15000, () => p.load(async () => {
		const g = await ask("generations", {}, { signal });
		setText(p.note, g.pinned ? `rolled back by hand; ${g.newest} is the newest` : g.generations.length ? "what all lists make together; the last ones are kept" : "none yet");
		release.hidden = !g.pinned || !may("admin");
		patch(list, g.generations.map((x) => ({ key: x.number, sign: [x.is_in_force, x.is_pinned, x.names, ago(x.created)],
			make: () => element("li", {}, element("time", {}, moment(x.created)), element("span", {}, `generation ${x.number}${x.names ? `, ${count(x.names)} names` : ""} `,
				x.is_in_force ? badge("ok", x.is_pinned ? "in force, held by hand" : "in force") : ""),
			element("span", { class: "n" }, !x.is_in_force && may("admin") ? button("Go back", (event) => back(x, event.currentTarget), { kind: "slim", name: `Go back to generation ${x.number}`, "data-act": "back" }) : "")) })));
	}), signal);
	window.addEventListener("generations", again, { signal });
}

function rulesPanel(root, signal) {
	const p = panel("Your own rules", { id: "rules" }), list = element("ul", { class: "story rows" }), nothing = empty("None. What you allow or block here acts at once, and before all lists.");
	const name = element("input", { name: "rule", required: true, maxlength: "300", spellcheck: "false", autocapitalize: "none", placeholder: "name.example" });
	const form = element("form", { class: "add" }, field("Do", select("kind", [["deny", "Block"], ["allow", "Allow"]], "deny")), field("Name", name, "(and all below; =name: it alone; *.name: only below)"), element("button", { type: "submit" }, "Add"));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const rule = name.value.trim();
		if (await act(form.querySelector("button"), () => setRule(form.elements.kind.value, rule), `${rule} is ${form.elements.kind.value === "deny" ? "blocked" : "allowed"} from now on.`)) {
			name.value = "";
			again();
		}
	});
	nothing.hidden = true;
	p.body.append(may("control") ? form : "", list, nothing);
	root.append(p.root);
	const again = every(10000, () => p.load(async () => {
		const { rules } = await ask("rules", {}, { signal });
		nothing.hidden = rules.length > 0;
		patch(list, rules.map((r) => ({ key: `${r.kind} ${r.rule} ${r.is_runtime}`, sign: r, make: () => element("li", {}, element("span", {}, badge(r.kind, r.kind === "deny" ? "block" : "allow")), code(r.rule),
			element("span", { class: "n" }, r.is_runtime && may("control") ? button("Remove", async (event) => await act(event.currentTarget, () => remove("rules", { kind: r.kind, rule: r.rule }), `The rule for ${r.rule} is gone.`) && again(),
				{ kind: "slim", name: `Remove the rule for ${visible(r.rule)}`, "data-act": "remove" }) : element("span", { class: "small" }, r.is_runtime ? "" : "in the file"))) })));
	}), signal);
}

function unblocksPanel(root, signal) {
	const p = panel("Let through for a while", { id: "unblocks" }), list = element("ul", { class: "story rows" }), nothing = empty("Nothing. The query log's “For 1 h” lets a blocked name through for an hour.");
	nothing.hidden = true;
	p.body.append(list, nothing);
	root.append(p.root);
	const again = every(10000, () => p.load(async () => {
		const { unblocks } = await ask("unblock", {}, { signal });
		nothing.hidden = unblocks.length > 0;
		patch(list, unblocks.map((u) => ({ key: `${u.name} ${u.scope} ${u.client || u.group || ""}`, sign: left(u.until), make: () => element("li", {}, element("time", {}, `${left(u.until)} left`),
			element("span", {}, code(u.name), u.scope === "client" ? [" for ", foreign(u.client)] : u.scope === "group" ? [" for the group ", foreign(u.group)] : " for everybody"),
			element("span", { class: "n" }, may("control") && button("End", async (event) => await act(event.currentTarget, () => remove("unblock", { name: u.name, scope: u.scope, group: u.group, client: u.client }), `${u.name} is blocked again.`) && again(),
				{ kind: "slim", name: `Block ${visible(u.name)} again now`, "data-act": "end" }))) })));
	}), signal);
}

export function lists(root, parameters, signal) {
	listsPanel(root, signal);
	if (may("control"))
		rulesPanel(root, signal);
	const pair = element("div", { class: "grid" });
	root.append(pair);
	if (may("control"))
		unblocksPanel(pair, signal);
	generationsPanel(pair, signal);
}
