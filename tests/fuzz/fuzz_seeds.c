/* SPDX-License-Identifier: BSD-2-Clause
 * A file of parameters of botnets, of any content: read as the calendar reads it, then each of its lines run for a few names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dga/calendar.h"
#include "dga/calendar_text.h"
#include "dga/families/family.h"
#include "resolver/base/dname.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { NAMES_MAX = 200, LINES_MAX = 64 };

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static bool take(void *arg, const char *name)
{
	struct dname wire;
	size_t *names = arg;
	must(!dname_from_text(name, strlen(name), &wire));
	must(++*names <= NAMES_MAX);
	return true;
}

static bool take_with_maker(
	void *arg, int64_t day, const struct calendar_maker *maker, const char *name)
{
	size_t *names = arg;
	must(day == 20000 && maker->family && maker->variant && maker->parameters && *name);
	return ++*names < NAMES_MAX;
}

static void run_line(struct calendar_text *t)
{
	char *fields[3];
	struct err why;
	if (!calendar_text_fields(t, fields, 3))
		return;
	const struct family *f = family_find(fields[0], fields[1]);
	struct family_params *p = family_params_read(fields[2], strlen(fields[2]), &why);
	int64_t day = 20000;
	size_t names = 0;
	if (p && !family_params_day(p, &day))
		day = 20000;
	if (f && p)
		family_generate(f, p, day, NAMES_MAX, take, &names);
	family_params_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("seeds", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct err why = {""};
	struct calendar_text t;
	size_t names = 0;
	/* No set of this family is built in. */
	const struct calendar_request r = {
		.first_day = 20000, .last_day = 20000, .family = "reconyc", .seeds = path};
	int e = calendar_each(&r, take_with_maker, &names, &why);
	must(!e == !why.text[0]);
	if (!calendar_text_read(&t, path, &why))
		for (int i = 0; i < LINES_MAX && calendar_text_next(&t); i++)
			run_line(&t);
	calendar_text_free(&t);
	close(fd);
	return 0;
}
