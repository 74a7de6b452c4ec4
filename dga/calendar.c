/* SPDX-License-Identifier: BSD-2-Clause
 * Runs the generators of known botnets over days.
 */
#include "dga/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dga/calendar_text.h"
#include "dga/families/family.h"

/* A generator with a set of parameters. */
struct set {
	const struct family *family;
	struct family_params *params;
	const char *text; /* the parameters; borrowed */
	size_t line; /* in the file; 0: built-in */
};

struct sets {
	struct set *at;
	size_t count;
	const char *file;
};

/* What a run needs to know of the request. */
struct walk {
	calendar_each_name *each;
	void *arg;
	int64_t day;
	struct calendar_maker maker;
	bool is_over;
};

bool calendar_day_from_text(const char *text, int64_t *day)
{
	return family_day_from_text(text, day);
}

void calendar_day_to_text(int64_t day, char text[static 11])
{
	struct family_date d = family_date(day);
	const int parts[] = {d.year / 100, d.year % 100, d.month, d.day};
	static const size_t places[] = {0, 2, 5, 8};
	memcpy(text, "0000-00-00", 11);
	for (size_t i = 0; i < 4; i++) {
		text[places[i]] = (char)('0' + parts[i] / 10 % 10);
		text[places[i] + 1] = (char)('0' + parts[i] % 10);
	}
}

bool calendar_generator(size_t i, struct calendar_maker *out, size_t *sets)
{
	const struct family *f = family_at(i);
	if (!f)
		return false;
	*out = (struct calendar_maker){
		.family = f->name, .variant = f->variant, .is_dated = f->is_dated};
	*sets = 0;
	const struct family_seed *s;
	for (size_t k = 0; (s = family_seed_at(k)) != NULL; k++)
		*sets += !strcmp(s->name, f->name) && !strcmp(s->variant, f->variant);
	return true;
}

/* --- the sets of parameters --- */

static int set_add(struct sets *sets, const char *family, const char *variant, const char *text,
	size_t line, struct err *why)
{
	struct err inner;
	const struct family *f = family_find(family, variant);
	if (!f)
		return err_set(why, CEN_EFORMAT, "no generator for `%.64s %.64s`", family, variant);
	struct family_params *p = family_params_read(text, strlen(text), &inner);
	if (!p)
		return err_set(why, CEN_EFORMAT, "%s %s: %s", family, variant, inner.text);
	sets->at[sets->count++] = (struct set){f, p, text, line};
	return 0;
}

static int sets_of_file(struct sets *sets, struct calendar_text *t, struct err *why)
{
	struct err inner;
	char *fields[3];
	while (calendar_text_next(t)) {
		if (calendar_text_is_comment(t) ||
			(t->line == 1 && !strncmp(t->at, "family\tvariant\t", 15)))
			continue;
		if (sets->count == CALENDAR_SETS_MAX)
			return err_set(why, CEN_EFORMAT, "%s: more than %d sets of parameters",
				t->file, CALENDAR_SETS_MAX);
		if (!calendar_text_fields(t, fields, 3))
			return err_set(why, CEN_EFORMAT,
				"%s line %zu: a line is `family TAB variant TAB JSON`", t->file,
				t->line);
		if (set_add(sets, fields[0], fields[1], fields[2], t->line, &inner))
			return err_set(why, CEN_EFORMAT, "%s line %zu: %.400s", t->file, t->line,
				inner.text);
	}
	return 0;
}

static int sets_built_in(struct sets *sets, struct err *why)
{
	const struct family_seed *s;
	for (size_t i = 0; (s = family_seed_at(i)) != NULL && sets->count < CALENDAR_SETS_MAX;
		i++) {
		int e = set_add(sets, s->name, s->variant, s->parameters, 0, why);
		if (e)
			return e;
	}
	return 0;
}

static void sets_free(struct sets *sets)
{
	for (size_t i = 0; i < sets->count; i++)
		family_params_free(sets->at[i].params);
	free(sets->at);
}

/* --- the walk --- */

static bool pass(void *arg, const char *name)
{
	struct walk *w = arg;
	w->is_over = !w->each(w->arg, w->day, &w->maker, name);
	return !w->is_over;
}

static int walk_set(struct walk *w, const struct set *s, const char *file, struct err *why)
{
	const struct family *f = s->family;
	w->maker = (struct calendar_maker){f->name, f->variant, s->text, f->is_dated};
	const char *wrong = family_generate(f, s->params, w->day, CALENDAR_SET_MAX, pass, w);
	if (!wrong)
		return 0;
	if (!s->line)
		return err_set(why, CEN_EFORMAT, "built-in parameters of %s %s: `%s` is wrong",
			f->name, f->variant, wrong);
	return err_set(why, CEN_EFORMAT, "%s line %zu: %s %s: `%s` is missing or not allowed", file,
		s->line, f->name, f->variant, wrong);
}

static int walk_day(
	struct walk *w, const struct calendar_request *r, const struct sets *sets, struct err *why)
{
	for (size_t i = 0; i < sets->count && !w->is_over; i++) {
		const struct set *s = &sets->at[i];
		if ((r->family && strcmp(r->family, s->family->name) != 0) ||
			(!s->family->is_dated && w->day != r->first_day))
			continue;
		int e = walk_set(w, s, r->seeds, why);
		if (e)
			return e;
	}
	return 0;
}

static bool is_family(const char *name)
{
	const struct family *f;
	for (size_t i = 0; (f = family_at(i)) != NULL; i++)
		if (!strcmp(f->name, name))
			return true;
	return false;
}

static int check_request(const struct calendar_request *r, struct err *why)
{
	if (r->family && !is_family(r->family))
		return err_set(why, CEN_ENOTFOUND, "no family is called `%.64s`", r->family);
	if (r->first_day < 0 || r->last_day < r->first_day ||
		r->last_day - r->first_day >= CALENDAR_DAYS_MAX ||
		r->last_day > family_day(2199, 12, 31))
		return err_set(why, -EINVAL,
			"a calendar has 1 to %d days, of the years 1970 to 2199",
			CALENDAR_DAYS_MAX);
	return 0;
}

int calendar_each(
	const struct calendar_request *r, calendar_each_name *each, void *arg, struct err *why)
{
	struct calendar_text text = {0};
	int e = check_request(r, why);
	if (e)
		return e;
	struct sets sets = {.at = calloc(CALENDAR_SETS_MAX, sizeof *sets.at)};
	if (!sets.at)
		return err_set(why, -ENOMEM, "no memory for the calendar");
	e = sets_built_in(&sets, why);
	if (!e && r->seeds)
		e = calendar_text_read(&text, r->seeds, why);
	if (!e && r->seeds)
		e = sets_of_file(&sets, &text, why);
	struct walk w = {.each = each, .arg = arg, .day = r->first_day};
	for (; !e && !w.is_over && w.day <= r->last_day; w.day++)
		e = walk_day(&w, r, &sets, why);
	sets_free(&sets);
	calendar_text_free(&text);
	return e;
}
