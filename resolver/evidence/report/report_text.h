/* SPDX-License-Identifier: BSD-2-Clause
 * The small texts of reports: times, clients, query types; and bytes of unknown kind as JSON strings.
 *
 * Threads: pure. Standards: RFC 3339 5.6 (UTC, milliseconds), RFC 3597 5 (TYPE65), RFC 5952.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/cases.h"

enum {
	REPORT_TIME_TEXT = 25, /* 2026-11-24T12:00:00.123Z and the zero */
	REPORT_CLIENT_TEXT = ADDR_TEXT_MAX + 4, /* with /128 */
	REPORT_TYPE_TEXT = 16,
};

/* Always terminated; returns `out`. A time past the year 9999 becomes its last millisecond. */
const char *report_text_time(uint64_t at_ms, char out[static REPORT_TIME_TEXT]);

/* An address, a prefix when the case is about one, its alias, or "" when it is withheld. Returns `out`. */
const char *report_text_client(const struct evidence_case *c, char out[static REPORT_CLIENT_TEXT]);
/* The mnemonic or `TYPE65`. Returns `out`. */
const char *report_text_type(uint16_t type, char out[static REPORT_TYPE_TEXT]);

/* Is it a name that other tools take as a domain: two labels or more of letters, digits, `-` and `_` (RFC 1034 3.5, RFC 8552), the last
 * one with a letter, so that it is no address? */
bool report_text_is_domain(const char *text);

/* A JSON string of what is in `room` octets, the zero counted, every octet that is not printable ASCII as `?`. Owned; NULL when
 * memory is short. */
json_t *report_text_printable(const char *text, size_t room);
/* The same, but as it is when it is UTF-8. */
json_t *report_text_json(const char *text, size_t room);
/* Appends; takes `value`. When either is missing or memory is short, `*array` is given up and becomes NULL: an array
 * lacks nothing or is none. */
void report_text_append(json_t **array, json_t *value);
