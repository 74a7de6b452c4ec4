/* SPDX-License-Identifier: BSD-2-Clause
 * Every list format over every line of the input: rules come out well formed, whatever goes in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/format/format.h"
#include "feeds/format/publics.h"
#include "feeds/listdb/detail.h"
#include "resolver/base/suffix.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_name(const struct rule *rule)
{
	struct dname name, again;
	uint8_t key[DNAME_MAX];
	char text[DNAME_TEXT_MAX];
	must(rule->is_self || rule->is_below);
	must(dname_from_key(rule->key, rule->len, &name));
	must(name.labels == rule->labels && name.labels >= 2);
	must(rule->parent_len == rule->len - name.bytes[0] - 1);
	/* libpsl takes b.m, c.m and so on for suffixes: a top-level domain of one letter does not exist. */
	must(rule->key[0] == 1 || !suffix_is_public(&name));
	must(dname_key(&name, key) == rule->len && !memcmp(key, rule->key, rule->len));
	dname_to_text(name.bytes, text);
	must(!dname_from_text(text, strlen(text), &again));
	must(dname_equal(&name, &again));
}

static void check_pattern(const struct rule *rule)
{
	must(rule->pattern_len >= 3 && rule->pattern_len <= RULE_PATTERN_MAX);
	for (size_t i = 0; i < rule->pattern_len; i++)
		must((uint8_t)rule->pattern[i] >= ' ' && (uint8_t)rule->pattern[i] < 127);
}

static void on_rule(void *arg, const struct rule *rule)
{
	(void)arg;
	must(rule->trigger < RULE_TRIGGERS && rule->verb < RULE_VERBS);
	must(!rule->about_len || detail_is_good(rule->about, rule->about_len));
	must(rule->verb != RULE_DATA || rule->about_len);
	if (rule->trigger == RULE_NAME || rule->trigger == RULE_NS_NAME)
		check_name(rule);
	else if (rule->trigger == RULE_PATTERN)
		check_pattern(rule);
	else
		must(rule->prefix.bits >= 1 && rule->prefix.bits <= 128);
}

static void on_skip(void *arg, enum format_skip reason, const char *text, size_t len)
{
	static volatile char sum;
	(void)arg;
	must(reason > FORMAT_TAKEN && reason < FORMAT_SKIPS && *format_skip_name(reason));
	for (size_t i = 0; i < len; i++)
		sum = (char)(sum ^ text[i]);
}

/* All lines by one format. */
static void read_all(const struct format *format, const struct publics *publics, bool is_chosen,
	const uint8_t *bytes, size_t len)
{
	static struct format_state state;
	memset(&state, 0, sizeof state);
	struct format_sink sink = {NULL, publics, on_rule, on_skip, &state, is_chosen};
	while (len) {
		const uint8_t *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;
		char *line = malloc(n ? n : 1);
		must(line != NULL);
		memcpy(line, bytes, n);
		if (n <= FORMAT_LINE_MAX)
			format->line(&sink, line, n);
		free(line);
		n += end != NULL;
		bytes += n;
		len -= n;
	}
	if (format->end)
		format->end(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct publics *publics;
	if (!publics)
		publics = publics_new(PUBLICS_FILE);
	must(publics != NULL);
	const struct format *format;
	for (size_t i = 0; (format = format_at(i)); i++) {
		read_all(format, publics, false, bytes, len);
		if (i >= FORMAT_BASIC)
			read_all(format, publics, true, bytes, len);
	}
	return 0;
}
