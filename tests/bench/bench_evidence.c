/* SPDX-License-Identifier: BSD-2-Clause
 * Does the evidence find bots, and bots alone? `bench_evidence NAMES GONE [CLIENT_DAYS [SEED [MODEL [FAMILY,...]]]]`: NAMES is a file of real
 * domains, the most popular first, GONE one of domains that once were somebody's; with families, only their bots live.
 *
 * Benign clients live a day each, with the noise of real devices. Then bots of each family and variant of the calendar, with a day of its names, without
 * the calendar: only what the classifier says of names that do not exist speaks. One name of the day, anywhere in the list, is live, and the bot
 * is content when it gets there; what a person on the same device asks for meanwhile is judged, too. Prints a table:
 *
 * found%, in 20%: of the bots, were no name live, are found at all, and within 20 names; p50, p95: names until then
 * sunk%: the live name is held back; late%: the bot got there before it was found (or is never)
 * same%: cases with the commonest name of the family
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dga/calendar.h"
#include "dga/dga.h"
#include "resolver/base/clock.h"
#include "resolver/evidence/evidence_store.h"
#include "resolver/evidence/sprt.h"
#include "resolver/evidence/suspects.h"

enum {
	NAMES_MAX = 1000000,
	BOT_NAMES_MAX = 500, /* a bot that is not found by then is missed */
	BOTS_A_FAMILY = 20,
	BOTS_MAX = 4000,
	OWN_POPULAR = 200, /* what a person on an infected device asks for */
	OWN_NEW = 20,
	OWN_CLOUD = 20,
	WITHIN = 20,
	DAY = 20000, /* since 1970 */
	DAY_MS = 86400000,
};

struct list {
	char **names;
	size_t count;
};

struct world {
	struct dga *dga;
	struct engine *engine;
	struct list names, gone;
	uint64_t state; /* of the generator of random numbers */
	uint64_t false_cases, events;
	/* Of people on infected devices: asked for, held back. */
	uint64_t own_popular, own_new, own_cloud, held_popular, held_new, held_cloud;
};

/* xorshift64*: S. Vigna, ACM TOMS 42 (2016). */
static uint64_t draw(struct world *w)
{
	w->state ^= w->state >> 12;
	w->state ^= w->state << 25;
	w->state ^= w->state >> 27;
	return w->state * UINT64_C(2685821657736338717);
}

static unsigned below(struct world *w, unsigned n)
{
	return (unsigned)((draw(w) >> 32) * n >> 32);
}

static void must(int rc, const struct err *why)
{
	if (!rc)
		return;
	fprintf(stderr, "bench: %s\n", why->text);
	exit(1);
}

static void read_names(struct list *w, const char *file)
{
	char line[1024];
	FILE *f = fopen(file, "r");
	w->names = calloc(NAMES_MAX, sizeof *w->names);
	if (!f || !w->names) {
		fprintf(stderr, "bench: %s cannot be read\n", file);
		exit(1);
	}
	while (w->count < NAMES_MAX && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (*line && !(w->names[w->count++] = strdup(line)))
			exit(1);
	}
	fclose(f);
}

/* Zipf with exponent 1: the rank is uniform in its logarithm. */
static const char *popular(struct world *w)
{
	double u = (double)(draw(w) >> 11) / 9007199254740992.0;
	size_t rank = (size_t)exp(u * log((double)w->names.count));
	return w->names.names[rank < w->names.count ? rank : w->names.count - 1];
}

static void random_text(struct world *w, char *out, unsigned n, const char *alphabet)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = alphabet[below(w, (unsigned)strlen(alphabet))];
	out[n] = 0;
}

/* --- one event -------------------------------------------------------------------------------- */

