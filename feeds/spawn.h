/* SPDX-License-Identifier: BSD-2-Clause
 * Runs this program once more as a helper: text in, talk while it is at work, text out, within a time.
 *
 * Threads: the calling thread waits; one call at a time. The helper dies with that thread.
 * Owns: the process until it has ended; it never outlives the call.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

enum { SPAWN_MESSAGE_MAX = 2048 };

/* Ends the wait early: `is_stopping` is looked at whenever `fd`, an eventfd, becomes readable (it is emptied then). */
struct spawn_stop {
	int fd;
	const atomic_bool *is_stopping;
};

struct spawn_task {
	const char *word; /* the helper's first argument */
	const char *input; /* its standard input */
	uint32_t time_s;
	struct spawn_stop stop;
	/* The helper has sent a message that is no part of its output (`R `). What is written to `answer` is sent back, unless the length is 0. May
	 * be NULL: such messages are passed over. */
	size_t (*hear)(
		void *arg, const char *message, size_t len, char answer[static SPAWN_MESSAGE_MAX]);
	void *arg;
};

/* Returns 0 with its output (terminated, owned), -ECANCELED when stopped, -ETIMEDOUT, or another code with the sentence of how it ended.
 * The helper finds its end of the socket as its standard output, and of our environment only what it needs. */
int spawn_run(const struct spawn_task *task, char **output, struct err *why);
