/* SPDX-License-Identifier: BSD-2-Clause
 * One list's file into a build: which format is it, what do its lines say, and is it fit to serve?
 *
 * Threads: belongs to the build's thread. Owns: nothing after it returns.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "feeds/format/format.h"
#include "feeds/listdb/build.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

enum { INTAKE_SHOWN = 5, INTAKE_SAMPLE = 200 };

struct intake_limits {
	uint64_t max_bytes; /* unpacked */
	uint32_t junk_percent;
};

/* A line, or a name on it, that did not become a rule. */
struct intake_bad {
	uint64_t line;
	enum format_skip reason;
	char text[80]; /* its beginning, every octet that is not plain ASCII as '?' */
};

struct intake_report {
	const struct format *format; /* NULL: none fits */
	uint64_t lines; /* all */
	uint64_t rules; /* the list's duplicates included */
	uint64_t kinds[RULE_TRIGGERS][RULE_VERBS]; /* of them */
	uint64_t skips[FORMAT_SKIPS];
	uint64_t bad_lines, good_lines; /* lines with junk on them; lines with rules and none */
	struct intake_bad bad[INTAKE_SHOWN]; /* the first few */
	unsigned bad_count;
	bool is_zone; /* a policy zone, which may be empty */
	bool has_build_failed; /* the build, not the list, is at fault */
};

/* Sees all that comes of a list, as it is read. */
struct intake_watch {
	void *arg;
	void (*rule)(void *arg, const struct rule *rule);
	void (*skip)(
		void *arg, uint64_t line, enum format_skip reason, const char *text, size_t len);
};

/* Names and lines that are not rules though they could be, whatever they are for. */
uint64_t intake_skipped(const struct intake_report *r);

/* Reads the list at `path` and adds its rules to the list begun in `build` (NULL: only looks). `format` NULL: by its content. 0, or a
 * code with the sentence why it is refused: CEN_EREFUSED (HTML, binary, empty, junk), CEN_ELIMIT, CEN_EFORMAT (damaged
 * archive), -errno. The report is filled in any case. */
int intake_list(const char *path, const struct format *format, enum list_match match,
	const struct intake_limits *limits, const struct publics *publics, struct build *build,
	struct intake_report *report, struct err *why);

/* The same for a person who wants to see what a list would do; nothing is built. */
int intake_watch(const char *path, const struct format *format, const struct intake_limits *limits,
	const struct publics *publics, const struct intake_watch *watch,
	struct intake_report *report, struct err *why);
