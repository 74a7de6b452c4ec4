/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/base/config.h"
#include "resolver/base/config_value_list.h"

enum { MILLION = 1000000 };

/* A decimal number; returns what follows it, or NULL when there is none or it is too long. */
static const char *read_number(const char *text, uint64_t *out)
{
	uint64_t v = 0;
	size_t n = 0;
	for (; text[n] >= '0' && text[n] <= '9'; n++) {
		if (n == 15)
			return NULL;
		v = v * 10 + (uint64_t)(text[n] - '0');
	}
	*out = v;
	return n ? text + n : NULL;
}

/* A number and one of the units; 0 needs none. */
static int read_with_unit(
	const char *text, const struct config_unit units[static CONFIG_UNITS], uint64_t *out)
{
	uint64_t v;
	const char *unit = read_number(text, &v);
	if (!unit)
		return CEN_EFORMAT;
	if (!*unit && v == 0) {
		*out = 0;
		return 0;
	}
	for (int i = 0; i < CONFIG_UNITS; i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		*out = v > UINT64_MAX / units[i].size ? UINT64_MAX : v * units[i].size;
		return 0;
	}
	return CEN_EFORMAT;
}

static int check_range(const struct config_row *row, uint64_t v, const char **fault)
{
	if (v >= row->min && v <= row->max)
		return 0;
	*fault = v < row->min ? "is too small" : "is too large";
	return CEN_ERANGE;
}

static int read_bool(const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	static const char *const words[] = {"false", "no", "off", "true", "yes", "on"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!strcmp(text, words[i])) {
			*(bool *)to = i >= 3;
			return 0;
		}
	}
	*fault = "is neither true nor false";
	return CEN_EFORMAT;
}

static int put_u32(const struct config_row *row, uint64_t v, void *to, const char **fault)
{
	int rc = check_range(row, v, fault);
	if (rc == 0)
		*(uint32_t *)to = (uint32_t)v;
	return rc;
}

static int read_count(const struct config_row *row, const char *text, void *to, const char **fault)
{
	uint64_t v;
	const char *rest = read_number(text, &v);
	*fault = "is not a number";
	if (!rest || *rest)
		return CEN_EFORMAT;
	return put_u32(row, v, to, fault);
}

static int read_seconds(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	uint64_t v;
	*fault = "is not a duration";
	if (read_with_unit(text, config_value_time_units, &v) < 0)
		return CEN_EFORMAT;
	*fault = "is not in whole seconds";
	if (v % 1000 && v != UINT64_MAX)
		return CEN_EFORMAT;
	return put_u32(row, v / 1000, to, fault);
}

static int read_milliseconds(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	uint64_t v;
	*fault = "is not a duration";
	return read_with_unit(text, config_value_time_units, &v) < 0 ? CEN_EFORMAT
								     : put_u32(row, v, to, fault);
}

static int read_size(const struct config_row *row, const char *text, void *to, const char **fault)
{
	uint64_t v;
	*fault = "is not a size";
	if (read_with_unit(text, config_value_size_units, &v) < 0)
		return CEN_EFORMAT;
	int rc = check_range(row, v, fault);
	if (rc == 0)
		*(uint64_t *)to = v;
	return rc;
}

/* strtod takes much that nobody writes: hexadecimal, infinity, NaN. */
static int read_rate(const struct config_row *row, const char *text, void *to, const char **fault)
{
	char *end;
	double v = strtod(text, &end);
	*fault = "is not a share";
	if (!*text || *end || text[strspn(text, "0123456789.eE+-")])
		return CEN_EFORMAT;
	/* In variables: an x87 keeps more bits of a quotient than a double has, and 1e-6 would be less than it. */
	double least = (double)row->min / MILLION, most = (double)row->max / MILLION;
	*fault = v < least ? "is too small" : "is too large";
	if (v < least || v > most)
		return CEN_ERANGE;
	*(double *)to = v;
	return 0;
}

