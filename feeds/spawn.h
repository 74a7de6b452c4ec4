/* SPDX-License-Identifier: BSD-2-Clause
 * Runs this program once more as a helper: text in, text out, within a time.
 *
 * Threads: the calling thread waits; one call at a time. The helper dies with that thread.
 * Owns: the process until it has ended; it never outlives the call.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "resolver/base/err.h"

/* Ends the wait early: `is_stopping` is looked at whenever `fd`, an eventfd, becomes readable (it is emptied then). */
struct spawn_stop {
	int fd;
	const atomic_bool *is_stopping;
};

/* `word` is the helper's first argument. Returns 0 with its output (terminated, owned), -ECANCELED when stopped, -ETIMEDOUT, or another
 * code with the sentence of how it ended. */
int spawn_run(const char *word, const char *input, uint32_t time_s, const struct spawn_stop *stop,
	char **output, struct err *why);
