/* SPDX-License-Identifier: BSD-2-Clause
 * Takes rights away from this process, for good: what a builder that reads strangers' bytes can no longer reach.
 *
 * Threads: the calling thread and those it starts later: call it while there is one. Descriptors that are open stay usable.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "resolver/base/err.h"

struct confine_path {
	const char *path; /* with all below it; one that does not exist is passed over */
	bool is_writable; /* files may be made, written and removed, too */
};

/* From now on no file but these can be opened, made or removed (Landlock), and no program gives more rights. 0; CEN_ENOTFOUND with the sentence
 * when the kernel cannot; or another code. In both cases all is as before but for new rights. */
int confine_files(const struct confine_path *paths, size_t n, struct err *why);
