/* SPDX-License-Identifier: BSD-2-Clause
 * Every list format over every line of the input: rules come out well formed, whatever goes in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/format.h"
#include "feeds/publics.h"
#include "resolver/base/suffix.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void on_rule(void *arg, const struct rule *rule)
{
	struct dname name, again;
	uint8_t key[DNAME_MAX];
	char text[DNAME_TEXT_MAX];
	(void)arg;
	must(rule->is_self || rule->is_below);
	must(dname_from_key(rule->key, rule->len, &name));
	must(name.labels == rule->labels && name.labels >= 2);
	must(rule->parent_len == rule->len - name.bytes[0] - 1);
	/* libpsl takes b.m, c.m and so on for suffixes: a top-level domain of one letter does not exist. */
	must(rule->key[0] == 1 || !suffix_is_public(&name));
	must(dname_key(&name, key) == rule->len && !memcmp(key, rule->key, rule->len));
	/* A host name: it reads back as it is written, without escapes. */
	dname_to_text(name.bytes, text);
	must(!strchr(text, '\\') && !dname_from_text(text, strlen(text), &again));
	must(dname_equal(&name, &again));
}

static void on_skip(void *arg, enum format_skip reason, const char *text, size_t len)
{
	static volatile char sum;
	(void)arg;
	must(reason > FORMAT_TAKEN && reason < FORMAT_SKIPS && *format_skip_name(reason));
	for (size_t i = 0; i < len; i++)
		sum = (char)(sum ^ text[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct publics *publics;
	if (!publics)
		publics = publics_new(PUBLICS_FILE);
	must(publics != NULL);
	struct format_sink sink = {NULL, publics, on_rule, on_skip};
	while (len) {
		const uint8_t *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;
		char *line = malloc(n ? n : 1);
		must(line != NULL);
		memcpy(line, bytes, n);
		const struct format *format;
		for (size_t i = 0; (format = format_at(i)); i++)
			if (n <= FORMAT_LINE_MAX)
				format->line(&sink, line, n);
		free(line);
		n += end != NULL;
		bytes += n;
		len -= n;
	}
	return 0;
}
