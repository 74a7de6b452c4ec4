/* SPDX-License-Identifier: BSD-2-Clause
 * Compares the generators with known answers.
 */
#include "dga/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dga/calendar_text.h"
#include "dga/families/family.h"

enum { ROWS_MAX = 1 << 20 };

struct row {
	const char *family, *variant, *parameters, *name;
	size_t index, line;
};

struct rows {
	struct row *at;
	size_t count, room;
};

/* The rows of one set, met one after the other. */
struct comparison {
	const struct row *rows;
	size_t count, next, index;
	size_t good;
	const struct row *first_bad;
	char instead[FAMILY_NAME_MAX + 1]; /* of first_bad */
};

static bool is_decimal(const char *text, size_t *out)
{
	size_t n = 0, i = 0;
	for (; text[i] >= '0' && text[i] <= '9' && i < 8; i++)
		n = n * 10 + (size_t)(text[i] - '0');
	*out = n;
	return i && !text[i];
}

static int rows_add(struct rows *rows, const struct row *row, struct err *why)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 1024;
		struct row *at = room <= ROWS_MAX ? realloc(rows->at, room * sizeof *at) : NULL;
		if (!at)
			return err_set(why, -ENOMEM, "no memory for %zu rows", room);
		rows->at = at;
		rows->room = room;
	}
	rows->at[rows->count++] = *row;
	return 0;
}

static int rows_read(struct rows *rows, struct calendar_text *t, struct err *why)
{
	static const char header[] = "family\tvariant\tparameters\tindex\tdomain";
	if (!calendar_text_next(t) || strcmp(t->at, header) != 0)
		return err_set(why, CEN_EFORMAT,
			"%s: the first line must be `family TAB variant TAB parameters TAB index "
			"TAB domain`",
			t->file);
	while (calendar_text_next(t)) {
		char *f[5];
		size_t index;
		if (!calendar_text_fields(t, f, 5) || !is_decimal(f[3], &index) ||
			index >= CALENDAR_SET_MAX)
			return err_set(why, CEN_EFORMAT,
				"%s line %zu: a line has a family, a variant, parameters, an index "
				"below %d "
				"and a name, between tabs",
				t->file, t->line, CALENDAR_SET_MAX);
		int e = rows_add(rows, &(struct row){f[0], f[1], f[2], f[4], index, t->line}, why);
		if (e)
			return e;
	}
	if (!rows->count)
		return err_set(why, CEN_EFORMAT, "%s has no rows", t->file);
	return 0;
}

/* Of one family and variant, and where `is_set` of one set of parameters, with rising indices. */
static size_t alike(const struct rows *rows, size_t from, bool is_set)
{
	size_t n = from + 1;
	const struct row *first = &rows->at[from];
	for (; n < rows->count; n++) {
		const struct row *row = &rows->at[n];
		if (strcmp(row->family, first->family) != 0 ||
			strcmp(row->variant, first->variant) != 0)
			break;
		if (is_set &&
			(strcmp(row->parameters, first->parameters) != 0 ||
				row->index <= rows->at[n - 1].index))
			break;
	}
	return n - from;
}

static bool compare(void *arg, const char *name)
{
	struct comparison *c = arg;
	const struct row *row = &c->rows[c->next];
	if (row->index == c->index++) {
		bool is_same = !strcasecmp(row->name, name);
		c->good += is_same;
		if (!is_same && !c->first_bad) {
			c->first_bad = row;
			memcpy(c->instead, name, strlen(name) + 1);
		}
		c->next++;
	}
	return c->next < c->count;
}

/* Returns how many rows agree. */
static size_t compare_set(const struct row *rows, size_t count, FILE *tell)
{
	struct err why = {""};
	int64_t day = 0;
	struct comparison c = {.rows = rows, .count = count};
	const struct family *f = family_find(rows->family, rows->variant);
	struct family_params *p =
		family_params_read(rows->parameters, strlen(rows->parameters), &why);
	if (!f)
		err_set(&why, CEN_ENOTFOUND, "no generator");
	else if (p && !family_params_day(p, &day) && f->is_dated)
		err_set(&why, CEN_EFORMAT, "no \"date\"");
	else if (p) {
		const char *wrong = family_generate(f, p, day, CALENDAR_SET_MAX, compare, &c);
		if (wrong)
			err_set(&why, CEN_EFORMAT, "`%s` is missing or not allowed", wrong);
		else if (c.first_bad)
			err_set(&why, CEN_EFORMAT, "name %zu is %s, not %s", c.first_bad->index,
				c.instead, c.first_bad->name);
		else if (c.next < count)
			err_set(&why, CEN_EFORMAT, "only %zu names", c.index);
	}
	family_params_free(p);
	if (c.good < count)
		fprintf(tell, "line %zu: %s %s %s: %s\n", rows->line, rows->family, rows->variant,
			rows->parameters, why.text);
	return c.good;
}

/* Returns how many rows agree. */
static size_t compare_rows(const struct rows *rows, FILE *tell)
{
	size_t all = 0;
	for (size_t i = 0; i < rows->count;) {
		size_t of_family = alike(rows, i, false), good = 0;
		const struct row *first = &rows->at[i];
		for (size_t end = i + of_family; i < end;) {
			size_t of_set = alike(rows, i, true);
			good += compare_set(&rows->at[i], of_set, tell);
			i += of_set;
		}
		fprintf(tell, "%s %s: %zu of %zu rows agree\n", first->family, first->variant, good,
			of_family);
		all += good;
	}
	return all;
}

int calendar_check(const char *file, FILE *tell, struct err *why)
{
	struct calendar_text t;
	struct rows rows = {0};
	int e = calendar_text_read(&t, file, why);
	if (!e)
		e = rows_read(&rows, &t, why);
	if (!e) {
		size_t good = compare_rows(&rows, tell);
		fprintf(tell, "all: %zu of %zu rows agree\n", good, rows.count);
		if (good < rows.count)
			e = err_set(why, CEN_EFORMAT, "%s: %zu of %zu rows do not agree", file,
				rows.count - good, rows.count);
	}
	free(rows.at);
	calendar_text_free(&t);
	return e;
}
