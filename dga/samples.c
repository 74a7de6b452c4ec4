/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/samples.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "resolver/base/hash.h"

enum { LINE_MAX_BYTES = 2048, CHUNK_BYTES = 1 << 16 };

/* --- one name --- */

static int out_of_memory(struct err *why)
{
	return err_set(why, -ENOMEM, "out of memory for the training names");
}

static int make_room(struct samples *s, size_t text_bytes)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 1 << 16;
		struct sample *all = realloc(s->all, room * sizeof *all);
		if (!all)
			return -ENOMEM;
		s->all = all;
		s->room = room;
	}
	if (s->text_room - s->text_len < text_bytes) {
		size_t room = s->text_room ? s->text_room * 2 : 1 << 20;
		uint8_t *text = realloc(s->text, room);
		if (!text)
			return -ENOMEM;
		s->text = text;
		s->text_room = room;
	}
	return 0;
}

static int keep_hash(struct samples *s, uint64_t hash)
{
	if (s->hash_room < s->room) {
		uint64_t *hashes = realloc(s->hashes, s->room * sizeof *hashes);
		if (!hashes)
			return -ENOMEM;
		s->hashes = hashes;
		s->hash_room = s->room;
	}
	s->hashes[s->count] = hash;
	return 0;
}

static int add(struct samples *s, const struct dname *name, bool is_unvetted, struct err *why)
{
	struct samples_family *f = &s->families[s->family_count - 1];
	struct label l;
	if (s->count == SAMPLES_MAX)
		return err_set(why, CEN_ELIMIT, "more than %d training names", SAMPLES_MAX);
	uint64_t hash = hash_bytes(name->bytes, name->len, 0);
	if (make_room(s, 2 * DNAME_LABEL_MAX + 1) || (!f->is_synthetic && keep_hash(s, hash)))
		return out_of_memory(why);
	struct sample made = {
		.at = (uint32_t)s->text_len,
		.family = (uint16_t)(s->family_count - 1),
		.is_unvetted = is_unvetted,
	};
	if (label_find(name, &l)) {
		made.len = l.len;
		memcpy(s->text + s->text_len, l.bytes, l.len);
		memcpy(s->text + s->text_len + l.len, l.top, (size_t)l.top[0] + 1);
		s->text_len += l.len + l.top[0] + 1u;
		hash = hash_bytes(l.bytes, l.len, 0);
	}
	made.is_held = !f->is_synthetic && (f->is_left_out || hash % SAMPLES_HELD == 0);
	/* A label that is measured must not be learned under another top-level domain. */
	if (is_unvetted && made.is_held)
		return 0;
	s->all[s->count++] = made;
	f->names++;
	f->held += made.is_held;
	f->unvetted += is_unvetted;
	return 0;
}

int samples_add(struct samples *s, const struct dname *name, struct err *why)
{
	return add(s, name, false, why);
}

struct samples_family *samples_add_family(struct samples *s, const char *name, struct err *why)
{
	if (s->family_count == SAMPLES_FAMILIES_MAX + 1 + SAMPLES_MADE_MAX) {
		err_set(why, CEN_ELIMIT, "more than %d families", SAMPLES_MADE_MAX);
		return NULL;
	}
	if (s->family_count == s->family_room) {
		size_t room = s->family_room ? s->family_room * 2 : 64;
		struct samples_family *all = realloc(s->families, room * sizeof *all);
		if (!all) {
			out_of_memory(why);
			return NULL;
		}
		s->families = all;
		s->family_room = room;
	}
	struct samples_family *f = &s->families[s->family_count++];
	*f = (struct samples_family){0};
	snprintf(f->name, sizeof f->name, "%s", name);
	return f;
}

/* --- text --- */

/* The line that is being read; of a longer one only that it was too long. */
struct line {
	char bytes[LINE_MAX_BYTES];
	size_t len;
	bool is_unvetted; /* of which list */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int take_line(struct samples *s, struct line *l, struct err *why)
{
	struct dname name;
	bool is_long = l->len > sizeof l->bytes;
	const char *from = l->bytes, *comment = is_long ? NULL : memchr(from, '#', l->len);
	size_t len = comment ? (size_t)(comment - from) : l->len;
	l->len = 0;
	while (!is_long && len && is_blank(from[len - 1]))
		len--;
	for (; !is_long && len && is_blank(from[0]); from++)
		len--;
	if (comment && !len)
		return 0;
	if (!is_long && !dname_from_text(from, len, &name))
		return add(s, &name, l->is_unvetted, why);
	s->families[s->family_count - 1].bad++;
	return 0;
}

static int take_text(
	struct samples *s, struct line *l, const char *text, size_t len, struct err *why)
{
	int e = 0;
	for (size_t i = 0; i < len && !e; i++) {
		if (text[i] == '\n')
			e = take_line(s, l, why);
		else if (l->len < sizeof l->bytes)
			l->bytes[l->len++] = text[i];
		else
			l->len = sizeof l->bytes + 1;
	}
	return e;
}

int samples_add_text(struct samples *s, const char *text, size_t len, struct err *why)
{
	struct line l = {.len = 0};
	int e = take_text(s, &l, text, len, why);
	return e || !l.len ? e : take_line(s, &l, why);
}

/* --- files --- */

static int read_names(struct samples *s, const char *file, bool is_unvetted, struct err *why)
{
	struct samples_family *family = &s->families[s->family_count - 1];
	struct line l = {.is_unvetted = is_unvetted};
	char text[CHUNK_BYTES];
	size_t before = family->names;
	int e = 0, n = 0, broken = Z_OK;
	gzFile f = gzopen(file, "rb");
	if (!f)
		return err_set(why, errno ? -errno : -ENOMEM, "%s: %s", file,
			errno ? strerror(errno) : "out of memory");
	while (!e && (n = gzread(f, text, sizeof text)) > 0)
		e = take_text(s, &l, text, (size_t)n, why);
	int failed = errno;
	const char *words = gzerror(f, &broken);
	if (!e && broken == Z_ERRNO)
		e = err_set(why, -failed, "%s: %s", file, strerror(failed));
	else if (!e && (n < 0 || (broken != Z_OK && broken != Z_STREAM_END)))
		e = err_set(why, CEN_EFORMAT, "%s: %s", file, words);
	gzclose(f);
	if (!e && l.len)
		e = take_line(s, &l, why);
	if (!e && family->names == before)
		e = err_set(why, CEN_EFORMAT, "%s: holds no names (one a line is wanted)", file);
	return e;
}

/* Is `name` one of "a,b,c"? */
static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = list; at && *at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (at[len] == ',' || !at[len]))
			return true;
	}
	return false;
}

