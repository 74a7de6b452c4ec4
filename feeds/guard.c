/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/popular.h"
#include "resolver/base/addr.h"
#include "resolver/base/calendar_list.h"
#include "resolver/base/dname.h"
#include "resolver/base/hash.h"

enum { SHOWN = 3, ADDRESSES_MAX = 1024 };

/* Why a name is protected. */
enum origin { POPULAR, SOURCE, OWN };

struct name {
	struct dname name;
	enum origin origin;
};

struct guard {
	struct name *names;
	size_t count, room;
	bool is_short; /* of memory */
	const struct plan *plan; /* during guard_new */
	struct addr addresses[ADDRESSES_MAX];
	size_t address_count;
	struct listdb_scratch *scratch; /* NULL: made when first needed */
	/* Hashes of keys, sorted: of the protected names, and of those and all above them. */
	uint64_t *exact, *above;
	size_t above_count;
};

/* What one list says of one name. */
struct word {
	bool is_blocked, is_firm, is_excepted; /* firm: in spite of exceptions */
};

/* What a list would newly block; of the names those that say most. */
struct hits {
	uint64_t names, addresses;
	const struct name *shown[SHOWN];
	const struct addr *address; /* the first */
};

/* --- what is protected --- */

static bool is_taken_back(const struct plan *plan, const struct dname *name)
{
	for (size_t i = 0; i < plan->unprotected_count; i++) {
		struct dname top;
		const char *text = plan->unprotected[i];
		if (!dname_from_text(text, strlen(text), &top) && dname_is_at_or_below(name, &top))
			return true;
	}
	return false;
}

static void add_name(struct guard *g, const char *text, size_t len, enum origin origin)
{
	struct dname name;
	if (dname_from_text(text, len, &name) || !name.labels ||
		(origin != OWN && is_taken_back(g->plan, &name)))
		return;
	if (g->count == g->room) {
		size_t room = g->room ? g->room * 2 : 2048;
		struct name *more = realloc(g->names, room * sizeof *more);
		g->is_short = g->is_short || !more;
		if (!more)
			return;
		g->names = more;
		g->room = room;
	}
	g->names[g->count++] = (struct name){name, origin};
}

static void add_address(struct guard *g, const struct addr *a)
{
	if (g->address_count < ADDRESSES_MAX)
		g->addresses[g->address_count++] = *a;
}

static void add_popular(void *arg, const char *text, size_t len)
{
	add_name(arg, text, len, POPULAR);
}

