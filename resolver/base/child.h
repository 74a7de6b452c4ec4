/* SPDX-License-Identifier: BSD-2-Clause
 * Starts another program, with nothing of ours but what is named: no signal held back, no other descriptor open.
 *
 * Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* All borrowed during the call. */
struct child {
	const char *program; /* its path; no shell, no search */
	char *const *argv, *const *environment; /* NULL-terminated */
	int in, out; /* standard input and output; `out` negative: its output and errors are thrown away */
	bool has_group; /* of processes, of its own, to be ended as a whole */
};

/* 0 and its number, or an errno. The caller waits for its end. */
int child_start(const struct child *c, pid_t *pid);
