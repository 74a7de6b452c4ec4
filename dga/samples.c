/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/samples.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "resolver/base/hash.h"

enum { LINE_MAX_BYTES = 2048 };

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

static int add(struct samples *s, const struct dname *name, struct err *why)
{
	struct samples_family *f = &s->families[s->family_count - 1];
	struct label l;
	struct sample *to;
	if (s->count == SAMPLES_MAX)
		return err_set(why, CEN_ELIMIT, "more than %d training names", SAMPLES_MAX);
	if (make_room(s, 2 * DNAME_LABEL_MAX + 1))
		return out_of_memory(why);
	to = &s->all[s->count++];
	*to = (struct sample){
		.at = (uint32_t)s->text_len, .family = (uint16_t)(s->family_count - 1)};
	uint64_t hash = hash_bytes(name->bytes, name->len, 0);
	if (label_find(name, &l)) {
		to->len = l.len;
		memcpy(s->text + s->text_len, l.bytes, l.len);
		memcpy(s->text + s->text_len + l.len, l.top, (size_t)l.top[0] + 1);
		s->text_len += l.len + l.top[0] + 1u;
		hash = hash_bytes(l.bytes, l.len, 0);
	}
	to->is_held = f->is_left_out || hash % SAMPLES_HELD == 0;
	f->names++;
	f->held += to->is_held;
	return 0;
}

/* --- files --- */

/* Reads one line without its end. False at the end of the file. A line that is too long comes as an empty one. */
static bool read_line(gzFile f, char line[static LINE_MAX_BYTES])
{
	if (!gzgets(f, line, LINE_MAX_BYTES))
		return false;
	size_t len = strlen(line);
	if (len == LINE_MAX_BYTES - 1 && line[len - 1] != '\n') {
		for (int c = 0; c != '\n' && c != -1;)
			c = gzgetc(f);
		len = 0;
	}
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	line[len] = 0;
	return true;
}

static int read_names(struct samples *s, const char *file, struct err *why)
{
	struct samples_family *family = &s->families[s->family_count - 1];
	char line[LINE_MAX_BYTES];
	struct dname name;
	int e = 0, broken = Z_OK;
	gzFile f = gzopen(file, "rb");
	if (!f)
		return err_set(why, errno ? -errno : -ENOMEM, "%s: %s", file,
			errno ? strerror(errno) : "out of memory");
	while (!e && read_line(f, line)) {
		if (dname_from_text(line, strlen(line), &name))
			family->bad += line[0] != '#';
		else
			e = add(s, &name, why);
	}
	int failed = errno;
	const char *words = gzerror(f, &broken);
	if (!e && broken == Z_ERRNO)
		e = err_set(why, -failed, "%s: %s", file, strerror(failed));
	else if (!e && broken != Z_OK && broken != Z_STREAM_END)
		e = err_set(why, CEN_EFORMAT, "%s: %s", file, words);
	gzclose(f);
	if (!e && !family->names)
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
	struct samples_family *f = &s->families[s->family_count++];
	snprintf(f->name, sizeof f->name, "%.*s", (int)strcspn(file, "."), file);
	f->is_left_out = is_listed(left_out, f->name);
	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, file) >= sizeof path)
		return err_set(
			why, -ENAMETOOLONG, "%s/%s: %s", folder, file, strerror(ENAMETOOLONG));
	return read_names(s, path, why);
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

int samples_load(const char *benign, const char *families, const char *left_out,
	struct samples *out, struct err *why)
{
	struct samples s = {.families = calloc(SAMPLES_FAMILIES_MAX + 1, sizeof *s.families)};
	if (!s.families)
		return out_of_memory(why);
	s.family_count = 1;
	snprintf(s.families[SAMPLES_BENIGN].name, sizeof s.families[0].name, "benign");
	int e = read_names(&s, benign, why);
	if (!e)
		e = read_folder(&s, families, left_out, why);
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
	free(s->families);
	*s = (struct samples){0};
}

struct label samples_label(const struct samples *s, const struct sample *sample)
{
	const uint8_t *bytes = s->text + sample->at;
	return (struct label){.bytes = bytes, .len = sample->len, .top = bytes + sample->len};
}
