/* SPDX-License-Identifier: BSD-2-Clause
 * Elements and text. What comes from the daemon may be a stranger's (names, lists, notes): it is set as text, never as markup. */

export const byId = (id) => document.getElementById(id);

/* Controls, formats (bidirectional ones among them), unassigned and private characters, line ends, spaces other than the plain one, letters that
 * are written from right to left, and marks heaped upon marks: in a name they are there to deceive. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]|(?! )\p{Zs}|(?<=\p{M})\p{M}/gu;

/** Text in which everything that cannot be seen, or turns the text around it, stands as its number. */
export function visible(text) {
	return String(text).replace(UNSEEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** A stranger's text, kept apart from the direction of what stands around it. */
export function foreign(text, attributes = {}) {
	return element("bdi", attributes, visible(text));
}

/** A name, in the type of code. */
export function code(text) {
	return element("code", {}, foreign(text));
}

/** An element with attributes (true: without a value; false or null: not there), handlers (`on...`) and children: elements or text. */
export function element(tag, attributes = {}, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on"))
			e.addEventListener(name.slice(2), value);
		else if (value !== false && value !== null && value !== undefined)
			e.setAttribute(name, value === true ? "" : value);
	}
	e.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
	return e;
}

/** A picture from the sheet in the page's markup. It says nothing to a screen reader. */
export function icon(name) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
	use.setAttribute("href", `#i-${name}`);
	svg.setAttribute("class", "icon");
	svg.setAttribute("aria-hidden", "true");
	svg.append(use);
	return svg;
}

export function button(label, onclick, { kind = "", name = null, picture = null, ...more } = {}) {
	return element("button", { type: "button", class: kind, onclick, "aria-label": name, ...more }, picture && icon(picture), label);
}

export function badge(state, text) {
	return element("span", { class: "badge", "data-state": state }, text);
}

export function setText(e, text) {
	if (e.textContent !== text)
		e.textContent = text;
}

/** A labelled field. */
export function field(label, control, hint = null) {
	return element("label", { class: "field" }, element("span", { class: "label" }, label, hint && element("span", { class: "hint" }, ` ${hint}`)), control);
}

export function select(name, options, value) {
	return element("select", { name }, options.map(([key, text]) => element("option", { value: key, selected: key === value }, text)));
}

/** Puts rows ({key, sign, make}) in place of the old ones. A row whose `sign` is the same is left alone, so that a selection, the
 * focus or a reader's place is kept. */
export function patch(parent, rows) {
	const old = new Map([...parent.children].map((e) => [e.dataset.key, e]));
	const focused = parent.contains(document.activeElement) ? document.activeElement : null;
	const act = focused && focused.dataset.act, key = focused && focused.closest("[data-key]")?.dataset.key;
	let at = parent.firstElementChild;
	for (const row of rows) {
		const sign = JSON.stringify(row.sign);
		let e = old.get(String(row.key));
		if (!e || e.sign !== sign) {
			const made = row.make();
			made.dataset.key = row.key;
			made.sign = sign;
			if (e) {
				if (e === at)
					at = made;
				e.replaceWith(made);
			}
			e = made;
		}
		old.delete(String(row.key));
		if (e === at)
			at = at.nextElementSibling;
		else
			parent.insertBefore(e, at);
	}
	for (let next; at; at = next) {
		next = at.nextElementSibling;
		at.remove();
	}
	if (focused && !focused.isConnected) {
		const row = [...parent.children].find((e) => e.dataset.key === key) || parent;
		(act && row.querySelector(`[data-act="${act}"]`) || row.querySelector("a, button"))?.focus();
	}
}

/** A sentence in a polite live region: what an action has done. */
export function say(text, isBad = false) {
	const box = byId("toasts");
	const toast = element("p", { class: isBad ? "toast is-bad" : "toast" }, visible(text));
	box.append(toast);
	while (box.children.length > 3)
		box.firstElementChild.remove();
	setTimeout(() => toast.remove(), isBad ? 12000 : 6000);
}
