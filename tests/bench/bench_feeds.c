/* SPDX-License-Identifier: BSD-2-Clause
 * What a whole update costs: `bench_feeds LIST [FOLDER]` lets the feeds thread and its helper make LIST a generation, in a fresh folder: fetched,
 * checked, built, verified, opened. Then once more with nothing changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "feeds/feeds.h"
#include "resolver/base/clock.h"

static double cpu_s(int who)
{
	struct rusage u;
	getrusage(who, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
		((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) * 1e-6;
}

static void on_generation(void *arg, struct listdb *db)
{
	struct listdb **served = arg;
	listdb_close(*served);
	*served = db;
}

static void show(const char *what, struct feeds *f, uint64_t start_us)
{
	if (!feeds_wait(f, 600000))
		exit(1);
	struct feeds_status s;
	struct rusage u;
	feeds_status(f, &s);
	getrusage(RUSAGE_CHILDREN, &u);
	printf("%s: generation %llu, %llu names; %.2f s wall; cpu s so far: helper %.3f, "
	       "daemon %.3f; helper max rss %.1f MB %s\n",
		what, (unsigned long long)s.generation, (unsigned long long)s.names,
		(double)(clock_us() - start_us) * 1e-6, cpu_s(RUSAGE_CHILDREN), cpu_s(RUSAGE_SELF),
		(double)u.ru_maxrss / 1024, s.last_error);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "build-generation"))
		return feeds_helper_main(NULL);
	if (argc < 2) {
		fprintf(stderr, "usage: bench_feeds LIST [FOLDER]\n");
		return 2;
	}
	char folder[4096], state[4200], cache[4200];
	snprintf(folder, sizeof folder, "%s/bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	snprintf(state, sizeof state, "%s/state", folder);
	snprintf(cache, sizeof cache, "%s/cache", folder);
	struct config_list list = {
		.name = (char *)(uintptr_t) "list", .source = argv[1], .refresh_s = 3600};
	struct config config = {
		.state_directory = state,
		.cache_directory = cache,
		.lists = &list,
		.list_count = 1,
		.feeds_max_bytes = (uint64_t)1 << 30,
		.feeds_max_rules = 20000000,
		.feeds_builder_memory_bytes = (uint64_t)256 << 20,
		.feeds_builder_time_s = 600,
		.feeds_junk_percent = 20,
	};
	struct listdb *served = NULL;
	struct feeds_hooks hooks = {.on_generation = on_generation, .arg = &served};
	struct feeds *f;
	struct err why;
	uint64_t start_us = clock_us();
	if (feeds_open(&config, hooks, &f, &served, &why) || feeds_start(f, &why)) {
		fprintf(stderr, "bench: %s\n", why.text);
		return 1;
	}
	show("first", f, start_us);
	start_us = clock_us();
	feeds_update(f, NULL);
	show("unchanged", f, start_us);
	feeds_stop(f);
	listdb_close(served);
	char command[4300];
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command) != 0;
}
