/* SPDX-License-Identifier: BSD-2-Clause
 * The answer cache over a restart: written to `<state>/cache` at the end, read and removed at the start (`cache.keep`).
 *
 * Threads: the control side, while no worker runs.
 * Format: a header, then for each answer its flags and a DNS message; a checksum over all of it at the end. The file is read as bytes
 *         from outside: a damaged or foreign one costs nothing but the warm start.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/config.h"
#include "resolver/cache.h"

/* Both say in the log what went wrong; neither failure matters to anybody's answers. */
void cache_store_save(struct cache *c, const struct config *config);
void cache_store_load(struct cache *c, const struct config *config);

/* Of all in the configuration that decides where answers come from and whether they are validated: a file of another one is not used. */
uint64_t cache_store_digest(const struct config *config);

/* Puts what `bytes` hold into the cache; pure but for that. `wall_s` is now. Returns the number of answers, or CEN_EFORMAT, CEN_ECORRUPT. */
int cache_store_parse(struct cache *c, const struct config *config, const uint8_t *bytes,
	size_t len, uint64_t wall_s);
