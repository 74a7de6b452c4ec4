/* SPDX-License-Identifier: BSD-2-Clause
 * One line an event on standard error: `2026-01-02T03:04:05Z level group key=value ...`.
 *
 * Threads: any; a line is written by one write(2).
 * Rule: nothing that a stranger can trigger at will is logged per event; that is what counters are for.
 * Each call site is limited to 20 lines in 10 s; what was held back is counted and said with the next line.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What a call site remembers to limit itself. Static storage, zero at first. */
struct log_site {
	_Atomic uint32_t window_s;
	_Atomic uint32_t lines;
	_Atomic uint32_t held_back;
};

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_write(struct log_site *site, enum log_level level, const char *group, const char *format,
	...) __attribute__((format(printf, 4, 5)));

#define LOG_AT(level, group, ...) \
	do { \
		static struct log_site log_site_; \
		if ((level) <= log_get_level()) \
			log_write(&log_site_, (level), (group), __VA_ARGS__); \
	} while (0)

#define log_error(group, ...) LOG_AT(LOG_LEVEL_ERROR, group, __VA_ARGS__)
#define log_warn(group, ...) LOG_AT(LOG_LEVEL_WARN, group, __VA_ARGS__)
#define log_info(group, ...) LOG_AT(LOG_LEVEL_INFO, group, __VA_ARGS__)
#define log_debug(group, ...) LOG_AT(LOG_LEVEL_DEBUG, group, __VA_ARGS__)
