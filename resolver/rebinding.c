/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/rebinding.h"

static bool is_zone_of(const struct config_zone *zones, size_t count, const struct dname *name)
{
	for (size_t i = 0; i < count; i++)
		if (zones[i].zone.labels && dname_is_at_or_below(name, &zones[i].zone))
			return true;
	return false;
}

bool rebinding_is_exempt(const struct config *config, const struct dname *question)
{
	for (size_t i = 0; i < config->rebinding_except_count; i++) {
		const struct config_rule *r = &config->rebinding_except[i];
		if (!dname_is_at_or_below(question, &r->name))
			continue;
		if (question->len == r->name.len ? r->is_self : r->is_below)
			return true;
	}
	return is_zone_of(config->forward, config->forward_count, question) ||
		is_zone_of(config->stub, config->stub_count, question);
}
