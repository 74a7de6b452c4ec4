/* SPDX-License-Identifier: BSD-2-Clause
 * Puts a YAML tree into a configuration, by the schema.
 *
 * Threads: pure.
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/config_schema.h"
#include "resolver/base/config_yaml.h"

/* A configuration in the making. */
struct config_draft {
	struct config *config;
	const char *file; /* for sentences */
	struct err *why;
	bool is_override; /* what comes now is from the command line */
	/* Where each row was given last, borrowed: for what is checked when all is read. NULL: by default. */
	const struct config_yaml *nodes[CONFIG_ROWS_MAX];
	bool node_is_override[CONFIG_ROWS_MAX];
};

int config_apply_defaults(struct config_draft *d);
/* A whole document; NULL is an empty one. */
int config_apply_tree(struct config_draft *d, const struct config_yaml *root);
/* One key, such as `cache.size` or `cache`. */
int config_apply_key(struct config_draft *d, const char *key, const struct config_yaml *node);

/* Sets `why` to "FILE:LINE: KEY: ..." and returns `code`. The node's line counts; NULL: none is known. */
int config_apply_fail(const struct config_draft *d, const struct config_yaml *node, const char *key,
	int code, const char *format, ...) __attribute__((format(printf, 5, 6)));
