/* SPDX-License-Identifier: BSD-2-Clause
 * The schema: one row a key. It drives the parser, the sample, the comparison of two configurations and freeing.
 * A new key is a field of struct config and a row of config_schema.c.
 *
 * Threads: constant data.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_type {
	CONFIG_BOOL, /* bool */
	CONFIG_NUMBER, /* uint32_t */
	CONFIG_SECONDS, /* uint32_t, from a duration */
	CONFIG_MILLISECONDS, /* uint32_t, from a duration */
	CONFIG_SIZE, /* uint64_t */
	CONFIG_RATE, /* double: a share of 1; the row's bounds are millionths */
	CONFIG_WORD, /* int or enum: one of the row's words */
	CONFIG_NAME, /* char *: [a-z0-9._-]+, at most CONFIG_NAME_MAX */
	CONFIG_CATEGORY, /* char *: the same or "" */
	CONFIG_TEXT, /* char *: 1-200 printable characters */
	CONFIG_PATH, /* char *: an absolute file name */
	CONFIG_SOURCE, /* char *: an absolute file name, an http(s) URL, or a zone by transfer */
	CONFIG_SECRET, /* char *: base64, never repeated in a sentence */
	CONFIG_ANCHOR, /* char *: a DS or DNSKEY record, or an absolute file name */
	CONFIG_RECORD, /* char *: a line of a zone file */
	CONFIG_ENDPOINT, /* struct addr_endpoint */
	CONFIG_PREFIX, /* struct addr_prefix */
	CONFIG_ADDRESS, /* struct addr */
	CONFIG_ZONE, /* struct dname */
	CONFIG_ALLOW_RULE, /* struct config_rule; not the root */
	CONFIG_DENY_RULE, /* struct config_rule; no public suffix either */
	CONFIG_SHA256, /* char *: 64 hexadecimal digits, in lower case */
	CONFIG_KEY, /* char *: a public key of minisign, or of Ed25519 in hexadecimal digits */
	CONFIG_TIME, /* uint32_t: a time of day, minutes since midnight and 1; 0: none */
	CONFIG_ITEM, /* a mapping with the row's own table */
};

struct config_yaml;

struct config_word {
	const char *word; /* NULL ends the list */
	int value;
};

struct config_row {
	const char *key; /* `cache.size`; within a table of items only the last part */
	const char *initial; /* the default as YAML; NULL: unset (all zero), or required */
	const char *help;
	const char *example; /* lines of YAML for the sample, commented out there */
	const struct config_word *words;
	const struct config_table *item;
	uint64_t min, max; /* of a value; unit: the type's */
	uint32_t count_min, count_max; /* of an array */
	uint32_t at,
		count_at; /* offsets of the value (or the array's pointer) and the array's count */
	enum config_type type;
	uint16_t port; /* of an endpoint without one */
	bool is_array;
	bool is_required;
	bool is_live; /* takes effect at a reload; false: at the next start */
	bool has_auto; /* `auto` is a value, held as 0 until the end of loading */
};

struct config_table {
	const struct config_row *rows;
	size_t count;
	size_t item_size; /* of the struct that the offsets are in */
	/* For items: sees to what one row cannot know, when all rows are read. Returns 0 or a code with the words that
	 * follow the key in `fault`. */
	int (*finish)(void *item, const struct config_yaml *node, const char **fault);
	const struct config_row *more; /* rows that another file has; NULL: none */
	size_t more_from; /* the first one's place */
};

static inline const struct config_row *config_table_row(const struct config_table *t, size_t i)
{
	return t->more && i >= t->more_from ? &t->more[i - t->more_from] : &t->rows[i];
}

enum { CONFIG_ROWS_MAX = 128 };

/* The table of struct config. */
const struct config_table *config_schema(void);
/* Parts of it: config_schema_list.c. */
extern const struct config_table config_schema_list_table, config_schema_tsig_table,
	config_schema_group_table, config_schema_zone_table;
enum { CONFIG_SCHEMA_EVIDENCE_ROWS = 37 };
extern const struct config_row config_schema_evidence[CONFIG_SCHEMA_EVIDENCE_ROWS];
extern const struct config_word config_schema_action_words[], config_schema_mode_words[];
