/* SPDX-License-Identifier: BSD-2-Clause
 * A part of a page that stands for itself: when what it shows cannot be had, it says so in a sentence, and the rest goes on. */
import { element, setText, visible } from "./dom.js";

let made = 0;

/** {root, body, note, load(work)}: `load` runs the work and shows its failure; it throws on, so that pauses grow. */
export function panel(title, { kind = "", actions = [], id = null } = {}) {
	const heading = element("h2", { id: `panel-${++made}` }, title);
	const note = element("p", { class: "small" });
	const fault = element("p", { class: "fault", role: "status", hidden: true });
	const body = element("div", { class: "panel-body" });
	const root = element("section", { class: `panel ${kind}`, "aria-labelledby": heading.id, id },
		element("div", { class: "panel-head" }, heading, note, actions.length ? element("div", { class: "actions" }, actions) : null), fault, body);
	let hasShown = false;
	async function load(work) {
		try {
			const value = await work();
			fault.hidden = hasShown = true;
			return value;
		} catch (problem) {
			if (problem.name !== "AbortError") {
				setText(fault, visible(`${said(problem)}${hasShown ? " What is shown may be old." : ""}`));
				fault.hidden = false;
			}
			throw problem;
		}
	}
	return { root, body, note, load };
}

/** A sentence of what went wrong. */
export function said(problem) {
	if (problem.status === 403 || problem.status === 401)
		return "Your log-in may not see or do this.";
	if (problem.status === 404 && problem.message.startsWith("there is nothing"))
		return "This daemon does not offer this.";
	const text = problem.message || "Something went wrong";
	return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

export function empty(text, ...more) {
	return element("p", { class: "empty" }, text, ...more);
}

/** Rows ({key, count, name(), value, href?, kind?}) with a bar of their share of `all`; for patch(). */
export function bars(rows, all) {
	return rows.map(({ key, count, name, value, href = null, kind = "" }) => ({
		key, sign: [value, all, href, kind],
		make() {
			const fill = element("span", { class: "fill" });
			fill.style.width = `${all ? 100 * count / all : 0}%`;
			return element("li", { class: kind }, href ? element("a", { href, class: "name" }, name()) : element("span", { class: "name" }, name()),
				element("span", { class: "value" }, value), element("span", { class: "track", "aria-hidden": "true" }, fill));
		},
	}));
}
