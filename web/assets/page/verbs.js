/* SPDX-License-Identifier: BSD-2-Clause
 * What can be done about a name or a device from wherever it is shown. */
import { ask, may, post, remove } from "./api.js";
import { button, element, foreign, say, visible } from "./dom.js";
import { said } from "./panel.js";
import { duration } from "./format.js";

/** Runs an action with its button held down, and says how it went. True when it worked. */
export async function act(control, work, done) {
	if (control)
		control.disabled = true;
	try {
		const value = await work();
		if (done)
			say(typeof done === "function" ? done(value) : done);
		return true;
	} catch (problem) {
		say(said(problem), true);
		return false;
	} finally {
		if (control)
			control.disabled = false;
	}
}

/** Own rules change under a tag, so that two people at two pages do not undo each other. */
export async function setRule(kind, rule) {
	const now = await ask("rules");
	const other = kind === "allow" ? "deny" : "allow";
	const isThere = now.rules.some((r) => r.is_runtime && r.kind === other && r.rule === rule);
	if (isThere)
		await remove("rules", { kind: other, rule });
	await ask("rules", {}, { method: "POST", body: { kind, rule }, headers: isThere || !now.etag ? {} : { "if-match": now.etag } });
}

export const allow = (name, control) => act(control, () => setRule("allow", name), `${name} is allowed from now on, for everybody.`);
export const deny = (name, control) => act(control, () => setRule("deny", name), `${name} is blocked from now on, for everybody.`);

export function unblock(name, client, seconds, control) {
	const whom = client ? { scope: "client", client } : { scope: "all" };
	return act(control, () => post("unblock", { name, seconds, ...whom }),
		`${name} is let through ${client ? `for ${client} ` : ""}for ${duration(seconds)}.`);
}

/** The buttons for a name: what fits what became of it. `after` is called when one has worked. */
export function nameVerbs({ name, client = null, isBlocked, after = () => {} }) {
	if (!may("control") || !name)
		return [];
	const shown = visible(name);
	const run = (verb) => async (event) => await verb(event.currentTarget) && after();
	if (!isBlocked)
		return [button("Block", run((b) => deny(name, b)), { kind: "slim", name: `Block ${shown}`, "data-act": "deny" })];
	return [button("Allow", run((b) => allow(name, b)), { kind: "slim", name: `Allow ${shown}`, "data-act": "allow" }),
		button("For 1 h", run((b) => unblock(name, client, 3600, b)), { kind: "slim", "data-act": "unblock",
			name: `Let ${shown} through for 1 hour${client ? `, for ${visible(client)} only` : ""}`, title: "Let it through for an hour, for this device only" })];
}

/** A question before something that matters (`isNotice`: no question). Resolves to the form's values, or null. */
export function confirm(title, { text = null, fields = [], verb = "Do it", kind = "primary", isNotice = false } = {}) {
	return new Promise((resolve) => {
		const heading = element("h2", { id: "dialog-title" }, title);
		const form = element("form", { method: "dialog" }, heading, text && element("p", {}, text), fields,
			element("div", { class: "buttons" }, isNotice ? null : button("Cancel", () => box.close()), element("button", { type: "submit", class: kind }, verb)));
		const box = element("dialog", { "aria-labelledby": "dialog-title" }, form);
		let value = null;
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			value = Object.fromEntries(new FormData(form));
			box.close();
		});
		box.addEventListener("close", () => {
			box.remove();
			resolve(value);
		});
		document.body.append(box);
		box.showModal();
	});
}

/** A device by its address (or pseudonym), with a way on to what is known of it. Of a prefix there are only its queries. */
export function clientLink(client) {
	if (!client)
		return element("span", { class: "small" }, "withheld");
	const place = client.includes("/") ? `#log?${new URLSearchParams({ client })}` : `#client?${new URLSearchParams({ address: client })}`;
	return element("a", { href: place }, foreign(client));
}
