/* SPDX-License-Identifier: BSD-2-Clause
 * Numbers, times and words as people read them. */

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export const count = (n) => whole.format(n);
/** For where there is little room. */
export const brief = (n) => (n < 1e5 ? whole : short).format(n);
export const percent = (part, all) => (all ? (100 * part / all).toFixed(1) : "0.0") + " %";
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

export function micros(us) {
	if (us >= 1e6)
		return (us / 1e6).toFixed(1) + " s";
	if (us >= 1e3)
		return (us / 1e3).toFixed(us < 1e4 ? 1 : 0) + " ms";
	return us < 1 ? "< 1 µs" : us.toFixed(0) + " µs";
}

export function duration(seconds) {
	const d = Math.floor(seconds / 86400), h = Math.floor(seconds / 3600) % 24, m = Math.floor(seconds / 60) % 60;
	if (d)
		return d < 10 && h ? `${d} d ${h} h` : `${d} d`;
	return h ? (m ? `${h} h ${m} min` : `${h} h`) : m ? `${m} min` : `${Math.floor(seconds)} s`;
}

/** Milliseconds since 1970 of a time as the API writes it: RFC 3339, or a number. */
export function when(time) {
	return typeof time === "number" ? (time > 1e11 ? time : time * 1000) : Date.parse(time);
}

export function ago(time) {
	if (!time)
		return "never";
	const s = (Date.now() - when(time)) / 1000;
	return s < 5 ? "just now" : `${rough(s)} ago`;
}

export function left(time) {
	return rough(Math.max(1, (when(time) - Date.now()) / 1000));
}

function rough(s) {
	const [size, unit] = s < 90 ? [1, "s"] : s < 5400 ? [60, "min"] : s < 172800 ? [3600, "h"] : [86400, "d"];
	return `${Math.round(s / size)} ${unit}`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

export const timeOfDay = (ms) => clock.format(ms);
/** With the day when it is another one than today. */
export function moment(time, withSeconds = false) {
	const ms = when(time), isToday = new Date(ms).toDateString() === new Date().toDateString();
	const hours = (withSeconds ? seconds : clock).format(ms);
	return isToday ? hours : `${day.format(ms)}, ${hours}`;
}
/** The name of a bucket that is so many seconds long. */
export const bucket = (ms, step) => step >= 86400 ? dayOfYear.format(ms) : step >= 3600 ? `${day.format(ms)}, ${clock.format(ms)}` : clock.format(ms);

/* --- the words of the daemon --- */

export const OUTCOMES = {
	cached: "from the cache", stale: "from the cache, stale", recursed: "resolved", local: "answered locally",
	blocked: "blocked", blocked_chain: "blocked by an alias", blocked_address: "blocked by address",
	blocked_server: "blocked by name server", blocked_generated: "blocked, generated name", blocked_infected: "held back, infected device",
	rewritten: "answered by a list", tcp_only: "sent to TCP", rebinding: "rebinding removed", servfail: "failed upstream",
	bogus: "DNSSEC failed", refused: "refused", notimp: "not implemented", formerr: "malformed", badvers: "EDNS version",
	dropped_malformed: "dropped, malformed", dropped_policy: "dropped by a list", dropped_limit: "dropped at a limit",
};
export const BLOCKED = new Set(["blocked", "blocked_chain", "blocked_address", "blocked_server", "blocked_generated", "blocked_infected",
	"rewritten", "dropped_policy"]);
export const FAILED = new Set(["servfail", "bogus", "refused", "notimp", "formerr", "badvers", "dropped_malformed", "dropped_limit"]);
export const outcome = (key) => OUTCOMES[key] || key.replace(/_/g, " ");
export const VERDICTS = { blocked: "blocked", answered: "answered", failed: "failed" };
export const CLASSES = { random: "random letters", hash: "hexadecimal or base32", words: "words put together" };
export const CASE_STATES = { open: "open", acknowledged: "acknowledged", closed: "closed", false_positive: "false alarm" };
