/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "resolver/base/log.h"

bool check_report(const char *what, const char *file, int line)
{
	log_error("check", "failed=\"%s\" at=%s:%d", what, file, line);
	return false;
}

void check_abort(const char *what, const char *file, int line)
{
	fprintf(stderr, "cenote: cannot go on: %s at %s:%d\n", what, file, line);
	abort();
}
