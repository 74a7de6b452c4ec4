/* SPDX-License-Identifier: BSD-2-Clause
 * What the feeds thread tells its helper process, and what the helper reports back: two structs and their JSON.
 *
 * Threads: pure. Owns: the strings and arrays within; plan_free and plan_report_free free them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feeds.h"
#include "resolver/base/calendar_list.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

enum { PLAN_TAG_MAX = 256, PLAN_REASON_MAX = 256, PLAN_TEXT_MAX = 8 << 20 };

/* By what a source is asked whether it has changed: ETag and Last-Modified; for a file, its own mark in `etag`. */
struct plan_tags {
	char etag[PLAN_TAG_MAX], modified[PLAN_TAG_MAX];
};

/* New content that a guard holds, in `<cache>/lists/NAME.held`. */
struct plan_held {
	enum feeds_guard guard; /* FEEDS_GUARD_NONE: nothing is held */
	uint64_t hash; /* of the file */
	struct plan_tags tags;
	char reason[PLAN_REASON_MAX];
};

/* The last content that was refused for what it is, so that it is neither sent nor read again while it is the same. */
struct plan_refusal {
	uint64_t hash; /* 0: there is none */
	struct plan_tags tags;
	char reason[PLAN_REASON_MAX];
};

struct plan_list {
	char *name, *source;
	enum list_match match;
	enum list_format format;
	bool is_deny;
	uint64_t floor;
	uint32_t max_change_percent;
	struct plan_held held;
	bool is_by_hand; /* the operator asks: what is held is judged again */
	uint64_t accepted; /* hash of the held content that the operator accepts; 0: none */
	uint64_t point; /* of a transferred zone: which of its changes the content holds; else 0 */
	bool is_due; /* fetch it; else the content that is there serves */
	struct plan_tags tags;
	struct plan_refusal refusal;
	bool has_private; /* its server may be on a private address */
	char *sha256, *key, *signature; /* as in the configuration; "": not given */
};

/* Of a list whose source or signature is a file: opened before the helper gives up its rights. -1: none. */
struct plan_files {
	int source, signature;
};

/* What the list of the calendar is to be made of. */
struct plan_calendar {
	struct calendar_list_wish wish; /* its texts are `seeds` and `popular` */
	char *seeds, *popular; /* files; "": not given */
	calendar_list_maker *make; /* of the helper alone; NULL: there is no calendar */
};

struct plan {
	int64_t parent; /* the process whose helper this is */
	char *state_directory, *cache_directory;
	bool has_generation;
	uint64_t digest; /* of the serving generation */
	uint64_t max_bytes, max_rules, memory_bytes;
	uint32_t time_s, junk_percent;
	/* Names to protect and not to protect, addresses to protect: as text. */
	char **protected, **unprotected, **upstreams;
	size_t protected_count, unprotected_count, upstream_count;
	uint32_t fetch_time_s, retry_wait_ms;
	char *files_directory; /* lists that are files lie below it */
	char *ca_file; /* "": the system's certificates */
	struct plan_list *lists;
	size_t list_count;
	struct plan_calendar calendar;
	/* Of the helper alone, not of the text: one for each list, or NULL; and its end of the channel to the daemon, or 0. */
	struct plan_files *files;
	int channel;
};

struct plan_result {
	char name[64];
	enum feeds_state state;
	char reason[PLAN_REASON_MAX];
	char format[16];
	bool is_asked; /* its source was asked in this round */
	bool is_fetched; /* ... and answered */
	bool is_changed; /* the content is new */
	uint32_t patience_s; /* that the server asked for before the next try */
	struct plan_tags tags; /* of the content that serves now */
	struct plan_held held; /* now */
	struct plan_refusal refusal; /* now */
	struct calendar_list_facts calendar; /* when it was taken in */
};

struct plan_report {
	uint64_t generation; /* built; 0: none */
	char error[512]; /* why none could be built; "" when there was nothing to do */
	struct plan_result *results; /* in the order of the lists */
	size_t result_count;
	bool has_skew; /* a server of a list has said what time it is */
	int64_t skew_s; /* by how much its clock is before ours; of several the smallest */
};

/* Text of JSON, owned, or NULL when memory is short. */
char *plan_to_text(const struct plan *p);
char *plan_report_to_text(const struct plan_report *r);

/* 0, CEN_EFORMAT or -ENOMEM. `out` is owned. */
int plan_from_text(const char *text, size_t len, struct plan *out, struct err *why);
int plan_report_from_text(const char *text, size_t len, struct plan_report *out, struct err *why);

/* The facts of a calendar's list, in that text and in the ledger's. */
struct json_t;
struct json_t *plan_calendar_to_json(const struct calendar_list_facts *c);
void plan_calendar_from_json(const struct json_t *o, struct calendar_list_facts *c);

void plan_free(struct plan *p);
void plan_report_free(struct plan_report *r);

/* Copies of texts, owned by the plan. 0 or -ENOMEM. */
int plan_copy_texts(char ***to, size_t *count, char *const *from, size_t n);

/* Copies what is plain ASCII and cuts at `size`: words of strangers, fit to be kept and shown. */
void plan_copy_plain(char *to, size_t size, const char *from);
