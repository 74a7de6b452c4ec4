/* SPDX-License-Identifier: BSD-2-Clause
 * The dashboard's files, embedded at build by assets.cmake.
 *
 * Threads: pure.
 */
#pragma once

#include <stddef.h>

#include "web/edge.h"

enum { ASSETS_PLAIN, ASSETS_PACKED, ASSETS_FORMS };

struct assets_file {
	const char *path, *type;
	/* As it is, and with gzip for who takes that. */
	struct {
		const unsigned char *bytes;
		size_t len;
		const char *etag;
	} forms[ASSETS_FORMS];
};

/* Of the generated file; ends with a NULL path. */
extern const struct assets_file assets_files[];

/* Does a list of codings as Accept-Encoding has it hold gzip, and not with the weight 0? NULL: there was none. */
bool assets_takes_gzip(const char *accepted);

edge_handler assets_get;
