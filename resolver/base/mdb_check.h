/* SPDX-License-Identifier: BSD-2-Clause
 * Is an LMDB file sound? LMDB follows what stands in its pages wherever that leads: a damaged one ends the process. This reads the tree that
 * LMDB would, and believes nothing.
 *
 * Threads: pure.
 * Source: the file format of LMDB 0.9 (data version 1), of machines with this one's word size and byte order, without tables of duplicates.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

/* 0, or CEN_ECORRUPT with what is wrong. `is_thorough`: with the heads of large values, which are most of some files; without, they
 * are found when one is removed only, and that fails. */
int mdb_check_bytes(const uint8_t *file, size_t len, bool is_thorough, struct err *why);

/* The same for a file. Also 0 for one that cannot be mapped: LMDB will say so. */
int mdb_check_file(const char *path, bool is_thorough, struct err *why);
