/* SPDX-License-Identifier: BSD-2-Clause
 * Infected devices: which, why that is thought of them, what to do, and what was decided. And all devices. */
import { ask, every, may, path, post } from "./api.js";
import { badge, button, code, element, field, foreign, patch, setText, visible } from "./dom.js";
import { ago, CASE_STATES, CLASSES, count, left, moment, plural, when } from "./format.js";
import { empty, panel } from "./panel.js";
import { picker, rangePicker, span } from "./range.js";
import { act, clientLink, confirm } from "./verbs.js";

const isLive = (c) => c.state === "open" || c.state === "acknowledged";

function sure(confidence) {
	return confidence > 0.9999 ? "more than 99.99 %" : `${(Math.floor(1e4 * confidence) / 100).toFixed(confidence > 0.99 ? 2 : 0)} %`;
}

const who = (c) => c.client || "a device whose address is withheld";
const isUnknown = (family) => family.startsWith("unknown-");

/** What is thought of the device, in a sentence. */
export function summary(c) {
	const first = c.families[0];
	const what = !first ? "It behaves like a bot" : isUnknown(first) ? `It behaves like a bot of an unknown family (${visible(first)})` :
		`It behaves like a device infected with ${visible(first)}`;
	const did = [`asked for ${plural(c.evidence_count, "suspicious name")}`];
	if (c.contact_count)
		did.push(`tried to reach a botnet's server ${c.contact_count === 1 ? "once" : `${count(c.contact_count)} times`}`);
	return `${what}: since ${moment(c.first_seen)} it ${did.join(" and ")}${c.sinkholed_count ? `; ${plural(c.sinkholed_count, "answer")} held back` : ""}. ` +
		`Certainty: ${sure(c.confidence)}.`;
}

/* --- deciding --- */

async function decide(c, state, title, text, after, { isWide = false } = {}) {
	const note = element("input", { name: "note", maxlength: "200", value: c.note });
	const fields = [field("Note", note, "(optional)")];
	if (isWide) {
		fields.unshift(element("fieldset", {}, element("legend", {}, "The names that it asked for"),
			element("div", { class: "choice" }, element("input", { type: "radio", name: "scope", value: "client", id: "for-client", checked: true }),
				element("label", { for: "for-client" }, "no longer count against this device")),
			element("div", { class: "choice" }, element("input", { type: "radio", name: "scope", value: "all", id: "for-all" }),
				element("label", { for: "for-all" }, "are fine: allow them for everybody"))));
	}
	const got = await confirm(title, { text, fields, verb: title });
	if (!got)
		return;
	const body = { id: c.id, state, note: got.note || "" };
	if (isWide)
		body.scope = got.scope;
	if (await act(null, () => post("cases/state", body), `Case ${c.id}: ${CASE_STATES[state]}.`))
		after();
}

function verbs(c, after) {
	if (!may("control"))
		return [];
	const name = (verb) => `${verb} case ${c.id}, ${visible(who(c))}`;
	const make = (verb, state, text, more) => button(verb, () => decide(c, state, verb, text, after, more), { kind: "slim", name: name(verb), "data-act": state });
	const list = [];
	if (c.state === "open")
		list.push(make("Acknowledge", "acknowledged", "Somebody looks after it. The case stays in sight until it is closed."));
	if (isLive(c)) {
		list.push(make("Close", "closed", "The device was cleaned. New evidence opens a new case."));
		list.push(make("False alarm", "false_positive", "The device is healthy.", { isWide: true }));
	} else {
		list.push(make("Open again", "open", "The case is looked at once more."));
	}
	return list;
}

const link = (c) => element("a", { href: `#case?id=${c.id}` }, foreign(who(c)));

/** Rows for patch(). `after` is called when something was decided. */
export function caseRows(cases, after) {
	return cases.map((c) => ({
		key: c.id, sign: [c.state, c.changed, c.last_seen, c.evidence_count, c.sinkholed_count, c.contact_count, c.note],
		make: () => element("article", { class: "case", "aria-label": `Case ${c.id}: ${visible(who(c))}` },
			element("div", {}, element("div", { class: "case-title" }, link(c), badge(c.state, CASE_STATES[c.state]),
				c.families[0] && badge("bad", foreign(c.families[0]))),
			element("p", {}, summary(c)),
			element("p", { class: "small" }, `Last seen ${ago(c.last_seen)}`, c.note && [" · note: ", foreign(c.note)])),
			element("div", { class: "actions" }, element("a", { class: "button slim", href: `#case?id=${c.id}`, "aria-label": `Evidence of case ${c.id}, ${visible(who(c))}` }, "Evidence"), verbs(c, after))),
	}));
}

