/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/label.h"

#include <string.h>

#include "dga/features.h"
#include "dga/zones.h"
#include "resolver/base/suffix.h"

enum verdict {
	JUDGED,
	NO_DOMAIN,
	INFRASTRUCTURE,
	HIDDEN_SERVICE,
	UNKNOWN_TOP,
	MACHINE,
	SHORT,
	SCRIPT,
	ODD,
	NUMBER,
	VERDICTS,
};

static const char *const words[VERDICTS] = {
	[JUDGED] = NULL,
	[NO_DOMAIN] = "no registered domain",
	[INFRASTRUCTURE] = "a name of the address trees (.arpa)",
	[HIDDEN_SERVICE] = "an onion service, whose names are keys",
	[UNKNOWN_TOP] = "not below a top-level domain of the Internet",
	[MACHINE] = "a host of a content network or a cloud, whose machines make names up",
	[SHORT] = "too short to be judged",
	[SCRIPT] = "an internationalised name, which is not judged",
	[ODD] = "octets that no registry takes",
	[NUMBER] = "only digits",
};

/* How a name is parted. */
struct parts {
	uint8_t offsets[DNAME_LABELS_MAX];
	unsigned labels;
	unsigned domain; /* the label that the registered domain begins with */
	bool has_domain, is_known_top;
	enum zones_kind zone; /* that the name is in */
};

/* The kind of the registrable domain that begins with label `first` and has something below. */
static enum zones_kind zone_of(const struct dname *name, const struct parts *p, unsigned first)
{
	uint8_t text[ZONES_TEXT_MAX + 4];
	unsigned begin = p->offsets[first] + 1u, len = name->len - 1u - begin;
	if (len < ZONES_TEXT_MIN || len > ZONES_TEXT_MAX)
		return ZONES_NONE;
	/* A constant number of octets is copied in a moment. */
	if (begin + sizeof text <= DNAME_MAX)
		memcpy(text, name->bytes + begin, sizeof text);
	else
		memcpy(text, name->bytes + begin, len);
	for (unsigned i = first + 1; i < p->labels; i++)
		text[p->offsets[i] - begin] = '.';
	return zones_find(text, len);
}

static void part(const struct dname *name, struct parts *p)
{
	p->labels = dname_offsets(name, p->offsets);
	p->zone = ZONES_NONE;
	p->domain = 0;
	unsigned suffix = suffix_labels_at(name, p->offsets, &p->is_known_top);
	p->has_domain = p->labels > suffix;
	if (!p->has_domain)
		return;
	p->domain = p->labels - suffix - 1;
	if (!p->domain)
		return;
	p->zone = zone_of(name, p, p->domain);
	p->domain -= p->zone == ZONES_OPEN;
}

size_t label_domain(const struct dname *name)
{
	struct parts p;
	part(name, &p);
	return p.has_domain ? p.offsets[p.domain] : 0;
}

static bool is_label(const uint8_t *wire, const char *text)
{
	return wire[0] == strlen(text) && !memcmp(wire + 1, text, wire[0]);
}

/* Roots besides the Internet's that generators ask for: EmerDNS, Namecoin. */
static bool is_other_root(const uint8_t *top)
{
	static const char *const tops[] = {"bazar", "bit", "coin", "emc", "lib"};
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
		if (is_label(top, tops[i]))
			return true;
	return false;
}

static bool has_odd_octets(const uint8_t *bytes, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (features_symbol(bytes[i]) == FEATURES_OTHER && bytes[i] != '_')
			return true;
	return false;
}

static enum verdict judge_octets(const uint8_t *bytes, unsigned len)
{
	uint64_t seen = 0; /* symbols, one a bit */
	for (unsigned i = 0; i < len; i++)
		seen |= (uint64_t)1 << features_symbol(bytes[i]);
	if (seen >> FEATURES_OTHER && has_odd_octets(bytes, len))
		return ODD;
	return seen & (((uint64_t)1 << FEATURES_DIGIT) - 1) ? JUDGED : NUMBER;
}

static enum verdict judge(const struct dname *name, struct label *out)
{
	struct parts p;
	part(name, &p);
	if (!p.has_domain)
		return NO_DOMAIN;
	const uint8_t *top = name->bytes + p.offsets[p.labels - 1];
	const uint8_t *wire = name->bytes + p.offsets[p.domain];
	if (is_label(top, "arpa"))
		return INFRASTRUCTURE;
	if (is_label(top, "onion"))
		return HIDDEN_SERVICE;
	if (!p.is_known_top && !is_other_root(top))
		return UNKNOWN_TOP;
	if (p.zone == ZONES_MACHINE)
		return MACHINE;
	if (wire[0] < LABEL_JUDGED_MIN)
		return SHORT;
	/* Its letters look random in every language. */
	if (!memcmp(wire + 1, "xn--", 4))
		return SCRIPT;
	uint8_t len = wire[0] < LABEL_JUDGED_MAX ? wire[0] : LABEL_JUDGED_MAX;
	*out = (struct label){.bytes = wire + 1, .len = len, .top = top};
	return judge_octets(out->bytes, out->len);
}

bool label_find(const struct dname *name, struct label *out)
{
	return judge(name, out) == JUDGED;
}

const char *label_why_not(const struct dname *name)
{
	struct label l;
	return words[judge(name, &l)];
}
