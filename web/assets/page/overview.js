/* SPDX-License-Identifier: BSD-2-Clause
 * The first page: infected devices before all else, then what was asked and what became of it. */
import { ask, every, may } from "./api.js";
import { element, icon, patch, setText } from "./dom.js";
import { BLOCKED, brief, count, FAILED, micros, outcome, percent, plural, when } from "./format.js";
import { caseRows } from "./cases.js";
import { chart } from "./chart.js";
import { bars, empty, panel } from "./panel.js";
import { isShort, merged, picker, rangePicker, room, span, spanText } from "./range.js";
import { topLists } from "./top.js";

function infected(root, signal) {
	const p = panel("", { kind: "alarm", id: "infected" });
	const calm = element("p", { class: "calm", id: "no-infected" }, icon("check"), element("span", {}, "No infected devices."), element("span", { class: "small" }));
	const list = element("div", { class: "cases" });
	p.body.append(list);
	p.root.hidden = calm.hidden = true;
	root.append(p.root, calm);
	const heading = p.root.querySelector("h2");
	return (stats) => p.load(async () => {
		if (!may("control")) {
			const n = stats ? stats.evidence.live_cases : 0;
			p.root.hidden = !n;
			calm.hidden = Boolean(n) || !stats;
			heading.replaceChildren(icon("warn"), plural(n, "infected device"));
			setText(p.note, "Log in to see which.");
			return;
		}
		const [open, seen] = await Promise.all(["open", "acknowledged"].map((state) => ask("cases", { state, limit: 10 }, { signal })));
		const all = [...open.cases, ...seen.cases], isMore = open.next || seen.next;
		p.root.hidden = !all.length;
		calm.hidden = all.length > 0;
		heading.replaceChildren(icon("warn"), isMore ? `More than ${all.length} infected devices` : plural(all.length, "infected device"));
		patch(list, caseRows(all, reload));
		if (stats)
			setText(calm.querySelector(".small"), `${plural(stats.evidence.clients, "device")} watched.`);
	}).catch((problem) => {
		p.root.hidden = false;
		if (!list.childElementCount)
			heading.replaceChildren("Infected devices");
		throw problem;
	});
	function reload() {
		window.dispatchEvent(new Event("cases"));
	}
}

function tile(id, title) {
	const value = element("p", { class: "big", id }, "–"), note = element("p", { class: "small", id: `${id}-note` });
	return { root: element("div", { class: "tile" }, element("h2", {}, title), value, note), set(text, more) {
		setText(value, text);
		setText(note, more);
	} };
}

function tiles(root) {
	const t = { queries: tile("queries", "Queries"), blocked: tile("blocked", "Blocked"), bots: tile("bots", "Infected devices"),
		cached: tile("cached", "From the cache"), latency: tile("latency", "Median latency"), clients: tile("clients", "Devices") };
	root.append(element("section", { class: "tiles", "aria-label": "In short" }, Object.values(t).map((x) => x.root)));
	return {
		summary(s) {
			t.queries.set(brief(s.queries), spanText());
			t.blocked.set(brief(s.blocked), `${percent(s.blocked, s.queries)} of all`);
			t.cached.set(percent(s.cached, s.queries), `${brief(s.cached)} answers`);
			t.latency.set(s.latency.count ? micros(s.latency.p50_us) : "–", s.latency.count ? `95 % within ${micros(s.latency.p95_us)}` : "no answers yet");
			t.clients.set(brief(s.clients), plural(s.domains, "name"));
		},
		stats(s) {
			const held = (s.outcomes.blocked_generated || 0) + (s.outcomes.blocked_infected || 0);
			const named = Object.values(s.families || {}).reduce((a, n) => a + n, 0);
			t.bots.set(count(s.evidence.live_cases), `${brief(held + named)} names of bots since start`);
			t.bots.root.classList.toggle("is-bad", s.evidence.live_cases > 0);
		},
	};
}

const values = (points, key) => points.map((p) => p[key] || 0);

/* The largest keys of a set of counters over all points, the others as one. */
function largest(points, key, most, name) {
	const sums = {};
	for (const p of points)
		for (const [k, n] of Object.entries(p[key] || {}))
			sums[k] = (sums[k] || 0) + n;
	const order = Object.keys(sums).filter((k) => sums[k]).sort((a, b) => sums[b] - sums[a]);
	const kept = order.slice(0, order.length > most ? most - 1 : most), others = order.slice(kept.length);
	const series = kept.map((k) => ({ name: name(k), values: points.map((p) => (p[key] || {})[k] || 0) }));
	if (others.length)
		series.push({ name: "all others", colour: "--c3", values: points.map((p) => others.reduce((a, k) => a + ((p[key] || {})[k] || 0), 0)) });
	return series;
}

const bots = (p) => ((p.outcomes || {}).blocked_generated || 0) + ((p.outcomes || {}).blocked_infected || 0);

