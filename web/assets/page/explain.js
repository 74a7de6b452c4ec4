/* SPDX-License-Identifier: BSD-2-Clause
 * Why a name is blocked or not: the whole chain, and what the classifier weighs. */
import { ask } from "./api.js";
import { badge, code, element, field, foreign, select, visible } from "./dom.js";
import { CLASSES } from "./format.js";
import { empty, panel } from "./panel.js";
import { clientLink, nameVerbs } from "./verbs.js";

const VERDICTS = { block: ["blocked", "It is blocked"], allow: ["allow", "It is allowed"], monitor: ["monitor", "A monitoring list has seen it; it is not blocked"],
	local: ["plain", "It is answered locally"], none: ["ok", "It is not blocked"], generated: ["blocked", "It is blocked as a generated name"] };

function reach(h) {
	return h.is_below ? (h.is_self ? "the name and all below it" : "only what is below it") : "the name alone";
}

function holder(h) {
	const effect = !h.is_applied ? "does not reach this name" : h.is_in_group ? "applies" : "not in this device's group";
	return element("li", {}, element("strong", {}, foreign(h.list)), ` (${h.kind}, ${h.mode}) holds `, code(h.name), `, ${reach(h)}: ${effect}`);
}

function rule(r) {
	return element("li", {}, foreign(r.list), ": ", visible(r.trigger), " ", code(r.rule), `: ${r.verb}${r.is_important ? ", important" : ""}`,
		r.is_meant ? (r.is_deciding ? " (decides)" : "") : " (its conditions do not hold)");
}

function chain(x) {
	const fact = (term, ...content) => [element("dt", {}, term), element("dd", {}, ...content)];
	return element("dl", { class: "facts" },
		fact("Question", code(x.name), ` ${x.type}`),
		fact("Device", clientLink(x.client), ", group ", foreign(x.group), x.is_client_admitted ? "" : "; outside of access: it would be refused"),
		fact("Lists", x.holders.length ? element("ul", {}, x.holders.map(holder)) : "no list holds the name or one above it"),
		x.rules.length ? fact("Rules", element("ul", {}, x.rules.map(rule))) : [],
		fact("Answer", code(x.answer), x.ede ? ` with extended error ${x.ede.code}, ${x.ede.name}` : ""));
}

/* --- the classifier --- */

function scale(dga) {
	const low = Math.min(-10, dga.score - 2), high = Math.max(dga.threshold_score + 4, dga.score + 2, 12);
	const box = element("div", { class: "scale", role: "img", "aria-label": `Score ${dga.score.toFixed(1)}; from ${dga.threshold_score.toFixed(1)} on a name is a suspect` });
	const put = (kind, value, text) => {
		const share = 100 * (value - low) / (high - low), at = `${share}%`;
		const pin = element("span", { class: `pin ${kind}` }), mark = element("span", { class: `mark ${kind}` }, text);
		pin.style.left = mark.style.left = at;
		mark.style.transform = `translateX(-${share}%)`; /* inside of the scale at both its ends */
		box.append(pin, mark);
	};
	box.append(element("span", { class: "line" }));
	put("own", dga.score, `score ${dga.score.toFixed(1)}`);
	put("bound", dga.threshold_score, `suspect from ${dga.threshold_score.toFixed(1)} on`);
	return box;
}

/** The label with each letter as dark as the n-grams that hold it are telling. */
function letters(label, parts) {
	const sums = new Array(label.length).fill(0);
	for (const p of parts.filter((x) => !x.is_fact && x.text))
		for (let at = label.indexOf(p.text); at >= 0; at = label.indexOf(p.text, at + 1))
			for (let i = at; i < at + p.text.length; i++)
				sums[i] += p.weight / p.text.length;
	const most = Math.max(...sums.map(Math.abs), 0.001);
	return element("p", { class: "letters", "aria-hidden": "true" }, [...label].map((letter, i) => {
		const e = element("span", {}, visible(letter));
		const share = Math.round(38 * Math.abs(sums[i]) / most);
		if (share > 3)
			e.style.background = `color-mix(in srgb, var(${sums[i] > 0 ? "--c2" : "--c1"}) ${share}%, transparent)`;
		return e;
	}));
}

