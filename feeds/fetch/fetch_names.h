/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses of the hosts that a round fetches from: asked of the daemon, each once, and sifted for the one who asks.
 *
 * Threads: belongs to the helper's one thread. Owns: what it has learned, until fetch_names_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "feeds/channel.h"

struct fetch_names;

/* `channel` 0: only addresses are known. NULL when memory is short. */
struct fetch_names *fetch_names_new(int channel);
void fetch_names_free(struct fetch_names *n);

/* What is known of a host; asks when nothing is. NULL: wait until it is. An address, also in brackets, is its own answer. Valid until the next
 * call of any function here. */
const struct channel_answer *fetch_names_find(struct fetch_names *n, const char *host);
/* A failure that may pass is forgotten, to be asked again. */
void fetch_names_forget(struct fetch_names *n, const char *host);
/* Takes the answers that have come. */
void fetch_names_take(struct fetch_names *n);
