/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "resolver/base/clock.h"

enum { WINDOW_S = 10, LINES_PER_WINDOW = 20 };

static _Atomic(int) threshold = LOG_LEVEL_INFO;
static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* Races between threads may let a few lines more through; that is harmless. */
static bool may_write(struct log_site *site, uint32_t *held_back)
{
	uint32_t now = clock_s();
	if (now - atomic_load(&site->window_s) >= WINDOW_S) {
		atomic_store(&site->window_s, now);
		atomic_store(&site->lines, 0);
	}
	if (atomic_fetch_add(&site->lines, 1) >= LINES_PER_WINDOW) {
		atomic_fetch_add(&site->held_back, 1);
		return false;
	}
	*held_back = atomic_exchange(&site->held_back, 0);
	return true;
}

void log_write(
	struct log_site *site, enum log_level level, const char *group, const char *format, ...)
{
	uint32_t held_back = 0;
	if (!may_write(site, &held_back))
		return;
	char line[2048];
	time_t now = (time_t)clock_wall_s();
	struct tm tm;
	gmtime_r(&now, &tm);
	size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%SZ", &tm);
	n += (size_t)snprintf(line + n, sizeof line - n, " %s %s ", level_names[level], group);
	va_list ap;
	va_start(ap, format);
	int m = vsnprintf(line + n, sizeof line - n - 40, format, ap);
	va_end(ap);
	if (m > 0)
		n += (size_t)m < sizeof line - n - 40 ? (size_t)m : sizeof line - n - 41;
	if (held_back)
		n += (size_t)snprintf(line + n, sizeof line - n, " held_back=%u", held_back);
	/* A line stays a line, whatever the values hold. */
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 32 || line[i] == 127)
			line[i] = ' ';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nowhere left to say it */
}
