/* SPDX-License-Identifier: BSD-2-Clause
 * Responses of the web edge: JSON, and errors as problem+json.
 *
 * Threads: pure. Standards: RFC 8259, RFC 9457, RFC 3339.
 */
#pragma once

#include <jansson.h>

#include "web/edge.h"

/* Takes `value`. NULL (memory was short on the way) becomes a 500. */
void response_json(struct edge_response *r, unsigned status, json_t *value);

/* An error with its sentence. */
void response_problem(struct edge_response *r, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a code of the control path: the status that fits it. */
void response_failure(struct edge_response *r, int code, const struct err *why);

/* Adds a header, at most EDGE_HEADERS_MAX of up to 511 octets. `name`: static. Stays when the body is replaced. */
void response_header(struct edge_response *r, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A JSON string of text that need not be UTF-8: octets that are not become U+FFFD. */
json_t *response_text(const char *text);
/* A wall time as RFC 3339 UTC. */
json_t *response_moment(uint64_t wall_s);
/* The same; null for 0. */
json_t *response_time(uint64_t wall_s);
json_t *response_number(uint64_t n);

/* A problem's words for what config_rule_from_text does not take, with that as `%s`. */
#define RESPONSE_NO_RULE \
	"\"%.300s\" is not a rule: `name.example` is the name and all below it, `=name.example` " \
	"the name alone, `*.name.example` only what is below"

/* The body as a JSON object, all of whose keys are among `keys` (NULL-terminated): text, or behind a `#` a whole number. NULL after having written the problem. Returns
 * owned. No body at all is an empty object. */
json_t *response_body(
	const struct edge_request *q, const char *const *keys, struct edge_response *r);
