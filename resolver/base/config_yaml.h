/* SPDX-License-Identifier: BSD-2-Clause
 * YAML text to a small tree with line numbers. Bounded: size, depth and number of nodes; no aliases, no tags.
 *
 * Threads: pure. Owns: a tree owns its texts. Standards: YAML 1.1 as libyaml reads it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "resolver/base/err.h"

enum {
	CONFIG_YAML_BYTES_MAX = 4 << 20,
	CONFIG_YAML_NODES_MAX = 300000,
	CONFIG_YAML_DEPTH_MAX = 16,
};

enum config_yaml_kind { CONFIG_YAML_SCALAR, CONFIG_YAML_SEQUENCE, CONFIG_YAML_MAPPING };

struct config_yaml {
	enum config_yaml_kind kind;
	unsigned line; /* from 1; of its key, when it has one */
	bool is_plain; /* a scalar without quotes */
	char *text; /* of a scalar; never holds a zero octet */
	char *key; /* in a mapping: its key; NULL elsewhere */
	size_t count; /* of children */
	struct config_yaml *first, *next;
	struct config_yaml *parent, *last; /* last child */
};

/* `name` stands for the file in sentences. `*out` is owned by the caller; NULL for an empty document. */
int config_yaml_parse(
	const char *name, const char *text, size_t len, struct config_yaml **out, struct err *why);
void config_yaml_free(struct config_yaml *node);

/* Is it nothing, as in `key:`, `key: ~` and `key: null`? */
bool config_yaml_is_null(const struct config_yaml *node);
/* The value of `key` in a mapping, the `i`-th item of a sequence; NULL when there is none. */
const struct config_yaml *config_yaml_get(const struct config_yaml *node, const char *key);
const struct config_yaml *config_yaml_item(const struct config_yaml *node, size_t i);