static struct evidence_case *ask(struct world *w, const struct addr *client, uint64_t at_ms,
	const char *text, struct dga_verdict *found)
{
	struct evidence_event e = {
		.at_ms = at_ms, .client = *client, .kind = EVIDENCE_NXDOMAIN, .qtype = 1};
	if (dname_from_text(text, strlen(text), &e.name))
		return NULL;
	dga_score(w->dga, &e.name, found);
	if (found->score > 0 && dga_is_popular(w->dga, &e.name))
		return NULL; /* as on the path */
	e.score = found->score;
	e.class = found->class;
	w->events++;
	return engine_feed(w->engine, &e);
}

/* --- benign clients --------------------------------------------------------------------------- */

static void typo(struct world *w, char *out, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	snprintf(out, size - 1, "%s", popular(w));
	size_t label = strcspn(out, "."), at = label ? below(w, (unsigned)label) : 0,
	       len = strlen(out);
	switch (below(w, 4)) {
	case 0:
		memmove(out + at, out + at + 1, len - at);
		break;
	case 1:
		memmove(out + at + 1, out + at, len - at + 1);
		out[at] = letters[below(w, 26)];
		break;
	case 2:
		out[at] = letters[below(w, 26)];
		break;
	default:
		if (at + 1 < label) {
			char c = out[at];
			out[at] = out[at + 1];
			out[at + 1] = c;
		}
	}
}

static void benign_name(struct world *w, unsigned kind, char *out, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz", hex[] = "0123456789abcdef";
	static const char *const suffixes[] = {
		"lan", "home", "fritz.box", "corp.example.com", "ad.firm-intern.net"};
	static const char *const lookups[] = {
		"zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org"};
	static const char *const clouds[] = {
		"cloudfront.net", "s3.amazonaws.com", "azureedge.net", "akamaized.net"};
	char text[128];
	switch (kind) {
	case 0: /* a browser's probe */
		random_text(w, out, 7 + below(w, 9), letters);
		break;
	case 1: /* a search suffix */
		snprintf(out, size, "%s.%s", popular(w), suffixes[below(w, 5)]);
		break;
	case 2: /* a block list of mail */
		snprintf(out, size, "%u.%u.%u.%u.%s", below(w, 256), below(w, 256), below(w, 256),
			below(w, 256), lookups[below(w, 3)]);
		break;
	case 3: /* a scanner's look-up of a file */
		random_text(w, text, 32, hex);
		snprintf(out, size, "%s.hashserver.cs.trendmicro.com", text);
		break;
	case 4: /* neighbours */
		random_text(w, text, 8, hex);
		snprintf(out, size, "desktop-%s.local", text);
		break;
	case 5: /* a content network's name that is gone */
		random_text(w, text, 13 + below(w, 10), "0123456789abcdefghijklmnopqrstuvwxyz");
		snprintf(out, size, "d%s.%s", text, clouds[below(w, 4)]);
		break;
	case 6: /* a domain that is gone */
		snprintf(out, size, "www.%s", w->gone.names[below(w, (unsigned)w->gone.count)]);
		break;
	default:
		typo(w, out, size);
	}
}

