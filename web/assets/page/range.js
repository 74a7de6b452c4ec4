/* SPDX-License-Identifier: BSD-2-Clause
 * The span of time that the pages show, and the API's points made into as many as a chart can hold. */
import { button, element } from "./dom.js";
import { when } from "./format.js";
import { kept } from "./kept.js";

const RANGES = { "1h": ["1 h", 3600, "the last hour"], "24h": ["24 h", 86400, "the last 24 hours"], "7d": ["7 d", 604800, "the last 7 days"],
	"90d": ["90 d", 7776000, "the last 90 days"], "1y": ["1 y", 31536000, "the last year"] };

let chosen = kept.get("range", "24h");

/** {from, to} in whole seconds, to ask for. */
export function span() {
	const to = Math.ceil(Date.now() / 1000);
	return { from: to - (RANGES[chosen] || RANGES["24h"])[1], to };
}

export const spanText = () => (RANGES[chosen] || RANGES["24h"])[2];
export const isShort = () => chosen === "1h";

/** One of the spans is chosen by buttons; `changed` is called after. */
export function rangePicker(changed) {
	const group = element("div", { class: "seg", role: "group", "aria-label": "Span of time" });
	function show() {
		for (const b of group.children)
			b.setAttribute("aria-pressed", String(b.dataset.range === chosen));
	}
	for (const [key, [label, , name]] of Object.entries(RANGES)) {
		group.append(button(label, () => {
			chosen = key;
			kept.set("range", key);
			show();
			changed();
		}, { name: `Show ${name} (${label})`, "data-range": key }));
	}
	show();
	return group;
}

/** One of a few views is chosen by buttons. */
export function picker(label, choices, first, changed) {
	const group = element("div", { class: "seg", role: "group", "aria-label": label });
	for (const [key, text] of choices) {
		group.append(button(text, () => {
			for (const b of group.children)
				b.setAttribute("aria-pressed", String(b.dataset.choice === key));
			changed(key);
		}, { "data-choice": key, "aria-pressed": String(key === first) }));
	}
	return group;
}

function add(to, from) {
	for (const [key, n] of Object.entries(from || {}))
		to[key] = (to[key] || 0) + n;
}

/* Quantiles of parts cannot be added: the mean, each by how much was asked. */
function mean(parts, key) {
	const all = parts.reduce((a, p) => a + (p[key] > 0 ? p.queries : 0), 0);
	return all ? parts.reduce((a, p) => a + (p[key] > 0 ? p.queries * p[key] : 0), 0) / all : 0;
}

function joined(parts) {
	const sum = { at: parts[0].at, outcomes: {}, types: {} };
	for (const key of ["queries", "blocked", "cached", "failed"])
		sum[key] = parts.reduce((a, p) => a + (p[key] || 0), 0);
	for (const p of parts) {
		add(sum.outcomes, p.outcomes);
		add(sum.types, p.types);
	}
	sum.p50_us = mean(parts, "p50_us");
	sum.p95_us = mean(parts, "p95_us");
	return sum;
}

/** {points, step}: the API's points as at most so many, counters added up. Steps are such that people think in. */
export function merged(points, step, most) {
	const sizes = [1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 360, 720];
	const k = sizes.find((n) => points.length / n <= most) || Math.ceil(points.length / most);
	if (k <= 1 || !points.length)
		return { points, step };
	const groups = new Map();
	for (const p of points) {
		const slot = Math.floor(when(p.at) / (1000 * step * k));
		if (!groups.has(slot))
			groups.set(slot, []);
		groups.get(slot).push(p);
	}
	return { points: [...groups.values()].map(joined), step: step * k };
}

/** How many bars there is room for. */
export const room = () => (window.innerWidth < 640 ? 50 : 100);
