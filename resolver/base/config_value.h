/* SPDX-License-Identifier: BSD-2-Clause
 * Single values of the configuration: from text, compared, freed, and what is allowed in words.
 *
 * Threads: pure. Owns: a text value is owned by the struct it was read into.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "resolver/base/config_schema.h"

enum {
	CONFIG_VALUE_TEXT_MAX = 8192,
	CONFIG_VALUE_ALLOWED_MAX = 200,
	CONFIG_VALUE_QUOTED_MAX = 176
};

/* Octets of a value of the row's type. */
size_t config_value_size(const struct config_row *row);

/* Reads one value of the row into `to`. Returns 0, CEN_EFORMAT, CEN_ERANGE, CEN_EREFUSED or -ENOMEM, and in
 * `fault` (static) the words that follow the value: `is not a size`. `to` is set only on success. */
int config_value_read(const struct config_row *row, const char *text, void *to, const char **fault);

/* A single value as the file would have it; what nobody may read (a key, a URL's password) is `***`. NULL: not set, or a mapping. Returns `room` or the
 * value's own text. */
const char *config_value_text(
	const struct config_row *row, const void *value, char room[static CONFIG_VALUE_TEXT_MAX]);

/* Units, the smallest first. */
struct config_unit {
	const char *name;
	uint64_t size;
};
enum { CONFIG_UNITS = 5 };
extern const struct config_unit config_value_size_units[CONFIG_UNITS],
	config_value_time_units[CONFIG_UNITS]; /* of an octet, of a millisecond */
/* A number with the largest unit that divides it. */
void config_value_unit_text(
	char out[static 32], uint64_t v, const struct config_unit units[static CONFIG_UNITS]);

/* What the row allows, for sentences and the sample: `1MiB-1TiB, as 64MiB`. Returns `out`. */
const char *config_value_allowed(
	const struct config_row *row, char out[static CONFIG_VALUE_ALLOWED_MAX]);

/* A value for a sentence: in quotes, escaped, shortened to 40 characters. Returns `out`. */
const char *config_value_quote(const char *text, char out[static CONFIG_VALUE_QUOTED_MAX]);

/* Frees the row's value, single or array, in the struct at `base`, and makes it empty. */
void config_value_free(const struct config_row *row, void *base);
bool config_value_equal(const struct config_row *row, const void *a, const void *b);

/* The array's pointer and count in the struct at `base`. */
void *config_value_array(const struct config_row *row, const void *base, size_t *count);
void config_value_set_array(const struct config_row *row, void *base, void *items, size_t count);
