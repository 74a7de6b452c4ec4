/* SPDX-License-Identifier: BSD-2-Clause
 * Light or dark, before the first paint: as chosen on this device, else as the system has it. */
{
	let chosen = null;
	try {
		chosen = localStorage.getItem("look");
	} catch {
		/* A browser that keeps nothing: as the system has it. */
	}
	if (chosen === "light" || chosen === "dark")
		document.documentElement.dataset.look = chosen;
}
