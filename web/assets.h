/* SPDX-License-Identifier: BSD-2-Clause
 * The dashboard's files, embedded at build by assets.cmake.
 *
 * Threads: pure.
 */
#pragma once

#include <stddef.h>

#include "web/edge.h"

struct assets_file {
	const char *path, *type, *etag;
	const unsigned char *bytes;
	size_t len;
};

/* Of the generated file; ends with a NULL path. */
extern const struct assets_file assets_files[];

edge_handler assets_get;
