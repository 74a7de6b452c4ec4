/* SPDX-License-Identifier: BSD-2-Clause
 * The dashboard. Everything that comes from the daemon may hold a stranger's text (names, lists): it is set as text, never as markup. */

const POLL_MS = 2000;
const SLOW_POLL_MS = 10000;
const KEPT_MS = 10 * 60 * 1000;
const SVG = "http://www.w3.org/2000/svg";
const BLOCKED = new Set(["blocked", "blocked_chain", "blocked_address", "blocked_server",
	"blocked_generated", "blocked_infected", "rewritten", "dropped_policy"]);
const OUTCOMES = {
	cached: "answered from the cache", stale: "answered stale", recursed: "resolved", local: "answered locally",
	blocked: "blocked", blocked_chain: "blocked in the chain", blocked_address: "blocked by address",
	blocked_server: "blocked by name server", blocked_generated: "blocked as a generated name", blocked_infected: "held back from an infected device", rewritten: "answered by a list", tcp_only: "sent to TCP",
	rebinding: "rebinding removed", servfail: "failed upstream", bogus: "DNSSEC failed", refused: "refused",
	notimp: "not implemented", formerr: "malformed", badvers: "EDNS version", dropped_malformed: "dropped, malformed",
	dropped_policy: "dropped by a list", dropped_limit: "dropped at a limit",
};

const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const count = (n) => (n < 1e7 ? whole : short).format(n);
const percent = (part, all) => (all ? (100 * part / all).toFixed(1) : "0.0") + " %";

/** An element with text and attributes; children are elements or strings. */
function element(tag, attributes = {}, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		e.setAttribute(name, value);
	e.append(...children);
	return e;
}

function drawn(tag, attributes) {
	const e = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes))
		e.setAttribute(name, value);
	return e;
}

function setText(id, text) {
	const e = byId(id);
	if (e.textContent !== text)
		e.textContent = text;
}

/** Puts rows in place of the old ones only when what they show has changed, so that a selection or a reader's place is kept. */
const shownRows = new Map();
function showRows(id, rows) {
	const markup = rows.map((row) => row.outerHTML).join("");
	if (shownRows.get(id) === markup)
		return;
	shownRows.set(id, markup);
	byId(id).replaceChildren(...rows);
}

async function ask(path) {
	const reply = await fetch(path, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(8000) });
	const body = await reply.json();
	if (!reply.ok)
		throw new Error(body.detail || `status ${reply.status}`);
	return body;
}

function duration(seconds) {
	const d = Math.floor(seconds / 86400), h = Math.floor(seconds / 3600) % 24, m = Math.floor(seconds / 60) % 60;
	if (d)
		return d < 10 ? `${d} d ${h} h` : `${d} d`;
	return h ? `${h} h ${m} min` : m ? `${m} min` : `${Math.floor(seconds)} s`;
}

function micros(us) {
	if (us >= 1e6)
		return (us / 1e6).toFixed(1) + " s";
	if (us >= 1e3)
		return (us / 1e3).toFixed(us < 1e4 ? 1 : 0) + " ms";
	return us.toFixed(0) + " µs";
}

function ago(time) {
	if (!time)
		return "never";
	const s = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
	if (s < 5)
		return "just now";
	const [size, unit] = s < 60 ? [1, "s"] : s < 3600 ? [60, "min"] : s < 86400 ? [3600, "h"] : [86400, "d"];
	return `${Math.floor(s / size)} ${unit} ago`;
}

/* --- what the last minutes brought --- */

const samples = []; // {at, queries, blocked, cached, buckets}, oldest first

function cacheHits(outcomes) {
	return outcomes.cached + outcomes.stale;
}

function keep(stats) {
	const sample = { at: Date.now(), queries: stats.queries, blocked: stats.blocked, cached: cacheHits(stats.outcomes),
		buckets: stats.latency.buckets };
	const last = samples[samples.length - 1];
	if (last && sample.queries < last.queries)
		samples.length = 0; // the daemon was started anew
	samples.push(sample);
	while (samples[0].at < sample.at - KEPT_MS)
		samples.shift();
}

