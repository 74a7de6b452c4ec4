/* SPDX-License-Identifier: BSD-2-Clause
 * What a generation costs: `bench_build LIST [COPIES [FOLDER]]` builds one from LIST (as COPIES lists with the same content), opens it,
 * and probes it with every name of LIST and with as many names that are not in it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/format/intake.h"
#include "feeds/format/publics.h"
#include "feeds/format/reader.h"
#include "feeds/listdb/build.h"
#include "resolver/base/clock.h"

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fail(const struct err *why)
{
	fprintf(stderr, "bench: %s\n", why->text);
	exit(1);
}

static long status_kb(const char *field)
{
	char line[256];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, field, strlen(field)))
			kb = strtol(line + strlen(field) + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

static void build_it(const char *list, int copies, const char *folder, const char *path)
{
	struct err why;
	struct build *b;
	struct publics *publics = publics_new(PUBLICS_FILE);
	struct build_options options = {.folder = folder};
	struct intake_limits limits = {.max_bytes = UINT64_MAX, .junk_percent = 20};
	struct intake_report report;
	double start = cpu_s();
	if (!publics || build_new(&options, &b, &why))
		fail(&why);
	for (int i = 0; i < copies; i++) {
		struct listdb_list about = {.format = "bench"};
		snprintf(about.name, sizeof about.name, "list%d", i);
		if (build_begin(b, &why) ||
			intake_list(list, NULL, LIST_MATCH_DEFAULT, &limits, publics, b, &report,
				&why) ||
			build_keep(b, &about, &why))
			fail(&why);
	}
	double parsed = cpu_s();
	if (build_write(b, path, &(struct build_head){.number = 1}, &why))
		fail(&why);
	struct build_times t;
	build_times(b, &t);
	struct stat st;
	if (stat(path, &st))
		exit(1);
	printf("names %" PRIu64 ", %d list(s), %s; skipped %" PRIu64 " (%" PRIu64
	       " public suffixes)\n",
		build_names(b), copies, report.format->name, intake_skipped(&report),
		report.skips[FORMAT_PUBLIC_SUFFIX]);
	printf("s: parse %.3f sort %.3f names %.3f tables %.3f checksum+sync %.3f, cpu in all "
	       "%.3f\n",
		parsed - start, (double)t.sort_us * 1e-6, (double)t.names_us * 1e-6,
		(double)t.tables_us * 1e-6, (double)t.checksum_us * 1e-6, cpu_s() - start);
	printf("builder max rss %.1f MB, file %.1f MB (%.1f a name)\n",
		(double)status_kb("VmHWM:") / 1024, (double)st.st_size / 1048576,
		(double)st.st_size / (double)build_names(b));
	build_free(b);
	publics_free(publics);
}

struct wires {
	uint8_t *at;
	size_t len, names;
};

/* All names of the list in wire form, one behind the other, with labels added at the end. */
static struct wires read_wires(const char *list, const char *suffix)
{
	struct err why;
	struct reader *reader;
	struct reader_line line;
	struct wires w = {.at = malloc((size_t)1 << 30)};
	if (!w.at || reader_open(list, UINT64_MAX, &reader, &why))
		exit(1);
	char text[FORMAT_LINE_MAX + 64];
	struct dname name;
	while (reader_next(reader, &line, &why) > 0) {
		int n = snprintf(text, sizeof text, "%.*s%s", (int)line.len, line.at, suffix);
		if (dname_from_text(text, (size_t)n, &name))
			continue;
		memcpy(w.at + w.len, name.bytes, name.len);
		w.len += name.len;
		w.names++;
	}
	reader_close(reader);
	return w;
}

/* As the query path does: all suffixes, from the right. */
static uint32_t probe_name(const struct listdb_index *x, const uint8_t *wire, size_t *len)
{
	uint8_t at[DNAME_LABELS_MAX];
	unsigned n = 0;
	size_t i = 0;
	for (; wire[i]; i += (size_t)wire[i] + 1)
		at[n++] = (uint8_t)i;
	*len = i + 1;
	uint64_t hash = x->seed;
	uint32_t found = 0;
	while (n--) {
		hash = hash_label(hash, wire + at[n]);
		found |= listdb_probe(x, hash);
	}
	return found;
}

static void probe_all(const struct listdb_index *x, const struct wires *w, const char *what)
{
	for (int round = 0; round < 2; round++) {
		size_t found = 0, len;
		double start = cpu_s();
		for (size_t at = 0; at < w->len; at += len)
			found += probe_name(x, w->at + at, &len) != 0;
		double ns = (cpu_s() - start) / (double)w->names * 1e9;
		if (round)
			printf("%s: %.1f ns a name, %zu of %zu found\n", what, ns, found, w->names);
	}
}

int main(int argc, char **argv)
{
	const char *folder = argc > 3 ? argv[3] : "/tmp";
	int copies = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;
	char path[4096];
	if (argc < 2) {
		fprintf(stderr, "usage: bench_build LIST [COPIES [FOLDER]]\n");
		return 2;
	}
	snprintf(path, sizeof path, "%s/bench-%d.mdb", folder, (int)getpid());
	build_it(argv[1], copies, folder, path);
	struct err why;
	struct listdb *db;
	long before_kb = status_kb("VmRSS:");
	double start = cpu_s();
	uint64_t wall_us = clock_us();
	if (listdb_open(path, &db, &why))
		fail(&why);
	printf("open: %.1f ms cpu, %.1f ms wall, %.1f MB resident more\n", (cpu_s() - start) * 1e3,
		(double)(clock_us() - wall_us) * 1e-3,
		(double)(status_kb("VmRSS:") - before_kb) / 1024);
	struct wires listed = read_wires(argv[1], ""), clean = read_wires(argv[1], ".9q");
	probe_all(listdb_index(db), &listed, "listed");
	probe_all(listdb_index(db), &clean, "clean");
	listdb_close(db);
	unlink(path);
	return 0;
}
