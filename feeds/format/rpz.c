/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/rpz.h"

#include <string.h>

#include "feeds/format/publics.h"
#include "resolver/base/suffix.h"
#include "resolver/base/wire.h"

/* DNSSEC's, which say nothing about policy. */
enum { TYPE_NSEC3PARAM = 51, TYPE_CDS = 59, TYPE_CDNSKEY = 60, TYPE_ZONEMD = 63 };
enum { V4_WORDS = 4, V6_WORDS = 8, V4_BITS = 32, V6_BITS = 128, V4_OFFSET = 96 };

/* A name, cut into labels: text and length of each, left to right. */
struct labels {
	const uint8_t *at[DNAME_LABELS_MAX]; /* at their length octets */
	unsigned count;
};

/* The labels of `owner` in front of the zone's. */
static void cut(const struct dname *owner, unsigned zone_labels, struct labels *out)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	unsigned n = dname_offsets(owner, offsets);
	out->count = n - zone_labels;
	for (unsigned i = 0; i < out->count; i++)
		out->at[i] = owner->bytes + offsets[i];
}

static bool label_is(const uint8_t *label, const char *word)
{
	size_t n = strlen(word);
	return label[0] == n && !memcmp(label + 1, word, n);
}

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* A whole label as a number without needless zeros. */
static bool number_of(const uint8_t *label, int base, unsigned max, unsigned *out)
{
	unsigned n = 0;
	if (!label[0] || label[0] > 4 || (label[1] == '0' && label[0] > 1))
		return false;
	for (unsigned i = 1; i <= label[0]; i++) {
		int digit = digit_of(label[i]);
		if (digit >= base)
			return false;
		n = n * (unsigned)base + (unsigned)digit;
	}
	*out = n;
	return n <= max;
}

