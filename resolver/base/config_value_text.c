/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "resolver/base/config.h"
#include "resolver/base/config_value.h"

static const char hidden[] = "***";

const struct config_unit config_value_size_units[CONFIG_UNITS] = {{"B", 1},
	{"KiB", (uint64_t)1 << 10}, {"MiB", (uint64_t)1 << 20}, {"GiB", (uint64_t)1 << 30},
	{"TiB", (uint64_t)1 << 40}};
const struct config_unit config_value_time_units[CONFIG_UNITS] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

void config_value_unit_text(
	char out[static 32], uint64_t v, const struct config_unit units[static CONFIG_UNITS])
{
	int i = CONFIG_UNITS - 1;
	while (i > 0 && (v < units[i].size || v % units[i].size))
		i--;
	snprintf(out, 32, "%" PRIu64 "%s", v / units[i].size, v ? units[i].name : "");
}

/* A URL without the user and password before its host. */
static const char *source_text(const char *source, char room[static CONFIG_VALUE_TEXT_MAX])
{
	const char *host = source ? strstr(source, "://") : NULL;
	if (!host)
		return source;
	host += 3;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));
	if (!at)
		return source;
	snprintf(room, CONFIG_VALUE_TEXT_MAX, "%.*s%s%s", (int)(host - source), source, hidden, at);
	return room;
}

static const char *text_of(
	const struct config_row *row, const char *text, char room[static CONFIG_VALUE_TEXT_MAX])
{
	if (row->type == CONFIG_SECRET)
		return text ? hidden : NULL;
	return row->type == CONFIG_SOURCE ? source_text(text, room) : text;
}

static const char *number_text(
	const struct config_row *row, const void *value, char room[static CONFIG_VALUE_TEXT_MAX])
{
	uint64_t n = row->type == CONFIG_SIZE ? *(const uint64_t *)value : *(const uint32_t *)value;
	if (row->has_auto && !n)
		return "auto";
	if (row->type == CONFIG_SIZE)
		config_value_unit_text(room, n, config_value_size_units);
	else if (row->type == CONFIG_SECONDS)
		config_value_unit_text(room, n * 1000, config_value_time_units);
	else if (row->type == CONFIG_MILLISECONDS)
		config_value_unit_text(room, n, config_value_time_units);
	else if (row->type != CONFIG_TIME)
		snprintf(room, CONFIG_VALUE_TEXT_MAX, "%" PRIu64, n);
	else if (n)
		snprintf(room, CONFIG_VALUE_TEXT_MAX, "%02u:%02u", (unsigned)(n - 1) / 60,
			(unsigned)(n - 1) % 60);
	else
		return NULL;
	return room;
}

static const char *prefix_text(const struct addr_prefix *p, char room[static CONFIG_VALUE_TEXT_MAX])
{
	char text[ADDR_TEXT_MAX];
	bool is_v4 = addr_is_v4(&p->addr) && p->bits >= 96;
	unsigned bits = is_v4 ? p->bits - 96u : p->bits;
	addr_to_text(&p->addr, text);
	if (p->bits == 128)
		snprintf(room, CONFIG_VALUE_TEXT_MAX, "%s", text);
	else
		snprintf(room, CONFIG_VALUE_TEXT_MAX, "%s/%u", text, bits);
	return room;
}

static const char *word_text(const struct config_row *row, int value)
{
	const struct config_word *w = row->words;
	while (w->word && w->value != value)
		w++;
	return w->word;
}

const char *config_value_text(
	const struct config_row *row, const void *value, char room[static CONFIG_VALUE_TEXT_MAX])
{
	switch (row->type) {
	case CONFIG_BOOL:
		return *(const bool *)value ? "true" : "false";
	case CONFIG_NUMBER:
	case CONFIG_SECONDS:
	case CONFIG_MILLISECONDS:
	case CONFIG_SIZE:
	case CONFIG_TIME:
		return number_text(row, value, room);
	case CONFIG_RATE:
		snprintf(room, CONFIG_VALUE_TEXT_MAX, "%g", *(const double *)value);
		return room;
	case CONFIG_WORD:
		return word_text(row, *(const int *)value);
	case CONFIG_ENDPOINT:
		return addr_endpoint_to_text(value, room);
	case CONFIG_PREFIX:
		return prefix_text(value, room);
	case CONFIG_ADDRESS:
		return addr_to_text(value, room);
	case CONFIG_ZONE:
		return dname_to_text(((const struct dname *)value)->bytes, room);
	case CONFIG_ALLOW_RULE:
	case CONFIG_DENY_RULE:
		return config_rule_to_text(value, room);
	case CONFIG_ITEM:
		return NULL;
	default:
		return text_of(row, *(char *const *)value, room);
	}
}
