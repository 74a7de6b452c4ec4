/* SPDX-License-Identifier: BSD-2-Clause
 * What a score costs: `bench_dga [NAMES [MODEL]]`. NAMES holds one name a line; without it (or `-`) a million are made up here, nine ordinary
 * ones for each generated one. Names are scored as they are on the path, just after they were parsed; then the costliest ones that there
 * can be are looked for among long ones of many kinds. Times are those of this thread alone, whatever else the machine does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dga/dga.h"
#include "dga/dga_model.h"

enum {
	NAMES_MAX = 1000000,
	LINE_MAX_OCTETS = 1100,
	BATCH = 256, /* names that are parsed, then scored */
	ROUNDS = 5,
	WORST_NAMES = 600,
	WORST_ROUNDS = 5,
	WORST_RUNS = 100,
	GENERATED_EVERY = 10,
};

static uint32_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

#define PICK(array) ((array)[pick(sizeof(array) / sizeof *(array))])

/* --- names --- */

static const char *const words[] = {"news", "online", "shop", "bank", "the", "play", "game",
	"travel", "photo", "music", "home", "garden", "cloud", "data", "design", "media", "web",
	"host", "mail", "book", "store", "auto", "car", "art", "city", "green", "blue", "red",
	"sun", "moon", "star", "tech", "soft", "ware", "world", "line", "net", "work", "space",
	"time", "life", "food", "fit", "health", "doctor", "school", "uni", "berg", "stadt", "haus",
	"immo", "casa", "mar", "sol", "tienda", "libro", "monde", "jardin", "vin", "hotel", "tour",
	"sport", "foot", "ball", "club", "radio", "kino", "film", "video", "live", "stream",
	"porno", "date", "love", "kids", "toys", "pet", "dog", "cat", "farm", "bio", "energy",
	"solar", "power", "build", "construct", "law", "tax", "finance", "invest", "capital",
	"trade", "market", "express", "post", "trans", "port", "air", "sea", "ship", "log", "istic",
	"group", "global", "inter", "national", "euro", "asia", "nippon", "sakura", "yoshi", "taka",
	"mura", "wang", "zhong", "guo", "xin", "bao", "ivan", "ova", "smith", "son", "john",
	"maria", "anna", "peter", "schmidt", "mueller", "garcia", "rossi"};
static const char *const hosts[] = {
	"", "", "", "www.", "www.", "mail.", "api.", "cdn.", "m.", "img.static."};
static const char *const tops[] = {"com", "com", "com", "com", "net", "org", "de", "ru", "co.uk",
	"com.br", "info", "biz", "xyz", "top", "fr", "nl", "it", "jp", "io", "pl"};
static const char *const alphabets[] = {"abcdefghijklmnopqrstuvwxyz",
	"abcdefghijklmnopqrstuvwxyz0123456789", "0123456789abcdef", "aeioubcdfgklmnprstvz",
	"abcdefghijklmnopqrstuvwxy"};

static void make_name(size_t number, char *line, size_t size)
{
	if (number % GENERATED_EVERY == 0) {
		char label[32];
		const char *letters = PICK(alphabets);
		unsigned len = 8 + pick(17), kinds = (unsigned)strlen(letters);
		for (unsigned i = 0; i < len; i++)
			label[i] = letters[pick(kinds)];
		label[len] = 0;
		snprintf(line, size, "%s.%s", label, PICK(tops));
		return;
	}
	const char *last = pick(3) ? PICK(words) : "";
	const char *between = pick(8) ? "" : "-";
	snprintf(line, size, "%s%s%s%s%s.%s", PICK(hosts), PICK(words), between, PICK(words), last,
		PICK(tops));
}

/* Texts one behind the other, each ending in 0. */
struct texts {
	char *all;
	size_t used, room, count;
};

static void add_text(struct texts *t, const char *text)
{
	size_t len = strlen(text) + 1;
	if (t->used + len > t->room) {
		t->room = 2 * t->room + LINE_MAX_OCTETS;
		t->all = realloc(t->all, t->room);
	}
	if (!t->all)
		abort();
	memcpy(t->all + t->used, text, len);
	t->used += len;
	t->count++;
}

static bool read_names(const char *file, struct texts *t)
{
	char line[LINE_MAX_OCTETS];
	FILE *f = fopen(file, "r");
	while (f && t->count < NAMES_MAX && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		add_text(t, line);
	}
	if (f)
		fclose(f);
	return f && t->count;
}

static void make_names(struct texts *t)
{
	char line[LINE_MAX_OCTETS];
	while (t->count < NAMES_MAX) {
		make_name(t->count, line, sizeof line);
		add_text(t, line);
	}
}

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* --- the mean --- */

