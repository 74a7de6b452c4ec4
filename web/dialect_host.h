/* SPDX-License-Identifier: BSD-2-Clause
 * What some clients show of the machine: memory, load, and our part in it.
 *
 * Threads: pure; reads /proc.
 */
#pragma once

#include <stdint.h>

struct dialect_host {
	uint64_t uptime_s; /* of the machine */
	uint64_t total_kb, free_kb, available_kb; /* memory */
	uint64_t swap_total_kb, swap_free_kb;
	unsigned processes, cpus;
	double load[3]; /* 1, 5, 15 minutes */
	double memory_percent; /* ours */
	double cpu_percent; /* ours, since `since_us` */
	char name[256];
};

/* `up_us`: how long this process has been there. What cannot be read is 0. */
void dialect_host_read(uint64_t up_us, struct dialect_host *out);
