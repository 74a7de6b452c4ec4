/* SPDX-License-Identifier: BSD-2-Clause
 * One device: what it asked over time, its names, its cases, and a pause for it alone. */
import { ask, every, may } from "./api.js";
import { badge, button, element, foreign, patch, setText, visible } from "./dom.js";
import { CASE_STATES, count, left, percent, plural, when } from "./format.js";
import { chart } from "./chart.js";
import { empty, panel } from "./panel.js";
import { askForPause, pauseOf, resume } from "./pause.js";
import { merged, rangePicker, room, span, spanText } from "./range.js";
import { showTop } from "./top.js";

/* The distance of two points; a single one is taken for an hour. */
const stepOf = (points) => (points.length > 1 ? Math.round((when(points[1].at) - when(points[0].at)) / 1000) : 3600);

function topPanel(title, address, kind) {
	const p = panel(title), list = element("ul", { class: "bars" }), nothing = empty("None in this span of time.");
	nothing.hidden = true;
	p.body.append(list, nothing);
	return { root: p.root, note: p.note, show(entries) {
		nothing.hidden = entries.length > 0;
		showTop(list, entries, (name) => `#log?${new URLSearchParams({ client: address, name: `=${name}` })}`, kind);
	} };
}

export function client(root, { address = "" }, signal, setTitle) {
	setTitle(visible(address));
	if (!may("control")) {
		root.append(empty("Who asked for what is shown to those who may control this daemon."));
		return;
	}
	const state = element("div", { class: "row" });
	const tools = element("div", { class: "tools" }, rangePicker(() => again()), state, element("div", { class: "push row" }, element("a", { class: "button", href: `#log?${new URLSearchParams({ client: address })}` }, "Its queries"), element("span", { id: "client-pause" })));
	const p = panel("Over time", { id: "client" }), c = chart({ id: "client-chart", signal });
	p.body.append(c.root);
	const names = topPanel("Its names", address, ""), blocked = topPanel("Blocked for it", address, "is-blocked");
	root.append(tools, p.root, element("div", { class: "grid" }, names.root, blocked.root));
	let last = null;
	function draw() {
		if (!last)
			return;
		const { points, step } = merged(last.points.map((x) => ({ ...x, failed: 0 })), stepOf(last.points), room());
		c.draw({ kind: "bar", title: `Queries of ${address}`, summary: `In ${spanText()}: ${plural(last.queries, "query", "queries")}, ${count(last.blocked)} blocked`,
			at: points.map((x) => when(x.at)), step, series: [{ name: "answered", colour: "--c1", values: points.map((x) => x.queries - x.blocked) },
				{ name: "blocked", colour: "--c2", values: points.map((x) => x.blocked) }] }).catch(() => {});
	}
	function showPause() {
		const own = pauseOf(address);
		patch(root.querySelector("#client-pause"), !may("control") ? [] : [{ key: "pause", sign: Boolean(own), make: () => own ?
			button("Resume", (event) => resume(own, event.currentTarget), { picture: "play", name: `Resume blocking for ${visible(address)}` }) :
			button("Pause for it", () => askForPause(address), { picture: "pause", name: `Pause blocking for ${visible(address)}` }) }]);
	}
	const again = every(15000, () => p.load(async () => {
		last = await ask("client", { address, ...span() }, { signal });
		setText(p.note, `${plural(last.queries, "query", "queries")}, ${percent(last.blocked, last.queries)} blocked, in ${spanText()}`);
		patch(state, [{ key: "group", sign: last.group, make: () => element("span", { class: "badge" }, "group ", foreign(last.group || "default")) },
			...last.cases.map((x) => ({ key: `case ${x.id}`, sign: x.state, make: () => element("a", { href: `#case?id=${x.id}` }, badge(x.state, `case ${x.id}: ${CASE_STATES[x.state]}`)) })),
			...(last.is_paused ? [{ key: "paused", sign: last.paused_until && left(last.paused_until), make: () => badge("held", last.paused_until ? `paused, ${left(last.paused_until)} left` : "paused") }] : [])]);
		setText(names.note, last.is_cut ? "of its newest queries" : "");
		names.show(last.domains);
		blocked.show(last.blocked_domains);
		draw();
	}), signal);
	window.addEventListener("pauses", () => {
		showPause();
		again();
	}, { signal });
	window.addEventListener("resize", draw, { signal });
	showPause();
}
