/* SPDX-License-Identifier: BSD-2-Clause
 * Top lists, each row with a way on to what lies behind it. */
import { ask, may } from "./api.js";
import { element, foreign, patch } from "./dom.js";
import { count } from "./format.js";
import { bars, empty, panel } from "./panel.js";
import { span } from "./range.js";

const log = (key, value) => `#log?${new URLSearchParams({ [key]: value })}`;

const KINDS = [
	["domains", "Most asked for", "control", (n) => log("name", `=${n}`), "No names yet."],
	["blocked_domains", "Most blocked", "control", (n) => log("name", `=${n}`), "Nothing was blocked."],
	["clients", "Busiest devices", "control", (n) => `#client?address=${encodeURIComponent(n)}`, "No devices yet."],
	["blocked_clients", "Devices with most blocked", "control", (n) => `#client?address=${encodeURIComponent(n)}`, "Nothing was blocked."],
	["lists", "Lists that blocked most", "control", (n) => log("list", n), "No list has blocked anything."],
	["families", "Families of bots", "control", (n) => `#devices?family=${encodeURIComponent(n)}`, "No bot's name was asked for."],
];

/** A list of {name, count} as rows with bars. */
export function showTop(list, entries, href, kind = "") {
	const highest = Math.max(...entries.map((e) => e.count), 1);
	patch(list, bars(entries.map((e) => ({ key: e.name, count: e.count, name: () => foreign(e.name, { title: e.name.length > 30 ? e.name : null }), value: count(e.count),
		href: href && href(e.name), kind })), highest));
}

export function topLists() {
	const root = element("div", { class: "grid" });
	const made = KINDS.filter(([kind]) => may("control") || !kind.includes("client")).map(([kind, title, scope, href, none]) => {
		const p = panel(title, { id: `top-${kind}` }), list = element("ul", { class: "bars" }), nothing = empty(none);
		nothing.hidden = true;
		p.body.append(list, nothing);
		root.append(p.root);
		return { kind, ...p, list, nothing, href: may(scope) ? href : null };
	});
	/** Each by itself: one that fails does not take the others along. */
	async function load(signal) {
		const range = span();
		const all = await Promise.allSettled(made.map((m) => m.load(async () => {
			const { entries } = await ask("top", { kind: m.kind, ...range, limit: 10 }, { signal });
			showTop(m.list, entries, m.href, m.kind.includes("blocked") || m.kind === "lists" ? "is-blocked" : "");
			m.nothing.hidden = entries.length > 0;
		})));
		if (all.every((r) => r.status === "rejected"))
			throw all[0].reason;
	}
	return { root, load };
}
