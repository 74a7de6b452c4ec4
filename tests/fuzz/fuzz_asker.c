/* SPDX-License-Identifier: BSD-2-Clause
 * Headers that say who asks: the first line is a Cookie, the second X-Forwarded-For, the third an Origin, the fourth a Host.
 */
#include <stdlib.h>
#include <string.h>

#include "web/asker.h"
#include "web/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum { LINES = 4 };
	char *text = malloc(len + 1), *lines[LINES], out[16];
	if (!text)
		return 0;
	memcpy(text, bytes, len);
	text[len] = 0;
	char *at = text;
	for (int i = 0; i < LINES; i++) {
		lines[i] = at;
		at += strcspn(at, "\n");
		if (*at)
			*at++ = 0;
	}
	static const struct addr_prefix trusted[] = {{.bits = 1}};
	struct addr peer = {{0}};
	struct dname name;
	if (asker_cookie(lines[0], "sid", out, sizeof out) &&
		(strlen(out) >= sizeof out || strchr(out, ';') || !strstr(lines[0], "sid=")))
		abort();
	asker_forwarded(lines[1], trusted, 1, &peer);
	if (asker_is_same_origin(lines[2], lines[3]) && !strstr(lines[2], "://"))
		abort();
	bool is_ours = host_is_ours(lines[3], NULL, 0);
	if (!dname_from_text("dns.home", 8, &name) && is_ours && !host_is_ours(lines[3], &name, 1))
		abort();
	free(text);
	return 0;
}
