/* SPDX-License-Identifier: BSD-2-Clause
 * The query log: pages of what was, and live what comes, by server-sent events or, where they do not get through, by asking. */
import { ask, every, may, path } from "./api.js";
import { badge, button, code, element, field, foreign, select, setText, visible } from "./dom.js";
import { CLASSES, micros, moment, outcome, plural, when } from "./format.js";
import { empty, panel } from "./panel.js";
import { clientLink, nameVerbs } from "./verbs.js";

const PAGE = 100;
const CALLS = 20; /* on the way to a page's rows */
const KEPT = 500; /* rows on the page */
const SHOWN_A_TICK = 200; /* of what came live; the rest is counted */
const TICK_MS = 500;
const POLL_MS = 2000;

const isBlocked = (row) => row.verdict === "blocked";

function why(row) {
	const parts = [];
	if (row.list)
		parts.push(["by ", foreign(row.list)]);
	if (row.family)
		parts.push(["family ", foreign(row.family)]);
	if (CLASSES[row.class])
		parts.push(`looks generated: ${CLASSES[row.class]}`);
	if (row.monitored)
		parts.push("seen by a monitoring list");
	if (row.allowed)
		parts.push("allowed");
	if (row.rcode && row.rcode !== "NOERROR")
		parts.push(visible(row.rcode));
	return parts.flatMap((p, i) => (i ? [" · ", p] : [p])).flat();
}

function makeRow(row, after) {
	const reason = why(row), tr = element("tr", {},
		element("td", {}, element("time", { datetime: new Date(when(row.at)).toISOString() }, moment(row.at, true))),
		element("td", { class: "who" }, clientLink(row.client)),
		element("td", { class: "wide" }, row.name ? element("a", { href: `#explain?${new URLSearchParams({ name: row.name, type: row.type, client: row.client || "" })}` }, code(row.name)) :
			element("span", { class: "small" }, "withheld"), " ", element("span", { class: "small" }, visible(row.type))),
		element("td", { class: "does" }, badge(row.verdict === "answered" ? "plain" : row.verdict, outcome(row.outcome)), reason.length ? element("span", { class: "more" }, reason) : null),
		element("td", { class: "n" }, micros(row.took_us)),
		element("td", {}, element("div", { class: "verbs" }, nameVerbs({ name: row.name, client: row.client, isBlocked: isBlocked(row), after }))));
	tr.dataset.id = row.id;
	return tr;
}

/* --- what comes --- */

/** Calls `take(rows)` with rows as they come. Says by `say` how it gets them. */
function follow(filter, after, take, say, signal) {
	let source = null, failures = 0, newest = after, stopPolling = null;
	function stop() {
		source?.close();
		source = null;
		stopPolling?.abort();
		stopPolling = null;
	}
	function poll() {
		if (stopPolling || signal.aborted)
			return;
		stopPolling = new AbortController();
		say("live, asked for every two seconds");
		every(POLL_MS, async () => {
			const { rows } = await ask("querylog", { ...filter, limit: PAGE }, { signal });
			const fresh = rows.filter((r) => r.id > newest);
			if (fresh.length) {
				newest = fresh[0].id;
				take(fresh.reverse(), 0);
			}
		}, stopPolling.signal);
	}
	function listen() {
		if (source || stopPolling || signal.aborted || document.hidden)
			return;
		if (!window.EventSource || failures > 2) {
			poll();
			return;
		}
		source = new EventSource(path("live", { ...filter, after: newest }));
		source.onopen = () => say("live");
		source.addEventListener("query", (event) => {
			failures = 0;
			const row = JSON.parse(event.data);
			newest = row.id;
			take([row], 0);
		});
		source.addEventListener("dropped", (event) => take([], JSON.parse(event.data).n || 0));
		source.onerror = () => {
			say("the live view was cut off; trying again");
			source?.close();
			source = null;
			failures++;
			setTimeout(listen, 300 * failures);
		};
	}
	document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()), { signal });
	signal.addEventListener("abort", stop);
	listen();
}

/* --- the page --- */

function filterForm(values, changed) {
	const input = (name, label, attributes) => field(label, element("input", { name, value: values[name] || "", maxlength: "300", spellcheck: "false", autocapitalize: "none", autocomplete: "off", ...attributes }));
	const form = element("form", { class: "filter", id: "filter", "aria-label": "Filter" },
		input("name", "Name", { placeholder: "part of it, or =whole" }), input("client", "Device", { placeholder: "address or prefix" }),
		field("Became", select("verdict", [["", "anything"], ["blocked", "blocked"], ["answered", "answered"], ["failed", "failed"], ["monitored", "seen by a monitoring list"]], values.verdict || "")),
		input("list", "List", {}), input("type", "Type", { placeholder: "A, AAAA, …" }),
		element("div", { class: "buttons" }, element("button", { type: "submit", class: "primary" }, "Filter"), element("a", { class: "button", href: "#log" }, "Clear")));
	const read = () => Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.trim()]).filter(([, v]) => v));
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		changed(read());
	});
	form.elements.verdict.addEventListener("change", () => changed(read()));
	return form;
}

