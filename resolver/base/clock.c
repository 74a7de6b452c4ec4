/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

static _Atomic(bool) is_frozen;
static _Atomic(uint64_t) frozen_us, frozen_wall_us;

uint64_t clock_us(void)
{
	if (__builtin_expect(atomic_load_explicit(&is_frozen, memory_order_relaxed), 0))
		return atomic_load(&frozen_us);
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
	return clock_us() / 1000;
}

uint32_t clock_s(void)
{
	return (uint32_t)(clock_us() / 1000000);
}

static int64_t wall_offset_s(void)
{
	static _Atomic(int64_t) offset;
	static _Atomic(bool) is_read;
	if (!atomic_load(&is_read)) {
		const char *v = getenv("CENOTE_TEST_CLOCK_OFFSET_S");
		atomic_store(&offset, v ? strtoll(v, NULL, 10) : 0);
		atomic_store(&is_read, true);
	}
	return atomic_load(&offset);
}

uint64_t clock_wall_s(void)
{
	if (atomic_load(&is_frozen))
		return atomic_load(&frozen_wall_us) / 1000000;
	return (uint64_t)((int64_t)time(NULL) + wall_offset_s());
}

uint64_t clock_wall_ms(void)
{
	if (atomic_load(&is_frozen))
		return atomic_load(&frozen_wall_us) / 1000;
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)((int64_t)t.tv_sec + wall_offset_s()) * 1000 +
		(uint64_t)t.tv_nsec / 1000000;
}

bool clock_is_synchronised(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);
	return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

void clock_freeze(uint64_t us, uint64_t wall_s)
{
	atomic_store(&frozen_us, us);
	atomic_store(&frozen_wall_us, wall_s * 1000000);
	atomic_store(&is_frozen, true);
}

void clock_advance(uint64_t us)
{
	atomic_fetch_add(&frozen_us, us);
	atomic_fetch_add(&frozen_wall_us, us);
}

void clock_thaw(void)
{
	atomic_store(&is_frozen, false);
}
