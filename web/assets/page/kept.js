/* SPDX-License-Identifier: BSD-2-Clause
 * What is kept on this device only: how the page looks, and the span of time that was chosen last. */

export const kept = {
	get(key, otherwise) {
		try {
			return localStorage.getItem(key) ?? otherwise;
		} catch {
			return otherwise;
		}
	},
	set(key, value) {
		try {
			localStorage.setItem(key, value);
		} catch {
			/* A browser that keeps nothing forgets it. */
		}
	},
};

/** `look` is light, dark or system. */
export function setLook(look) {
	kept.set("look", look);
	if (look === "system")
		delete document.documentElement.dataset.look;
	else
		document.documentElement.dataset.look = look;
	window.dispatchEvent(new Event("look"));
}