/** Rates between each two samples. */
function rates() {
	const list = [];
	for (let i = 1; i < samples.length; i++) {
		const a = samples[i - 1], b = samples[i], s = Math.max((b.at - a.at) / 1000, 0.001);
		list.push({ at: b.at, queries: (b.queries - a.queries) / s, blocked: (b.blocked - a.blocked) / s });
	}
	return list;
}

/** The q-th quantile in microseconds of what lies between two sets of buckets; bucket i ends at 2^i us. */
function quantile(buckets, before, q) {
	const n = buckets.map((v, i) => v - (before ? before[i] : 0));
	let rest = q * n.reduce((a, b) => a + b, 0);
	for (let i = 0; i < n.length; i++) {
		if (rest <= n[i] && n[i])
			return (i ? 2 ** (i - 1) : 0) + (i ? 2 ** (i - 1) : 1) * rest / n[i];
		rest -= n[i];
	}
	return 0;
}

/* --- tiles --- */

function showTiles(stats) {
	const recent = rates().slice(-5);
	const now = recent.length ? recent.reduce((a, r) => a + r.queries, 0) / recent.length : 0;
	setText("queries", count(stats.queries));
	setText("queries-note", recent.length ? `${now < 10 ? now.toFixed(1) : count(Math.round(now))} a second now` : "since start");
	setText("blocked", count(stats.blocked));
	setText("blocked-note", `${percent(stats.blocked, stats.queries)} of all`);
	setText("cached", percent(cacheHits(stats.outcomes), stats.queries));
	setText("cached-note", `${count(stats.cache.entries)} answers kept`);
	const first = samples[0], last = samples[samples.length - 1];
	const isRecent = last.queries > first.queries;
	const before = isRecent ? first.buckets : null;
	setText("latency", stats.queries ? micros(quantile(last.buckets, before, 0.5)) : "–");
	setText("latency-note", stats.queries ?
		`99 % within ${micros(quantile(last.buckets, before, 0.99))}${isRecent ? "" : ", since start"}` : "no queries yet");
	setText("names", count(stats.policy.names));
	setText("names-note", stats.policy.generation ?
		`${stats.policy.lists} lists, built ${ago(stats.policy.created)}` :
		stats.policy.lists ? "none in force yet" : "no lists configured");
}

/* --- chart --- */

function niceTop(value) {
	const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
	return [1, 2, 4, 5, 10].map((f) => f * power).find((v) => v >= value) || 10 * power;
}

let chartScale = null;

