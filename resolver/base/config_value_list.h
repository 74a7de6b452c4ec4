/* SPDX-License-Identifier: BSD-2-Clause
 * Values that only lists have: digests, keys and times of day.
 *
 * Threads: pure. Owns: see config_value.h.
 */
#pragma once

struct config_row;

/* See config_value_read. */
int config_value_read_sha256(
	const struct config_row *row, const char *text, void *to, const char **fault);
int config_value_read_key(
	const struct config_row *row, const char *text, void *to, const char **fault);
int config_value_read_time(
	const struct config_row *row, const char *text, void *to, const char **fault);
