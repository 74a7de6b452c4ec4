/* SPDX-License-Identifier: BSD-2-Clause
 * Values deep in JSON, by their path; the test fails where there is none. Included after cmocka.h.
 *
 * Threads: pure.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value at a path such as "queries.status.CACHE" or "domains.0.name". */
static inline json_t *json_path_at(json_t *v, const char *path)
{
	char room[128], *rest = room;
	snprintf(room, sizeof room, "%s", path);
	for (const char *word; v && (word = strsep(&rest, "."));)
		v = json_is_array(v) ? json_array_get(v, strtoul(word, NULL, 10))
				     : json_object_get(v, word);
	if (!v)
		fail_msg("there is no %s", path);
	return v;
}

static inline json_int_t json_path_int(json_t *v, const char *path)
{
	v = json_path_at(v, path);
	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static inline const char *json_path_str(json_t *v, const char *path)
{
	v = json_path_at(v, path);
	assert_true(json_is_string(v));
	return json_string_value(v);
}