static int read_word(const struct config_row *row, const char *text, void *to, const char **fault)
{
	for (const struct config_word *w = row->words; w->word; w++) {
		if (!strcmp(text, w->word)) {
			*(int *)to = w->value;
			return 0;
		}
	}
	*fault = "is not one of its words";
	return CEN_EFORMAT;
}

static int put_text(const char *text, void *to, const char **fault)
{
	char *copy = strdup(text);
	if (!copy) {
		*fault = "does not fit: memory is short";
		return -ENOMEM;
	}
	*(char **)to = copy;
	return 0;
}

static int read_category(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
	*fault = "is not a name";
	if (text[n] || n > CONFIG_NAME_MAX || text[0] == '.')
		return CEN_EFORMAT;
	return put_text(text, to, fault);
}

static int read_name(const struct config_row *row, const char *text, void *to, const char **fault)
{
	*fault = "is not a name";
	return *text ? read_category(row, text, to, fault) : CEN_EFORMAT;
}

/* Printable and of a length that a file name or URL may have. */
static bool is_line(const char *text)
{
	size_t n = 0;
	for (; text[n]; n++)
		if ((unsigned char)text[n] < ' ' || text[n] == 127)
			return false;
	return n > 0 && n < 4096;
}

static int read_words(const struct config_row *row, const char *text, void *to, const char **fault)
{
	enum { WORDS_MAX = 200 };
	size_t len = strlen(text);
	(void)row;
	*fault = "is no text";
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return CEN_EFORMAT;
	return len && len <= WORDS_MAX ? put_text(text, to, fault) : CEN_EFORMAT;
}

static int read_path(const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	*fault = "is not an absolute file name";
	return text[0] == '/' && is_line(text) ? put_text(text, to, fault) : CEN_EFORMAT;
}

/* `http://` or `https://`, perhaps a user, and a host. curl judges the rest. */
static bool is_url(const char *text)
{
	size_t scheme = !strncasecmp(text, "http://", 7) ? 7
		: !strncasecmp(text, "https://", 8)	 ? 8
							 : 0;
	if (!scheme || !is_line(text) || strpbrk(text, " \"<>\\^`{|}"))
		return false;
	const char *host = text + scheme, *end = host + strcspn(host, "/?#");
	const char *at = memrchr(host, '@', (size_t)(end - host));
	if (at)
		host = at + 1;
	return host < end && *host != ':';
}

static int read_source(const struct config_row *row, const char *text, void *to, const char **fault)
{
	if (text[0] == '/')
		return read_path(row, text, to, fault);
	struct config_xfr xfr;
	*fault = "is not of the form xfr://ADDRESS[:PORT]/ZONE";
	if (config_xfr_is(text))
		return config_xfr_from_text(text, &xfr) ? CEN_EFORMAT : put_text(text, to, fault);
	*fault = "is neither an absolute file name nor an http or https URL";
	return is_url(text) ? put_text(text, to, fault) : CEN_EFORMAT;
}

static int read_secret(const struct config_row *row, const char *text, void *to, const char **fault)
{
	uint8_t key[CONFIG_VALUE_TEXT_MAX];
	size_t len;
	(void)row;
	*fault = "is not base64";
	if (sodium_base642bin(key, sizeof key, text, strlen(text), " ", &len, NULL,
		    sodium_base64_VARIANT_ORIGINAL) ||
		!len)
		return CEN_EFORMAT;
	sodium_memzero(key, sizeof key);
	return put_text(text, to, fault);
}

/* Three numbers, then what is left in digits of the key or digest (RFC 4034 2.2, 5.3). */
static bool is_anchor_data(const char *text, bool is_ds)
{
	for (int i = 0; i < 3; i++) {
		text += strspn(text, " \t");
		size_t n = strspn(text, "0123456789");
		if (!n || n > 5 || (text[n] != ' ' && text[n] != '\t'))
			return false;
		text += n;
	}
	size_t digits = 0;
	for (; *text; text++) {
		bool is_digit = is_ds ? isxdigit((unsigned char)*text) != 0
				      : isalnum((unsigned char)*text) || strchr("+/=", *text);
		if (!is_digit && *text != ' ' && *text != '\t')
			return false;
		digits += is_digit;
	}
	return digits > 0;
}

