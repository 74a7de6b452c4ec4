/* SPDX-License-Identifier: BSD-2-Clause
 * The pause button and its timer, for everybody, a group or a device; and a banner while one is in force. */
import { ask, every, may, post, remove } from "./api.js";
import { button, byId, element, field, patch, visible } from "./dom.js";
import { left } from "./format.js";
import { act, confirm } from "./verbs.js";

const TIMES = [["300", "5 minutes"], ["1800", "30 minutes"], ["3600", "1 hour"], ["14400", "4 hours"], ["86400", "1 day"], ["0", "Until I resume it"]];

let again = () => {};
let pauses = [];

function whom(p) {
	return p.scope === "client" ? visible(p.client) : p.scope === "group" ? `the group ${visible(p.group)}` : "everybody";
}

const rest = (p) => (p.until ? `for another ${left(p.until)}` : "until you resume it");

export function resume(p, control) {
	return act(control, () => remove("pause", { scope: p.scope, group: p.group, client: p.client }), `Blocking is on again for ${whom(p)}.`).then(() => again());
}

/** Asks for whom and how long, then pauses. */
export async function askForPause(client = null) {
	const groups = await ask("config").then((c) => c.keys.find((k) => k.key === "groups").value.map((g) => g.name)).catch(() => []);
	const scope = (value, label, isOn, more = null) => element("div", { class: "choice" },
		element("input", { type: "radio", name: "scope", value, id: `scope-${value}`, checked: isOn }), element("label", { for: `scope-${value}` }, label), more);
	const group = element("input", { name: "group", "aria-label": "The group's name", list: "groups", maxlength: "63", spellcheck: "false", placeholder: "default" });
	const address = element("input", { name: "client", "aria-label": "The device's address", maxlength: "60", spellcheck: "false", placeholder: "192.168.1.23", value: client });
	group.addEventListener("input", () => { byId("scope-group").checked = true; });
	address.addEventListener("input", () => { byId("scope-client").checked = true; });
	const got = await confirm("Pause blocking", {
		text: "Names on lists are answered while it lasts. Infected devices stay cases.", verb: "Pause",
		fields: [element("fieldset", {}, element("legend", {}, "For whom"), scope("all", "Everybody", !client), scope("group", "A group", false, group),
			scope("client", "A device", Boolean(client), address)),
		element("datalist", { id: "groups" }, groups.map((g) => element("option", { value: g }))),
		field("For how long", element("select", { name: "seconds" }, TIMES.map(([value, text]) => element("option", { value }, text))))],
	});
	if (!got)
		return;
	const body = { scope: got.scope, seconds: Number(got.seconds) };
	if (got.scope === "group")
		body.group = got.group.trim() || "default";
	if (got.scope === "client")
		body.client = got.client.trim();
	await act(null, () => post("pause", body), `Blocking is paused for ${whom(body)}.`);
	again();
}

function show() {
	const isOn = pauses.some((p) => p.scope === "all");
	patch(byId("pause"), may("control") ? [{ key: "button", sign: isOn, make: () => button(isOn ? "Paused" : "Pause", () => askForPause(), { picture: "pause",
		"aria-pressed": isOn ? "true" : null, name: isOn ? "Blocking is paused for everybody; pause for others or longer" : "Pause blocking" }) }] : []);
	patch(byId("banner-pauses"), pauses.map((p) => ({ key: `${p.scope} ${p.group || p.client || ""}`, sign: [rest(p), may("control")],
		make: () => element("div", { class: "banner" }, element("p", {}, `Blocking is paused for ${whom(p)}, ${rest(p)}.`),
			may("control") && button("Resume", (event) => resume(p, event.currentTarget), { picture: "play", "data-act": "resume", name: `Resume blocking for ${whom(p)}` })) })));
	window.dispatchEvent(new Event("pauses"));
}

export const pauseOf = (client) => pauses.find((p) => p.scope === "client" && p.client === client);

/** Keeps the button and the banner true while the page is open. */
export function watchPauses(signal) {
	if (!may("control")) {
		show();
		return;
	}
	again = every(10000, async () => {
		pauses = (await ask("pause", {}, { signal })).pauses;
		show();
	}, signal);
	show();
}