/* --- one case --- */

function generated(line) {
	return CLASSES[line.class] ? ` (${CLASSES[line.class]})` : "";
}

/** A piece of evidence in plain words. */
function told(line) {
	const name = line.name ? code(line.name) : "a name";
	switch (line.kind) {
	case "nxdomain":
		return ["asked for ", name, `, which does not exist and looks made up by a program${generated(line)}`];
	case "calendar":
		return ["asked for ", name, ", which a known botnet makes up for these days"];
	case "listed":
		return ["asked for ", name, ", which a list of botnets holds"];
	case "knock":
		return ["came to the sinkhole, where blocked names lead", line.name ? [", for ", name] : ""];
	case "token":
		return ["was given an address of the sinkhole for ", name];
	case "meeting":
		return ["asked for ", name, `, which looks made up by a program and does exist${generated(line)}`];
	default:
		return [visible(line.kind), " ", name];
	}
}

function contact(k) {
	const said = k.request_line || k.sni || k.host;
	const parts = [`came from ${k.source} to ${k.destination}, port ${k.destination_port} (${k.protocol.toUpperCase()})`];
	if (k.kind === "tls")
		parts.push(k.sni ? ["as TLS for ", code(k.sni)] : "as TLS");
	else if (k.kind === "http")
		parts.push(["as HTTP: ", code(said), k.host ? [" at ", code(k.host)] : ""]);
	else if (k.kind === "silent")
		parts.push("and said nothing");
	else
		parts.push(["and sent ", code(k.first_bytes.slice(0, 48) || "nothing")]);
	return parts.flatMap((p, i) => (i ? [", ", p] : [p])).flat(3);
}

const line = (time, words, weight) => element("li", {}, element("time", { datetime: new Date(when(time)).toISOString() }, moment(time, true)), element("span", {}, words), element("span", { class: "n small" }, weight));

function exports(c) {
	return element("p", { class: "small" }, "Report for a CERT: ", ["json", "xarf", "shadowserver", "stix", "misp"].flatMap((format, i) => [i ? " · " : "",
		element("a", { href: path("cases/export", { id: c.id, format }), download: `case-${c.id}.${format === "shadowserver" ? "csv" : "json"}` }, format)]));
}

/* Who may do all may see who it is in spite of a pseudonym. The case keeps that it was done. */
async function unseal(c, place) {
	const got = await confirm("Show the address?", { text: "The case and the log keep that it was done, and why.", fields: [field("Why", element("input", { name: "reason", required: true, maxlength: "200" }))], verb: "Show it" });
	let open = null;
	if (got && await act(null, async () => { open = await post("cases/unseal", { id: c.id, reason: got.reason }); }))
		place.replaceChildren(clientLink(open.client));
}

function device(c) {
	const place = element("span", {}, clientLink(c.client));
	const isSealed = !c.client || c.client.startsWith("client-");
	return [place, isSealed && may("admin") ? [" ", button("Show the address", () => unseal(c, place), { kind: "slim" })] : "",
		c.unsealed ? element("span", { class: "small" }, ` · shown ${plural(c.unsealed.count, "time")}, last ${ago(c.unsealed.last)}`) : ""].flat();
}

function showCase(root, c, after) {
	const fact = (term, ...content) => [element("dt", {}, term), element("dd", {}, ...content)];
	const meter = element("span", {});
	meter.style.width = `${100 * c.confidence}%`;
	const head = panel(`Case ${c.id}`, { kind: isLive(c) ? "alarm" : "", actions: verbs(c, after) });
	head.body.append(element("div", { class: `advice ${isLive(c) ? "" : "is-done"}` }, element("h3", {}, "What to do"), element("p", {}, c.what_to_do)),
		element("dl", { class: "facts" },
			fact("Device", ...device(c)), fact("State", badge(c.state, CASE_STATES[c.state]), ` since ${moment(c.changed)}`, c.note && [" · ", foreign(c.note)]),
			fact("In short", summary(c)),
			fact("Certainty", sure(c.confidence), element("span", { class: "meter", "aria-hidden": "true" }, meter)),
			c.families.length ? fact("Family", ...c.families.flatMap((f, i) => [i ? ", " : "", foreign(f)])) : [],
			fact("First seen", moment(c.first_seen)), fact("Last seen", moment(c.last_seen), ` (${ago(c.last_seen)})`), fact("Became a case", moment(c.opened))), exports(c));
	const evidence = panel("What was seen");
	setText(evidence.note, c.evidence_count > c.evidence.length ? `the first and the last of ${plural(c.evidence_count, "observation")}; right: what each adds to the suspicion` : "right: what each adds to the suspicion");
	evidence.body.append(c.evidence.length ? element("ul", { class: "story" }, c.evidence.map((l) => line(l.time, told(l), `${l.llr < 0 ? "−" : "+"}${(Math.abs(l.llr) / 1000).toFixed(1)}`))) : empty("Nothing is kept of it any more."));
	root.replaceChildren(head.root, evidence.root);
	if (c.contacts.length) {
		const contacts = panel("Attempts to reach a botnet's server");
		contacts.body.append(element("ul", { class: "story" }, c.contacts.map((k) => line(k.time, contact(k), ""))));
		root.append(contacts.root);
	}
}

