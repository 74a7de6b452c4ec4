/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/overlay.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_RULES = 64, BLOCKS_MAX = (OVERLAY_OWNERS_MAX + BLOCK_RULES - 1) / BLOCK_RULES };

struct overlay {
	atomic_uint references;
	char zones[OVERLAY_ZONES_MAX][64];
	unsigned zone_count;
	size_t count;
	struct overlay_rule *blocks[BLOCKS_MAX]; /* of BLOCK_RULES each: a rule never moves */
};

struct overlay *overlay_new(void)
{
	struct overlay *o = calloc(1, sizeof *o);
	if (o)
		atomic_init(&o->references, 1);
	return o;
}

struct overlay *overlay_share(struct overlay *o)
{
	atomic_fetch_add_explicit(&o->references, 1, memory_order_relaxed);
	return o;
}

void overlay_release(struct overlay *o)
{
	if (!o || atomic_fetch_sub_explicit(&o->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < o->count; i++)
		free((void *)(uintptr_t)overlay_at(o, i)->rule.about);
	for (size_t i = 0; i < BLOCKS_MAX; i++)
		free(o->blocks[i]);
	free(o);
}

int overlay_zone(struct overlay *o, const char *list)
{
	for (unsigned i = 0; i < o->zone_count; i++)
		if (!strcmp(o->zones[i], list))
			return (int)i;
	if (o->zone_count == OVERLAY_ZONES_MAX || strlen(list) >= sizeof o->zones[0])
		return CEN_ELIMIT;
	snprintf(o->zones[o->zone_count], sizeof o->zones[0], "%s", list);
	return (int)o->zone_count++;
}

int overlay_add(struct overlay *o, unsigned zone, const struct rule *rule, bool is_gone)
{
	if (zone >= o->zone_count || rule->trigger >= RULE_TRIGGERS ||
		rule->trigger == RULE_PATTERN)
		return -EINVAL;
	if (o->count == OVERLAY_OWNERS_MAX)
		return CEN_ELIMIT;
	struct overlay_rule **block = &o->blocks[o->count / BLOCK_RULES];
	if (!*block && !(*block = calloc(BLOCK_RULES, sizeof **block)))
		return -ENOMEM;
	struct overlay_rule *to = *block + o->count % BLOCK_RULES;
	*to = (struct overlay_rule){.zone = (uint16_t)zone, .is_gone = is_gone, .rule = *rule};
	to->rule.pattern = NULL;
	to->rule.pattern_len = 0;
	to->rule.about = NULL;
	if (rule->about_len) {
		uint8_t *about = malloc(rule->about_len);
		if (!about)
			return -ENOMEM;
		memcpy(about, rule->about, rule->about_len);
		to->rule.about = about;
	}
	o->count++;
	return 0;
}

size_t overlay_zone_count(const struct overlay *o)
{
	return o->zone_count;
}

const char *overlay_zone_name(const struct overlay *o, unsigned zone)
{
	return o->zones[zone];
}

size_t overlay_count(const struct overlay *o)
{
	return o->count;
}

const struct overlay_rule *overlay_at(const struct overlay *o, size_t i)
{
	return &o->blocks[i / BLOCK_RULES][i % BLOCK_RULES];
}
