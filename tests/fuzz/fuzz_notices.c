/* SPDX-License-Identifier: BSD-2-Clause
 * What waited for its receivers, as the state file has it: any octets. What is taken is what would be kept again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/notice/notices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int find(void *arg, uint64_t id, struct evidence_case *out)
{
	(void)arg;
	(void)id;
	(void)out;
	return CEN_ENOTFOUND;
}

static struct notices *open_it(void)
{
	static const struct config_notices config = {.mail_to = (char *)(uintptr_t) "root",
		.mail_program = (char *)(uintptr_t) "/bin/true"};
	struct notices *n;
	if (notices_open(&config, find, NULL, &n, NULL))
		abort();
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t kept[NOTICES_KEPT_MAX], again[NOTICES_KEPT_MAX];
	struct notices *n = open_it(), *m = open_it();
	notices_restore(n, data, size);
	size_t len = notices_keep(n, kept);
	if (len > size)
		abort();
	notices_restore(m, kept, len);
	if (notices_keep(m, again) != len || memcmp(kept, again, len) != 0)
		abort();
	notices_free(n);
	notices_free(m);
	return 0;
}
