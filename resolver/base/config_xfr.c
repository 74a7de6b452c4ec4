/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_xfr.h"

#include <string.h>
#include <strings.h>

#include "resolver/base/err.h"

enum { PORT = 53 };

static const char scheme[] = "xfr://";

bool config_xfr_is(const char *source)
{
	return !strncasecmp(source, scheme, sizeof scheme - 1);
}

int config_xfr_from_text(const char *source, struct config_xfr *out)
{
	struct config_xfr x;
	char address[ADDR_TEXT_MAX];
	if (!config_xfr_is(source))
		return CEN_EFORMAT;
	source += sizeof scheme - 1;
	size_t n = strcspn(source, "/");
	if (!source[n] || n >= sizeof address)
		return CEN_EFORMAT;
	memcpy(address, source, n);
	address[n] = 0;
	const char *zone = source + n + 1;
	if (addr_endpoint_from_text(address, PORT, &x.primary) || !x.primary.port ||
		dname_from_text(zone, strlen(zone), &x.zone) || !x.zone.labels)
		return CEN_EFORMAT;
	*out = x;
	return 0;
}
