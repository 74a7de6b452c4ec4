/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/format_rewrite.h"

#include <string.h>

#include "feeds/format/format_record.h"
#include "resolver/base/wire.h"

static const struct dname root = {.len = 1};

static enum format_skip read_code(struct format_text code, struct rule *rule)
{
	if (format_is(code, "NOERROR"))
		rule->verb = RULE_NODATA;
	else if (format_is(code, "NXDOMAIN"))
		rule->verb = RULE_NXDOMAIN;
	else if (format_is(code, "REFUSED"))
		rule->verb = RULE_REFUSED;
	else
		return FORMAT_UNSUPPORTED;
	return FORMAT_TAKEN;
}

static enum format_skip read_alias(
	struct format_text name, struct rule *rule, struct detail_writer *about)
{
	struct dname target;
	if (!name.len || dname_from_text(name.at, name.len, &target) || !target.labels)
		return FORMAT_MALFORMED;
	rule->verb = RULE_DATA;
	detail_put(about, DETAIL_ALIAS, target.bytes, target.len);
	return FORMAT_TAKEN;
}

/* Text of a TXT record is taken as it is, blanks and all. False: too long for one string. */
static bool quote(struct format_text text, char to[static 600], struct format_text *out)
{
	size_t n = 0;
	if (text.len > 255)
		return false;
	to[n++] = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			to[n++] = '\\';
		to[n++] = text.at[i];
	}
	to[n++] = '"';
	*out = (struct format_text){to, n};
	return true;
}

static enum format_skip read_record(struct format_text type, struct format_text value,
	struct rule *rule, struct detail_writer *about)
{
	struct format_record record;
	char quoted[600];
	uint16_t number = format_record_type(type);
	if (number == TYPE_CNAME)
		return read_alias(value, rule, about);
	if (!number)
		return FORMAT_UNSUPPORTED;
	if (number == TYPE_TXT && !quote(value, quoted, &value))
		return FORMAT_TOO_LONG;
	enum format_skip reason = format_record_read(&root, number, value, &record);
	if (reason != FORMAT_TAKEN)
		return reason;
	rule->verb = RULE_DATA;
	detail_put_record(about, number, FORMAT_TTL_S, record.data, record.len);
	return FORMAT_TAKEN;
}

/* A keyword is in upper case, so that it is no name. */
static bool is_keyword(struct format_text value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < 'A' || value.at[i] > 'Z')
			return false;
	return value.len > 0;
}

enum format_skip format_rewrite_read(
	struct format_text value, struct rule *rule, struct detail_writer *about)
{
	struct addr a;
	struct format_text code, type = {value.at, 0};
	if (memchr(value.at, ';', value.len)) {
		format_part(&value, ';', &code);
		format_part(&value, ';', &type);
		enum format_skip reason = read_code(code, rule);
		if (reason != FORMAT_TAKEN || (!type.len && !value.len))
			return reason;
		return rule->verb == RULE_NODATA ? read_record(type, value, rule, about)
						 : FORMAT_MALFORMED;
	}
	if (format_read_address(value, &a) != FORMAT_NO_ADDRESS) {
		rule->verb = RULE_DATA;
		format_record_address(about, &a, FORMAT_TTL_S);
		return FORMAT_TAKEN;
	}
	return is_keyword(value) ? read_code(value, rule) : read_alias(value, rule, about);
}
