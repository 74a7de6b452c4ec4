/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "resolver/base/config.h"
#include "resolver/base/suffix.h"

/* `192.0.2.1`, `2001:db8::/32`: a mistake, though each is a name by the letter. */
static bool is_address(const char *text, size_t len)
{
	char copy[ADDR_TEXT_MAX];
	struct addr_prefix p;
	if (len && text[len - 1] == '.')
		len--;
	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	return addr_prefix_from_text(copy, &p) == 0;
}

int config_rule_from_text(const char *text, size_t len, struct config_rule *out)
{
	struct config_rule rule = {.is_self = true, .is_below = true};
	if (len > 0 && text[0] == '=') {
		rule.is_below = false;
		text++;
		len--;
	} else if (len > 2 && text[0] == '*' && text[1] == '.') {
		rule.is_self = false;
		text += 2;
		len -= 2;
	}
	/* A star elsewhere means something to its writer that it would not mean here. */
	if (memchr(text, '*', len) || is_address(text, len))
		return CEN_EFORMAT;
	int rc = dname_from_text(text, len, &rule.name);
	if (rc)
		return rc;
	/* Escapes and other scripts' digits hide an address until they are read. */
	char plain[DNAME_TEXT_MAX];
	dname_to_text(rule.name.bytes, plain);
	if (is_address(plain, strlen(plain)))
		return CEN_EFORMAT;
	*out = rule;
	return 0;
}

const char *config_rule_to_text(const struct config_rule *rule, char out[static DNAME_TEXT_MAX + 2])
{
	const char *mark = rule->is_self && rule->is_below ? "" : rule->is_self ? "=" : "*.";
	size_t n = strlen(mark);
	memcpy(out, mark, n + 1);
	dname_to_text(rule->name.bytes, out + n);
	return out;
}

const char *config_rule_guard(enum list_kind kind, const struct config_rule *rule)
{
	if (rule->name.labels == 0)
		return "is the root and never a rule";
	if (kind == LIST_ALLOW || !suffix_is_public(&rule->name))
		return NULL;
	return rule->name.labels == 1 ? "is a top-level domain and never a rule that denies"
				      : "is a public suffix and never a rule that denies";
}