/* The host of a URL: behind `//` and a user, before a port or path. */
static void add_source(struct guard *g, const char *url)
{
	struct addr a;
	const char *host = strstr(url, "://");
	if (!host)
		return;
	host += 3;
	size_t all = strcspn(host, "/?#");
	const char *at = memchr(host, '@', all);
	if (at) {
		all -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	bool is_bracketed = *host == '[';
	host += is_bracketed;
	size_t len = strcspn(host, is_bracketed ? "]" : ":/?#");
	char text[DNAME_TEXT_MAX];
	if (len >= sizeof text || len > all)
		return;
	memcpy(text, host, len);
	text[len] = 0;
	if (!addr_from_text(text, &a))
		add_address(g, &a);
	else
		add_name(g, text, len, SOURCE);
}

static void add_addresses(struct guard *g, const struct plan *plan)
{
	struct addr a;
	struct dname root = {.len = 1};
	/* Without popular names, without popular addresses. */
	for (size_t i = 0; !is_taken_back(plan, &root) && popular_address(i); i++)
		if (!addr_from_text(popular_address(i), &a))
			add_address(g, &a);
	for (size_t i = 0; i < plan->upstream_count; i++)
		if (!addr_from_text(plan->upstreams[i], &a))
			add_address(g, &a);
}

static int compare_hashes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static int hash_names(struct guard *g)
{
	size_t levels = 0;
	for (size_t i = 0; i < g->count; i++)
		levels += g->names[i].name.labels;
	g->exact = calloc(g->count ? g->count : 1, sizeof *g->exact);
	g->above = calloc(levels ? levels : 1, sizeof *g->above);
	if (!g->exact || !g->above)
		return -ENOMEM;
	for (size_t i = 0; i < g->count; i++) {
		uint8_t key[DNAME_MAX];
		size_t len = dname_key(&g->names[i].name, key);
		for (size_t at = 0; at < len;) {
			at += (size_t)key[at] + 1;
			g->above[g->above_count++] = hash_bytes(key, at, 0);
		}
		g->exact[i] = hash_bytes(key, len, 0);
	}
	qsort(g->exact, g->count, sizeof *g->exact, compare_hashes);
	qsort(g->above, g->above_count, sizeof *g->above, compare_hashes);
	return 0;
}

static bool has_hash(const uint64_t *hashes, size_t n, uint64_t hash)
{
	return bsearch(&hash, hashes, n, sizeof hash, compare_hashes);
}

bool guard_touches(const struct guard *g, const uint8_t *key, size_t len)
{
	if (has_hash(g->above, g->above_count, hash_bytes(key, len, 0)))
		return true;
	for (size_t at = 0; at < len;) {
		at += (size_t)key[at] + 1;
		if (has_hash(g->exact, g->count, hash_bytes(key, at, 0)))
			return true;
	}
	return false;
}

struct guard *guard_new(const struct plan *plan)
{
	struct guard *g = calloc(1, sizeof *g);
	if (!g)
		return NULL;
	g->plan = plan;
	for (size_t i = 0; i < plan->protected_count; i++)
		add_name(g, plan->protected[i], strlen(plan->protected[i]), OWN);
	for (size_t i = 0; i < plan->list_count; i++)
		add_source(g, plan->lists[i].source);
	popular_each(add_popular, g);
	add_addresses(g, plan);
	g->plan = NULL;
	if (!g->is_short && hash_names(g))
		g->is_short = true;
	if (g->is_short) {
		guard_free(g);
		return NULL;
	}
	return g;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	listdb_scratch_free(g->scratch);
	free(g->exact);
	free(g->above);
	free(g->names);
	free(g);
}

size_t guard_count(const struct guard *g)
{
	return g->count;
}

/* --- what a list says --- */

static bool is_blocking(uint8_t verb)
{
	return verb != RULE_EXCEPT && verb != RULE_PASSTHRU && verb != RULE_TCP_ONLY;
}

static void hear(struct word *w, const struct listdb_rule *r)
{
	bool is_block = is_blocking(r->verb);
	w->is_blocked = w->is_blocked || is_block;
	w->is_firm = w->is_firm || (is_block && r->flags & LISTDB_RULE_IMPORTANT);
	w->is_excepted = w->is_excepted || r->verb == RULE_EXCEPT || r->verb == RULE_PASSTHRU;
}

/* The rules of one level of a name. A rule for all below a protected name takes from it as well. */
static void hear_level(struct word *w, const struct listdb_index *x, const struct listdb_list *l,
	uint64_t hash, bool is_name)
{
	uint32_t number = listdb_probe(x, hash);
	const struct listdb_set *set = number ? &x->sets[number] : NULL;
	if (!set)
		return;
	if (listdb_bits_test(&set->below, l->bit) ||
		(is_name && listdb_bits_test(&set->self, l->bit)))
		w->is_blocked = true;
	size_t count = 0;
	const struct listdb_rule *r = NULL;
	if (l->special_bit &&
		(listdb_bits_test(&set->below, l->special_bit) ||
			listdb_bits_test(&set->self, l->special_bit)))
		r = listdb_rules_of_name(x, hash, &count);
	for (size_t i = 0; i < count; i++)
		if (r[i].bit == l->special_bit &&
			(r[i].flags & LISTDB_RULE_BELOW ||
				(is_name && r[i].flags & LISTDB_RULE_SELF)))
			hear(w, &r[i]);
}

static void hear_patterns(struct guard *g, struct word *w, const struct listdb_index *x,
	const struct listdb_list *l, const struct dname *name)
{
	const struct listdb_rule *found[LISTDB_RULES_MAX];
	if (!l->special_bit || !listdb_has_trigger(x, RULE_PATTERN))
		return;
	if (!g->scratch)
		g->scratch = listdb_scratch_new();
	if (!g->scratch)
		return;
	size_t n = listdb_rules_of_pattern(x, g->scratch, name, found, LISTDB_RULES_MAX);
	for (size_t i = 0; i < n; i++)
		if (found[i]->bit == l->special_bit)
			hear(w, found[i]);
}

/* Are the zones of this server blocked (RULE_NS_NAME)? */
static void hear_server(struct word *w, const struct listdb_index *x, const struct listdb_list *l,
	const struct dname *name)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = listdb_ns_seed(x);
	for (unsigned i = dname_offsets(name, offsets); i--;) {
		size_t count = 0;
		hash = hash_label(hash, name->bytes + offsets[i]);
		const struct listdb_rule *r = listdb_rules_of_name(x, hash, &count);
		for (size_t k = 0; k < count; k++)
			if (r[k].bit == l->special_bit && r[k].trigger == RULE_NS_NAME &&
				(!i || r[k].flags & LISTDB_RULE_BELOW))
				hear(w, &r[k]);
	}
}

