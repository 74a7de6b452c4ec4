/* SPDX-License-Identifier: BSD-2-Clause
 * A generator of names, as a botnet has it: one file a family, one constant `struct family` a variant, all of them
 * declared in families.h and listed in family_table.c.
 *
 * Threads: pure.
 * Owns: nothing; what a run points to is valid during the run.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

enum {
	FAMILY_PARAMETERS_MAX = 4096, /* octets of a set of parameters */
	FAMILY_NAME_MAX = 253, /* octets of a name without its last dot */
};

struct family_params; /* a set of parameters: a JSON object */

/* Returns owned, NULL with one sentence when the text is no JSON object, has a key twice or is too long. */
struct family_params *family_params_read(const char *text, size_t len, struct err *why);
void family_params_free(struct family_params *p);
/* How many names "count" allows: 1 to `most`, `most` when there is no such key or it is wrong. */
size_t family_params_count(const struct family_params *p, size_t most);
/* The day of "date". False: there is none, or it is wrong. */
bool family_params_day(const struct family_params *p, int64_t *day);

/* One run of a generator. */
struct family_run {
	const struct family_params *params;
	int64_t day; /* since 1970-01-01, UTC */
	bool (*each)(void *arg, const char *name); /* false: enough */
	void *arg;
	size_t left; /* names it may still emit */
	const char *
		missing; /* the first parameter that is missing or of the wrong kind or range; NULL: none */
};

struct family {
	const char *name, *variant; /* lower case */
	bool is_dated; /* other names on other days */
	/* Emits the names in the malware's order until it has no more, family_emit says false, or family_is_done. Ends whatever the parameters
	 * are, after at most some hundred thousand steps a name. */
	void (*generate)(struct family_run *r);
};

/* Nothing more may come: enough names, a wrong parameter, or whoever takes them has enough. */
bool family_is_done(const struct family_run *r);
/* Notes what is wrong, unless something is already, and so ends the run. `what` is static. */
void family_wrong(struct family_run *r, const char *what);
/* Runs a generator for at most `most` names. NULL, or the parameter that is missing or wrong. */
const char *family_generate(const struct family *f, const struct family_params *p, int64_t day,
	size_t most, bool (*each)(void *arg, const char *name), void *arg);

/* False: enough, return. Upper case becomes lower case. What is not a domain name ends the run as a wrong parameter would. */
bool family_emit(struct family_run *r, const char *name);

/* Parameters by key. A missing or wrong one is noted in `r->missing`, and 0 or "" returned. Numbers are JSON integers or texts such as "0xff",
 * between `low` and `high`. */
int64_t family_number(struct family_run *r, const char *key, int64_t low, int64_t high);
/* The same, `otherwise` when there is none. */
int64_t family_number_or(
	struct family_run *r, const char *key, int64_t low, int64_t high, int64_t otherwise);
/* Of 1 to `max` octets. */
const char *family_text(struct family_run *r, const char *key, size_t max);
/* The JSON value is true; false when it is false or not there. */
bool family_is_true(struct family_run *r, const char *key);
/* A date such as "2026-11-23", in days since 1970-01-01. */
int64_t family_text_day(struct family_run *r, const char *key);
/* The JSON value is null or not there. */
bool family_is_null(struct family_run *r, const char *key);
/* An array of texts of 1 to 63 octets each: how many, at most `max`; 0 when missing or wrong. */
size_t family_texts(struct family_run *r, const char *key, const char **out, size_t max);
/* An array of numbers. */
size_t family_numbers(
	struct family_run *r, const char *key, int64_t low, int64_t high, int64_t *out, size_t max);

/* A day in the proleptic Gregorian calendar. */
struct family_date {
	int year, month, day; /* 1-12, 1-31 */
	int weekday; /* 0: Monday */
	int year_day; /* 1: the first of January */
};
struct family_date family_date(int64_t day);
int64_t family_day(int year, int month, int day);
/* Years 1970 to 2199; false: no such date. */
bool family_day_from_text(const char *text, int64_t *day);

/* All there are, the order of the names; NULL past the end. */
const struct family *family_at(size_t i);
const struct family *family_find(const char *name, const char *variant);

/* A built-in set of parameters (seeds.c): only what was seen in real malware. */
struct family_seed {
	const char *name, *variant, *parameters;
};
const struct family_seed *family_seed_at(size_t i); /* NULL past the end */