static void live_a_day(struct world *w, uint32_t number)
{
	struct addr client;
	uint8_t v4[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
	char text[512];
	struct dga_verdict found;
	uint64_t opened = engine_counters(w->engine)->opened_cases;
	addr_from_v4(v4, &client);
	/* So many of each kind a day, at most. */
	static const unsigned counts[] = {18, 30, 10, 10, 10, 4, 6, 12};
	for (unsigned kind = 0; kind < sizeof counts / sizeof *counts; kind++)
		for (unsigned n = below(w, counts[kind] + 1); n; n--) {
			benign_name(w, kind, text, sizeof text);
			ask(w, &client, (uint64_t)DAY * DAY_MS + below(w, DAY_MS), text, &found);
		}
	w->false_cases += engine_counters(w->engine)->opened_cases > opened;
}

/* --- bots ------------------------------------------------------------------------------------- */

struct bot {
	const char *family, *variant;
	char names[2 * BOT_NAMES_MAX][64];
	unsigned count;
};

struct result {
	unsigned bots, found, within, sinkholed, late, asked[BOTS_MAX], same_family;
};

static bool collect(void *arg, int64_t day, const struct calendar_maker *maker, const char *name)
{
	struct bot *b = arg;
	(void)day;
	if (strcmp(maker->family, b->family) != 0 || strcmp(maker->variant, b->variant) != 0 ||
		strlen(name) > 63)
		return true;
	if (b->count == 2 * BOT_NAMES_MAX)
		return false;
	snprintf(b->names[b->count++], 64, "%s", name);
	return true;
}

/* Would it be held back from this client? */
static bool is_held(struct world *w, const struct suspect *s, const char *text)
{
	struct dname name;
	struct dga_verdict found;
	if (dname_from_text(text, strlen(text), &name))
		return false;
	dga_score(w->dga, &name, &found);
	return suspects_is_generated(s, found.score, &name) && !dga_is_popular(w->dga, &name);
}

static void live_beside_a_bot(struct world *w, const struct suspect *s)
{
	for (unsigned i = 0; i < OWN_POPULAR; i++)
		w->held_popular += is_held(w, s, popular(w));
	for (unsigned i = 0; i < OWN_NEW; i++)
		w->held_new += is_held(w, s, w->gone.names[below(w, (unsigned)w->gone.count)]);
	for (unsigned i = 0; i < OWN_CLOUD; i++) {
		char text[512];
		benign_name(w, 5, text, sizeof text);
		w->held_cloud += is_held(w, s, text);
	}
	w->own_popular += OWN_POPULAR;
	w->own_cloud += OWN_CLOUD;
	w->own_new += OWN_NEW;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return (x > y) - (x < y);
}

/* One device asks from somewhere in the list of the day, with a person's errors in between; one name in the list is live. */
static void infect(
	struct world *w, const struct bot *b, uint32_t serial, struct result *r, char *family)
{
	struct addr client;
	char text[512];
	struct dga_verdict found;
	struct evidence_case *c = NULL;
	uint8_t v4[4] = {11, (uint8_t)(serial >> 16), (uint8_t)(serial >> 8), (uint8_t)serial};
	unsigned start = below(w, b->count), asked = 0,
		 most = b->count < BOT_NAMES_MAX ? b->count : BOT_NAMES_MAX;
	uint64_t at_ms = (uint64_t)DAY * DAY_MS, pause_ms = 60000 / (1 + below(w, 50));
	unsigned live = below(w, b->count);
	addr_from_v4(v4, &client);
	for (; asked < most && !c; asked++, at_ms += pause_ms) {
		if (!below(w, 10)) {
			benign_name(w, 7, text, sizeof text);
			ask(w, &client, at_ms, text, &found);
		}
		c = ask(w, &client, at_ms, b->names[(start + asked) % b->count], &found);
	}
	r->bots++;
	r->late += !c || live < asked;
	if (!c)
		return;
	r->asked[r->found++] = asked;
	r->within += asked <= WITHIN;
	if (!*family)
		snprintf(family, CASE_FAMILY_TEXT, "%s", c->families[0]);
	r->same_family += c->family_count && !strcmp(c->families[0], family);
	struct suspect s = {.client = client, .case_id = c->id};
	s.has_shape = family_shape_of(c->lines, c->line_count, &s.shape);
	r->sinkholed += live >= asked && is_held(w, &s, b->names[(start + live) % b->count]);
	live_beside_a_bot(w, &s);
}

static void add(struct result *sum, const struct result *r)
{
	memcpy(sum->asked + sum->found, r->asked, r->found * sizeof *r->asked);
	sum->bots += r->bots;
	sum->found += r->found;
	sum->within += r->within;
	sum->sinkholed += r->sinkholed;
	sum->late += r->late;
	sum->same_family += r->same_family;
}

static void print(const char *family, const char *variant, struct result *r, const char *name)
{
	qsort(r->asked, r->found, sizeof *r->asked, by_number);
	printf("%-22s %-12s %4u %6.1f %6.1f  ", family, variant, r->bots,
		100.0 * r->found / r->bots, 100.0 * r->within / r->bots);
	if (r->found)
		printf("%4u %4u", r->asked[r->found / 2], r->asked[(r->found * 19) / 20]);
	else
		printf("%4s %4s", "-", "-");
	printf("  %6.1f %6.1f  %6.1f  %s\n", 100.0 * r->sinkholed / r->bots,
		100.0 * r->late / r->bots, r->found ? 100.0 * r->same_family / r->found : 0, name);
}

/* Is it one of `families`, separated by commas? NULL: all are. */
static bool is_wanted(const char *families, const char *family)
{
	size_t len = strlen(family);
	for (const char *at = families; at; at = strchr(at, ','), at = at ? at + 1 : NULL)
		if (!strncmp(at, family, len) && (!at[len] || at[len] == ','))
			return true;
	return !families;
}

static void all_bots(struct world *w, const char *families)
{
	struct calendar_maker maker;
	static struct result sum, able, r;
	/* So many names of the surest kind are a case: a generator that makes fewer cannot be found so. */
	unsigned least = (unsigned)(engine_bound(w->engine) / sprt_of_score(50000)) + 1;
	uint32_t serial = 0;
	struct bot *b = malloc(sizeof *b);
	size_t sets;
	struct err why = {""};
	if (!b)
		exit(1);
	printf("\n%-22s %-12s %4s %6s %6s  %4s %4s  %6s %6s  %6s  %s\n", "family", "variant",
		"bots", "found%", "in 20%", "p50", "p95", "sunk%", "late%", "same%", "called");
	for (size_t i = 0; calendar_generator(i, &maker, &sets); i++) {
		struct calendar_request q = {
			.first_day = DAY, .last_day = DAY, .family = maker.family};
		if (!is_wanted(families, maker.family))
			continue;
		r = (struct result){0};
		char family[CASE_FAMILY_TEXT] = "";
		b->family = maker.family;
		b->variant = maker.variant;
		b->count = 0;
		must(calendar_each(&q, collect, b, &why), &why);
		if (!b->count) {
			printf("%-22s %-12s makes no names on this day\n", maker.family,
				maker.variant);
			continue;
		}
		for (unsigned n = 0; n < BOTS_A_FAMILY; n++)
			infect(w, b, ++serial, &r, family);
		print(maker.family, maker.variant, &r, family);
		add(&sum, &r);
		if (b->count >= least)
			add(&able, &r);
	}
	print("all", "", &sum, "");
	char text[64];
	snprintf(text, sizeof text, "of %u names a day", least);
	if (able.bots)
		print(text, "or more", &able, "");
	if (w->own_popular)
		printf("a person's own names on such a device held back: %.4f %% of popular "
		       "ones, %.2f %% of new domains, %.2f %% of content networks' hosts\n",
			100.0 * (double)w->held_popular / (double)w->own_popular,
			100.0 * (double)w->held_new / (double)w->own_new,
			100.0 * (double)w->held_cloud / (double)w->own_cloud);
	free(b);
}

/* --- over a restart ------------------------------------------------------------------------------ */

static double since_s(uint64_t start_us)
{
	return (double)(clock_us() - start_us) / 1e6;
}

/* A state of 100,000 clients under suspicion, two names each: written, and read back. */
static void restart(const struct engine_options *options)
{
	enum { CLIENTS = 100000 };
	char folder[] = "/tmp/bench-evidence-XXXXXX", path[64], problem[256];
	struct engine *e;
	struct evidence_store *store;
	struct err why = {""};
	struct stat file;
	uint8_t v4[4] = {12, 0, 0, 0};
	must(engine_new(options, &e, &why), &why);
	must(mkdtemp(folder) ? 0 : -1, &why);
	evidence_store_open(folder, e, &store, problem, sizeof problem);
	uint64_t start_us = clock_us();
	for (uint32_t i = 0; i < 2 * CLIENTS; i++) {
		struct evidence_event v = {.at_ms = clock_wall_ms(),
			.kind = EVIDENCE_NXDOMAIN,
			.qtype = 1,
			.score = 9000,
			.class = DGA_RANDOM};
		char name[64];
		int n = snprintf(name, sizeof name, "qxkvjwzhtpl%u.biz", i);
		v4[1] = (uint8_t)(i / 2 >> 16);
		v4[2] = (uint8_t)(i / 2 >> 8);
		v4[3] = (uint8_t)(i / 2);
		addr_from_v4(v4, &v.client);
		(void)dname_from_text(name, (size_t)n, &v.name);
		(void)engine_feed(e, &v);
	}
	double fed_s = since_s(start_us);
	start_us = clock_us();
	must(evidence_store_save(store, e, true, &why), &why);
	double saved_s = since_s(start_us);
	uint32_t clients = engine_client_count(e);
	evidence_store_close(store);
	engine_free(e);
	must(engine_new(options, &e, &why), &why);
	start_us = clock_us();
	evidence_store_open(folder, e, &store, problem, sizeof problem);
	double read_s = since_s(start_us);
	snprintf(path, sizeof path, "%s/evidence.mdb", folder);
	if (stat(path, &file))
		exit(1);
	printf("\n%u clients: %zu octets each; %.0f events a second; saved in %.2f s (%.1f MB), "
	       "read back in %.2f s: %u\n",
		clients, sizeof(struct client) * 3 / 2 + 2 * sizeof(struct client_line),
		2 * CLIENTS / fed_s, saved_s, (double)file.st_size / 1e6, read_s,
		engine_client_count(e));
	evidence_store_close(store);
	engine_free(e);
	(void)unlink(path);
	(void)rmdir(folder);
}

int main(int argc, char **argv)
{
	struct world w = {.state = 88172645463325252u};
	struct err why = {""};
	struct dga_options model = {.model = argc > 5 ? argv[5] : NULL, .threshold = 1e-4};
	struct engine_options options = {.false_positive = 1e-6,
		.miss = .01,
		.half_life_s = 86400,
		.clients = 100000,
		.cases = 10000,
		.ipv4_bits = 32,
		.ipv6_bits = 64};
	if (argc < 3) {
		fprintf(stderr,
			"usage: bench_evidence NAMES GONE [CLIENT_DAYS [SEED [MODEL "
			"[FAMILY,...]]]]\n");
		return 2;
	}
	uint32_t days = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 10000;
	w.state += argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	must(dga_open(&model, &w.dga, &why), &why);
	must(engine_new(&options, &w.engine, &why), &why);
	read_names(&w.names, argv[1]);
	read_names(&w.gone, argv[2]);
	uint64_t start_us = clock_us();
	for (uint32_t i = 0; i < days; i++)
		live_a_day(&w, i);
	double took_s = (double)(clock_us() - start_us) / 1e6;
	const struct engine_counters *n = engine_counters(w.engine);
	printf("benign: %u client-days, %llu names that do not exist, %llu false cases; bound %.1f "
	       "nats; %.2f us a name, classified\n",
		days, (unsigned long long)w.events, (unsigned long long)w.false_cases,
		engine_bound(w.engine) / 1000.0, took_s * 1e6 / (double)w.events);
	for (unsigned i = 0; i < NOISE_COUNT; i++)
		printf("  %-8s %llu\n", noise_name((enum noise)i), (unsigned long long)n->noise[i]);
	printf("  counted before %llu, clients that made room %llu\n",
		(unsigned long long)n->repeated, (unsigned long long)n->evicted_clients);
	all_bots(&w, argc > 6 ? argv[6] : NULL);
	restart(&options);
	engine_free(w.engine);
	dga_close(w.dga);
	return 0;
}
