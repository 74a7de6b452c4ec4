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

#include "feeds/listdb/rule.h"
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

/* What a format remembers from line to line. Zeroed at the start of a list, and of each file of an archive. */
struct format_state {
	bool has_marks; /* adblock: something that only such lists hold was seen */
	bool has_pending; /* unbound: a zone whose data may follow; its name is `owner` */
	/* RPZ zone files (RFC 1035 5.1). */
	bool has_zone, has_soa, has_owner, has_ttl;
	bool is_open; /* within parentheses */
	uint32_t ttl_s;
	struct dname zone, origin, owner;
	uint16_t len;
	char text[FORMAT_LINE_MAX]; /* of a record that goes on over lines */
};

/* Where a parser puts what it finds; either function may be called many times a line. */
struct format_sink {
	void *arg;
	const struct publics *publics;
	void (*rule)(void *arg, const struct rule *rule);
	/* `text` is the name, or the line; never called with FORMAT_TAKEN. */
	void (*skip)(void *arg, enum format_skip reason, const char *text, size_t len);
	struct format_state *state; /* one for each format that reads the lines */
	bool is_chosen; /* the operator named the format: what is only likely is meant */
};

struct format {
	const char *name;
	void (*line)(const struct format_sink *sink, const char *line, size_t len);
	/* After the last line: what is still open. NULL: nothing ever is. */
	void (*end)(const struct format_sink *sink);
};

enum { FORMAT_COUNT = 9, FORMAT_BASIC = 3 };

/* The first FORMAT_BASIC are lists of names; of two that understand a sample equally well, the earlier is meant. NULL past the end. */
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
void format_adblock(const struct format_sink *sink, const char *line, size_t len);
void format_dnsmasq(const struct format_sink *sink, const char *line, size_t len);
void format_unbound(const struct format_sink *sink, const char *line, size_t len);
void format_unbound_end(const struct format_sink *sink);
void format_rpz(const struct format_sink *sink, const char *line, size_t len);
void format_rpz_end(const struct format_sink *sink);
void format_regex(const struct format_sink *sink, const char *line, size_t len);
void format_addresses(const struct format_sink *sink, const char *line, size_t len);

/* Shared by the formats. A word is what stands between blanks. */
struct format_text {
	const char *at;
	size_t len;
};

bool format_is_blank(char c);
/* Without blanks on both sides. */
struct format_text format_strip(struct format_text text);
/* The line without a comment behind `#`, and without blanks on both sides. */
struct format_text format_trim(const char *line, size_t len);
/* The same, for formats in which a `#` within a word is none. */
struct format_text format_trim_apart(const char *line, size_t len);
/* Takes the next word off `rest`; empty at the end. */
struct format_text format_word(struct format_text *rest);
/* Takes what stands before the next `separator`, and that, off `rest`; false when nothing is left. */
bool format_part(struct format_text *rest, char separator, struct format_text *out);
/* Case counts not. */
bool format_is(struct format_text text, const char *word);
bool format_begins(struct format_text text, const char *word);

/* Is it a rule about what a page shows: `##`, `#@#`, `#?#`, `#$#` and so on, or `$$`, behind a name? Else a `#` begins a comment. */
bool format_is_cosmetic(struct format_text line);

/* A rule with nothing in it: RULE_NAME, RULE_MATCH. Its key is not cleared, it is big. */
void format_clear(struct rule *r);
/* Reads a name into the rule's key. FORMAT_TAKEN, or the reason why not. */
enum format_skip format_read_name(
	const struct publics *publics, struct format_text text, struct rule *out);
/* Reads a name and hands it to the sink, as a rule for itself and, or, for what is below it, or with the reason why not. */
void format_name(
	const struct format_sink *sink, struct format_text text, bool is_self, bool is_below);
/* Is it an IPv4 or IPv6 address, or a prefix? */
bool format_is_address(struct format_text text);
/* The prefix of an address of the public Internet. FORMAT_TAKEN, or the reason why not. */
enum format_skip format_read_prefix(struct format_text text, struct addr_prefix *out);
/* Is it an address, and of those that mean "nowhere": 0.0.0.0, ::, 127.0.0.1, ::1? */
enum format_target { FORMAT_NO_ADDRESS, FORMAT_NOWHERE, FORMAT_SOMEWHERE };
enum format_target format_read_address(struct format_text text, struct addr *out);
