/* SPDX-License-Identifier: BSD-2-Clause
 * dnsmasq's configuration: `address=/d/`, `server=/d/` and `local=/d/` mean d and all below it; an address of their own becomes the answer.
 * To which server a name is sent is for the configuration, not for a list.
 * Standards: dnsmasq(8).
 */
#include <string.h>

#include "feeds/format/format_record.h"

/* Options that such files hold beside names; others are no lines of dnsmasq. */
static bool is_option(struct format_text line)
{
	static const char *const options[] = {
		"address=", "server=", "local=", "ipset=", "nftset=", "cname=", "host-record=",
		"conf-file=", "conf-dir=", "addn-hosts=", "hostsdir=", "servers-file=",
		"bogus-nxdomain=", "ignore-address=", "rebind-domain-ok=", "rev-server=", "domain=",
		"alias=", "txt-record=", "ptr-record=", "srv-host=", "mx-host=", "naptr-record=",
		"caa-record=", "dns-rr=", "synth-domain=", "cache-size=", "port=", "interface=",
		"listen-address=", "local-ttl=", "resolv-file="};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (format_begins(line, options[i]))
			return true;
	return false;
}

/* `/d1/d2/target`: what stands behind the last slash. */
static struct format_text target_of(struct format_text *names)
{
	size_t n = names->len;
	while (n && names->at[n - 1] != '/')
		n--;
	struct format_text target = {names->at + n, names->len - n};
	names->len = n ? n - 1 : 0;
	return target;
}

/* FORMAT_TAKEN: `*about` holds the record, if there is one. */
static enum format_skip read_target(
	bool is_address, struct format_text target, struct detail_writer *about)
{
	struct addr a;
	if (!target.len || (is_address && format_is(target, "#")))
		return FORMAT_TAKEN;
	if (!is_address)
		return FORMAT_UNSUPPORTED;
	switch (format_read_address(target, &a)) {
	case FORMAT_NO_ADDRESS:
		return FORMAT_MALFORMED;
	case FORMAT_SOMEWHERE:
		format_record_address(about, &a, FORMAT_TTL_S);
		break;
	case FORMAT_NOWHERE:
		break;
	}
	return FORMAT_TAKEN;
}

static void read_name(
	const struct format_sink *sink, struct format_text name, const struct detail_writer *about)
{
	struct rule rule;
	enum format_skip reason;
	format_clear(&rule);
	if (name.len > 1 && *name.at == '.') {
		name.at++; /* `.d` is the same as d */
		name.len--;
	}
	if (format_is(name, "#"))
		reason = FORMAT_TOO_WIDE; /* any name */
	else if (name.len && *name.at == '*')
		reason = FORMAT_UNSUPPORTED;
	else
		reason = format_read_name(sink->publics, name, &rule);
	if (reason != FORMAT_TAKEN) {
		sink->skip(sink->arg, reason, name.at, name.len);
		return;
	}
	rule.is_self = rule.is_below = true;
	rule.verb = about->len ? RULE_DATA : RULE_MATCH;
	rule.about = about->bytes;
	rule.about_len = about->len;
	sink->rule(sink->arg, &rule);
}

void format_dnsmasq(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text text = format_trim_apart(line, len), name;
	struct detail_writer about;
	about.len = 0;
	about.is_full = false;
	if (!text.len) {
		sink->skip(sink->arg, FORMAT_COMMENT, line, len);
		return;
	}
	bool is_address = format_begins(text, "address=/");
	size_t head = is_address ? 9 : format_begins(text, "server=/") ? 8 : 7;
	if (head == 7 && !format_begins(text, "local=/")) {
		sink->skip(sink->arg, is_option(text) ? FORMAT_UNSUPPORTED : FORMAT_MALFORMED, line,
			len);
		return;
	}
	struct format_text names = {text.at + head, text.len - head};
	struct format_text target = target_of(&names);
	enum format_skip reason =
		names.len ? read_target(is_address, target, &about) : FORMAT_MALFORMED;
	if (reason != FORMAT_TAKEN) {
		sink->skip(sink->arg, reason, line, len);
		return;
	}
	while (format_part(&names, '/', &name))
		read_name(sink, name, &about);
}
