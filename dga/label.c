/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/label.h"

#include <string.h>

#include "resolver/base/suffix.h"

enum { ZONE_TEXT_MAX = 24 }; /* octets of a dynamic zone as text, its NUL counted */

/* Dynamic-DNS zones of two labels: anybody has a name there at once and for nothing, malware too. */
static const char dynamic_zones[][ZONE_TEXT_MAX] = {
	"chickenkiller.com",
	"ddns.me",
	"ddns.net",
	"duckdns.org",
	"dynalias.com",
	"dynamic-dns.net",
	"dyndns.info",
	"dyndns.org",
	"dynserv.com",
	"dynu.net",
	"freemyip.com",
	"homeip.net",
	"hopto.org",
	"ignorelist.com",
	"kozow.com",
	"mooo.com",
	"myftp.org",
	"no-ip.biz",
	"no-ip.info",
	"no-ip.org",
	"servebeer.com",
	"servehttp.com",
	"strangled.net",
	"sytes.net",
	"yi.org",
	"zapto.org",
};

/* `left` and `right` are the two labels of a registrable domain, length octet first. */
static bool is_dynamic_zone(const uint8_t *left, const uint8_t *right)
{
	char text[ZONE_TEXT_MAX];
	if (left[0] + right[0] + 2 > ZONE_TEXT_MAX)
		return false;
	memcpy(text, left + 1, left[0]);
	text[left[0]] = '.';
	memcpy(text + left[0] + 1, right + 1, right[0]);
	text[left[0] + 1 + right[0]] = 0;
	for (size_t i = 0; i < sizeof dynamic_zones / sizeof dynamic_zones[0]; i++)
		if (!strcmp(text, dynamic_zones[i]))
			return true;
	return false;
}

bool label_find(const struct dname *name, struct label *out)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	unsigned labels = dname_offsets(name, offsets);
	if (labels < 2)
		return false;
	const uint8_t *top = name->bytes + offsets[labels - 1];
	unsigned chosen = labels - 2;
	if (labels > 2) {
		struct dname registrable;
		suffix_registrable(name, &registrable);
		chosen = labels - registrable.labels;
	}
	if (chosen && labels - chosen == 2 && is_dynamic_zone(name->bytes + offsets[chosen], top))
		chosen--;
	const uint8_t *wire = name->bytes + offsets[chosen];
	/* Letters of an A-label (RFC 5890) look random in every language. */
	if (wire[0] < LABEL_JUDGED_MIN || !memcmp(wire + 1, "xn--", 4))
		return false;
	*out = (struct label){.bytes = wire + 1, .len = wire[0], .top = top};
	return true;
}