const VIEWS = {
	queries: (points) => ({ kind: "bar", title: "Queries over time", series: [
		{ name: "answered", colour: "--c1", values: points.map((p) => p.queries - p.blocked - p.failed) },
		{ name: "blocked", colour: "--c2", values: points.map((p) => p.blocked - bots(p)) }, { name: "held back from bots", colour: "--bot", values: points.map(bots) },
		{ name: "failed", colour: "--c3", values: values(points, "failed") }] }),
	outcomes: (points) => ({ kind: "bar", title: "What became of them over time", series: largest(points, "outcomes", 8, outcome) }),
	types: (points) => ({ kind: "bar", title: "Record types over time", series: largest(points, "types", 8, (k) => k) }),
	latency: (points) => ({ kind: "line", title: "Latency over time", format: micros, isWide: true, series: [
		{ name: "half within", colour: "--c1", values: points.map((p) => p.p50_us || null) },
		{ name: "95 % within", colour: "--c4", values: points.map((p) => p.p95_us || null) }] }),
};

function overTime(root, signal) {
	let view = "queries", last = null;
	const p = panel("Over time", { id: "history", actions: [picker("What the chart shows", [["queries", "Queries"], ["outcomes", "Outcomes"],
		["types", "Types"], ["latency", "Latency"]], view, (key) => {
		view = key;
		draw();
	})] });
	const c = chart({ id: "chart", signal });
	p.body.append(c.root);
	root.append(p.root);
	function draw() {
		if (!last)
			return;
		const { points, step } = merged(last.points, last.step_s, room());
		const all = last.points.reduce((a, x) => a + x.queries, 0), blocked = last.points.reduce((a, x) => a + x.blocked, 0);
		c.draw({ ...VIEWS[view](points), at: points.map((x) => when(x.at)), step,
			summary: `In ${spanText()}: ${plural(all, "query", "queries")}, ${count(blocked)} of them blocked` }).catch(() => setText(p.note, "The chart cannot be drawn; the table has its numbers."));
	}
	window.addEventListener("resize", draw, { signal });
	return () => p.load(async () => {
		last = await ask("history", span(), { signal });
		draw();
	});
}

function shares(root) {
	const pair = element("div", { class: "grid" });
	const make = (title, id) => {
		const p = panel(title), list = element("ul", { class: "bars", id }), nothing = empty("No queries yet.");
		nothing.hidden = true;
		p.body.append(list, nothing);
		pair.append(p.root);
		return (counts, name, kind) => {
			const rows = Object.entries(counts).filter(([, n]) => n).sort((a, b) => b[1] - a[1]), all = rows.reduce((a, [, n]) => a + n, 0);
			nothing.hidden = rows.length > 0;
			patch(list, bars(rows.map(([key, n]) => ({ key, count: n, name: () => name(key), value: `${count(n)} · ${percent(n, all)}`, kind: kind(key) })), all));
		};
	};
	const outcomes = make("What became of them", "outcomes"), types = make("Record types", "types");
	root.append(pair);
	return (s) => {
		outcomes(s.outcomes, outcome, (k) => (BLOCKED.has(k) ? "is-blocked" : FAILED.has(k) ? "is-failed" : ""));
		types(s.types, (k) => k, () => "");
	};
}

export function overview(root, parameters, signal) {
	const showInfected = infected(root, signal);
	const again = [];
	root.append(element("div", { class: "tools" }, rangePicker(() => again.forEach((f) => f()))));
	const short = panel("In short", { kind: "bare" });
	const t = tiles(root);
	const loadHistory = overTime(root, signal), showShares = shares(root);
	const top = topLists();
	root.append(top.root);
	root.insertBefore(short.root, root.querySelector(".tiles"));
	short.root.hidden = true;

	let stats = null;
	const cases = every(10000, async () => {
		stats = await ask("stats", {}, { signal }).catch(() => null);
		if (stats)
			t.stats(stats);
		await showInfected(stats);
	}, signal);
	window.addEventListener("cases", cases, { signal });
	const pace = () => (isShort() ? 10000 : 30000);
	again.push(every(5000, () => short.load(async () => {
		const s = await ask("summary", span(), { signal });
		short.root.hidden = true;
		t.summary(s);
		showShares(s);
	}).catch((problem) => {
		short.root.hidden = false;
		throw problem;
	}), signal), every(5000, paced(pace, loadHistory), signal), every(5000, paced(pace, () => top.load(signal)), signal));
}

/* Work that is due each `pace()` milliseconds, or when another span was chosen. */
function paced(pace, work) {
	let last = 0, lastSpan = "";
	return async () => {
		if (Date.now() - last < pace() - 1000 && lastSpan === spanText())
			return;
		lastSpan = spanText();
		await work();
		last = Date.now();
	};
}