function showChart() {
	const svg = byId("chart"), box = byId("chart-box").getBoundingClientRect();
	const width = Math.max(box.width, 200), height = Math.max(box.height, 100);
	const left = 44, bottom = 22, top = 8, data = rates();
	svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
	const highest = niceTop(Math.max(1, ...data.map((r) => r.queries)));
	const end = data.length ? data[data.length - 1].at : Date.now();
	const span = Math.min(KEPT_MS, Math.max(60000, data.length ? end - data[0].at : 0));
	const x = (at) => left + (width - left) * (1 - (end - at) / span);
	const y = (v) => top + (height - top - bottom) * (1 - v / highest);
	chartScale = { data, x, y, top, bottom: height - bottom, width };
	const parts = [];
	for (let i = 0; i <= 4; i++) {
		const v = highest * i / 4;
		parts.push(drawn("line", { class: "grid", x1: left, x2: width, y1: y(v), y2: y(v) }));
		const label = drawn("text", { x: left - 8, y: y(v) + 4, "text-anchor": "end" });
		label.textContent = highest < 4 ? v.toFixed(2).replace(/0$/, "") : short.format(v);
		parts.push(label);
	}
	const steps = width < 500 ? 2 : 4;
	for (let i = 0; i <= steps; i++) {
		const at = end - span * (1 - i / steps), s = Math.round((end - at) / 1000);
		const label = drawn("text", { x: x(at), y: height - 4, "text-anchor": i === steps ? "end" : i ? "middle" : "start" });
		label.textContent = s === 0 ? "now" : s % 60 ? `−${s} s` : `−${s / 60} min`;
		parts.push(label);
	}
	for (const series of data.length > 1 ? ["queries", "blocked"] : []) {
		const points = data.map((r) => `${x(r.at).toFixed(1)},${y(r[series]).toFixed(1)}`).join(" ");
		const from = x(data[0].at).toFixed(1), to = x(end).toFixed(1), floor = y(0).toFixed(1);
		parts.push(drawn("polygon", { class: `${series} area`, points: `${from},${floor} ${points} ${to},${floor}` }));
		parts.push(drawn("polyline", { class: `${series} line`, points }));
	}
	parts.push(drawn("line", { class: "cross", id: "cross", visibility: "hidden", x1: 0, x2: 0, y1: top, y2: height - bottom }));
	svg.replaceChildren(...parts);
	const last = data[data.length - 1];
	svg.setAttribute("aria-label", last ?
		`Over ${duration(span / 1000)}: now ${last.queries.toFixed(1)} queries a second, ${last.blocked.toFixed(1)} of them blocked; ` +
		`at most ${Math.max(...data.map((r) => r.queries)).toFixed(1)}` : "No data yet");
}

function point(event) {
	const tip = byId("chart-tip"), cross = byId("cross"), box = byId("chart-box").getBoundingClientRect();
	if (!chartScale || !chartScale.data.length || !cross)
		return;
	const at = event.clientX - box.left;
	const nearest = chartScale.data.reduce((a, r) => Math.abs(chartScale.x(r.at) - at) < Math.abs(chartScale.x(a.at) - at) ? r : a);
	const px = chartScale.x(nearest.at);
	cross.setAttribute("x1", px);
	cross.setAttribute("x2", px);
	cross.setAttribute("visibility", "visible");
	tip.hidden = false;
	tip.textContent = `${new Date(nearest.at).toLocaleTimeString()} · ${nearest.queries.toFixed(1)} a second · ${nearest.blocked.toFixed(1)} blocked`;
	tip.style.left = `${Math.max(0, Math.min(px + 10, box.width - tip.offsetWidth))}px`;
}

function unpoint() {
	byId("chart-tip").hidden = true;
	showChart();
}

/* --- bars --- */

function showBars(id, counts, name, isBlocked, empty = "No queries yet") {
	const all = Object.values(counts).reduce((a, b) => a + b, 0);
	const list = Object.entries(counts).filter(([, n]) => n).sort((a, b) => b[1] - a[1]);
	const rows = list.map(([key, n]) => {
		const fill = element("span", { class: "fill" });
		fill.style.width = `${100 * n / all}%`;
		return element("li", isBlocked(key) ? { class: "is-blocked" } : {}, element("span", {}, name(key)),
			element("span", { class: "value" }, `${count(n)} · ${percent(n, all)}`),
			element("span", { class: "track", "aria-hidden": "true" }, fill));
	});
	showRows(id, rows.length ? rows : [element("li", { class: "small" }, empty)]);
}

/* --- generated names --- */

const CLASSES = { random: "random letters", hash: "hexadecimal or base32", words: "words put together" };

function showGenerated(dga) {
	setText("generated-note", !dga.has_classifier ? "there is no classifier" : {
		off: "off", monitor: "counted, not blocked", block: "blocked" }[dga.mode] +
		(dga.mode === "off" ? "" : `, over a score of ${dga.threshold_score.toFixed(1)}`));
	const all = Object.values(dga.suspects).reduce((a, b) => a + b, 0);
	showBars("generated", all || dga.popular || dga.exempt ?
		{ ...dga.suspects, popular: dga.popular, exempt: dga.exempt } : {},
	(k) => CLASSES[k] || (k === "popular" ? "let through: popular" : "let through: allowed or your own"),
	(k) => dga.mode === "block" && k in CLASSES, dga.mode === "off" ? "Names are not judged" : "No suspects yet");
}

