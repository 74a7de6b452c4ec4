/* SPDX-License-Identifier: BSD-2-Clause
 * Asking the daemon: one request, and one again and again. */

const WAIT_MS = 10000;

export class Problem extends Error {
	constructor(status, detail) {
		super(detail);
		this.status = status;
	}
}

/* What the person at the page may, as the daemon says. */
export const session = { scope: "nobody", hasLogin: false, isKnown: false };
const SCOPES = ["nobody", "stats", "control", "admin"];
export const may = (scope) => SCOPES.indexOf(session.scope) >= SCOPES.indexOf(scope);

/** A path below /api/v1 with its parameters; those that are empty are left out. */
export function path(name, parameters = {}) {
	const query = new URLSearchParams(Object.entries(parameters).filter(([, v]) => v !== "" && v !== null && v !== undefined)).toString();
	return `/api/v1/${name}${query && "?"}${query}`;
}

async function send(method, name, { parameters, body, headers = {}, signal }) {
	const stop = new AbortController(), end = () => stop.abort();
	let isLate = false;
	const deadline = setTimeout(() => {
		isLate = true;
		end();
	}, WAIT_MS);
	if (signal && signal.aborted)
		end();
	signal?.addEventListener("abort", end);
	try {
		return await fetch(path(name, parameters), {
			method, signal: stop.signal, cache: "no-store",
			headers: { accept: "application/json", ...(body ? { "content-type": "application/json" } : {}), ...headers },
			body: body ? JSON.stringify(body) : undefined,
		});
	} catch (e) {
		if (signal && signal.aborted)
			throw e;
		throw new Problem(0, isLate ? "the daemon did not answer in time" : "the daemon does not answer");
	} finally {
		clearTimeout(deadline);
		signal?.removeEventListener("abort", end);
	}
}

/** The answer's JSON. Throws a Problem with the daemon's own sentence. */
export async function ask(name, parameters = {}, { method = "GET", body = null, headers = {}, signal = null } = {}) {
	const reply = await send(method, name, { parameters, body, headers, signal });
	const text = await reply.text().catch(() => "");
	let value = null;
	try {
		value = text ? JSON.parse(text) : {};
	} catch {
		throw new Problem(reply.status, "the daemon's answer cannot be read");
	}
	if (reply.ok) {
		Object.defineProperty(value, "etag", { value: reply.headers.get("etag"), enumerable: false });
		return value;
	}
	if (reply.status === 401 && session.hasLogin && !name.startsWith("auth"))
		window.dispatchEvent(new Event("signed-out"));
	throw new Problem(reply.status, value.detail || `the daemon says ${reply.status}`);
}

export const post = (name, body) => ask(name, {}, { method: "POST", body });
export const remove = (name, parameters) => ask(name, parameters, { method: "DELETE" });

/** Calls `work` now and every `ms` until the signal says no more. A hidden tab asks nothing, and asks at once when it is seen again; a
 * failure makes the pauses longer, up to `most`, or until the daemon is back. Returns a function that calls it now. */
export function every(ms, work, signal, { isAlways = false, most = 60000 } = {}) {
	let timer = null, failures = 0, isRunning = false, isWanted = false;
	async function run() {
		clearTimeout(timer);
		if (signal.aborted || (document.hidden && !isAlways))
			return;
		if (isRunning) {
			isWanted = true;
			return;
		}
		isRunning = true;
		try {
			await work();
			failures = 0;
		} catch {
			failures++;
		}
		isRunning = false;
		if (signal.aborted)
			return;
		timer = setTimeout(run, isWanted ? 0 : Math.min(most, ms * 2 ** Math.min(failures, 5)));
		isWanted = false;
	}
	document.addEventListener("visibilitychange", run, { signal });
	window.addEventListener("back", run, { signal });
	signal.addEventListener("abort", () => clearTimeout(timer));
	run();
	return run;
}
