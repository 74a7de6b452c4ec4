/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/format_options.h"

#include <string.h>

#include "feeds/format/format_record.h"
#include "feeds/format/format_rewrite.h"

/* Modifiers that speak of pages, frames and requests. Each narrows a rule, so a rule with one is none for a resolver. */
static const char *const of_browsers[] = {"1p", "3p", "app", "audio", "beacon", "cname", "content",
	"cookie", "csp", "css", "doc", "document", "domain", "ehide", "elemhide", "empty",
	"extension", "first-party", "font", "frame", "from", "genericblock", "generichide", "ghide",
	"header", "hls", "image", "inline-font", "inline-script", "ipaddress", "jsinject",
	"jsonprune", "matches-path", "media", "method", "mp4", "network", "object",
	"object-subrequest", "other", "path", "permissions", "ping", "popup", "popunder",
	"protobuf", "queryprune", "reason", "redirect", "redirect-rule", "referrerpolicy",
	"removeheader", "removeparam", "replace", "responseheader", "rewrite", "script", "shide",
	"sitekey", "specifichide", "stealth", "strict-first-party", "strict-third-party",
	"strict1p", "strict3p", "stylesheet", "subdocument", "third-party", "to",
	"trustedjsonprune", "uritransform", "url", "urlblock", "urlskip", "urltransform", "video",
	"webrtc", "websocket", "xhr", "xmlhttprequest", "xmlprune"};

/* Known, and not for this program. */
static const char *const of_others[] = {"ctag"};

struct option {
	struct format_text name, value;
	bool has_value, is_not;
};

/* Takes the next one; a comma behind a backslash or within quotes does not end it. */
static bool next_option(struct format_text *rest, struct option *out)
{
	size_t n = 0;
	char quote = 0;
	if (!rest->len)
		return false;
	for (; n < rest->len && (quote || rest->at[n] != ','); n++) {
		char c = rest->at[n];
		if (c == '\\' && n + 1 < rest->len)
			n++;
		else if (quote ? c == quote : c == '\'' || c == '"')
			quote = quote ? 0 : c;
	}
	struct format_text text = format_strip((struct format_text){rest->at, n});
	n += n < rest->len;
	rest->at += n;
	rest->len -= n;
	out->is_not = text.len && *text.at == '~';
	text.at += out->is_not;
	text.len -= out->is_not;
	out->has_value = memchr(text.at, '=', text.len) != NULL;
	out->name = out->value = (struct format_text){text.at, 0};
	format_part(&text, '=', &out->name);
	out->value = text;
	return true;
}

static bool is_among(const char *const *words, size_t count, struct format_text name)
{
	for (size_t i = 0; i < count; i++)
		if (format_is(name, words[i]))
			return true;
	return false;
}

