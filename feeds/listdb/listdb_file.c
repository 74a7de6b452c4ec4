/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/listdb_file.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolver/base/hash.h"

enum { CHUNK_BYTES = 1 << 20 };

uint64_t listdb_file_own_checksum(const struct listdb_trailer *t)
{
	return hash_bytes(t, offsetof(struct listdb_trailer, own_checksum), 0);
}

int listdb_file_checksum(int fd, uint64_t bytes, uint64_t *out)
{
	int rc = 0;
	uint8_t *chunk = malloc(CHUNK_BYTES);
	XXH3_state_t *state = XXH3_createState();
	if (!chunk || !state)
		rc = -ENOMEM;
	else
		XXH3_64bits_reset(state);
	for (uint64_t at = 0; !rc && at < bytes;) {
		size_t want = bytes - at < CHUNK_BYTES ? (size_t)(bytes - at) : CHUNK_BYTES;
		ssize_t n = pread(fd, chunk, want, (off_t)at);
		if (n > 0) {
			XXH3_64bits_update(state, chunk, (size_t)n);
			at += (uint64_t)n;
		} else if (n == 0 || errno != EINTR) {
			rc = n ? -errno : CEN_ECORRUPT;
		}
	}
	if (!rc)
		*out = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	free(chunk);
	return rc;
}