function weights(title, parts) {
	const most = Math.max(...parts.map((p) => Math.abs(p.weight)), 0.001);
	return element("div", {}, element("h3", {}, title), element("ul", { class: "grams", "aria-label": `${title}: what spoke for a program, and against it` }, parts.map((p) => {
		const bar = element("span", { class: p.weight > 0 ? "for" : "against" });
		bar.style.width = `${50 * Math.abs(p.weight) / most}%`;
		return element("li", {}, p.is_fact ? element("span", {}, visible(p.text)) : code(p.text), element("span", { class: "beam", "aria-hidden": "true" }, bar),
			element("span", { class: "n" }, `${p.weight > 0 ? "+" : "−"}${Math.abs(p.weight).toFixed(1)}`));
	})));
}

function classifier(dga) {
	if (!dga.has_classifier)
		return [empty("There is no classifier.")];
	if (dga.why_not)
		return [element("p", {}, `Not judged: ${visible(dga.why_not)}.`)];
	const parts = [...dga.parts].sort((a, b) => b.weight - a.weight);
	const isSuspect = dga.score >= dga.threshold_score;
	return [element("p", {}, isSuspect ? `It looks made up by a program: ${CLASSES[dga.class] || dga.class}. ` : "It looks like an ordinary name. ", `Effect: ${visible(dga.effect)}.`,
		dga.is_popular ? " Its domain is popular: no score counts against it." : ""),
	scale(dga), letters(dga.label, parts),
	parts.length ? element("p", { class: "small" }, "What each weighs. To the right: typical of names that programs make up; to the left: of ordinary ones.") : "",
	element("div", { class: "grid spread" }, [["Pieces of letters", parts.filter((p) => !p.is_fact)], ["Other traits", parts.filter((p) => p.is_fact)]]
		.filter(([, some]) => some.length).map(([title, some]) => weights(title, some)))];
}

export function explain(root, parameters, signal) {
	const name = element("input", { name: "name", id: "explain-name", required: true, maxlength: "1000", spellcheck: "false", autocapitalize: "none", autocomplete: "off", inputmode: "url", placeholder: "ads.example.com", value: parameters.name || "" });
	const from = element("input", { name: "client", id: "explain-client", maxlength: "60", spellcheck: "false", autocomplete: "off", placeholder: "192.168.1.23", value: parameters.client || "" });
	const known = ["A", "AAAA", "HTTPS", "MX", "TXT", "PTR"], type = parameters.type || "A";
	const types = select("type", [...known, ...(known.includes(type) ? [] : [type])].map((t) => [t, visible(t)]), type);
	const form = element("form", { class: "why-form", id: "explain" }, field("Name", name), field("Type", types), field("Device", from, "(optional)"), element("button", { type: "submit", class: "primary" }, "Explain"));
	const p = panel("Look up a name");
	p.body.append(form);
	const answer = element("div", { id: "explanation", "aria-live": "polite" });
	root.append(p.root, answer);
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		const wanted = `#explain?${new URLSearchParams([...new FormData(form)].map(([k, v]) => [k, v.trim()]).filter(([, v]) => v))}`;
		if (location.hash === wanted)
			find();
		else
			location.hash = wanted;
	});
	async function find() {
		const x = await ask("explain", { name: parameters.name, type, client: parameters.client }, { signal });
		const [state, text] = VERDICTS[x.verdict] || ["plain", visible(x.verdict)];
		const way = panel("The way to it"), judged = panel("Does it look generated?", { id: "dga" });
		way.body.append(element("p", { class: "verdict" }, badge(state, text), x.list ? element("span", {}, "by ", foreign(x.list), x.category ? [" (", foreign(x.category), ")"] : "") : "", x.family ? element("span", {}, "family ", foreign(x.family)) : ""),
			chain(x), element("div", { class: "row spread" }, nameVerbs({ name: x.name.replace(/\.$/, ""), client: parameters.client || null, isBlocked: x.is_blocked, after: load })));
		judged.body.append(...classifier(x.dga));
		answer.replaceChildren(way.root, judged.root);
	}
	function load() {
		p.load(find).catch(() => answer.replaceChildren());
	}
	if (parameters.name)
		load();
	else
		answer.append(empty("Give a name: the lists that hold it, the rule that decides, what would be answered, and what its letters say."));
}
