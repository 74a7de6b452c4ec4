/* SPDX-License-Identifier: BSD-2-Clause
 * States and guards in words, for people and programs.
 */
#include "feeds/feeds.h"

const char *feeds_state_name(enum feeds_state state)
{
	static const char *const words[FEEDS_STATES] = {"never", "ok", "stale", "refused", "held"};
	return state < FEEDS_STATES ? words[state] : "never";
}

const char *feeds_guard_name(enum feeds_guard guard)
{
	if (guard & FEEDS_GUARD_NAMES)
		return "names";
	if (guard & FEEDS_GUARD_FLOOR)
		return "floor";
	return guard & FEEDS_GUARD_CHANGE ? "change" : "";
}

const char *feeds_step_name(enum feeds_step step)
{
	static const char *const words[FEEDS_STEPS] = {"idle", "waiting", "fetching", "fetched"};
	return step < FEEDS_STEPS ? words[step] : "idle";
}