static bool is_name_blocked(
	struct guard *g, struct listdb *db, const struct listdb_list *l, const struct dname *name)
{
	const struct listdb_index *x = listdb_index(db);
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = x->seed;
	struct word w = {0};
	for (unsigned i = dname_offsets(name, offsets); i--;) {
		hash = hash_label(hash, name->bytes + offsets[i]);
		hear_level(&w, x, l, hash, i == 0);
	}
	hear_patterns(g, &w, x, l, name);
	if (l->special_bit && listdb_has_trigger(x, RULE_NS_NAME))
		hear_server(&w, x, l, name);
	return w.is_firm || (w.is_blocked && !w.is_excepted);
}

static bool is_address_blocked(struct listdb *db, const struct listdb_list *l, const struct addr *a)
{
	static const enum rule_trigger triggers[] = {RULE_ANSWER, RULE_CLIENT, RULE_NS_ADDRESS};
	const struct listdb_rule *found[LISTDB_RULES_MAX];
	struct word w = {0};
	for (size_t t = 0; l->special_bit && t < sizeof triggers / sizeof *triggers; t++) {
		size_t n = listdb_rules_of_address(
			listdb_index(db), triggers[t], a, found, LISTDB_RULES_MAX);
		for (size_t i = 0; i < n; i++)
			if (found[i]->bit == l->special_bit)
				hear(&w, found[i]);
	}
	return w.is_firm || (w.is_blocked && !w.is_excepted);
}

/* --- the guards --- */

static const struct listdb_list *find(struct listdb *db, const char *name)
{
	for (uint32_t i = 0; db && i < listdb_index(db)->list_count; i++)
		if (!strcmp(listdb_list(db, i)->name, name))
			return listdb_list(db, i);
	return NULL;
}

/* The operator's own names first, then the shorter ones. */
static bool says_more(const struct name *a, const struct name *b)
{
	if (!b || (a->origin == POPULAR) != (b->origin == POPULAR))
		return !b || b->origin == POPULAR;
	if (a->name.labels != b->name.labels)
		return a->name.labels < b->name.labels;
	return a->name.len < b->name.len;
}

static void note_name(struct hits *h, const struct name *name)
{
	h->names++;
	bool is_placed = false;
	for (size_t i = 0; name && i < SHOWN; i++) {
		const struct name *other = h->shown[i];
		if (!is_placed && !says_more(name, other))
			continue;
		/* Those behind it move on by one. */
		h->shown[i] = name;
		name = other;
		is_placed = true;
	}
}

static void put_word(char *text, size_t size, const char *word, const char *note)
{
	size_t used = strlen(text);
	snprintf(text + used, size - used, "%s%.50s%s", used ? ", " : "", word, note);
}

static void say_hits(const struct hits *h, struct err *why)
{
	static const char *const notes[] = {[POPULAR] = "",
		[SOURCE] = " (lists come from there)",
		[OWN] = " (feeds.protected)"};
	char text[240] = "", word[DNAME_TEXT_MAX];
	uint64_t all = h->names + h->addresses, shown = 0;
	for (size_t i = 0; i < SHOWN && h->shown[i]; i++, shown++)
		put_word(text, sizeof text, dname_to_text(h->shown[i]->name.bytes, word),
			notes[h->shown[i]->origin]);
	if (h->address && shown < SHOWN) {
		put_word(text, sizeof text, addr_to_text(h->address, word), "");
		shown++;
	}
	snprintf(word, sizeof word, " and %" PRIu64 " more", all - shown);
	err_set(why, CEN_EREFUSED, "held: it would newly block %s%s, which %s protected", text,
		all > shown ? word : "", all > 1 ? "are" : "is");
}

