/* SPDX-License-Identifier: BSD-2-Clause
 * Charts over time by Chart.js, each with a sentence and a table that say the same. */
import { element, visible } from "./dom.js";
import { bucket, count } from "./format.js";

const COLOURS = ["--c1", "--c2", "--c4", "--c5", "--c6", "--c7", "--c8", "--c3"];

let library = null;

/* Loaded when the first chart is drawn: the numbers are there before it. It sets itself as a global. */
function load() {
	library ||= import("/assets/chart.js").then(() => globalThis.Chart);
	return library;
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(spec) {
	const soft = style("--soft"), line = style("--line"), font = { size: spec.isBig ? 18 : 12 };
	const unit = spec.format || count;
	return {
		animation: false, responsive: true, maintainAspectRatio: false, normalized: true,
		interaction: { mode: "index", intersect: false },
		scales: {
			x: { stacked: spec.kind === "bar", grid: { display: false, drawBorder: false },
				ticks: { color: soft, font, maxRotation: 0, autoSkipPadding: 24 } },
			y: { stacked: spec.kind === "bar", beginAtZero: true, type: spec.isWide ? "logarithmic" : "linear", grid: { color: line, drawBorder: false },
				ticks: { color: soft, font, padding: 8, ...(spec.isWide ? { callback: (v) => (Math.log10(v) % 1 === 0 ? unit(v) : null) } :
					{ maxTicksLimit: 5, precision: 0, callback: (v) => unit(v) }) } },
		},
		plugins: {
			legend: { display: false },
			tooltip: { backgroundColor: style("--tip"), titleColor: style("--tip-text"), bodyColor: style("--tip-text"), padding: 10, cornerRadius: 8,
				boxPadding: 4, filter: (item) => item.raw > 0,
				callbacks: { label: (item) => ` ${item.dataset.label}: ${unit(item.raw)}` } },
		},
	};
}

function dataset(series, i, kind) {
	const colour = style(series.colour || COLOURS[i % COLOURS.length]);
	return { label: series.name, data: series.values, backgroundColor: colour, borderColor: colour, ...(kind === "bar" ?
		{ barPercentage: 1, categoryPercentage: 0.86, borderRadius: 2, borderSkipped: false, borderWidth: 0 } :
		{ borderWidth: 2, pointRadius: 0, pointHitRadius: 12, tension: 0.25, spanGaps: true }) };
}

function legend(spec) {
	return spec.series.length > 1 ? spec.series.map((s, i) => element("li", {}, swatch(s.colour || COLOURS[i % COLOURS.length]), visible(s.name))) : [];
}

export function swatch(colour) {
	const e = element("span", { class: "swatch", "aria-hidden": "true" });
	e.style.background = `var(${colour})`;
	return e;
}

function table(spec) {
	const unit = spec.format || count;
	return element("table", { class: "plain" }, element("caption", { class: "sr" }, spec.title),
		element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "From"), spec.series.map((s) => element("th", { scope: "col", class: "n" }, visible(s.name))))),
		element("tbody", {}, spec.at.map((at, i) => element("tr", {}, element("th", { scope: "row" }, bucket(at, spec.step)),
			spec.series.map((s) => element("td", { class: "n" }, s.values[i] === null ? "–" : unit(s.values[i])))))));
}

/** A chart that is drawn anew by draw({kind: bar|line, title, summary, at: [ms], step (s), series: [{name, values, colour?}], format?,
 * isWide? (a scale by powers of ten), isBig? (to be read from afar)}). */
export function chart({ id = null, signal }) {
	const canvas = element("canvas", { role: "img", id, "aria-label": "No numbers yet" });
	const box = element("div", { class: "chart" }, canvas);
	const key = element("ul", { class: "legend", "aria-hidden": "true" });
	const rows = element("div", { class: "scroll short", tabindex: "0", role: "region", "aria-label": "The chart's numbers" });
	const more = element("details", {}, element("summary", {}, "Show as a table"), rows);
	const nothing = element("p", { class: "empty", hidden: true }, "Nothing was asked in this span of time.");
	const root = element("div", {}, key, box, nothing, more);
	let drawn = null, last = null, isWanted = 0;

	function fill() {
		if (more.open && last)
			rows.replaceChildren(table(last));
	}
	async function draw(spec) {
		last = spec;
		const turn = ++isWanted;
		canvas.setAttribute("aria-label", visible(`${spec.title}. ${spec.summary}`));
		key.replaceChildren(...legend(spec));
		fill();
		const isEmpty = !spec.series.some((s) => s.values.some((v) => v > 0));
		nothing.hidden = !isEmpty;
		key.hidden = box.hidden = more.hidden = isEmpty;
		if (isEmpty)
			return;
		const Chart = await load();
		if (signal.aborted || turn !== isWanted)
			return;
		const data = { labels: spec.at.map((at) => bucket(at, spec.step)), datasets: spec.series.map((s, i) => dataset(s, i, spec.kind)) };
		if (drawn && drawn.config.type === spec.kind && drawn.look === look()) {
			drawn.data = data;
			drawn.options = options(spec);
			drawn.update("none");
			return;
		}
		drawn?.destroy();
		Chart.defaults.font.family = style("--font");
		drawn = new Chart(canvas, { type: spec.kind, data, options: options(spec) });
		drawn.look = look();
	}
	const look = () => style("--page");
	more.addEventListener("toggle", fill);
	window.addEventListener("look", () => last && draw(last), { signal });
	signal.addEventListener("abort", () => drawn?.destroy());
	return { root, draw, canvas };
}