/* Bits behind the prefix must be zero: else it is not clear what was meant. */
static bool is_masked(const struct addr_prefix *p)
{
	for (unsigned i = p->bits; i < V6_BITS; i++)
		if (p->addr.bytes[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

/* `24.0.2.0.192`: the prefix's length, then the address backwards (draft 4.1.1). */
static bool read_v4(const struct labels *l, unsigned bits, struct addr_prefix *out)
{
	uint8_t bytes[V4_WORDS];
	for (unsigned i = 0; i < V4_WORDS; i++) {
		unsigned n;
		if (!number_of(l->at[1 + i], 10, 255, &n))
			return false;
		bytes[V4_WORDS - 1 - i] = (uint8_t)n;
	}
	addr_from_v4(bytes, &out->addr);
	out->bits = (uint8_t)(V4_OFFSET + bits);
	return bits <= V4_BITS && is_masked(out);
}

/* `48.zz.2.2001`: sixteen-bit words backwards, one `zz` for a row of zeros. */
static bool read_v6(const struct labels *l, unsigned count, unsigned bits, struct addr_prefix *out)
{
	unsigned at = V6_WORDS;
	bool has_gap = false;
	memset(&out->addr, 0, sizeof out->addr);
	for (unsigned i = 1; i < count; i++) {
		unsigned n = 0;
		if (label_is(l->at[i], "zz")) {
			unsigned left = count - 1 - i; /* words behind it */
			if (has_gap || left >= at)
				return false;
			has_gap = true;
			at = left;
			continue;
		}
		if (!at || !number_of(l->at[i], 16, 0xffff, &n))
			return false;
		wire_put_u16(out->addr.bytes + 2 * --at, (uint16_t)n);
	}
	out->bits = (uint8_t)bits;
	return !at && is_masked(out);
}

/* The first `count` labels as a prefix. */
static bool read_prefix(const struct labels *l, unsigned count, struct addr_prefix *out)
{
	unsigned bits;
	if (count < 3 || !number_of(l->at[0], 10, V6_BITS, &bits) || !bits)
		return false;
	bool has_gap = false;
	for (unsigned i = 1; i < count; i++)
		has_gap = has_gap || label_is(l->at[i], "zz");
	if (count == V4_WORDS + 1 && !has_gap)
		return read_v4(l, bits, out);
	return count <= V6_WORDS + 1 && read_v6(l, count, bits, out);
}

/* Labels as the key of the store, which is their reverse. */
static enum format_skip read_name(
	const struct labels *l, unsigned count, const struct publics *publics, struct rule *out)
{
	unsigned first = count && label_is(l->at[0], "*");
	size_t used = 0;
	if (first == count)
		return FORMAT_PUBLIC_SUFFIX; /* `*` alone: everything */
	for (unsigned i = count; i-- > first;) {
		size_t n = (size_t)l->at[i][0] + 1;
		out->parent_len = (uint8_t)used;
		memcpy(out->key + used, l->at[i], n);
		used += n;
	}
	out->len = (uint8_t)used;
	out->labels = (uint8_t)(count - first);
	/* `*.d` is not d itself (draft 4.2). */
	out->is_below = first;
	out->is_self = !first;
	if (publics)
		return publics_has(publics, out->key, used, out->labels, out->parent_len)
			? FORMAT_PUBLIC_SUFFIX
			: FORMAT_TAKEN;
	struct dname name;
	return !dname_from_key(out->key, used, &name) || suffix_is_public(&name)
		? FORMAT_PUBLIC_SUFFIX
		: FORMAT_TAKEN;
}

/* Does it hold too much of the Internet? A client's prefix may be as wide as the operator wants. */
static bool is_too_wide(const struct rule *r)
{
	unsigned least = addr_is_v4(&r->prefix.addr) && r->prefix.bits >= V4_OFFSET
		? V4_OFFSET + FORMAT_V4_BITS_MIN
		: FORMAT_V6_BITS_MIN;
	return r->trigger != RULE_CLIENT && r->prefix.bits < least;
}

static enum format_skip read_trigger(
	const struct labels *l, const struct publics *publics, struct rule *out)
{
	static const struct {
		const char *label;
		enum rule_trigger trigger;
	} addresses[] = {{"rpz-ip", RULE_ANSWER}, {"rpz-client-ip", RULE_CLIENT},
		{"rpz-nsip", RULE_NS_ADDRESS}};
	const uint8_t *last = l->count ? l->at[l->count - 1] : NULL;
	if (!last)
		return FORMAT_MALFORMED;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		if (!label_is(last, addresses[i].label))
			continue;
		out->trigger = (uint8_t)addresses[i].trigger;
		if (!read_prefix(l, l->count - 1, &out->prefix))
			return FORMAT_MALFORMED;
		return is_too_wide(out) ? FORMAT_TOO_WIDE : FORMAT_TAKEN;
	}
	bool is_server = label_is(last, "rpz-nsdname");
	out->trigger = is_server ? RULE_NS_NAME : RULE_NAME;
	return read_name(l, l->count - is_server, publics, out);
}

/* Labels of the owner in front of the zone's name; false: it is not below. */
static bool cut_below(const struct dname *zone, const struct dname *owner, struct labels *out)
{
	if (owner->labels <= zone->labels || !dname_is_at_or_below(owner, zone))
		return false;
	cut(owner, zone->labels, out);
	return true;
}

enum format_skip rpz_trigger(const struct dname *zone, const struct dname *owner,
	const struct publics *publics, struct rule *out)
{
	struct labels l = {.count = 0};
	format_clear(out);
	return cut_below(zone, owner, &l) ? read_trigger(&l, publics, out) : FORMAT_MALFORMED;
}

/* "CNAME to itself", the old way to write PASSTHRU: to the owner without the zone, for addresses without the trigger's label, too. */
static bool is_own_name(const struct dname *zone, const struct dname *owner,
	const struct rule *rule, const struct dname *target)
{
	unsigned more = rule->trigger != RULE_NAME;
	unsigned extra = (unsigned)owner->labels - zone->labels;
	if (target->labels != extra && target->labels + more != extra)
		return false;
	return !memcmp(owner->bytes, target->bytes, (size_t)target->len - 1);
}

static bool is_single(const struct dname *name, const char *word)
{
	return name->labels == 1 && label_is(name->bytes, word);
}

/* What a CNAME says (draft 3). */
static enum format_skip read_alias(const struct dname *zone, const struct rpz_record *record,
	struct rule *out, struct detail_writer *about)
{
	struct dname target;
	size_t used = dname_from_wire(record->data, record->len, &target);
	if (!used || used != record->len)
		return FORMAT_MALFORMED;
	if (!target.labels) {
		out->verb = RULE_MATCH;
	} else if (is_single(&target, "*")) {
		out->verb = RULE_NODATA;
	} else if (label_is(target.bytes, "*")) {
		out->verb = RULE_DATA;
		detail_put(about, DETAIL_ALIAS_BELOW, target.bytes + 2, (size_t)target.len - 2);
	} else if (is_single(&target, "rpz-passthru") ||
		is_own_name(zone, record->owner, out, &target)) {
		out->verb = RULE_PASSTHRU;
	} else if (is_single(&target, "rpz-drop")) {
		out->verb = RULE_DROP;
	} else if (is_single(&target, "rpz-tcp-only")) {
		out->verb = RULE_TCP_ONLY;
	} else if (target.labels == 1 && target.bytes[0] > 4 &&
		!memcmp(target.bytes + 1, "rpz-", 4)) {
		/* Reserved for actions to come (draft 3). */
		return FORMAT_UNSUPPORTED;
	} else {
		out->verb = RULE_DATA;
		detail_put(about, DETAIL_ALIAS, target.bytes, target.len);
	}
	return FORMAT_TAKEN;
}

static bool is_dnssec(uint16_t type)
{
	switch (type) {
	case TYPE_SIG:
	case TYPE_NXT:
	case TYPE_DS:
	case TYPE_RRSIG:
	case TYPE_NSEC:
	case TYPE_DNSKEY:
	case TYPE_NSEC3:
	case TYPE_NSEC3PARAM:
	case TYPE_CDS:
	case TYPE_CDNSKEY:
	case TYPE_ZONEMD:
		return true;
	default:
		return false;
	}
}

/* Records that cannot be local data: a cut, a redirection of a subtree, questions' types. */
static bool is_no_data(uint16_t type)
{
	return !type || type == TYPE_SOA || type == TYPE_NS || type == TYPE_DNAME ||
		type == TYPE_OPT || (type >= TYPE_META_FIRST && type <= TYPE_META_LAST);
}

enum format_skip rpz_rule(const struct dname *zone, const struct rpz_record *record,
	const struct publics *publics, struct rule *out, struct detail_writer *about)
{
	about->len = 0;
	about->is_full = false;
	/* Whatever stands at the apex is about the zone. */
	if (is_dnssec(record->type) || dname_equal(record->owner, zone))
		return FORMAT_FRAME;
	enum format_skip reason = rpz_trigger(zone, record->owner, publics, out);
	if (reason != FORMAT_TAKEN)
		return reason;
	if (record->type == TYPE_CNAME) {
		reason = read_alias(zone, record, out, about);
	} else if (is_no_data(record->type)) {
		reason = FORMAT_UNSUPPORTED;
	} else {
		out->verb = RULE_DATA;
		detail_put_record(about, record->type, record->ttl_s, record->data, record->len);
	}
	if (about->is_full)
		reason = FORMAT_TOO_LONG;
	out->about = about->bytes;
	out->about_len = about->len;
	return reason;
}