/* Letters, digits, '-'; `_` alone is a filler. Others are no modifier but a dollar sign in something else. */
static bool is_word(struct format_text name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = dname_lower((uint8_t)name.at[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return name.len > 0;
}

/* `a|~b`: takes the next, without the sign for "not". */
static bool next_item(struct format_text *rest, struct format_text *out, bool *is_not)
{
	if (!format_part(rest, '|', out))
		return false;
	*out = format_strip(*out);
	*is_not = out->len && *out->at == '~';
	out->at += *is_not;
	out->len -= *is_not;
	return true;
}

static enum format_skip read_types(struct format_text values, struct detail_writer *about)
{
	struct format_text item;
	for (bool is_not; next_item(&values, &item, &is_not);) {
		uint16_t type = format_record_type(item);
		if (!type)
			return FORMAT_MALFORMED;
		detail_put_u16(about, is_not ? DETAIL_NOT_TYPE : DETAIL_TYPE, type);
	}
	return FORMAT_TAKEN;
}

/* Clients by address only: what name a device has, this program does not know. */
static enum format_skip read_clients(struct format_text values, struct detail_writer *about)
{
	struct format_text item;
	for (bool is_not; next_item(&values, &item, &is_not);) {
		char text[ADDR_TEXT_MAX];
		struct addr_prefix prefix;
		if (item.len > 1 && (*item.at == '"' || *item.at == '\'') &&
			item.at[item.len - 1] == *item.at)
			item = (struct format_text){item.at + 1, item.len - 2};
		if (!item.len)
			return FORMAT_MALFORMED;
		if (item.len >= sizeof text || !format_is_address(item) ||
			memchr(item.at, '%', item.len))
			return FORMAT_UNSUPPORTED;
		memcpy(text, item.at, item.len);
		text[item.len] = 0;
		addr_prefix_from_text(text, &prefix);
		detail_put_prefix(about, is_not ? DETAIL_NOT_CLIENT : DETAIL_CLIENT, &prefix);
	}
	return FORMAT_TAKEN;
}

static enum format_skip read_names(struct format_text values, struct detail_writer *about)
{
	struct format_text item;
	for (bool is_not; next_item(&values, &item, &is_not);) {
		struct dname name;
		if (is_not || !item.len || dname_from_text(item.at, item.len, &name))
			return FORMAT_MALFORMED;
		detail_put(about, DETAIL_NOT_NAME, name.bytes, name.len);
	}
	return FORMAT_TAKEN;
}

struct reading {
	bool is_exception;
	struct rule *rule;
	struct detail_writer *about;
};

/* Modifiers with conditions, in the order in which they are kept: of two rules that say the same, all octets are equal. */
static const struct condition {
	const char *name;
	enum format_skip (*read)(struct format_text, struct detail_writer *);
} conditions[] = {{"dnstype", read_types}, {"client", read_clients}, {"denyallow", read_names}};

enum { CONDITIONS = sizeof conditions / sizeof *conditions };

static bool is_condition(struct format_text name)
{
	for (size_t i = 0; i < CONDITIONS; i++)
		if (format_is(name, conditions[i].name))
			return true;
	return false;
}

/* All but the conditions. */
static enum format_skip read_option(const struct reading *r, const struct option *o)
{
	if (is_among(of_browsers, sizeof of_browsers / sizeof *of_browsers, o->name))
		return FORMAT_BROWSER;
	if (!is_word(o->name))
		return FORMAT_MALFORMED;
	if (format_is(o->name, "dnsrewrite")) {
		/* An exception from rewriting is none from blocking. */
		if (r->is_exception)
			return FORMAT_UNSUPPORTED;
		return o->value.len && !o->is_not ? format_rewrite_read(o->value, r->rule, r->about)
						  : FORMAT_MALFORMED;
	}
	if (is_condition(o->name))
		return o->value.len && !o->is_not ? FORMAT_TAKEN : FORMAT_MALFORMED;
	if (is_among(of_others, sizeof of_others / sizeof *of_others, o->name))
		return FORMAT_UNSUPPORTED;
	if (o->has_value || o->is_not)
		return FORMAT_UNSUPPORTED;
	if (format_is(o->name, "important"))
		r->rule->is_important = true;
	else if (format_is(o->name, "badfilter"))
		r->rule->is_removal = true;
	/* All kinds of requests; names have no case; `_` says nothing. */
	else if (!format_is(o->name, "all") && !format_is(o->name, "match-case") &&
		*o->name.at != '_')
		return FORMAT_UNSUPPORTED;
	return FORMAT_TAKEN;
}

enum format_skip format_options_read(struct format_text options, bool is_exception,
	struct rule *rule, struct detail_writer *about)
{
	const struct reading r = {is_exception, rule, about};
	enum format_skip worst = FORMAT_TAKEN;
	struct format_text rest = options;
	struct option o;
	if (!options.len)
		return FORMAT_MALFORMED;
	/* What is not for us decides before what is not good. */
	while (next_option(&rest, &o)) {
		enum format_skip reason = read_option(&r, &o);
		if (worst == FORMAT_TAKEN || reason == FORMAT_BROWSER)
			worst = reason;
	}
	for (size_t i = 0; i < CONDITIONS && worst == FORMAT_TAKEN; i++)
		for (rest = options; worst == FORMAT_TAKEN && next_option(&rest, &o);)
			if (format_is(o.name, conditions[i].name))
				worst = conditions[i].read(o.value, about);
	return worst == FORMAT_TAKEN && about->is_full ? FORMAT_TOO_LONG : worst;
}
