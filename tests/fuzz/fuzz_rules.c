/* SPDX-License-Identifier: BSD-2-Clause
 * Any text as a rules file: what is taken from it says the same when it is written and read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static size_t count_lines(const char *text, size_t len)
{
	size_t n = len > 0 && text[len - 1] != '\n';
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void check_again(const struct rules_entry *e)
{
	struct rules again = {0};
	char rule[DNAME_TEXT_MAX + 2], line[DNAME_TEXT_MAX + 10];
	size_t first_bad = 0;
	int n = snprintf(line, sizeof line, "%s %s\n", config_kind_name(e->kind),
		config_rule_to_text(&e->rule, rule));
	HOLDS(n > 0 && (size_t)n < sizeof line);
	HOLDS(rules_parse(&again, line, (size_t)n, &first_bad) == 0 && again.count == 1);
	HOLDS(again.entries[0].kind == e->kind);
	HOLDS(again.entries[0].rule.is_self == e->rule.is_self);
	HOLDS(again.entries[0].rule.is_below == e->rule.is_below);
	HOLDS(dname_equal(&again.entries[0].rule.name, &e->rule.name));
	free(again.entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules r = {0};
	size_t first_bad = 0, lines = count_lines((const char *)data, size);
	size_t bad = rules_parse(&r, (const char *)data, size, &first_bad);
	HOLDS(bad + r.count <= lines);
	HOLDS(bad ? first_bad >= 1 && first_bad <= lines : first_bad == 0);
	for (size_t i = 0; i < r.count; i++)
		check_again(&r.entries[i]);
	free(r.entries);
	return 0;
}
