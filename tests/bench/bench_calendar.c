/* SPDX-License-Identifier: BSD-2-Clause
 * What the calendar costs the path: `bench_calendar NAMES PLAIN` judges names with a generation of PLAIN ordinary names, first without and then with
 * NAMES of the calendar beside them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/listdb/build.h"
#include "feeds/listdb/detail.h"
#include "resolver/base/clock.h"
#include "resolver/policy.h"

enum { LOOKUPS = 2000000, ROUNDS = 5, DIFFERENT = 4096, FAMILIES = 32 };

static void must(int rc, const struct err *why)
{
	if (!rc)
		return;
	fprintf(stderr, "bench: %s\n", why->text);
	exit(1);
}

static struct dname name_of(const char *kind, unsigned i)
{
	char text[64];
	struct dname d;
	int n = snprintf(text, sizeof text, "www.%s%08x.example", kind, i * 2654435761U);
	if (dname_from_text(text, (size_t)n, &d))
		exit(1);
	return d;
}

static void add(struct build *b, const char *kind, unsigned i, const struct detail_writer *about)
{
	struct rule r = {.trigger = RULE_NAME,
		.verb = RULE_MATCH,
		.is_self = true,
		.is_below = true,
		.about = about ? about->bytes : NULL,
		.about_len = about ? about->len : 0};
	struct dname name = name_of(kind, i), parent;
	struct err why = {""};
	dname_parent(&name, 1, &parent);
	r.len = (uint8_t)dname_key(&parent, r.key);
	r.labels = parent.labels;
	must(build_add(b, &r, &why), &why);
}

static struct listdb *make(const char *path, unsigned names, unsigned plain)
{
	struct build_options options = {.folder = "/tmp"};
	struct build_head head = {.number = 1, .created_s = 1, .digest = 1};
	struct listdb_list about = {.name = "plain", .format = "domains"};
	struct detail_writer family = {.len = 0};
	struct err why = {""};
	struct build *b;
	struct listdb *db;
	struct stat st;
	uint64_t start_us = clock_us();
	unlink(path);
	must(build_new(&options, &b, &why), &why);
	must(build_begin(b, &why), &why);
	for (unsigned i = 0; i < plain; i++)
		add(b, "plain", i, NULL);
	must(build_keep(b, &about, &why), &why);
	about = (struct listdb_list){.name = "dga-calendar", .format = "calendar"};
	must(build_begin(b, &why), &why);
	for (unsigned i = 0; i < names; i++) {
		char word[16];
		int n = snprintf(word, sizeof word, "family%u", i * FAMILIES / names);
		family.len = 0;
		detail_put(&family, DETAIL_FAMILY, word, (size_t)n + 1);
		add(b, "bot", i, &family);
	}
	must(build_keep(b, &about, &why), &why);
	must(build_write(b, path, &head, &why), &why);
	build_free(b);
	must(stat(path, &st), &why);
	printf("%u names of the calendar: built in %.2f s, %.1f MB\n", names,
		(double)(clock_us() - start_us) / 1e6, (double)st.st_size / 1e6);
	start_us = clock_us();
	must(listdb_open(path, &db, &why), &why);
	printf("  open           %8.1f ms\n", (double)(clock_us() - start_us) / 1e3);
	return db;
}

/* The best of some rounds: the machine has others to serve. */
static void judge(const struct view *v, struct policy_work *work, const char *kind, unsigned from,
	unsigned count)
{
	static struct dname names[DIFFERENT];
	uint64_t best_us = UINT64_MAX;
	unsigned held = 0;
	for (unsigned i = 0; i < DIFFERENT; i++)
		names[i] = name_of(kind, from + (unsigned)((uint64_t)i * count / DIFFERENT));
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t start_us = clock_us();
		for (unsigned i = 0; i < LOOKUPS / ROUNDS; i++) {
			struct policy_question about = {
				.name = &names[i % DIFFERENT], .type = TYPE_A, .is_first = true};
			held += policy_judge(v, work, &about).is_held;
		}
		uint64_t us = clock_us() - start_us;
		best_us = us < best_us ? us : best_us;
	}
	printf("  %-14s %8.1f ns%s\n", kind, (double)best_us * 1e3 / (LOOKUPS / ROUNDS),
		held ? " (held)" : "");
}

static void run(unsigned names, unsigned plain)
{
	static const char text[] = "lists: [{name: plain, source: /x}]\n";
	static struct policy_work work;
	struct config *config;
	struct view *v;
	struct err why = {""};
	char path[64];
	snprintf(path, sizeof path, "/tmp/bench-%d.mdb", (int)getpid());
	must(config_parse("bench", text, sizeof text - 1, &config, &why), &why);
	must(policy_work_init(&work), &why);
	struct listdb *db = make(path, names, plain);
	struct view_parts parts = {.config = config, .db = db};
	uint64_t start_us = clock_us();
	must(view_new(1, &parts, NULL, &v, &why), &why);
	printf("  join           %8.1f ms\n", (double)(clock_us() - start_us) / 1e3);
	judge(v, &work, "clean", 0, plain);
	judge(v, &work, "plain", 0, plain);
	if (names)
		judge(v, &work, "bot", 0, names);
	view_free(v);
	listdb_close(db);
	config_free(config);
	policy_work_clear(&work);
	unlink(path);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: bench_calendar NAMES PLAIN\n");
		return 2;
	}
	unsigned names = (unsigned)strtoul(argv[1], NULL, 10);
	unsigned plain = (unsigned)strtoul(argv[2], NULL, 10);
	run(0, plain);
	run(names, plain);
	return 0;
}
