/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/synth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/synth_maker.h"
#include "dga/synth_stock.h"

enum {
	NAMES_MIN = 75, /* of a family */
	NAMES_MAX = 200,
	TRIES = 3, /* so many labels may be made for one name */
	TOPS = 30, /* top-level domains of a family */
};

/* Anybody has a name there at once and for nothing. */
static const char *const dynamic_zones[] = {
	"ddns.net",
	"duckdns.org",
	"dyndns.org",
	"dynserv.com",
	"hopto.org",
	"mooo.com",
	"no-ip.org",
	"yi.org",
	"zapto.org",
};

/* Where a family's names are registered. */
struct tops {
	const char *all[TOPS];
	uint32_t count;
};

/* The family's kind: each as often as its weight says, and all of them evenly spread over the families. */
static unsigned kind_of(struct synth_dice *dice)
{
	uint32_t sum = 0;
	for (unsigned i = 0; i < synth_maker_kinds(); i++)
		sum += synth_maker_kind_weight(i);
	uint32_t at = synth_dice_below(dice, sum);
	unsigned kind = 0;
	for (; at >= synth_maker_kind_weight(kind); kind++)
		at -= synth_maker_kind_weight(kind);
	return kind;
}

/* The frequent ones more often, but the rare ones too. */
static const char *a_top(const struct synth_stock *stock, struct synth_dice *dice)
{
	uint32_t n = stock->top_count;
	if (!n)
		return "com";
	uint32_t few = synth_dice_below(dice, n) + 1;
	if (synth_dice_falls(dice, 70))
		few = synth_dice_below(dice, few) + 1;
	return stock->tops[synth_dice_below(dice, few)].text;
}

static void draw_tops(const struct synth_stock *stock, struct synth_dice *dice, struct tops *t)
{
	uint32_t way = synth_dice_below(dice, 100);
	t->count = way < 45 ? 1 : way < 85 ? synth_dice_between(dice, 2, 8) : TOPS;
	for (uint32_t i = 0; i < t->count; i++)
		t->all[i] = a_top(stock, dice);
	if (synth_dice_falls(dice, 4))
		for (uint32_t i = 0; i < t->count; i++)
			t->all[i] = dynamic_zones[synth_dice_below(
				dice, sizeof dynamic_zones / sizeof dynamic_zones[0])];
}

/* False: no label of `m` fits. */
static bool make_name(struct synth_maker *m, const char *top, struct dname *out)
{
	for (int i = 0; i < TRIES; i++) {
		char text[128];
		struct synth_label l;
		synth_maker_next(m, &l);
		if (l.len < LABEL_JUDGED_MIN || synth_stock_has(m->stock, l.text, l.len))
			continue;
		int n = snprintf(text, sizeof text, "%.*s.%s", (int)l.len, l.text, top);
		if (n > 0 && (size_t)n < sizeof text && !dname_from_text(text, (size_t)n, out))
			return true;
	}
	return false;
}

static int add_family(struct samples *s, struct synth_maker *m, const struct synth_stock *stock,
	uint64_t seed, size_t number, struct err *why)
{
	/* Every family stands alone: another number of them changes none. */
	struct synth_dice dice = {synth_dice_mix(seed ^ synth_dice_mix(number + 1))};
	struct tops tops = {0};
	char name[32];
	snprintf(name, sizeof name, "synthetic-%zu", number + 1);
	struct samples_family *f = samples_add_family(s, name, why);
	if (!f)
		return -ENOMEM;
	f->is_synthetic = true;
	draw_tops(stock, &dice, &tops);
	unsigned kind = kind_of(&dice);
	f->is_of_words = synth_maker_kind_is_of_words(kind);
	synth_maker_start(m, stock, kind, synth_dice_next(&dice));
	int e = 0;
	for (uint32_t n = synth_dice_between(&dice, NAMES_MIN, NAMES_MAX); n && !e; n--) {
		struct dname made;
		if (make_name(m, tops.all[synth_dice_below(&dice, tops.count)], &made))
			e = samples_add(s, &made, why);
	}
	return e;
}

int synth_add(struct samples *s, size_t families, uint64_t seed, struct err *why)
{
	struct synth_stock stock;
	struct synth_maker *m = malloc(sizeof *m);
	if (!m)
		return err_set(why, -ENOMEM, "out of memory for synthetic families");
	int e = synth_stock_make(s, &stock, why);
	if (!e) {
		for (size_t i = 0; i < families && !e; i++)
			e = add_family(s, m, &stock, seed, i, why);
		synth_stock_free(&stock);
	}
	free(m);
	return e;
}
