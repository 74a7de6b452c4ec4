/* SPDX-License-Identifier: BSD-2-Clause
 * List formats: a line in, rules and reasons out. A format is one small file and one row of the table in format.c.
 *
 * Threads: pure.
 * Rule: every line is hostile; a parser reads `len` octets and no more, keeps nothing, and allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/rule.h"
#include "resolver/base/dname.h"

struct publics;

enum { FORMAT_LINE_MAX = 4096 }; /* octets; a longer line is skipped */

enum {
	FORMAT_V4_BITS_MIN =
		8, /* the widest prefix a list may name; a wider one is a slip, or worse */
	FORMAT_V6_BITS_MIN = 16,
};

/* Why a line, or a name on it, did not become a rule. Up to FORMAT_UNSUPPORTED it is in order; what follows counts as junk. */
enum format_skip {
	FORMAT_TAKEN,
	FORMAT_COMMENT, /* or an empty line */
	FORMAT_FRAME, /* of the format itself: `server:`, a zone's SOA */
	FORMAT_LOCAL, /* localhost and its kin, which hosts files hold for their own use */
	FORMAT_BROWSER, /* only a browser can act on it */
	FORMAT_UNSUPPORTED, /* understood, but not something this program can do */
	FORMAT_MALFORMED,
	FORMAT_ADDRESS, /* an IP address where a name should be */
	FORMAT_PUBLIC_SUFFIX, /* com, co.uk: a rule for it would block strangers */
	FORMAT_TOO_WIDE, /* a pattern or a prefix that would, too */
	FORMAT_NOT_PUBLIC, /* loopback, private and such addresses */
	FORMAT_TOO_LONG,
	FORMAT_SKIPS,
};

/* Where a parser puts what it finds; either function may be called many times a line. */
struct format_sink {
	void *arg;
	const struct publics *publics;
	void (*rule)(void *arg, const struct rule *rule);
	/* `text` is the name, or the line; never called with FORMAT_TAKEN. */
	void (*skip)(void *arg, enum format_skip reason, const char *text, size_t len);
};

struct format {
	const char *name;
	void (*line)(const struct format_sink *sink, const char *line, size_t len);
};

/* In order of preference: of two that understand a sample equally well, the earlier is meant. NULL past the end. */
const struct format *format_at(size_t i);
/* NULL: unknown. */
const struct format *format_by_name(const char *name);

/* In words, for the operator: "malformed". */
const char *format_skip_name(enum format_skip reason);
static inline bool format_is_junk(enum format_skip reason)
{
	return reason > FORMAT_UNSUPPORTED;
}

/* The formats. */
void format_hosts(const struct format_sink *sink, const char *line, size_t len);
void format_domains(const struct format_sink *sink, const char *line, size_t len);
void format_wildcard(const struct format_sink *sink, const char *line, size_t len);

/* Shared by the formats. A word is what stands between blanks. */
struct format_text {
	const char *at;
	size_t len;
};

/* The line without a comment behind `#`, and without blanks on both sides. */
struct format_text format_trim(const char *line, size_t len);
/* Takes the next word off `rest`; empty at the end. */
struct format_text format_word(struct format_text *rest);
/* Reads a name and hands it to the sink, as a rule for itself and, or, for what is below it, or with the reason why not. */
void format_name(
	const struct format_sink *sink, struct format_text text, bool is_self, bool is_below);
/* Is it an IPv4 or IPv6 address, or a prefix? */
bool format_is_address(struct format_text text);
