/* SPDX-License-Identifier: BSD-2-Clause
 * What the edge keeps of its log-in: only what it writes itself is taken, and is written the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/auth_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct auth_store first, second;
	static char path[64];
	struct err why;
	if (!auth_store_parse((const char *)bytes, len, &first))
		return 0;
	if (!path[0]) {
		snprintf(path, sizeof path, "/tmp/fuzz_auth_store.%d", (int)getpid());
	}
	if (first.key_count > AUTH_STORE_KEYS || first.ended_count > AUTH_STORE_ENDED ||
		auth_store_save(path, &first, &why) || auth_store_load(path, &second, &why))
		abort();
	unlink(path);
	if (memcmp(&first, &second, sizeof first) != 0)
		abort();
	return 0;
}
