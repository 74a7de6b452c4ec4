/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/config: every key with its value in force, its default and its help. Nobody reads a secret here.
 */
#include <stdlib.h>

#include "resolver/base/config_schema.h"
#include "resolver/base/config_value.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum { VALUES_MAX = 20000 }; /* in one answer: arrays may have many */

struct printer {
	json_t *keys; /* NULL: memory was short */
	json_t *file;
	unsigned left; /* values */
	bool is_cut;
};

static const char *type_name(enum config_type type)
{
	static const char *const names[] = {
		[CONFIG_BOOL] = "bool",
		[CONFIG_NUMBER] = "number",
		[CONFIG_SECONDS] = "duration",
		[CONFIG_MILLISECONDS] = "duration",
		[CONFIG_SIZE] = "size",
		[CONFIG_RATE] = "share",
		[CONFIG_WORD] = "word",
		[CONFIG_NAME] = "name",
		[CONFIG_CATEGORY] = "name",
		[CONFIG_PATH] = "path",
		[CONFIG_SOURCE] = "source",
		[CONFIG_SECRET] = "secret",
		[CONFIG_ENDPOINT] = "endpoint",
		[CONFIG_PREFIX] = "prefix",
		[CONFIG_ADDRESS] = "address",
		[CONFIG_ZONE] = "domain",
		[CONFIG_ALLOW_RULE] = "rule",
		[CONFIG_DENY_RULE] = "rule",
		[CONFIG_TIME] = "time",
		[CONFIG_ITEM] = "mapping",
	};
	const char *name = (size_t)type < sizeof names / sizeof *names ? names[type] : NULL;
	return name ? name : "text";
}

static json_t *row_value(struct printer *p, const struct config_row *row, const void *base);

static json_t *item_value(struct printer *p, const struct config_table *table, const void *item)
{
	json_t *o = json_object();
	for (size_t i = 0; i < table->count; i++) {
		const struct config_row *row = config_table_row(table, i);
		json_object_set_new(o, row->key, row_value(p, row, item));
	}
	return o;
}

static json_t *one_value(struct printer *p, const struct config_row *row, const void *value)
{
	char room[CONFIG_VALUE_TEXT_MAX];
	p->left--;
	if (row->type == CONFIG_ITEM)
		return item_value(p, row->item, value);
	const char *text = config_value_text(row, value, room);
	if (!text)
		return json_null();
	if (row->type == CONFIG_BOOL)
		return json_boolean(*(const bool *)value);
	if (row->type == CONFIG_NUMBER && text == room)
		return json_integer(*(const uint32_t *)value);
	return response_text(text);
}

/* Of the row in the struct at `base`. */
static json_t *row_value(struct printer *p, const struct config_row *row, const void *base)
{
	if (!row->is_array)
		return one_value(p, row, (const char *)base + row->at);
	size_t count, size = config_value_size(row);
	const char *items = config_value_array(row, base, &count);
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++) {
		if (p->left < CONFIG_ROWS_MAX) {
			p->is_cut = true;
			break;
		}
		json_array_append_new(a, one_value(p, row, items + i * size));
	}
	return a;
}

static void print(void *arg, const struct config *c)
{
	struct printer *p = arg;
	const struct config_table *t = config_schema();
	p->file = c->file ? response_text(c->file) : json_null();
	for (size_t i = 0; i < t->count; i++) {
		const struct config_row *row = config_table_row(t, i);
		char allowed[CONFIG_VALUE_ALLOWED_MAX];
		json_array_append_new(p->keys,
			json_pack("{s:s, s:o, s:s?, s:s, s:s, s:b, s:s, s:b}", "key", row->key,
				"value", row_value(p, row, c), "default", row->initial, "type",
				type_name(row->type), "allowed", config_value_allowed(row, allowed),
				"is_list", row->is_array, "help", row->help, "reloadable",
				row->is_live));
	}
}

void api_config_get(const struct edge_request *q, struct edge_response *r)
{
	struct printer p = {.keys = json_array(), .left = VALUES_MAX};
	server_read_config(q->web->doors.server, print, &p);
	response_json(r, 200,
		json_pack("{s:o, s:b, s:o}", "file", p.file, "is_cut", p.is_cut, "keys", p.keys));
}
