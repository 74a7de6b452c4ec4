/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/host.h"

#include <string.h>
#include <strings.h>

#include "resolver/base/addr.h"

static bool is_port(const char *text)
{
	size_t n = strspn(text, "0123456789");
	return n >= 1 && n <= 5 && !text[n];
}

static bool is_among(const char *text, const struct dname *names, size_t name_count)
{
	struct dname name;
	if (!name_count || dname_from_text(text, strlen(text), &name))
		return false;
	for (size_t i = 0; i < name_count; i++)
		if (dname_equal(&names[i], &name))
			return true;
	return false;
}

bool host_is_ours(const char *host, const struct dname *names, size_t name_count)
{
	char name[DNAME_TEXT_MAX];
	struct addr a;
	const char *end;
	bool is_v6 = host[0] == '[';
	if (is_v6) {
		end = strchr(++host, ']');
		if (!end || (end[1] && (end[1] != ':' || !is_port(end + 2))))
			return false;
	} else {
		end = host + strcspn(host, ":");
		if (*end && !is_port(end + 1))
			return false;
	}
	size_t len = (size_t)(end - host);
	if (!len || len >= sizeof name)
		return false;
	memcpy(name, host, len);
	name[len] = 0;
	if (is_v6)
		return strchr(name, ':') && addr_from_text(name, &a) == 0;
	return !strcasecmp(name, "localhost") || addr_from_text(name, &a) == 0 ||
		is_among(name, names, name_count);
}