export function oneCase(root, { id }, signal, setTitle) {
	const p = panel("Case"), box = element("div");
	root.append(box);
	let shown = "";
	const again = every(10000, () => p.load(async () => {
		const c = await ask("case", { id }, { signal });
		setTitle(`Case ${c.id}: ${visible(c.client || "withheld")}`);
		const text = JSON.stringify(c);
		if (text !== shown) {
			shown = text;
			showCase(box, c, () => again());
		}
	}).catch((problem) => {
		if (!shown)
			box.replaceChildren(p.root);
		throw problem;
	}), signal);
}

/* --- all devices --- */

function deviceRow(d) {
	return { key: d.client, sign: [d.queries, d.blocked, d.group, d.case, d.is_paused, d.paused_until && left(d.paused_until)],
		make: () => element("tr", {}, element("td", { class: "wide" }, clientLink(d.client)), element("td", { "data-label": "Group" }, foreign(d.group || "–")),
			element("td", { class: "n", "data-label": "Queries" }, count(d.queries)), element("td", { class: "n", "data-label": "Blocked" }, count(d.blocked)),
			element("td", {}, d.case ? element("a", { href: `#case?id=${d.case}` }, badge("bad", `case ${d.case}`)) : "",
				d.is_paused ? badge("held", d.paused_until ? `paused, ${left(d.paused_until)}` : "paused") : "")) };
}

function casesPanel(root, family, signal) {
	let state = "live", before = null;
	const p = panel("Cases", { id: "cases", actions: [picker("Which cases", [["live", "To do"], ["closed", "Closed"], ["false_positive", "False alarms"], ["", "All"]], state, (key) => {
		state = key;
		before = null;
		again();
	})] });
	const list = element("div", { class: "cases" }), nothing = element("p", { class: "empty", hidden: true });
	const older = button("Older ones", () => {
		before = older.dataset.next;
		again();
	}, { hidden: true });
	p.body.append(list, nothing, older);
	root.append(p.root);
	if (family)
		p.note.replaceChildren("only ", foreign(family), " · ", element("a", { href: "#devices" }, "show all"));
	const again = every(10000, () => p.load(async () => {
		const states = state === "live" ? ["open", "acknowledged"] : [state];
		const got = await Promise.all(states.map((s) => ask("cases", { state: s, limit: 50, before }, { signal })));
		const all = got.flatMap((g) => g.cases).filter((c) => !family || c.families.includes(family));
		patch(list, caseRows(all, () => again()));
		/* Of two states the one that has come less far says where both go on: some are shown again, none is passed over. */
		const next = Math.max(...got.map((g) => g.next || 0));
		older.hidden = !next;
		older.dataset.next = next || "";
		setText(nothing, state === "live" ? "No infected devices: nothing that any device asks for looks like a bot's." : "None.");
		nothing.hidden = all.length > 0;
	}), signal);
}

function devicesPanel(root, signal) {
	const body = element("tbody", { id: "clients" }), nothing = empty("No device has asked anything in this span of time.");
	const p = panel("All devices", { actions: [rangePicker(() => again())] });
	const table = element("div", { class: "scroll" }, element("table", { class: "cards" }, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Device"), element("th", { scope: "col" }, "Group"),
		element("th", { scope: "col", class: "n" }, "Queries"), element("th", { scope: "col", class: "n" }, "Blocked"), element("th", { scope: "col" }, "State"))), body));
	p.body.append(table, nothing);
	root.append(p.root);
	nothing.hidden = true;
	const again = every(15000, () => p.load(async () => {
		const { clients } = await ask("clients", { ...span(), limit: 200 }, { signal });
		patch(body, clients.map(deviceRow));
		nothing.hidden = clients.length > 0;
		table.hidden = !clients.length;
	}), signal);
	window.addEventListener("pauses", again, { signal });
}

export function devices(root, { family = null }, signal) {
	if (!may("control")) {
		root.append(empty("Who asked for what is shown to those who may control this daemon."));
		return;
	}
	casesPanel(root, family, signal);
	devicesPanel(root, signal);
}
