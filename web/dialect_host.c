/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/dialect_host.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Lines `Name:   1234 kB`. */
static void read_meminfo(struct dialect_host *out)
{
	char line[128];
	unsigned long long kb;
	FILE *f = fopen("/proc/meminfo", "re");
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "MemTotal: %llu", &kb) == 1)
			out->total_kb = kb;
		else if (sscanf(line, "MemFree: %llu", &kb) == 1)
			out->free_kb = kb;
		else if (sscanf(line, "MemAvailable: %llu", &kb) == 1)
			out->available_kb = kb;
	}
	fclose(f);
}

static uint64_t resident_kb(void)
{
	unsigned long long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

void dialect_host_read(uint64_t up_us, struct dialect_host *out)
{
	struct sysinfo s;
	struct rusage used;
	memset(out, 0, sizeof *out);
	read_meminfo(out);
	out->cpus = (unsigned)get_nprocs();
	if (!sysinfo(&s)) {
		out->uptime_s = (uint64_t)s.uptime;
		out->processes = s.procs;
		out->swap_total_kb = (uint64_t)s.totalswap * s.mem_unit / 1024;
		out->swap_free_kb = (uint64_t)s.freeswap * s.mem_unit / 1024;
		for (int i = 0; i < 3; i++)
			out->load[i] = (double)s.loads[i] / (1 << SI_LOAD_SHIFT);
	}
	if (out->total_kb)
		out->memory_percent = 100.0 * (double)resident_kb() / (double)out->total_kb;
	if (up_us && !getrusage(RUSAGE_SELF, &used)) {
		double s_used = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
		out->cpu_percent = 100.0 * s_used * 1e6 / (double)up_us;
	}
	if (gethostname(out->name, sizeof out->name - 1))
		out->name[0] = 0;
}
