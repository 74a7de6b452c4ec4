/* SPDX-License-Identifier: BSD-2-Clause
 * Read-copy-update for published snapshots: liburcu-qsbr, with what ThreadSanitizer must be told about it.
 *
 * Threads: a reader registers itself, stands between rcu_reader_enter and rcu_reader_leave while it holds a snapshot, and is offline
 *          otherwise, so that a sleeping reader never holds up a publisher.
 */
#pragma once

#include <urcu-qsbr.h>

#if defined(__SANITIZE_THREAD__)
#define RCU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TSAN 1
#endif
#endif

/* The library's barriers are assembler, which ThreadSanitizer does not see. */
#ifdef RCU_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#else
#define __tsan_acquire(address) ((void)(address))
#define __tsan_release(address) ((void)(address))
#endif

static inline void rcu_reader_enter(void)
{
	rcu_thread_online();
}

/* Beside the door: a store to the door itself would make ThreadSanitizer forget the readers that left before it. */
static inline void *rcu_mark(void *door)
{
	return (char *)door + 1;
}

/* For a reader of several doors: before rcu_reader_leave, for each other one. */
static inline void rcu_reader_release(void *door)
{
	__tsan_release(rcu_mark(door));
}

/* `door` is where the snapshot is published. */
static inline void rcu_reader_leave(void *door)
{
	__tsan_release(rcu_mark(door));
	rcu_thread_offline();
}

/* Returns when every reader that may hold what stood at `door` before has left. Not from a registered reader. */
static inline void rcu_wait_for_readers(void *door)
{
	synchronize_rcu();
	__tsan_acquire(rcu_mark(door));
}