static enum feeds_guard judge_names(struct guard *g, const struct listdb_list *l,
	struct listdb *now, const struct listdb_list *old, struct listdb *before, struct err *why)
{
	struct hits h = {0};
	for (size_t i = 0; i < g->count; i++) {
		const struct dname *name = &g->names[i].name;
		if (is_name_blocked(g, now, l, name) &&
			!(old && is_name_blocked(g, before, old, name)))
			note_name(&h, &g->names[i]);
	}
	for (size_t i = 0; i < g->address_count; i++) {
		const struct addr *a = &g->addresses[i];
		if (!is_address_blocked(now, l, a) || (old && is_address_blocked(before, old, a)))
			continue;
		h.addresses++;
		h.address = h.address ? h.address : a;
	}
	if (!h.names && !h.addresses)
		return FEEDS_GUARD_NONE;
	say_hits(&h, why);
	return FEEDS_GUARD_NAMES;
}

static enum feeds_guard judge_change(const struct plan_list *list, const struct listdb_list *l,
	const struct listdb_list *old, struct err *why)
{
	uint64_t percent = list->max_change_percent;
	if (!old || old->source != l->source || old->rules < GUARD_SMALL_RULES || percent >= 100)
		return FEEDS_GUARD_NONE;
	if (l->rules < old->rules) {
		uint64_t lost = old->rules - l->rules;
		if (lost * 100 <= old->rules * percent)
			return FEEDS_GUARD_NONE;
		err_set(why, CEN_EREFUSED,
			"held: it shrank from %" PRIu64 " rules to %" PRIu64
			", by more than %" PRIu64 " %% (max_change)",
			old->rules, l->rules, percent);
		return FEEDS_GUARD_CHANGE;
	}
	if ((l->rules - old->rules) * 100 <= old->rules * percent * GUARD_GROWTH)
		return FEEDS_GUARD_NONE;
	err_set(why, CEN_EREFUSED,
		"held: it grew from %" PRIu64 " rules to %" PRIu64 ", by more than %" PRIu64
		" %% (%d times max_change)",
		old->rules, l->rules, percent * GUARD_GROWTH, GUARD_GROWTH);
	return FEEDS_GUARD_CHANGE;
}

static enum feeds_guard judge_floor(
	const struct plan_list *list, const struct listdb_list *l, struct err *why)
{
	if (l->rules >= list->floor)
		return FEEDS_GUARD_NONE;
	err_set(why, CEN_EREFUSED, "held: %" PRIu64 " rules are fewer than its floor of %" PRIu64,
		l->rules, list->floor);
	return FEEDS_GUARD_FLOOR;
}

enum feeds_guard guard_judge(struct guard *g, const struct plan_list *list, struct listdb *now,
	struct listdb *before, enum feeds_guard accepted, struct err *why)
{
	const struct listdb_list *l = find(now, list->name), *old = find(before, list->name);
	struct err size = {""}, names = {""};
	unsigned held = FEEDS_GUARD_NONE, all = FEEDS_GUARD_NONE;
	/* The calendar leaves such names out by itself, and how many there are is the day's doing. */
	if (!l || calendar_list_is(list->source))
		return FEEDS_GUARD_NONE;
	if (list->is_deny)
		all |= judge_names(g, l, now, old, before, &names);
	/* Of content below the floor it need not be said that it shrank; accepting the one accepts the other. */
	unsigned too_few = judge_floor(list, l, &size);
	struct err unused;
	all |= too_few | judge_change(list, l, old, too_few ? &unused : &size);
	held = all & ~(unsigned)accepted;
	if (!held)
		return FEEDS_GUARD_NONE;
	bool has_names = held & FEEDS_GUARD_NAMES;
	bool has_size = held & (FEEDS_GUARD_FLOOR | FEEDS_GUARD_CHANGE);
	err_set(why, CEN_EREFUSED, "%s%s%s", has_names ? names.text : "",
		has_names && has_size ? "; " : "",
		!has_size	    ? ""
			: has_names ? size.text + strlen("held: ")
				    : size.text);
	return (enum feeds_guard)all;
}
