/* SPDX-License-Identifier: BSD-2-Clause
 * A row of the history as octets of the file, and back. Outcomes stand under a check sum of their name, types and replies under their number,
 * so that a version that adds some reads what is there; one that does not know them counts outcomes among all queries only, and types
 * and replies among the others.
 *
 * Threads: pure. The way back takes any octets and is bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/journal/history_row.h"

/* Counters and distinct counts take no more. */
enum { HISTORY_CODEC_HEAD_MAX = 3072 };

/* Writes at most `max` octets, HISTORY_CODEC_HEAD_MAX or more: what the top lists have no room for counts in their floors. Returns
 * the octets used. */
size_t history_codec_write(const struct history_row *r, uint8_t *out, size_t max);

/* `out` has been set up with the top lists that are wanted; for none, the first HISTORY_CODEC_HEAD_MAX octets will do. It is empty after a
 * failure. */
bool history_codec_read(const uint8_t *bytes, size_t len, struct history_row *out);

/* What stands for an outcome; all are different, and none is 0. */
uint16_t history_codec_word(enum query_outcome outcome);