struct figures {
	size_t names, judged, to_trees, suspects;
};

static double round_ns(const struct dga *d, const struct texts *t, struct figures *f)
{
	static struct dname names[BATCH];
	const char *at = t->all;
	double spent = 0;
	*f = (struct figures){0};
	for (size_t done = 0; done < t->count;) {
		size_t n = 0;
		for (; n < BATCH && done < t->count; done++, at += strlen(at) + 1)
			n += !dname_from_text(at, strlen(at), &names[n]);
		double started = cpu_ns();
		for (size_t i = 0; i < n; i++) {
			struct dga_verdict v;
			dga_score(d, &names[i], &v);
			f->suspects += v.class != DGA_NONE;
			f->judged += v.score != 0;
		}
		spent += cpu_ns() - started;
		f->names += n;
	}
	return f->names ? spent / (double)f->names : 0;
}

static size_t count_to_trees(const struct dga *d, const struct texts *t)
{
	size_t count = 0;
	const char *at = t->all;
	for (size_t i = 0; i < t->count; i++, at += strlen(at) + 1) {
		struct dname name;
		struct label l;
		struct dga_judgement j;
		if (dname_from_text(at, strlen(at), &name) || !label_find(&name, &l))
			continue;
		dga_judge(d, &l, &j);
		count += j.curve != DGA_CURVE_LINEAR;
	}
	return count;
}

static void print_mean(const struct dga *d, const struct texts *t)
{
	struct figures f;
	double least = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double ns = round_ns(d, t, &f);
		least = i && least < ns ? least : ns;
	}
	f.to_trees = count_to_trees(d, t);
	printf("%zu names, %zu judged, %zu by trees, %zu suspects\n", f.names, f.judged, f.to_trees,
		f.suspects);
	printf("mean: %.0f ns a name\n", least);
}

/* --- the costliest --- */

/* A label of 63 octets, under short labels that fill the name up or not, below a suffix that takes long to find or not. */
static void make_long(char *line)
{
	static const char *const ends[] = {
		"com", "kawasaki.jp", "co.uk", "pvt.k12.ma.us", "museum"};
	const char *end = PICK(ends), *letters = PICK(alphabets);
	size_t n = 0, kinds = strlen(letters);
	bool has_words = pick(2), is_full = pick(2);
	while (is_full && n + 64 + strlen(end) + 2 < DNAME_MAX - 2) {
		line[n++] = 'x';
		line[n++] = '.';
	}
	size_t from = n;
	while (n - from < DNAME_LABEL_MAX) {
		const char *word = PICK(words);
		for (size_t i = 0; has_words && word[i] && n - from < DNAME_LABEL_MAX; i++)
			line[n++] = word[i];
		if (!has_words)
			line[n++] = letters[pick((uint32_t)kinds)];
	}
	snprintf(line + n, LINE_MAX_OCTETS - n, ".%s", end);
}

static double name_ns(const struct dga *d, const struct dname *name)
{
	double least = 0;
	for (int round = 0; round < WORST_ROUNDS; round++) {
		struct dga_verdict v;
		double started = cpu_ns();
		for (int i = 0; i < WORST_RUNS; i++)
			dga_score(d, name, &v);
		double ns = (cpu_ns() - started) / WORST_RUNS;
		least = round && least < ns ? least : ns;
	}
	return least;
}

static void print_costliest(const struct dga *d)
{
	char line[LINE_MAX_OCTETS], costliest[LINE_MAX_OCTETS] = "";
	double most = 0;
	for (int i = 0; i < WORST_NAMES; i++) {
		struct dname name;
		make_long(line);
		if (dname_from_text(line, strlen(line), &name))
			abort();
		double ns = name_ns(d, &name);
		if (ns > most) {
			most = ns;
			memcpy(costliest, line, sizeof line);
		}
	}
	printf("costliest of %d long names: %.0f ns\n  %s\n", WORST_NAMES, most, costliest);
}

int main(int argc, char **argv)
{
	struct err why;
	const struct dga_options as = {.model = argc > 2 ? argv[2] : NULL, .threshold = 1e-4};
	struct texts t = {0};
	struct dga *d = NULL;
	if (dga_open(&as, &d, &why)) {
		fprintf(stderr, "bench: %s\n", why.text);
		return 1;
	}
	if (argc < 2 || !strcmp(argv[1], "-")) {
		make_names(&t);
	} else if (!read_names(argv[1], &t)) {
		fprintf(stderr, "bench: %s: no names\n", argv[1]);
		return 1;
	}
	print_mean(d, &t);
	print_costliest(d);
	dga_close(d);
	free(t.all);
	return 0;
}
