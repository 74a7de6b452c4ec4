/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/train_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"

enum { REAL, SYNTHETIC, SYNTHETIC_WORDS, SORTS };

/* What all families of a sort together weigh against all real ones. */
static const double sort_shares[SORTS] = {1, 0.1, 0.2};

static bool is_benign(const struct sample *s)
{
	return s->family == SAMPLES_BENIGN;
}

/* --- groups --- */

/* Families that share code or words belong together, so that what is left out is really unknown. */
static uint64_t family_hash(const char *name)
{
	static const char *const kin[][2] = {{"oderoor", "kraken"}, {"vidro", "kraken"},
		{"suppobox", "pizd"}, {"pykspa_precursor", "pykspa"}, {"goz", "cryptolocker"}};
	for (size_t i = 0; i < sizeof kin / sizeof kin[0]; i++)
		if (!strcmp(name, kin[i][0]))
			name = kin[i][1];
	return hash_bytes(name, strlen(name), 1);
}

static void group_names(struct train_rows *t)
{
	for (size_t i = 0; i < t->samples->count; i++) {
		const struct sample *s = &t->samples->all[i];
		const struct samples_family *f = &t->samples->families[s->family];
		struct label l = samples_label(t->samples, s);
		uint64_t hash = is_benign(s) ? hash_bytes(l.bytes, l.len, 1) : family_hash(f->name);
		t->groups[i] = (uint8_t)(s->is_held || !s->len ? TRAIN_ROWS_NO_GROUP
							       : hash % TRAIN_ROWS_GROUPS);
	}
}

int train_rows_make(const struct samples *s, struct train_rows *out)
{
	*out = (struct train_rows){
		.samples = s,
		.groups = calloc(s->count + 1, 1),
		.is_first = calloc(s->count + 1, 1),
		.rows = calloc(s->count + 1, sizeof *out->rows),
		.family_weights = calloc(s->family_count + 1, sizeof *out->family_weights),
	};
	if (!out->groups || !out->is_first || !out->rows || !out->family_weights)
		return -ENOMEM;
	group_names(out);
	return 0;
}

void train_rows_free(struct train_rows *t)
{
	free(t->groups);
	free(t->is_first);
	free(t->rows);
	free(t->family_weights);
	*t = (struct train_rows){0};
}

int train_rows_mark_first(struct train_rows *t)
{
	size_t room = 1;
	while (room < 2 * t->samples->count)
		room *= 2;
	uint64_t *seen = calloc(room, sizeof *seen);
	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < t->samples->count; i++) {
		const struct sample *s = &t->samples->all[i];
		struct label l = samples_label(t->samples, s);
		if (!is_benign(s) || t->groups[i] == TRAIN_ROWS_NO_GROUP)
			continue;
		uint64_t hash = hash_bytes(l.bytes, l.len, 2) | 1;
		size_t at = (size_t)(hash >> 1) & (room - 1);
		while (seen[at] && seen[at] != hash)
			at = (at + 1) & (room - 1);
		t->is_first[i] = !seen[at];
		seen[at] = hash;
	}
	free(seen);
	return 0;
}

/* --- choice --- */

struct learn_rows train_rows_choose(struct train_rows *t, struct train_rows_choice c)
{
	size_t n = 0;
	for (size_t i = 0; i < t->samples->count; i++) {
		const struct sample *s = &t->samples->all[i];
		if (t->groups[i] == TRAIN_ROWS_NO_GROUP || t->groups[i] == c.without_group)
			continue;
		if (c.is_benign_only && !t->is_first[i])
			continue;
		if (c.is_vetted_only && s->is_unvetted)
			continue;
		if (t->samples->families[s->family].is_of_words)
			continue;
		t->rows[n++] = (uint32_t)i;
	}
	return (struct learn_rows){t->samples, t->rows, n};
}

bool train_rows_has_both(const struct train_rows *t, unsigned without_group)
{
	bool has[2] = {false, false};
	for (size_t i = 0; i < t->samples->count; i++)
		if (t->groups[i] != TRAIN_ROWS_NO_GROUP && t->groups[i] != without_group)
			has[is_benign(&t->samples->all[i])] = true;
	return has[0] && has[1];
}

/* --- weights --- */

static unsigned sort_of(const struct samples_family *f)
{
	return f->is_of_words ? SYNTHETIC_WORDS : f->is_synthetic ? SYNTHETIC : REAL;
}

/* Every family counts by the root of its size: large ones more, but not all. Those of one sort share one sum. */
static int weigh_families(const struct train_rows *t, const size_t *names)
{
	const struct samples *s = t->samples;
	double sums[SORTS] = {0}, shares = 0;
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++)
		sums[sort_of(&s->families[i])] += sqrt((double)names[i]);
	for (unsigned k = 0; k < SORTS; k++)
		shares += sums[k] > 0 ? sort_shares[k] : 0;
	t->family_weights[SAMPLES_BENIGN] = 1;
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++) {
		unsigned k = sort_of(&s->families[i]);
		double of_sort = TRAIN_ROWS_GENERATED * (double)names[SAMPLES_BENIGN] *
			sort_shares[k] / shares;
		t->family_weights[i] =
			(float)(names[i] ? of_sort / sums[k] / sqrt((double)names[i]) : 0);
	}
	return names[SAMPLES_BENIGN] && shares > 0 ? 0 : -ENOENT;
}

int train_rows_weigh(struct train_rows *t, const struct learn_rows *rows, struct err *why)
{
	size_t *names = calloc(t->samples->family_count, sizeof *names);
	if (!names)
		return err_set(why, -ENOMEM, "out of memory for the weights of families");
	for (size_t i = 0; i < rows->count; i++)
		names[t->samples->all[rows->at[i]].family]++;
	int e = weigh_families(t, names);
	if (e)
		err_set(why, CEN_EFORMAT, "nothing to learn from: no %s name of %d letters or more",
			names[SAMPLES_BENIGN] ? "generated" : "benign", LABEL_JUDGED_MIN);
	free(names);
	return e ? CEN_EFORMAT : 0;
}
