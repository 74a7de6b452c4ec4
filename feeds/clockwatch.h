/* SPDX-License-Identifier: BSD-2-Clause
 * Is the machine's clock to be believed? A calendar is only as good as the day it is made for.
 *
 * Threads: the owner locks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	CLOCKWATCH_BACK_S =
		3600, /* so much before the newest state is a step back; less is a start without network time */
	CLOCKWATCH_SKEW_S = 86400, /* servers of lists say so much else */
};

/* Start with a zeroed one. */
struct clockwatch {
	uint64_t newest_s; /* the latest wall time that state or this process has seen */
	bool has_skew;
	int64_t skew_s; /* by how much servers' clocks are before ours */
	bool is_before_release; /* today is not known at all */
	char reason[256]; /* what speaks against the clock; "": nothing */
};

/* Something was written at that time. */
void clockwatch_note(struct clockwatch *w, uint64_t wall_s);
/* What servers say; of several the one that agrees most. */
void clockwatch_hear(struct clockwatch *w, int64_t skew_s);
/* Judges anew. True: `reason` is of another kind than before. */
bool clockwatch_judge(struct clockwatch *w, uint64_t now_s);
