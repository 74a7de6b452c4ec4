/* SPDX-License-Identifier: BSD-2-Clause
 * A whole list, plain or compressed, from its bytes to rules or a refusal with a sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/format/intake.h"
#include "feeds/format/publics.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct publics *publics;
	static const struct intake_limits limits = {.max_bytes = 1 << 22, .junk_percent = 20};
	if (!publics)
		publics = publics_new(PUBLICS_FILE);
	must(publics != NULL);
	int fd = memfd_create("list", 0);
	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct intake_report r;
	struct err why = {""};
	int rc = intake_list(path, NULL, LIST_MATCH_DEFAULT, &limits, publics, NULL, &r, &why);
	close(fd);
	must(!rc == !why.text[0]);
	must(rc || (r.format && (r.rules || r.is_zone) && r.lines));
	must(r.bad_lines + r.good_lines <= r.lines && r.bad_count <= INTAKE_SHOWN);
	must(intake_skipped(&r) >= r.bad_lines);
	for (unsigned i = 0; i < r.bad_count; i++) {
		must(r.bad[i].line > 0 && r.bad[i].line <= r.lines + 1);
		must(strlen(r.bad[i].text) < sizeof r.bad[i].text);
		for (const char *c = r.bad[i].text; *c; c++)
			must(*c >= ' ' && *c < 127);
	}
	return 0;
}
