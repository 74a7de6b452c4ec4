/* SPDX-License-Identifier: BSD-2-Clause
 * Names to learn from and to measure with, read from (gzipped) text files. The one includer of zlib.h.
 *
 * Threads: none of this is shared.
 * Owns: everything until samples_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dga/label.h"
#include "resolver/base/err.h"

enum {
	SAMPLES_FAMILIES_MAX = 1000, /* files of a folder */
	SAMPLES_MADE_MAX = 20000, /* families that samples_add_family adds */
	SAMPLES_MAX = 5000000, /* names in all */
	SAMPLES_HELD =
		10, /* one label in so many is kept for measuring, whatever its top-level domain */
	SAMPLES_BENIGN = 0, /* the family of benign names */
};

struct sample {
	uint32_t at; /* in `text`: the label, then the top-level domain, length octet first */
	uint8_t len; /* 0: a name that cannot be judged */
	bool is_held : 1; /* for measuring only */
	bool is_unvetted : 1; /* of the unvetted list of benign names, and never held */
	uint16_t family;
};

struct samples_family {
	char name[64];
	size_t names, held; /* `held` of `names` are for measuring */
	size_t unvetted; /* of `names`: those of the unvetted list */
	size_t bad; /* lines that are no names */
	size_t dropped; /* names that stand in the benign list too, and count in neither */
	bool is_left_out;
	bool is_synthetic; /* made up: learned, never measured */
	bool is_of_words; /* and made of words: learned by trees only */
};

/* Files of one name a line, gzipped or not; `#` and what follows it is a comment. Lines that are no names are skipped and counted. */
struct samples_sources {
	const char *benign;
	const char *unvetted; /* NULL: none */
	const char *families; /* folder with one file a family */
	const char *left_out; /* families that are measured, not learned, "a,b,c"; NULL: none */
};

struct samples {
	struct sample *all;
	size_t count, room;
	uint8_t *text;
	size_t text_len, text_room;
	struct samples_family *families; /* [0] is the benign list */
	size_t family_count, family_room;
	uint64_t *hashes; /* of the whole names; only while files are read */
	size_t hash_room;
};

/* Reads them all and drops the names that stand both in a benign list and in a family. After a failure there is nothing to free. */
int samples_load(const struct samples_sources *from, struct samples *out, struct err *why);
void samples_free(struct samples *s);

/* The family that samples_add and samples_add_text add to from now on; borrowed until the next one is added. NULL: out of memory, or
 * too many. */
struct samples_family *samples_add_family(struct samples *s, const char *name, struct err *why);
/* One more name of the family added last. Held or not, as its label says; never, when the family is synthetic. */
int samples_add(struct samples *s, const struct dname *name, struct err *why);
/* A file's text in one piece. */
int samples_add_text(struct samples *s, const char *text, size_t len, struct err *why);

/* The label of a sample that can be judged; valid until samples_free. */
struct label samples_label(const struct samples *s, const struct sample *sample);
