/* SPDX-License-Identifier: BSD-2-Clause
 * The first log-in by a one-time link, and every other one. */
import { post } from "./api.js";
import { button, byId, element, field, setText } from "./dom.js";
import { said } from "./panel.js";

function front(title, text, fields, verb, work, back) {
	const fault = element("p", { class: "fault", role: "alert", hidden: true });
	const submit = element("button", { type: "submit", class: "primary" }, verb);
	const form = element("form", {}, element("div", {}, element("h1", {}, title), element("p", { class: "small" }, text)), fault, fields, submit, back && button("Go on without", back));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		submit.disabled = true;
		try {
			await work(form.elements);
		} catch (problem) {
			setText(fault, problem.status === 401 && !problem.message ? "The password is wrong." : problem.status ? problem.message : said(problem));
			fault.hidden = false;
		}
		submit.disabled = false;
	});
	byId("front").replaceChildren(element("main", { class: "front" }, element("p", { class: "brand" }, element("img", { src: "/icon.svg", alt: "", width: "40", height: "40" }), "cenote"),
		element("div", { class: "panel" }, form)));
	form.querySelector("input:not([type=hidden])").focus();
}

/* A password manager keeps a password with a name. */
const user = () => element("input", { type: "text", name: "username", value: "admin", autocomplete: "username", hidden: true });

/** `back`: for who may go on without one, or null. */
export function showLogin(entered, back) {
	const password = element("input", { type: "password", name: "password", required: true, autocomplete: "current-password", maxlength: "256" });
	front("Log in", "With the password that you chose at the first log-in.", [user(), field("Password", password)], "Log in", async () => {
		await post("auth/login", { password: password.value });
		entered();
	}, back);
}

/** `token` is of the link; without one it is asked for. */
export function showSetup(token, isFirst, entered, back) {
	const secret = (name, label, hint = null) => field(label, element("input", { type: "password", name, required: true, minlength: "10", maxlength: "256", autocomplete: "new-password" }), hint);
	front(isFirst ? "Welcome" : "A new password", token ? `Choose a password for this dashboard.${isFirst ? " There is none until you do." : ""}` :
		"Open the link that cenote printed at its start and in its log, or give its token here (`cenote login` prints a new one).",
	[user(), token ? null : field("Token", element("input", { name: "token", required: true, spellcheck: "false", autocomplete: "off", maxlength: "200" })),
		secret("password", "Password", "(at least 10 characters)"), secret("repeated", "The same once more")].filter(Boolean), "Set the password", async (elements) => {
		if (elements.password.value !== elements.repeated.value)
			throw Object.assign(new Error("The two passwords are not the same."), { status: 1 });
		await post("auth/setup", { token: token || elements.token.value.trim().replace(/^.*#setup=/, ""), password: elements.password.value });
		entered();
	}, back);
}
