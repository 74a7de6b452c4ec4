/* SPDX-License-Identifier: BSD-2-Clause
 * For a screen on a wall: big numbers, nothing to touch, never asleep. */
import { ask, every } from "./api.js";
import { element, setText } from "./dom.js";
import { brief, count, micros, percent, plural, timeOfDay, when } from "./format.js";
import { chart } from "./chart.js";
import { merged, room } from "./range.js";

const DAY_S = 86400;

/* The browser is asked to keep the screen on. It forgets that when the page is hidden, and offers it to secure pages only. */
function stayAwake(signal) {
	let lock = null;
	async function hold() {
		if (!document.hidden && navigator.wakeLock && !signal.aborted)
			lock = await navigator.wakeLock.request("screen").catch(() => null);
	}
	document.addEventListener("visibilitychange", hold, { signal });
	signal.addEventListener("abort", () => lock?.release());
	hold();
}

export function wall(root, parameters, signal) {
	const clock = element("p", {}, ""), state = element("p", { class: "pill", id: "wall-state", "data-state": "wait" }, "connecting");
	const made = {};
	const big = (id, title) => {
		made[id] = { value: element("p", { id: `wall-${id}` }, "–"), note: element("p", { class: "small" }) };
		made[id].root = element("section", {}, element("h2", {}, title), made[id].value, made[id].note);
		return made[id].root;
	};
	const c = chart({ signal });
	root.append(element("div", { class: "wall" }, element("div", { class: "wall-top" }, element("h1", {}, element("img", { src: "/icon.svg", alt: "" }), "cenote"), state, clock),
		element("div", { class: "wall-grid" }, big("infected", "Infected devices"), big("queries", "Queries, 24 hours"), big("blocked", "Blocked"), big("latency", "Median latency")), c.root));
	const set = (id, text, note) => {
		setText(made[id].value, text);
		setText(made[id].note, note);
	};
	const tick = setInterval(() => setText(clock, timeOfDay(Date.now())), 1000);
	signal.addEventListener("abort", () => clearInterval(tick));
	let last = null;
	const say = (text, kind) => {
		setText(state, text);
		state.dataset.state = kind;
	};
	every(3000, async () => {
		try {
			const s = await ask("stats", {}, { signal }), now = Date.now();
			set("infected", count(s.evidence.live_cases), s.evidence.live_cases ? "somebody should look after them" : `${plural(s.evidence.clients, "device")} watched`);
			made.infected.root.classList.toggle("is-bad", s.evidence.live_cases > 0);
			if (last && s.queries >= last.queries) {
				const rate = (s.queries - last.queries) / Math.max(0.001, (now - last.at) / 1000);
				setText(made.queries.note, `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))} a second now`);
			}
			last = { queries: s.queries, at: now };
			say("serving", "ok");
		} catch (problem) {
			say(problem.status ? "not all can be shown" : "down", "down");
			throw problem;
		}
	}, signal, { isAlways: true });
	every(20000, async () => {
		const to = Math.ceil(Date.now() / 1000), range = { from: to - DAY_S, to };
		const [s, h] = await Promise.all([ask("summary", range, { signal }), ask("history", range, { signal })]);
		setText(made.queries.value, brief(s.queries));
		set("blocked", percent(s.blocked, s.queries), plural(s.blocked, "query", "queries"));
		set("latency", s.latency.count ? micros(s.latency.p50_us) : "–", s.latency.count ? `95 % within ${micros(s.latency.p95_us)}` : "");
		const { points, step } = merged(h.points, h.step_s, room());
		await c.draw({ kind: "bar", isBig: window.innerWidth > 1000, title: "Queries of the last 24 hours", summary: `${plural(s.queries, "query", "queries")}, ${count(s.blocked)} blocked`, at: points.map((p) => when(p.at)), step,
			series: [{ name: "answered", colour: "--c1", values: points.map((p) => p.queries - p.blocked) }, { name: "blocked", colour: "--c2", values: points.map((p) => p.blocked) }] });
	}, signal, { isAlways: true });
	stayAwake(signal);
}
