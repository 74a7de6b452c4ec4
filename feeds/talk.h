/* SPDX-License-Identifier: BSD-2-Clause
 * The daemon's half of the talk with its helper: looks up hosts for it, and hands on where each list is.
 *
 * Threads: belongs to the feeds thread. Owns: nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feeds.h"
#include "feeds/spawn.h"

enum { TALK_LOOKUPS_MAX = 2000 }; /* in one round; a helper that wants more is given none */

struct talk {
	const struct feeds_hooks *hooks; /* `resolve` NULL: the system is asked */
	/* A list is at `step`. */
	void (*progress)(void *arg, const char *list, enum feeds_step step, uint64_t bytes,
		uint64_t total_bytes);
	void *arg;
	unsigned lookups; /* so far: 0 at the start of a round */
	bool is_warned; /* that the helper keeps all its rights */
};

/* For struct spawn_task: `arg` is a struct talk. */
size_t talk_hear(void *arg, const char *message, size_t len, char answer[static SPAWN_MESSAGE_MAX]);
