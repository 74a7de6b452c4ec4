/* SPDX-License-Identifier: BSD-2-Clause
 * Configuration files: each is taken whole, or refused with a sentence of printable characters that names the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_config(const struct config *c)
{
	must(c->state_directory[0] == '/' && c->socket[0] == '/');
	must(c->listen_count >= 1 && c->workers >= 1 && c->cache_size_bytes >= 1 << 20);
	must(c->list_count <= CONFIG_LISTS_MAX && c->group_count <= CONFIG_GROUPS_MAX);
	for (size_t i = 0; i < c->list_count; i++)
		must(c->lists[i].name[0] && strlen(c->lists[i].name) <= CONFIG_NAME_MAX &&
			c->lists[i].source && c->lists[i].category);
	for (size_t i = 0; i < c->deny_count; i++) {
		char text[DNAME_TEXT_MAX + 2];
		struct config_rule again;
		must(!config_rule_guard(LIST_DENY, &c->deny[i]));
		config_rule_to_text(&c->deny[i], text);
		must(config_rule_from_text(text, strlen(text), &again) == 0);
		must(dname_equal(&again.name, &c->deny[i].name));
	}
	char keys[2000];
	must(config_restart_keys(c, c, keys, sizeof keys) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct config *c = NULL;
	struct err why;
	memset(&why, 1, sizeof why);
	setenv("HOME", "/home/fuzz", 1);
	int rc = config_parse("f.yaml", (const char *)bytes, len, &c, &why);
	if (rc == 0) {
		check_config(c);
		config_free(c);
		return 0;
	}
	must(rc < 0 && !c && memchr(why.text, 0, sizeof why.text));
	must(!strncmp(why.text, "f.yaml:", 7));
	for (const char *t = why.text; *t; t++)
		must((unsigned char)*t >= ' ' && (unsigned char)*t < 127);
	return 0;
}