/* A DS or DNSKEY record? Whether its algorithm is known is for libunbound to say. */
static bool is_anchor(const char *text)
{
	while (*text) {
		text += strspn(text, " \t");
		size_t n = strcspn(text, " \t");
		bool is_ds = n == 2 && !strncasecmp(text, "DS", 2);
		if (is_ds || (n == 6 && !strncasecmp(text, "DNSKEY", 6)))
			return is_anchor_data(text + n, is_ds);
		text += n;
	}
	return false;
}

static int read_anchor(const struct config_row *row, const char *text, void *to, const char **fault)
{
	if (text[0] == '/')
		return read_path(row, text, to, fault);
	*fault = "is neither a DS or DNSKEY record nor an absolute file name";
	if (!is_line(text) || !is_anchor(text))
		return CEN_EFORMAT;
	return put_text(text, to, fault);
}

static int read_record(const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	*fault = "is not a line of a zone file";
	/* A record has three parts at least; the zone parser judges the rest. */
	size_t first = strcspn(text, " \t");
	bool has_parts =
		first && text[first] && strpbrk(text + first + strspn(text + first, " \t"), " \t");
	for (const char *c = text; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return CEN_EFORMAT;
	if (!has_parts || strlen(text) >= CONFIG_VALUE_TEXT_MAX)
		return CEN_EFORMAT;
	return put_text(text, to, fault);
}

static int read_endpoint(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	*fault = "is not an address with a port";
	return addr_endpoint_from_text(text, row->port, to);
}

static int read_prefix(const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	*fault = "is not an address or prefix, or has bits set below its mask";
	return addr_prefix_from_text(text, to);
}

static int read_address(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	*fault = "is not an address";
	return addr_from_text(text, to);
}

static int read_zone(const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	*fault = "is not a domain name";
	return dname_from_text(text, strlen(text), to);
}

static int read_rule(const struct config_row *row, const char *text, void *to, const char **fault)
{
	struct config_rule rule;
	struct addr_prefix address;
	*fault = "is an address and never a rule; addresses to block go to deny_addresses";
	if (addr_prefix_from_text(text, &address) == 0)
		return CEN_EREFUSED;
	*fault = "is not a rule";
	if (config_rule_from_text(text, strlen(text), &rule) < 0)
		return CEN_EFORMAT;
	*fault = config_rule_guard(row->type == CONFIG_DENY_RULE ? LIST_DENY : LIST_ALLOW, &rule);
	if (*fault)
		return CEN_EREFUSED;
	*(struct config_rule *)to = rule;
	return 0;
}

/* One row a type. `allowed` is for those whose rows say nothing more exact. */
static const struct {
	size_t size;
	int (*read)(const struct config_row *row, const char *text, void *to, const char **fault);
	bool is_text;
	const char *allowed;
} types[] = {
	[CONFIG_BOOL] = {sizeof(bool), read_bool, false, "true or false"},
	[CONFIG_NUMBER] = {sizeof(uint32_t), read_count, false, NULL},
	[CONFIG_SECONDS] = {sizeof(uint32_t), read_seconds, false, "10s"},
	[CONFIG_MILLISECONDS] = {sizeof(uint32_t), read_milliseconds, false, "500ms"},
	[CONFIG_SIZE] = {sizeof(uint64_t), read_size, false, "64MiB"},
	[CONFIG_RATE] = {sizeof(double), read_rate, false, "1e-4"},
	[CONFIG_WORD] = {sizeof(int), read_word, false, NULL},
	[CONFIG_NAME] = {sizeof(char *), read_name, true,
		"1-63 of a-z 0-9 . _ -, not beginning with a dot"},
	[CONFIG_CATEGORY] = {sizeof(char *), read_category, true,
		"0-63 of a-z 0-9 . _ -, not beginning with a dot"},
	[CONFIG_TEXT] = {sizeof(char *), read_words, true, "1-200 printable ASCII characters"},
	[CONFIG_PATH] = {sizeof(char *), read_path, true, "a file name that begins with /"},
	[CONFIG_SOURCE] = {sizeof(char *), read_source, true,
		"as /etc/cenote/list.txt, https://example.org/list.txt or "
		"xfr://192.0.2.1/rpz.example"},
	[CONFIG_SECRET] = {sizeof(char *), read_secret, true, "the key in base64"},
	[CONFIG_ANCHOR] = {sizeof(char *), read_anchor, true,
		"as \"example. IN DS 12345 13 2 1F3A90E2\", or a file name that begins with /"},
	[CONFIG_RECORD] = {sizeof(char *), read_record, true,
		"as \"nas.home.arpa. 300 IN A 192.168.1.9\""},
	[CONFIG_ENDPOINT] = {sizeof(struct addr_endpoint), read_endpoint, false,
		"as 127.0.0.1:53 or [::1]:53"},
	[CONFIG_PREFIX] = {sizeof(struct addr_prefix), read_prefix, false,
		"as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1"},
	[CONFIG_ADDRESS] = {sizeof(struct addr), read_address, false,
		"as 192.0.2.1 or 2001:db8::1"},
	[CONFIG_ZONE] = {sizeof(struct dname), read_zone, false, "as home.arpa"},
	[CONFIG_ALLOW_RULE] = {sizeof(struct config_rule), read_rule, false,
		"as good.example, =good.example or *.good.example"},
	[CONFIG_DENY_RULE] = {sizeof(struct config_rule), read_rule, false,
		"as bad.example, =bad.example or *.bad.example"},
	[CONFIG_SHA256] = {sizeof(char *), config_value_read_sha256, true, "64 hexadecimal digits"},
	[CONFIG_KEY] = {sizeof(char *), config_value_read_key, true,
		"as minisign prints it, 56 characters from RW, or 64 hexadecimal digits"},
	[CONFIG_TIME] = {sizeof(uint32_t), config_value_read_time, false, "as \"04:30\""},
	[CONFIG_ITEM] = {0, NULL, false, "a mapping of these keys"},
};

size_t config_value_size(const struct config_row *row)
{
	return row->type == CONFIG_ITEM ? row->item->item_size : types[row->type].size;
}

int config_value_read(const struct config_row *row, const char *text, void *to, const char **fault)
{
	/* Before anything is done with its length: a value of megabytes is no value. */
	if (strnlen(text, CONFIG_VALUE_TEXT_MAX) == CONFIG_VALUE_TEXT_MAX) {
		*fault = "is too long";
		return CEN_EFORMAT;
	}
	if (row->has_auto && !strcmp(text, "auto")) {
		memset(to, 0, config_value_size(row));
		return 0;
	}
	return types[row->type].read(row, text, to, fault);
}

/* Without an exponent, and with no digit too many. */
static void print_rate(char out[static 32], uint64_t millionths)
{
	int n = snprintf(out, 32, "%.6f", (double)millionths / MILLION);
	while (out[n - 1] == '0')
		out[--n] = 0;
}

static void print_words(const struct config_row *row, char *out, size_t size)
{
	size_t n = 0;
	for (const struct config_word *w = row->words; w->word && n < size; w++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", w->word);
}

const char *config_value_allowed(
	const struct config_row *row, char out[static CONFIG_VALUE_ALLOWED_MAX])
{
	const size_t size = CONFIG_VALUE_ALLOWED_MAX;
	const char *tail = row->has_auto ? " or auto" : "";
	char min[32], max[32];
	switch (row->type) {
	case CONFIG_NUMBER:
		snprintf(out, size, "%" PRIu64 "-%" PRIu64 "%s", row->min, row->max, tail);
		break;
	case CONFIG_SECONDS:
	case CONFIG_MILLISECONDS: {
		uint64_t scale = row->type == CONFIG_SECONDS ? 1000 : 1;
		config_value_unit_text(min, row->min * scale, config_value_time_units);
		config_value_unit_text(max, row->max * scale, config_value_time_units);
		snprintf(out, size, "%s-%s%s, as %s", min, max, tail, types[row->type].allowed);
		break;
	}
	case CONFIG_SIZE:
		config_value_unit_text(min, row->min, config_value_size_units);
		config_value_unit_text(max, row->max, config_value_size_units);
		snprintf(out, size, "%s-%s%s, as %s", min, max, tail, types[row->type].allowed);
		break;
	case CONFIG_RATE:
		print_rate(min, row->min);
		print_rate(max, row->max);
		snprintf(out, size, "%s-%s, as %s", min, max, types[row->type].allowed);
		break;
	case CONFIG_WORD:
		print_words(row, out, size);
		break;
	default:
		snprintf(out, size, "%s", types[row->type].allowed);
	}
	return out;
}

const char *config_value_quote(const char *text, char out[static CONFIG_VALUE_QUOTED_MAX])
{
	enum { SHOWN = 40 };
	size_t n = 0, i = 0;
	out[n++] = '"';
	for (; text[i] && i < SHOWN; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= ' ' && c < 127 && c != '"' && c != '\\')
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
	}
	snprintf(out + n, CONFIG_VALUE_QUOTED_MAX - n, "%s\"", text[i] ? "..." : "");
	return out;
}

void *config_value_array(const struct config_row *row, const void *base, size_t *count)
{
	void *items;
	memcpy(&items, (const char *)base + row->at, sizeof items);
	memcpy(count, (const char *)base + row->count_at, sizeof *count);
	return items;
}

void config_value_set_array(const struct config_row *row, void *base, void *items, size_t count)
{
	memcpy((char *)base + row->at, &items, sizeof items);
	memcpy((char *)base + row->count_at, &count, sizeof count);
}

static void free_one(const struct config_row *row, void *value)
{
	if (row->type == CONFIG_ITEM)
		for (size_t i = 0; i < row->item->count; i++)
			config_value_free(config_table_row(row->item, i), value);
	if (!types[row->type].is_text)
		return;
	free(*(char **)value);
	*(char **)value = NULL;
}

void config_value_free(const struct config_row *row, void *base)
{
	if (!row->is_array) {
		free_one(row, (char *)base + row->at);
		return;
	}
	size_t count;
	char *items = config_value_array(row, base, &count);
	for (size_t i = 0; i < count; i++)
		free_one(row, items + i * config_value_size(row));
	free(items);
	config_value_set_array(row, base, NULL, 0);
}

static bool equal_one(const struct config_row *row, const void *a, const void *b)
{
	if (row->type == CONFIG_ITEM) {
		for (size_t i = 0; i < row->item->count; i++)
			if (!config_value_equal(config_table_row(row->item, i), a, b))
				return false;
		return true;
	}
	if (types[row->type].is_text) {
		const char *x = *(char *const *)a, *y = *(char *const *)b;
		return x && y ? !strcmp(x, y) : x == y;
	}
	if (row->type == CONFIG_ZONE)
		return dname_equal(a, b);
	if (row->type == CONFIG_ALLOW_RULE || row->type == CONFIG_DENY_RULE) {
		const struct config_rule *x = a, *y = b;
		return dname_equal(&x->name, &y->name) && x->is_self == y->is_self &&
			x->is_below == y->is_below;
	}
	if (row->type == CONFIG_ENDPOINT) {
		const struct addr_endpoint *x = a, *y = b;
		return addr_equal(&x->addr, &y->addr) && x->port == y->port && x->scope == y->scope;
	}
	return !memcmp(a, b, config_value_size(row));
}

bool config_value_equal(const struct config_row *row, const void *a, const void *b)
{
	if (!row->is_array)
		return equal_one(row, (const char *)a + row->at, (const char *)b + row->at);
	size_t n, m, size = config_value_size(row);
	const char *x = config_value_array(row, a, &n), *y = config_value_array(row, b, &m);
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!equal_one(row, x + i * size, y + i * size))
			return false;
	return true;
}
