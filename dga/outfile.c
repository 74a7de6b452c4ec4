/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/outfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int outfile_write(const char *file, const uint8_t *bytes, size_t len, struct err *why)
{
	char temporary[4096];
	if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", file) >= sizeof temporary)
		return err_set(why, -ENAMETOOLONG, "%s: %s", file, strerror(ENAMETOOLONG));
	FILE *f = fopen(temporary, "wbe");
	bool is_good = f && fwrite(bytes, 1, len, f) == len && !fflush(f) && !fsync(fileno(f));
	int failed = errno;
	if (f && fclose(f)) {
		failed = is_good ? errno : failed;
		is_good = false;
	}
	if (is_good && !rename(temporary, file))
		return 0;
	failed = is_good ? errno : failed;
	if (f)
		unlink(temporary);
	return err_set(why, -failed, "%s: %s", file, strerror(failed));
}
