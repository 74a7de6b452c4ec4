/* SPDX-License-Identifier: BSD-2-Clause
 * The target of an HTTP request, read by ourselves: path and parameters, decoded, nothing odd let through.
 *
 * Threads: pure. Standards: RFC 3986 2.1, 3.3, 3.4; RFC 9112 3.2.1 (origin form only).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	TARGET_MAX = 4096, /* octets of a target as sent */
	TARGET_PARAMS_MAX = 24,
};

/* Points into itself: never copied. */
struct target {
	const char *path; /* begins with '/' */
	size_t param_count;
	struct {
		const char *name, *value;
	} params[TARGET_PARAMS_MAX];
	char text[TARGET_MAX + 1];
};

/* Reads a target of `len` octets. False for one that is not in origin form, too long, wrongly escaped, that holds a control
 * character (as sent or escaped), a fragment, a `.` or `..` segment, a parameter twice, or too many of them. */
bool target_parse(const char *sent, size_t len, struct target *out);

/* The parameter's value, or NULL. */
const char *target_param(const struct target *t, const char *name);
