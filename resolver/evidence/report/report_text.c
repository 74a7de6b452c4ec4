/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/report/report_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/wire.h"

static const uint64_t DAY_MS = 86400000;
static const uint64_t TIME_MAX_MS = 253402300799999; /* 9999-12-31T23:59:59.999Z */

struct type_name {
	uint16_t number;
	const char *name;
};

static const struct type_name type_names[] = {
	{TYPE_A, "A"},
	{TYPE_AAAA, "AAAA"},
	{TYPE_HTTPS, "HTTPS"},
	{TYPE_SVCB, "SVCB"},
	{TYPE_CNAME, "CNAME"},
	{TYPE_MX, "MX"},
	{TYPE_NS, "NS"},
	{TYPE_PTR, "PTR"},
	{TYPE_SOA, "SOA"},
	{TYPE_SRV, "SRV"},
	{TYPE_TXT, "TXT"},
	{TYPE_ANY, "ANY"},
};

static bool is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1970-01-01 to the first day of `year`. */
static uint32_t year_start(uint32_t year)
{
	uint32_t before = year - 1;
	return year * 365 + before / 4 - before / 100 + before / 400 - 719527;
}

/* Not gmtime_r: time_t of a 32-bit system ends in 2038. */
const char *report_text_time(uint64_t at_ms, char out[static REPORT_TIME_TEXT])
{
	if (at_ms > TIME_MAX_MS)
		at_ms = TIME_MAX_MS;
	uint32_t day = (uint32_t)(at_ms / DAY_MS), ms = (uint32_t)(at_ms % DAY_MS);
	uint32_t year = 1970 + day / 366, month = 1;
	while (year_start(year + 1) <= day)
		year++;
	day -= year_start(year);
	while (day >= month_days(year, month))
		day -= month_days(year, month++);
	/* The remainders show the compiler that every field has its width. */
	snprintf(out, REPORT_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", year % 10000,
		month % 100, (day + 1) % 100, ms / 3600000 % 100, ms / 60000 % 60, ms / 1000 % 60,
		ms % 1000);
	return out;
}

const char *report_text_client(const struct evidence_case *c, char out[static REPORT_CLIENT_TEXT])
{
	char address[ADDR_TEXT_MAX];
	addr_to_text(&c->client, address);
	unsigned bits = c->client_bits;
	if (c->alias[0] || !bits)
		snprintf(out, REPORT_CLIENT_TEXT, "%s", c->alias);
	else if (bits >= 128)
		snprintf(out, REPORT_CLIENT_TEXT, "%s", address);
	else
		snprintf(out, REPORT_CLIENT_TEXT, "%s/%u", address,
			addr_is_v4(&c->client) && bits >= 96 ? bits - 96 : bits);
	return out;
}

const char *report_text_type(uint16_t type, char out[static REPORT_TYPE_TEXT])
{
	snprintf(out, REPORT_TYPE_TEXT, "TYPE%u", type);
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (type_names[i].number == type)
			snprintf(out, REPORT_TYPE_TEXT, "%s", type_names[i].name);
	return out;
}

bool report_text_is_domain(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  digits_and_marks[] = "0123456789-_";
	size_t labels = 0, len = 0, top_letters = 0;
	for (; *text; text++) {
		if (*text == '.') {
			if (!len)
				return false;
			labels++;
			len = top_letters = 0;
			continue;
		}
		if (strchr(letters, *text))
			top_letters++;
		else if (!strchr(digits_and_marks, *text))
			return false;
		len++;
	}
	return labels >= 1 && len >= 2 && top_letters;
}

json_t *report_text_printable(const char *text, size_t room)
{
	size_t len = strnlen(text, room - 1);
	char *printable = malloc(len + 1);
	if (!printable)
		return NULL;
	for (size_t i = 0; i < len; i++)
		printable[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	json_t *s = json_stringn(printable, len);
	free(printable);
	return s;
}

json_t *report_text_json(const char *text, size_t room)
{
	json_t *s = json_stringn(text, strnlen(text, room - 1));
	return s ? s : report_text_printable(text, room);
}

void report_text_append(json_t **array, json_t *value)
{
	if (*array && json_array_append_new(*array, value) == 0)
		return;
	if (!*array)
		json_decref(value);
	json_decref(*array);
	*array = NULL;
}
