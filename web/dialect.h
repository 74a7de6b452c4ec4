/* SPDX-License-Identifier: BSD-2-Clause
 * What the dialects of other products share: the table of their calls, the numbers of a span in their terms, and the one switch
 * that all of them have. A dialect is a thin view: it counts and keeps nothing.
 *
 * Threads: any thread of the edge.
 */
#pragma once

#include <jansson.h>

#include "resolver/journal/history.h"
#include "web/edge.h"

enum { DIALECT_DAY_S = 86400, DIALECT_YEAR_S = 365 * 86400, DIALECT_TOP_MAX = 200 };

/* A request, after the dialect's own way of saying who asks was understood. */
struct dialect_ask {
	const struct edge_request *q;
	struct web *web;
	enum edge_scope scope;
	const char *item; /* the last segment of a path that ends with a variable one, else "" */
	uint64_t began_us;
};

typedef void dialect_handler(const struct dialect_ask *a, struct edge_response *r);

/* One call. A path that ends in '/' takes one more segment. */
struct dialect_call {
	enum edge_method method;
	const char *path; /* NULL ends a table */
	enum edge_scope scope;
	dialect_handler *handler;
};

/* The call that is meant, with its item. NULL: none; `*has_path` says whether another method would have met one. */
const struct dialect_call *dialect_find(const struct dialect_call *calls,
	const struct edge_request *q, const char **item, bool *has_path);

/* Queries as the others group them; the four groups are all there are. */
struct dialect_numbers {
	uint64_t queries;
	uint64_t blocked; /* on a list, or by a verdict of its own */
	uint64_t cached; /* answered from the cache or local records */
	uint64_t forwarded; /* somebody else was asked, also in vain */
	uint64_t other; /* refused, malformed, dropped */
};

void dialect_add(struct dialect_numbers *n, const struct history_point *p);
double dialect_percent(uint64_t part, uint64_t whole);

/* `count` slots of `width_s` from `from_s` on, both whole minutes. False when memory is short. */
bool dialect_series(struct web *w, uint64_t from_s, uint32_t width_s, size_t count,
	struct dialect_numbers *out);
void dialect_total(struct web *w, uint64_t from_s, uint64_t to_s, struct history_point *out);
/* Different clients of the last year. */
uint64_t dialect_clients_ever(struct web *w);

/* The first `max` of a list, owned by the caller; NULL when memory is short. Of HISTORY_DOMAINS, as with all whose dialects these are, what was
 * not blocked. */
struct history_entry *dialect_top(struct web *w, enum history_top_kind kind, uint64_t from_s,
	uint64_t to_s, size_t max, size_t *n);

/* Answers that said that there is no such name. */
uint64_t dialect_missing(const struct history_point *p);

/* Are the lists acting for everybody? If not, `*left_s` is for how long they do not; 0: until they are turned on. */
bool dialect_is_blocking(struct web *w, uint64_t *left_s);
/* `seconds` goes with off; 0: until turned on. 0, or a code with its sentence. */
int dialect_set_blocking(struct web *w, bool is_on, uint64_t seconds, struct err *why);

/* What an API key may; a right one is never held back. NOBODY: it is none, and after too many wrong ones `*wait_s` is how long the
 * asker is to wait. */
enum edge_scope dialect_scope_of_key(
	const struct edge_request *q, const char *key, uint32_t *wait_s);
/* What one may who sends none of that: read what the edge lets read. Never a change over TCP, since a browser adds its cookie of its own
 * accord, also for a foreign page. */
enum edge_scope dialect_scope_without(const struct edge_request *q);
/* The header that says so, when there is something to wait for. To be added behind the body. */
void dialect_retry_after(struct edge_response *r, uint32_t wait_s);

/* The body as a JSON object; NULL when it is anything else. */
json_t *dialect_body(const struct edge_request *q);
/* A parameter that is a whole number from 1 to `max`; `otherwise` when it is not given or none. */
uint64_t dialect_number(
	const struct edge_request *q, const char *name, uint64_t max, uint64_t otherwise);
/* `192.0.2.0/24`, or an address alone. Returns `out`. */
enum { DIALECT_PREFIX_TEXT = ADDR_TEXT_MAX + 8 };
const char *dialect_prefix_text(const struct addr_prefix *p, char out[static DIALECT_PREFIX_TEXT]);
/* Plain text; takes no ownership. */
void dialect_text(struct edge_response *r, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A dialect each: reads who asks, finds the call, answers in its own shapes, also errors. */
edge_handler dialect_pihole6, dialect_pihole5, dialect_adguard, dialect_technitium;
