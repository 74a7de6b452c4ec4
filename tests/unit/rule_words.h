/* SPDX-License-Identifier: BSD-2-Clause
 * Rules of lists as words: for tests.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feeds/listdb/detail.h"
#include "feeds/listdb/rule.h"
#include "resolver/base/wire.h"

struct seen {
	char text[8192];
	size_t len;
};

static inline void say(struct seen *s, const char *separator, const char *word)
{
	s->len += (size_t)snprintf(
		s->text + s->len, sizeof s->text - s->len, "%s%s", s->len ? separator : "", word);
	assert_true(s->len < sizeof s->text);
}

static inline void say_item(struct seen *s, const struct detail_item *i)
{
	char text[DNAME_TEXT_MAX], word[DNAME_TEXT_MAX + 32];
	struct addr_prefix prefix;
	switch (i->kind) {
	case DETAIL_TYPE:
	case DETAIL_NOT_TYPE:
		snprintf(word, sizeof word, "%stype%u", i->kind == DETAIL_TYPE ? "" : "~",
			wire_u16(i->at));
		break;
	case DETAIL_CLIENT:
	case DETAIL_NOT_CLIENT:
		memcpy(prefix.addr.bytes, i->at, 16);
		snprintf(word, sizeof word, "%sclient:%s/%u", i->kind == DETAIL_CLIENT ? "" : "~",
			addr_to_text(&prefix.addr, text), i->at[16]);
		break;
	case DETAIL_RECORD:
		snprintf(word, sizeof word, "record%u:%u:", wire_u16(i->at), wire_u32(i->at + 2));
		for (size_t n = 6; n < i->len && n < 40; n++)
			snprintf(word + strlen(word), 3, "%02x", i->at[n]);
		break;
	default:
		snprintf(word, sizeof word, "%s:%s",
			i->kind == DETAIL_NOT_NAME	  ? "~name"
				: i->kind == DETAIL_ALIAS ? "alias"
							  : "below",
			dname_to_text(i->at, text));
		break;
	}
	say(s, ",", word);
}

/* `=name` for the name alone, `name` for all, `*.name` for what is below, `/re/`, `answer:192.0.2.0/24`; then what is not ordinary. */
static inline void harness_rule(void *arg, const struct rule *r)
{
	static const char *const verbs[RULE_VERBS] = {[RULE_EXCEPT] = "except",
		[RULE_PASSTHRU] = "passthru",
		[RULE_DROP] = "drop",
		[RULE_TCP_ONLY] = "tcp-only",
		[RULE_NXDOMAIN] = "nxdomain",
		[RULE_NODATA] = "nodata",
		[RULE_REFUSED] = "refused",
		[RULE_DATA] = "data"};
	static const char *const triggers[RULE_TRIGGERS] = {[RULE_NAME] = "",
		[RULE_ANSWER] = "answer:",
		[RULE_CLIENT] = "client:",
		[RULE_NS_NAME] = "ns:",
		[RULE_NS_ADDRESS] = "ns-address:"};
	struct dname d;
	char text[DNAME_TEXT_MAX], word[DNAME_TEXT_MAX + 32];
	if (r->trigger == RULE_PATTERN) {
		snprintf(word, sizeof word, "/%.*s/", (int)r->pattern_len, r->pattern);
	} else if (r->trigger == RULE_NAME || r->trigger == RULE_NS_NAME) {
		assert_true(dname_from_key(r->key, r->len, &d));
		assert_int_equal(d.labels, r->labels);
		assert_int_equal(r->len - r->parent_len - 1, d.bytes[0]);
		snprintf(word, sizeof word, "%s%s%s", triggers[r->trigger],
			!r->is_below	      ? "="
				: !r->is_self ? "*."
					      : "",
			dname_to_text(d.bytes, text));
	} else {
		snprintf(word, sizeof word, "%s%s/%d", triggers[r->trigger],
			addr_to_text(&r->prefix.addr, text),
			r->prefix.bits - (addr_is_v4(&r->prefix.addr) ? 96 : 0));
	}
	say(arg, " ", word);
	if (r->verb != RULE_MATCH)
		say(arg, ",", verbs[r->verb]);
	if (r->is_important)
		say(arg, ",", "important");
	if (r->is_removal)
		say(arg, ",", "removal");
	assert_true(detail_is_good(r->about, r->about_len));
	struct detail_cursor c = detail_start(r->about, r->about_len);
	for (struct detail_item i; detail_next(&c, &i);)
		say_item(arg, &i);
}
