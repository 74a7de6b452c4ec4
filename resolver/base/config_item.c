/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_item.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/base/config.h"
#include "resolver/base/config_yaml.h"

int config_item_finish_list(void *item, const struct config_yaml *node, const char **fault)
{
	(void)node;
	const struct config_list *list = item;
	if (!strcmp(list->name, "all")) {
		*fault = "the name \"all\" stands for every list (allowed: another name)";
		return CEN_EREFUSED;
	}
	if (list->signature && !list->key) {
		*fault = "`signature` is given, but not the `key` to check it with";
		return CEN_EFORMAT;
	}
	return 0;
}

int config_item_finish_tsig(void *item, const struct config_yaml *node, const char **fault)
{
	(void)node;
	const struct config_tsig_key *key = item;
	if (!key->secret != !key->secret_file)
		return 0;
	*fault = "a key needs its secret (allowed: one of `secret` and `secret_file`)";
	return CEN_EFORMAT;
}

/* `lists: all` is held as a flag. */
static int take_all(struct config_group *group, const char **fault)
{
	size_t i = 0;
	while (i < group->list_count && strcmp(group->lists[i], "all") != 0)
		i++;
	if (i == group->list_count)
		return 0;
	if (group->list_count > 1) {
		*fault = "the word `all` stands beside names of lists (allowed: `all` alone, or "
			 "names)";
		return CEN_EFORMAT;
	}
	free(group->lists[0]);
	free(group->lists);
	group->lists = NULL;
	group->list_count = 0;
	group->is_all_lists = true;
	return 0;
}

int config_item_finish_group(void *item, const struct config_yaml *node, const char **fault)
{
	(void)node;
	struct config_group *group = item;
	if (group->client_count == 0 && strcmp(group->name, "default") != 0) {
		*fault = "clients are missing (allowed: without clients is only the group "
			 "\"default\")";
		return CEN_EFORMAT;
	}
	return take_all(group, fault);
}

int config_item_finish_zone(void *item, const struct config_yaml *node, const char **fault)
{
	(void)fault;
	struct config_zone *zone = item;
	/* A private zone is rarely signed; the root always is. */
	if (!config_yaml_get(node, "dnssec"))
		zone->is_validated = zone->zone.labels == 0;
	return 0;
}
