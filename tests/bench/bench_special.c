/* SPDX-License-Identifier: BSD-2-Clause
 * What rules beyond plain names cost: `bench_special KIND COUNT [MEMORY_MB [FOLDER]]` builds a generation with COUNT of them under a
 * limit of memory, opens it, and looks them up. KIND: data (an address each), garden (one alias for all), plain (RPZ's `CNAME .`), or
 * prefixes (IPv4 and IPv6, of answers).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/listdb/build.h"
#include "feeds/listdb/detail.h"
#include "feeds/listdb/listdb.h"
#include "resolver/base/hash.h"

#define LOOKUPS UINT32_C(1000000)

static uint64_t state = 88172645463325252;

static uint32_t number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
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

static void must(int rc, const struct err *why)
{
	if (!rc)
		return;
	fprintf(stderr, "bench: %s\n", why->text);
	exit(1);
}

static void set_name(struct rule *r, uint32_t i)
{
	static const char *const tops[] = {"com", "net", "org", "info"};
	char text[64];
	struct dname d;
	int n = snprintf(text, sizeof text, "h%" PRIu32 ".x%" PRIx32 ".%s", i % 7, i * 2654435761u,
		tops[i % 4]);
	dname_from_text(text, (size_t)n, &d);
	r->len = (uint8_t)dname_key(&d, r->key);
}

static void set_prefix(struct rule *r)
{
	uint32_t n = number();
	bool is_v4 = n & 3;
	struct addr *a = &r->prefix.addr;
	*a = (struct addr){{[0] = 0x20, [1] = 0x01}};
	if (is_v4)
		addr_from_v4((const uint8_t[]){0, 0, 0, 0}, a);
	for (int i = is_v4 ? 12 : 2; i < 16; i++)
		a->bytes[i] = (uint8_t)number();
	r->prefix.bits = (uint8_t)(is_v4 ? 96 + 16 + n % 17 : 32 + n % 97);
	for (unsigned b = r->prefix.bits; b < 128; b++)
		a->bytes[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
}

static void build_it(
	const char *kind, uint32_t count, const struct build_options *options, const char *path)
{
	struct err why = {""};
	struct build *b;
	struct listdb_list about = {.name = "bench", .format = "rpz"};
	static const uint8_t garden[] = "\x06garden\x07"
					"example";
	double start = cpu_s();
	must(build_new(options, &b, &why), &why);
	must(build_begin(b, &why), &why);
	for (uint32_t i = 0; i < count; i++) {
		struct rule r = {.verb = RULE_DATA, .is_self = true};
		struct detail_writer w = {0};
		set_name(&r, i);
		if (*kind == 'p' && kind[1] == 'l') {
			r.verb = RULE_MATCH;
		} else if (*kind == 'p') {
			r.trigger = RULE_ANSWER;
			r.verb = RULE_NXDOMAIN;
			set_prefix(&r);
		} else if (*kind == 'd') {
			detail_put_record(&w, 1, 60, (const uint8_t *)&i, 4);
		} else {
			detail_put(&w, DETAIL_ALIAS, garden, sizeof garden);
		}
		r.about = w.bytes;
		r.about_len = w.len;
		must(build_add(b, &r, &why), &why);
	}
	must(build_keep(b, &about, &why), &why);
	double added = cpu_s();
	must(build_write(b, path, &(struct build_head){.number = 1}, &why), &why);
	struct stat st;
	if (stat(path, &st))
		exit(1);
	printf("%s, %" PRIu32 " rules: cpu s: add %.2f, write %.2f; max rss %.1f MB, file %.1f MB "
	       "(%.1f a rule)\n",
		kind, count, added - start, cpu_s() - added, (double)status_kb("VmHWM:") / 1024,
		(double)st.st_size / 1048576, (double)st.st_size / count);
	build_free(b);
}

static uint64_t hash_of(const struct rule *r, uint64_t hash)
{
	for (size_t at = 0; at < r->len; at += (size_t)r->key[at] + 1)
		hash = hash_label(hash, r->key + at);
	return hash;
}

static void look_up_names(const struct listdb_index *x, uint32_t count)
{
	uint64_t *hashes = malloc(2 * sizeof *hashes * LOOKUPS);
	if (!hashes)
		exit(1);
	for (uint32_t i = 0; i < 2 * LOOKUPS; i++) {
		struct rule r;
		set_name(&r, i < LOOKUPS ? number() % count : count + i);
		hashes[i] = hash_of(&r, x->seed);
	}
	for (int part = 0; part < 2; part++) {
		size_t found = 0, n;
		double start = cpu_s();
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			listdb_rules_of_name(x, hashes[(size_t)part * LOOKUPS + i], &n);
			found += n;
		}
		printf("rules of a name, %s: %.0f ns (%zu found)\n", part ? "of none" : "of a rule",
			(cpu_s() - start) / LOOKUPS * 1e9, found);
	}
	free(hashes);
}

static void look_up_addresses(const struct listdb_index *x)
{
	struct addr *addresses = malloc(sizeof *addresses * LOOKUPS);
	const struct listdb_rule *out[LISTDB_RULES_MAX];
	if (!addresses)
		exit(1);
	for (int v6 = 0; v6 < 2; v6++) {
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			struct rule r = {0};
			do
				set_prefix(&r);
			while (addr_is_v4(&r.prefix.addr) == (bool)v6);
			addresses[i] = r.prefix.addr;
		}
		size_t found = 0;
		double start = cpu_s();
		for (uint32_t i = 0; i < LOOKUPS; i++)
			found += listdb_rules_of_address(
				x, RULE_ANSWER, &addresses[i], out, LISTDB_RULES_MAX);
		printf("rules of an IPv%d address: %.0f ns (%zu found)\n", v6 ? 6 : 4,
			(cpu_s() - start) / LOOKUPS * 1e9, found);
	}
	free(addresses);
}

int main(int argc, char **argv)
{
	if (argc < 3 || !strchr("dgp", argv[1][0])) {
		fprintf(stderr,
			"usage: bench_special data|garden|plain|prefixes COUNT [MEMORY_MB "
			"[FOLDER]]\n");
		return 2;
	}
	uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
	uint64_t memory = argc > 3 ? strtoull(argv[3], NULL, 10) << 20 : 0;
	struct build_options options = {
		.folder = argc > 4 ? argv[4] : "/tmp", .memory_bytes = memory};
	char path[4096];
	snprintf(path, sizeof path, "%s/bench-%d.mdb", options.folder, (int)getpid());
	struct rlimit limit = {memory, memory}, none = {RLIM_INFINITY, RLIM_INFINITY};
	getrlimit(RLIMIT_DATA, &none);
	limit.rlim_max = none.rlim_max;
	if (memory && setrlimit(RLIMIT_DATA, &limit))
		return 1;
	build_it(argv[1], count, &options, path);
	setrlimit(RLIMIT_DATA, &none);
	struct err why = {""};
	struct listdb *db;
	long before_kb = status_kb("RssAnon:");
	double start = cpu_s();
	must(listdb_open(path, &db, &why), &why);
	printf("open: %.0f ms cpu, %.1f MB anonymous more\n", (cpu_s() - start) * 1e3,
		(double)(status_kb("RssAnon:") - before_kb) / 1024);
	if (listdb_has_trigger(listdb_index(db), RULE_ANSWER))
		look_up_addresses(listdb_index(db));
	else
		look_up_names(listdb_index(db), count);
	listdb_close(db);
	unlink(path);
	return 0;
}