static int read_family(struct samples *s, const char *folder, const char *file,
	const char *left_out, struct err *why)
{
	char path[4096];
	if (s->family_count > SAMPLES_FAMILIES_MAX)
		return err_set(
			why, CEN_ELIMIT, "%s: more than %d files", folder, SAMPLES_FAMILIES_MAX);
	char name[sizeof s->families->name];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
	struct samples_family *f = samples_add_family(s, name, why);
	if (!f)
		return -ENOMEM;
	f->is_left_out = is_listed(left_out, f->name);
	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, file) >= sizeof path)
		return err_set(
			why, -ENAMETOOLONG, "%s/%s: %s", folder, file, strerror(ENAMETOOLONG));
	return read_names(s, path, false, why);
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The locale has no say in the order: strcmp. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(struct samples *s, const char *folder, const char *left_out, struct err *why)
{
	struct dirent **files;
	int n = scandir(folder, &files, is_visible, by_name), e = 0;
	if (n < 0)
		return err_set(why, -errno, "%s: %s", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!e)
			e = read_family(s, folder, files[i]->d_name, left_out, why);
		free(files[i]);
	}
	free(files);
	if (!e && s->family_count < 2)
		e = err_set(
			why, CEN_EFORMAT, "%s: holds no files (one a family is wanted)", folder);
	return e;
}

/* --- names of both kinds --- */

/* The benign names' hashes: each slot one, and whether a family has it too. */
struct seen {
	uint64_t *hashes; /* 0: free */
	bool *is_shared;
	size_t mask;
};

static size_t find_slot(const struct seen *seen, uint64_t hash)
{
	size_t at = (size_t)hash & seen->mask;
	while (seen->hashes[at] && seen->hashes[at] != hash)
		at = (at + 1) & seen->mask;
	return at;
}

/* Keeps their order. */
static void drop_shared(struct samples *s, struct seen *seen)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->count; i++)
		if (s->all[i].family == SAMPLES_BENIGN)
			seen->hashes[find_slot(seen, s->hashes[i] | 1)] = s->hashes[i] | 1;
	for (size_t i = 0; i < s->count; i++)
		if (s->all[i].family != SAMPLES_BENIGN)
			seen->is_shared[find_slot(seen, s->hashes[i] | 1)] = true;
	for (size_t i = 0; i < s->count; i++) {
		struct sample name = s->all[i];
		struct samples_family *f = &s->families[name.family];
		size_t slot = find_slot(seen, s->hashes[i] | 1);
		if (seen->hashes[slot] && seen->is_shared[slot]) {
			f->names--;
			f->held -= name.is_held;
			f->unvetted -= name.is_unvetted;
			f->dropped++;
		} else {
			s->all[kept++] = name;
		}
	}
	s->count = kept;
}

static int drop_names_of_both(struct samples *s, struct err *why)
{
	size_t slots = 1024;
	while (slots < s->families[SAMPLES_BENIGN].names * 2)
		slots *= 2;
	struct seen seen = {.hashes = calloc(slots, sizeof *seen.hashes),
		.is_shared = calloc(slots, sizeof *seen.is_shared),
		.mask = slots - 1};
	int e = seen.hashes && seen.is_shared ? 0 : out_of_memory(why);
	if (!e)
		drop_shared(s, &seen);
	free(seen.hashes);
	free(seen.is_shared);
	free(s->hashes);
	s->hashes = NULL;
	s->hash_room = 0;
	return e;
}

int samples_load(const struct samples_sources *from, struct samples *out, struct err *why)
{
	struct samples s = {0};
	int e = samples_add_family(&s, "benign", why) ? 0 : -ENOMEM;
	if (!e)
		e = read_names(&s, from->benign, false, why);
	if (!e && from->unvetted)
		e = read_names(&s, from->unvetted, true, why);
	if (!e)
		e = read_folder(&s, from->families, from->left_out, why);
	if (!e)
		e = drop_names_of_both(&s, why);
	if (e)
		samples_free(&s);
	else
		*out = s;
	return e;
}

void samples_free(struct samples *s)
{
	free(s->all);
	free(s->text);
	free(s->hashes);
	free(s->families);
	*s = (struct samples){0};
}

struct label samples_label(const struct samples *s, const struct sample *sample)
{
	const uint8_t *bytes = s->text + sample->at;
	return (struct label){.bytes = bytes, .len = sample->len, .top = bytes + sample->len};
}