export function log(root, parameters, signal) {
	if (!may("control")) {
		root.append(empty("Who asked for what is shown to those who may control this daemon."));
		return;
	}
	const filter = Object.fromEntries(["name", "client", "verdict", "list", "type"].map((k) => [k, parameters[k]]).filter(([, v]) => v));
	const find = panel("Find");
	find.body.append(filterForm(filter, (values) => {
		location.hash = `#log?${new URLSearchParams(values)}`;
	}));
	const body = element("tbody", { id: "log" });
	const nothing = empty("");
	nothing.hidden = true;
	const older = button("Older ones", () => loadOlder(), { hidden: true });
	const hold = button("Live", () => setLive(!isLive), { "aria-pressed": "true", name: "Live: show queries as they come" });
	const p = panel("Queries", { id: "queries-log", actions: [hold] });
	const table = element("div", { class: "scroll" }, element("table", { class: "cards log" }, element("thead", {}, element("tr", {},
		["Time", "Device", "Name", "Became"].map((t) => element("th", { scope: "col" }, t)), element("th", { scope: "col", class: "n" }, "Took"), element("th", { scope: "col" }, element("span", { class: "sr" }, "Actions")))), body));
	p.body.append(table, nothing, element("div", { class: "pager" }, older));
	root.append(find.root, p.root);

	let next = null, isLive = true, coming = [], missed = 0, live = null, newest = 0, how = "";
	const say = (text) => {
		how = text;
		setText(p.note, isLive ? how : "stopped");
	};
	const again = () => {};

	function showEmpty() {
		const isNone = !body.childElementCount;
		setText(nothing, next ? "None of the newest queries fits this filter; there are older ones." : Object.keys(filter).length ? "Nothing fits this filter." : "No queries yet: ask something, and it is shown here.");
		nothing.hidden = !isNone;
		table.hidden = isNone;
	}
	async function load(before) {
		let got = await ask("querylog", { ...filter, limit: PAGE, before }, { signal });
		/* A call looks at so many rows and no more: where few fit the filter, the next one goes on. */
		for (let i = 0; i < CALLS && got.next && got.rows.length < PAGE / 2; i++) {
			const more = await ask("querylog", { ...filter, limit: PAGE, before: got.next }, { signal });
			got = { rows: [...got.rows, ...more.rows], next: more.next };
		}
		if (!before) {
			body.replaceChildren();
			newest = got.rows.length ? got.rows[0].id : 0;
		}
		body.append(...got.rows.map((r) => makeRow(r, again)));
		next = got.next;
		older.hidden = !next;
		showEmpty();
	}
	async function loadOlder() {
		setLive(false);
		older.disabled = true;
		await p.load(() => load(next)).catch(() => {});
		older.disabled = false;
	}
	/* What came is put in by batches, so that a busy network does not keep the browser busy too. */
	function flush() {
		if (!coming.length && !missed)
			return;
		const rows = coming.slice(-SHOWN_A_TICK);
		missed += coming.length - rows.length;
		coming = [];
		const made = rows.reverse().filter((r) => r.id > newest).map((r) => makeRow(r, again));
		for (const tr of made)
			tr.className = "is-new";
		if (rows.length)
			newest = Math.max(newest, ...rows.map((r) => r.id));
		body.prepend(...made);
		while (body.childElementCount > KEPT && !body.lastElementChild.contains(document.activeElement))
			body.lastElementChild.remove();
		setText(p.note, missed ? `${how}; ${plural(missed, "query", "queries")} came too fast to be shown` : how);
		showEmpty();
	}
	function setLive(isOn) {
		isLive = isOn;
		hold.setAttribute("aria-pressed", String(isOn));
		live?.abort();
		live = null;
		missed = 0;
		if (!isOn) {
			flush();
			say("stopped");
			return;
		}
		live = new AbortController();
		const own = live;
		say("live");
		p.load(() => load(null)).then(() => {
			if (!own.signal.aborted)
				follow(filter, newest, (rows, n) => {
					coming.push(...rows);
					missed += n;
					if (coming.length > 5 * SHOWN_A_TICK)
						missed += coming.splice(0, coming.length - SHOWN_A_TICK).length;
				}, say, own.signal);
		}).catch(() => {
			setTimeout(() => !own.signal.aborted && setLive(true), 5000);
		});
	}
	const ticking = setInterval(flush, TICK_MS);
	signal.addEventListener("abort", () => {
		clearInterval(ticking);
		live?.abort();
	});
	setLive(true);
}