/* --- lists --- */

let lastFeeds = { lists: [] }, lastStats = null;

function cell(label, content, attributes = {}) {
	return element("td", { role: "cell", "data-label": label, ...attributes }, content);
}

/** Why a list is not as it should be, and what it waits for. */
function notes(feed) {
	const list = feed.reason ? [feed.reason] : [];
	if (feed.held && feed.held.reason !== feed.reason)
		list.push(feed.held.reason);
	if (feed.held)
		list.push(`held ${ago(feed.held.since)}: cenote feeds accept ${feed.name} takes it in`);
	if (feed.shadow_s)
		list.push(`only monitors for another ${duration(feed.shadow_s)} (shadow)`);
	if (feed.calendar)
		list.push(`names that ${feed.calendar.families} botnets will ask for` +
			(feed.calendar.from ? `, ${feed.calendar.from} to ${feed.calendar.to}` : ", whatever the day"));
	return list;
}

function listRow(name, own, feed) {
	const first = cell("List", name, { class: "wide" });
	for (const note of feed ? notes(feed) : [])
		first.append(element("span", { class: "reason" }, note));
	return element("tr", { role: "row" }, first,
		cell("State", feed ? element("span", { class: "badge", "data-state": feed.state }, feed.state) : "–", { class: "state" }),
		cell("Names", feed ? count(feed.rules) : "–", { class: "n" }), cell("Hits", count(own.hits), { class: "n" }),
		cell("Monitored", count(own.monitored), { class: "n" }), cell("Changed", feed ? ago(feed.changed) : "–"));
}

function showLists() {
	const counted = lastStats ? lastStats.lists : [];
	const hits = new Map(counted.map((l) => [l.name, l]));
	const known = new Set(lastFeeds.lists.map((l) => l.name));
	const rows = lastFeeds.lists.map((l) => listRow(l.name, hits.get(l.name) || { hits: 0, monitored: 0 }, l));
	/* Own rules, and lists that are no longer configured. */
	for (const l of counted)
		if (!known.has(l.name) && l.hits + l.monitored)
			rows.push(listRow(l.name, l, null));
	if (!rows.length)
		rows.push(element("tr", { role: "row" }, element("td", { role: "cell", colspan: "6", class: "small wide" },
			"No lists are configured: nothing is blocked but by your own rules.")));
	showRows("lists", rows);
	setText("lists-note", lastFeeds.is_building ? "building a new generation…" :
		lastFeeds.generation ? `generation ${lastFeeds.generation}` +
			(lastFeeds.pinned ? `, rolled back by hand; ${lastFeeds.newest} is the newest` : "") : "");
}

/* --- state --- */

function showState(status) {
	const pill = byId("state"), notice = byId("reasons");
	pill.dataset.state = status.status;
	setText("state", status.status === "ok" ? "serving" : status.status);
	setText("meta", status.version ? `version ${status.version} · up ${duration(status.uptime_s)} · ${status.listen.join(", ")}` : "");
	const text = status.reasons.join(" — ");
	if (notice.textContent !== text)
		notice.textContent = text;
	notice.hidden = !text;
}

/* --- explain --- */

function reach(h) {
	return h.is_below ? (h.is_self ? "the name and all below it" : "only what is below it") : "the name alone";
}

function holder(h) {
	const effect = !h.is_applied ? "does not reach this name" : h.is_in_group ? "applies" : "not in this client's group";
	return element("li", {}, element("strong", {}, h.list), ` (${h.kind}, ${h.mode}) holds `, element("code", {}, h.name),
		`, ${reach(h)}: ${effect}`);
}

const VERDICTS = { block: "blocked", allow: "allowed", monitor: "seen by a monitoring list, not blocked", local: "answered locally",
	none: "not on any list", generated: "blocked as a generated name" };

