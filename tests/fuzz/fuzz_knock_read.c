/* SPDX-License-Identifier: BSD-2-Clause
 * What somebody sends to the sinkhole first: any octets. Every text is printable and ends.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/sinkhole/knock_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t room)
{
	if (memchr(text, 0, room) == NULL)
		abort();
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct knock k;
	memset(&k, 0xff, sizeof k);
	knock_read(&k, data, size);
	check(k.request_line, sizeof k.request_line);
	check(k.host, sizeof k.host);
	check(k.user_agent, sizeof k.user_agent);
	check(k.sni, sizeof k.sni);
	check(k.ja3, sizeof k.ja3);
	check(k.ja4, sizeof k.ja4);
	if (k.kind >= KNOCK_KIND_COUNT || k.head_len > KNOCK_HEAD_MAX ||
		(size && memcmp(k.head, data, k.head_len) != 0))
		abort();
	return 0;
}
