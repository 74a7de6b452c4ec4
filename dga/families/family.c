/* SPDX-License-Identifier: BSD-2-Clause
 * What every generator needs: its parameters, and a way out for its names.
 */
#include "dga/families/family.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct family_params {
	json_t *object;
};

struct family_params *family_params_read(const char *text, size_t len, struct err *why)
{
	json_error_t fault;
	if (len > FAMILY_PARAMETERS_MAX) {
		err_set(why, CEN_EFORMAT, "parameters of %zu octets; at most %d are allowed", len,
			FAMILY_PARAMETERS_MAX);
		return NULL;
	}
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
	if (!json_is_object(object)) {
		err_set(why, CEN_EFORMAT, "parameters must be a JSON object%s%s",
			object ? "" : ": ", object ? "" : fault.text);
		json_decref(object);
		return NULL;
	}
	struct family_params *p = malloc(sizeof *p);
	if (p)
		p->object = object;
	else
		json_decref(object);
	if (!p)
		err_set(why, -ENOMEM, "no memory for parameters");
	return p;
}

void family_params_free(struct family_params *p)
{
	if (p)
		json_decref(p->object);
	free(p);
}

size_t family_params_count(const struct family_params *p, size_t most)
{
	const json_t *v = json_object_get(p->object, "count");
	json_int_t n = json_integer_value(v);
	return n >= 1 && (unsigned long long)n < most ? (size_t)n : most;
}

bool family_params_day(const struct family_params *p, int64_t *day)
{
	const char *text = json_string_value(json_object_get(p->object, "date"));
	return text && family_day_from_text(text, day);
}

/* --- names out --- */

const char *family_generate(const struct family *f, const struct family_params *p, int64_t day,
	size_t most, bool (*each)(void *arg, const char *name), void *arg)
{
	struct family_run r = {
		.params = p,
		.day = day,
		.each = each,
		.arg = arg,
		.left = family_params_count(p, most),
	};
	if (r.left)
		f->generate(&r);
	return r.missing;
}

bool family_is_done(const struct family_run *r)
{
	return !r->left || r->missing;
}

void family_wrong(struct family_run *r, const char *what)
{
	if (!r->missing)
		r->missing = what;
}

/* Lower case of what a host or service name may contain; 0 for all else. Independent of the locale. */
static char host_octet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : 0;
}

/* RFC 1035 section 2.3.4: labels of 1 to 63 octets, 253 in all as text. */
static bool read_name(const char *name, char out[static FAMILY_NAME_MAX + 1])
{
	size_t n = 0, label = 0;
	for (; name[n]; n++) {
		if (n == FAMILY_NAME_MAX)
			return false;
		out[n] = name[n] == '.' ? '.' : host_octet(name[n]);
		label = out[n] == '.' ? 0 : label + 1;
		if (!out[n] || label > 63 || (!label && (!n || out[n - 1] == '.')))
			return false;
	}
	out[n] = 0;
	return label > 0;
}

bool family_emit(struct family_run *r, const char *name)
{
	char lower[FAMILY_NAME_MAX + 1];
	if (family_is_done(r))
		return false;
	if (!read_name(name, lower)) {
		family_wrong(r, "a host name");
		return false;
	}
	r->left--;
	if (!r->each(r->arg, lower))
		r->left = 0;
	return r->left > 0;
}

/* --- parameters in --- */

static const json_t *member(const struct family_run *r, const char *key)
{
	return json_object_get(r->params->object, key);
}

static bool number_of(const json_t *v, int64_t low, int64_t high, int64_t *out)
{
	int64_t n = json_integer_value(v);
	const char *text = json_string_value(v);
	if (text) {
		char *end;
		bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && text[2];
		errno = 0;
		n = is_hex ? strtoll(text + 2, &end, 16) : -1;
		if (!is_hex || *end || errno || text[2] == '-' || text[2] == '+' || text[2] == ' ')
			return false;
	} else if (!json_is_integer(v)) {
		return false;
	}
	*out = n;
	return n >= low && n <= high;
}

int64_t family_number(struct family_run *r, const char *key, int64_t low, int64_t high)
{
	int64_t n;
	if (number_of(member(r, key), low, high, &n))
		return n;
	family_wrong(r, key);
	return 0;
}

int64_t family_number_or(
	struct family_run *r, const char *key, int64_t low, int64_t high, int64_t otherwise)
{
	return member(r, key) ? family_number(r, key, low, high) : otherwise;
}

static const char *text_of(const json_t *v, size_t max)
{
	const char *text = json_string_value(v);
	return text && text[0] && strlen(text) <= max ? text : NULL;
}

const char *family_text(struct family_run *r, const char *key, size_t max)
{
	const char *text = text_of(member(r, key), max);
	if (!text)
		family_wrong(r, key);
	return text ? text : "";
}

bool family_is_true(struct family_run *r, const char *key)
{
	const json_t *v = member(r, key);
	if (v && !json_is_boolean(v))
		family_wrong(r, key);
	return json_is_true(v);
}

bool family_is_null(struct family_run *r, const char *key)
{
	const json_t *v = member(r, key);
	return !v || json_is_null(v);
}

int64_t family_text_day(struct family_run *r, const char *key)
{
	int64_t day = 0;
	const char *text = family_text(r, key, 10);
	if (!family_day_from_text(text, &day))
		family_wrong(r, key);
	return day;
}

size_t family_texts(struct family_run *r, const char *key, const char **out, size_t max)
{
	const json_t *list = member(r, key);
	size_t n = json_array_size(list);
	bool is_good = n && n <= max;
	for (size_t i = 0; is_good && i < n; i++) {
		out[i] = text_of(json_array_get(list, i), 63);
		is_good = out[i] != NULL;
	}
	if (!is_good)
		family_wrong(r, key);
	return is_good ? n : 0;
}

size_t family_numbers(
	struct family_run *r, const char *key, int64_t low, int64_t high, int64_t *out, size_t max)
{
	const json_t *list = member(r, key);
	size_t n = json_array_size(list);
	bool is_good = n && n <= max;
	for (size_t i = 0; is_good && i < n; i++)
		is_good = number_of(json_array_get(list, i), low, high, &out[i]);
	if (!is_good)
		family_wrong(r, key);
	return is_good ? n : 0;
}