/** What the classifier says of the name, and what spoke for it and against it. */
function generated(dga) {
	if (!dga.has_classifier)
		return ["there is no classifier"];
	const said = dga.why_not ? `not judged: ${dga.why_not}` :
		`score ${dga.score.toFixed(1)} (threshold ${dga.threshold_score.toFixed(1)}), class ${dga.class}${dga.is_popular ? ", popular" : ""}`;
	const content = [`${said}; effect: ${dga.effect} (mode ${dga.mode})`];
	const list = dga.parts.slice(0, 12).map((p) => element("li", { class: p.weight > 0 ? "for" : "against" },
		p.is_fact ? p.text : element("code", {}, p.text), ` ${p.weight > 0 ? "+" : "−"}${Math.abs(p.weight).toFixed(1)}`));
	if (list.length)
		content.push(element("ul", { class: "parts" }, ...list));
	return content;
}

function showExplanation(x) {
	const dl = element("dl");
	const row = (term, ...content) => dl.append(element("dt", {}, term), element("dd", {}, ...content));
	row("Verdict", element("span", { class: "badge", "data-state": x.verdict }, VERDICTS[x.verdict] || x.verdict),
		x.list ? ` by ${x.list}` : "", x.category ? ` (${x.category})` : "", x.family ? `: ${x.family}` : "");
	row("Question", element("code", {}, x.name), ` ${x.type}`);
	row("Answer", element("code", {}, x.answer), x.ede ? ` with extended error ${x.ede.code} ${x.ede.name}` : "");
	row("Client", `${x.client}, group ${x.group}${x.is_client_admitted ? "" : "; outside access: it would be refused"}`);
	if (x.rules.length)
		row("Rules", element("ul", {}, ...x.rules.map((r) => element("li", {},
			`${r.list}: ${r.trigger} ${r.rule}: ${r.verb}${r.is_important ? ", important" : ""}` +
			(r.is_meant ? (r.is_deciding ? " (decides)" : "") : " (its conditions do not hold)")))));
	row("Lists", x.holders.length ? element("ul", {}, ...x.holders.map(holder)) : "no list holds the name or one above it");
	row("Generated?", ...generated(x.dga));
	byId("explanation").replaceChildren(dl);
}

async function explain(event) {
	event.preventDefault();
	const query = new URLSearchParams({ name: byId("explain-name").value.trim(), type: byId("explain-type").value });
	const client = byId("explain-client").value.trim();
	if (client)
		query.set("client", client);
	try {
		showExplanation(await ask(`/api/v1/explain?${query}`));
	} catch (problem) {
		byId("explanation").replaceChildren(element("p", {}, String(problem.message)));
	}
}

/* --- polling --- */

let slowAt = 0;

async function poll() {
	try {
		const isSlow = Date.now() - slowAt >= SLOW_POLL_MS;
		const [stats, status, feeds] = await Promise.all([ask("/api/v1/stats"), isSlow ? ask("/api/v1/status") : null,
			isSlow || lastFeeds.is_building ? ask("/api/v1/lists") : null]);
		lastStats = stats;
		keep(stats);
		if (status) {
			slowAt = Date.now();
			showState(status);
		}
		lastFeeds = feeds || lastFeeds;
		showTiles(stats);
		showBars("outcomes", stats.outcomes, (k) => OUTCOMES[k] || k, (k) => BLOCKED.has(k));
		showBars("types", stats.types, (k) => k, () => false);
		showGenerated(stats.dga);
		showLists();
		if (byId("chart-tip").hidden)
			showChart();
	} catch (problem) {
		slowAt = 0;
		showState({ status: "down", reasons: ["The daemon does not answer; trying again. (" + problem.message + ")"] });
	}
}

async function run() {
	for (;;) {
		if (!document.hidden)
			await poll();
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
}

byId("explain").addEventListener("submit", explain);
byId("chart-box").addEventListener("pointermove", point);
byId("chart-box").addEventListener("pointerleave", unpoint);
window.addEventListener("resize", showChart);
showChart();
run();
