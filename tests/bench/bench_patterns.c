/* SPDX-License-Identifier: BSD-2-Clause
 * What patterns cost a query: `bench_patterns [PATTERNS [FILE]]` holds names against PATTERNS (20000) made-up patterns of the kinds that
 * lists have. Names: those of FILE, one a line, or made-up ones. Then the same with one hostile pattern.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeds/listdb/patterns.h"

enum { NAMES = 200000, WORDS = 40000 };

static uint64_t state = 88172645463325252;

static uint32_t number(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Something that can be spoken, of 2 to 4 syllables. */
static void make_word(char out[static 16])
{
	static const char first[] = "bcdfghjklmnprstvwz", second[] = "aeiouy", third[] = "nrstlx";
	size_t n = 0;
	for (uint32_t i = 2 + number(3); i--;) {
		out[n++] = first[number(sizeof first - 1)];
		out[n++] = second[number(sizeof second - 1)];
		if (!number(3))
			out[n++] = third[number(sizeof third - 1)];
	}
	out[n] = 0;
}

static size_t make_pattern(const char (*words)[16], char out[static 256])
{
	const char *a = words[number(WORDS)], *b = words[number(WORDS)];
	int n = 0;
	switch (number(7)) {
	case 0:
		n = snprintf(out, 256, "^(.+[_.-])?%s[0-9]*[_.-]", a);
		break;
	case 1:
		n = snprintf(out, 256, "^%s(s|er|ing)?[0-9]*\\.", a);
		break;
	case 2:
		n = snprintf(out, 256, "(^|\\.)%s-?%s\\.(com|net|org)$", a, b);
		break;
	case 3:
		n = snprintf(out, 256, "^[a-z0-9]{8,32}\\.%s\\.", a);
		break;
	case 4:
		n = snprintf(out, 256, "%s[a-z0-9-]*\\.(click|xyz|top)$", a);
		break;
	case 5:
		n = snprintf(out, 256, "^(%s|%s)([0-9]+|-[a-z]+)?\\.", a, b);
		break;
	default:
		n = snprintf(out, 256, "(.*)\\.g00\\.(.*)%s", a);
		break;
	}
	return (size_t)n;
}

static struct dname *read_names(const char *path, const char (*words)[16])
{
	static const char *const tops[] = {"com", "net", "org", "de", "io", "co.uk"};
	static const char *const hosts[] = {"www.", "api.", "cdn.", "", "", "static.", "m."};
	struct dname *names = malloc(NAMES * sizeof *names);
	FILE *f = path ? fopen(path, "r") : NULL;
	if (!names || (path && !f))
		exit(1);
	for (size_t n = 0; n < NAMES;) {
		char line[300];
		if (f && !fgets(line, sizeof line, f))
			rewind(f);
		else if (!f)
			snprintf(line, sizeof line, "%s%s%s.%s", hosts[number(7)],
				words[number(WORDS)], number(2) ? words[number(WORDS)] : "",
				tops[number(6)]);
		n += *line != '#' && !dname_from_text(line, strcspn(line, "\r\n"), &names[n]);
	}
	if (f)
		fclose(f);
	return names;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void show(const char *what, uint64_t *ns, size_t n)
{
	if (!n)
		return;
	qsort(ns, n, sizeof *ns, compare);
	printf("%s: %zu names; ns a name: median %" PRIu64 ", p99 %" PRIu64 ", p99.9 %" PRIu64
	       ", worst %" PRIu64 "\n",
		what, n, ns[n / 2], ns[n * 99 / 100], ns[n * 999 / 1000], ns[n - 1]);
}

static void measure(const struct patterns *p, const struct dname *names)
{
	struct patterns_scratch *s = patterns_scratch_new();
	uint64_t *clean = malloc(NAMES * sizeof *clean), *hit = malloc(NAMES * sizeof *hit);
	size_t clean_count = 0, hit_count = 0;
	uint32_t out[64];
	if (!s || !clean || !hit)
		exit(1);
	uint64_t start = cpu_ns();
	for (size_t i = 0; i < NAMES; i++)
		patterns_find(p, s, &names[i], out, 64);
	double mean = (double)(cpu_ns() - start) / NAMES;
	for (size_t i = 0; i < NAMES; i++) {
		uint64_t from = cpu_ns();
		size_t n = patterns_find(p, s, &names[i], out, 64);
		uint64_t took = cpu_ns() - from;
		if (n)
			hit[hit_count++] = took;
		else
			clean[clean_count++] = took;
	}
	printf("mean %.0f ns a name; of those below, some 200 are the clock's\n", mean);
	show("clean", clean, clean_count);
	show("matched", hit, hit_count);
	printf("ran into a limit: %" PRIu64 "\n", patterns_limited(p));
	free(clean);
	free(hit);
	patterns_scratch_free(s);
}

static void run(
	size_t count, const char (*words)[16], const struct dname *names, const char *hostile)
{
	uint64_t start = cpu_ns();
	size_t before = mallinfo2().uordblks;
	struct patterns *p = patterns_new(count);
	char text[256];
	if (!p)
		exit(1);
	for (size_t i = 0; i < count; i++) {
		size_t n = i || !hostile ? make_pattern(words, text)
					 : (size_t)snprintf(text, sizeof text, "%s", hostile);
		if (patterns_add(p, text, n))
			fprintf(stderr, "not taken: %s\n", text);
	}
	if (patterns_finish(p))
		exit(1);
	printf("%zu patterns: compiled in %.0f ms, %.1f MB (%.1f by malloc's count)\n", count,
		(double)(cpu_ns() - start) * 1e-6, (double)patterns_memory(p) / 1048576,
		(double)(mallinfo2().uordblks - before) / 1048576);
	measure(p, names);
	patterns_free(p);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
	static char words[WORDS][16];
	for (int i = 0; i < WORDS; i++)
		make_word(words[i]);
	struct dname *names = read_names(argc > 2 ? argv[2] : NULL, words);
	run(count, words, names, NULL);
	puts("with one hostile pattern that every .com asks for:");
	run(count, words, names, "([a-z.]+)+([a-z.]+)+[0-9]com");
	free(names);
	return 0;
}
