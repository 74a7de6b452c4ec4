/* SPDX-License-Identifier: BSD-2-Clause
 * Contexts of the resolver library: made, tried, ended.
 *
 * Threads: made one after another; a context is its worker's from then on.
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct event_base;
struct ub_ctx;

/* Configured, and has answered a first question. Returns owned. */
int recurse_context_new(
	struct event_base *base, const struct config *config, struct ub_ctx **out, struct err *why);
/* The same of what recurse_config_text said. */
int recurse_context_from_text(
	struct event_base *base, const char *text, struct ub_ctx **out, struct err *why);
/* Fires the callbacks of all that is under way. NULL is fine. */
void recurse_context_free(struct ub_ctx *ctx);
