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
	static const char *const words[FEEDS_GUARDS] = {"", "floor", "change", "names"};
	return guard < FEEDS_GUARDS ? words[guard] : "";
}
