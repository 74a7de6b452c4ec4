/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/sorter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "feeds/listdb/keysort.h"
#include "feeds/listdb/tempfile.h"

enum {
	BUFFER_BYTES = 256 << 10,
	HEADER = 5, /* of a key in the file: its length and tag */
	RECORD_MAX = HEADER + SORTER_KEY_MAX,
	RUN_TEXT_MIN = 4096,
	AHEAD = 12, /* keys whose text is asked for before its turn: it lies at random */
};

/* A sorted run in the file, being read. */
struct run {
	uint64_t at, end; /* of what is not in the buffer yet */
	uint8_t *buffer;
	size_t from, to;
	struct sorter_item item;
};

struct sorter {
	uint8_t *text;
	size_t text_len, run_text;
	struct keysort_entry *entries;
	uint32_t count, run_keys;
	uint32_t next; /* entry to give, when there is no file */
	uint64_t total, total_text;
	uint64_t seed;
	const char *folder;
	int fd; /* -1: all is in memory */
	uint64_t file_bytes;
	struct run *runs;
	struct run **heap; /* the run with the smallest key first */
	size_t run_count, heap_count;
	bool is_moved; /* the heap's first run was given out and must move on */
};

int sorter_new(const char *folder, uint32_t run_keys, size_t run_text, struct sorter **out,
	struct err *why)
{
	struct sorter *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(why, -ENOMEM, "sort: out of memory");
	s->fd = -1;
	s->folder = folder;
	s->run_keys = run_keys && run_keys < SORTER_KEYS ? run_keys : SORTER_KEYS;
	s->run_text = run_text && run_text < SORTER_TEXT ? run_text : SORTER_TEXT;
	if (s->run_text < RUN_TEXT_MIN)
		s->run_text = RUN_TEXT_MIN;
	s->text = malloc(s->run_text + KEYSORT_SLACK);
	s->entries = malloc(sizeof *s->entries * s->run_keys);
	if (!s->text || !s->entries || getrandom(&s->seed, sizeof s->seed, 0) < 0) {
		sorter_free(s);
		return err_set(why, -ENOMEM, "sort: out of memory");
	}
	*out = s;
	return 0;
}

static void free_memory(struct sorter *s)
{
	free(s->text);
	free(s->entries);
	s->text = NULL;
	s->entries = NULL;
	s->count = 0;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	free_memory(s);
	for (size_t i = 0; i < s->run_count; i++)
		free(s->runs[i].buffer);
	free(s->runs);
	free(s->heap);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

uint64_t sorter_count(const struct sorter *s)
{
	return s->total;
}

uint64_t sorter_text_bytes(const struct sorter *s)
{
	return s->total_text;
}

static void sort_memory(struct sorter *s)
{
	memset(s->text + s->text_len, 0, KEYSORT_SLACK);
	keysort(s->entries, s->count, s->text, s->seed);
}

static int write_run(struct sorter *s, uint8_t *buffer, struct err *why)
{
	size_t used = 0;
	for (uint32_t i = 0; i < s->count; i++) {
		const uint8_t *record = s->text + s->entries[i].at;
		buffer[used] = record[0];
		memcpy(buffer + used + 1, &s->entries[i].tag, 4);
		memcpy(buffer + used + HEADER, record + 1, record[0]);
		used += HEADER + (size_t)record[0];
		if (used + RECORD_MAX > BUFFER_BYTES || i + 1 == s->count) {
			int rc =
				tempfile_write(s->fd, s->folder, buffer, used, &s->file_bytes, why);
			if (rc)
				return rc;
			used = 0;
		}
	}
	return 0;
}

/* Sorts what is in memory and moves it to the file. */
static int spill(struct sorter *s, struct err *why)
{
	int rc = 0;
	if (s->fd < 0 && (s->fd = tempfile_open(s->folder, why)) < 0)
		return s->fd;
	struct run *runs = realloc(s->runs, (s->run_count + 1) * sizeof *runs);
	uint8_t *buffer = malloc(BUFFER_BYTES);
	if (runs)
		s->runs = runs;
	if (!runs || !buffer) {
		free(buffer);
		return err_set(why, -ENOMEM, "sort: out of memory");
	}
	struct run *r = &runs[s->run_count++];
	*r = (struct run){.at = s->file_bytes};
	sort_memory(s);
	rc = write_run(s, buffer, why);
	free(buffer);
	r->end = s->file_bytes;
	s->count = 0;
	s->text_len = 0;
	return rc;
}

int sorter_add(struct sorter *s, const uint8_t *key, size_t len, uint32_t tag, struct err *why)
{
	if (len < 1 || len > SORTER_KEY_MAX)
		return err_set(why, -EINVAL, "sort: a key of %zu octets", len);
	if (s->count == s->run_keys || s->text_len + 1 + len > s->run_text) {
		int rc = spill(s, why);
		if (rc)
			return rc;
	}
	s->entries[s->count++] = (struct keysort_entry){.at = (uint32_t)s->text_len, .tag = tag};
	s->text[s->text_len] = (uint8_t)len;
	memcpy(s->text + s->text_len + 1, key, len);
	s->text_len += 1 + len;
	s->total++;
	s->total_text += len;
	return 0;
}

/* Moves the run's next key into its item. 1, 0 at its end, or negative. */
static int run_next(struct sorter *s, struct run *r, struct err *why)
{
	if (r->to - r->from < RECORD_MAX && r->at < r->end) {
		memmove(r->buffer, r->buffer + r->from, r->to - r->from);
		r->to -= r->from;
		r->from = 0;
		size_t room = BUFFER_BYTES - r->to;
		if (room > r->end - r->at)
			room = (size_t)(r->end - r->at);
		ssize_t n = pread(s->fd, r->buffer + r->to, room, (off_t)r->at);
		if (n <= 0)
			return err_set(why, n ? -errno : CEN_ECORRUPT,
				"%s: cannot read a temporary file back", s->folder);
		r->to += (size_t)n;
		r->at += (uint64_t)n;
		if (r->to < RECORD_MAX && r->at < r->end)
			return run_next(s, r, why);
	}
	if (r->from == r->to)
		return 0;
	const uint8_t *record = r->buffer + r->from;
	r->item = (struct sorter_item){.key = record + HEADER, .len = record[0]};
	memcpy(&r->item.tag, record + 1, sizeof r->item.tag);
	r->from += HEADER + (size_t)record[0];
	return 1;
}

static bool is_before(const struct run *a, const struct run *b)
{
	size_t n = a->item.len < b->item.len ? a->item.len : b->item.len;
	int order = memcmp(a->item.key, b->item.key, n);
	return order ? order < 0 : a->item.len < b->item.len;
}

static void sink_down(struct sorter *s, size_t i)
{
	struct run **h = s->heap;
	for (size_t child; (child = 2 * i + 1) < s->heap_count; i = child) {
		if (child + 1 < s->heap_count && is_before(h[child + 1], h[child]))
			child++;
		if (!is_before(h[child], h[i]))
			return;
		struct run *t = h[i];
		h[i] = h[child];
		h[child] = t;
	}
}

int sorter_finish(struct sorter *s, struct err *why)
{
	if (s->fd < 0) {
		sort_memory(s);
		return 0;
	}
	int rc = s->count ? spill(s, why) : 0;
	if (rc)
		return rc;
	free_memory(s);
	s->heap = calloc(s->run_count, sizeof(struct run *));
	if (!s->heap)
		return err_set(why, -ENOMEM, "sort: out of memory");
	for (size_t i = 0; i < s->run_count; i++) {
		struct run *r = &s->runs[i];
		r->buffer = malloc(BUFFER_BYTES);
		rc = r->buffer ? run_next(s, r, why) : err_set(why, -ENOMEM, "sort: out of memory");
		if (rc < 0)
			return rc;
		if (rc)
			s->heap[s->heap_count++] = r;
	}
	for (size_t i = s->heap_count / 2; i-- > 0;)
		sink_down(s, i);
	return 0;
}

int sorter_next(struct sorter *s, struct sorter_item *out, struct err *why)
{
	if (s->fd < 0) {
		if (s->next == s->count)
			return 0;
		const struct keysort_entry *e = &s->entries[s->next++];
		const uint8_t *record = s->text + e->at;
		if (s->count - s->next > AHEAD)
			__builtin_prefetch(s->text + e[AHEAD].at);
		*out = (struct sorter_item){.key = record + 1, .len = record[0], .tag = e->tag};
		return 1;
	}
	if (s->is_moved) {
		int rc = run_next(s, s->heap[0], why);
		if (rc < 0)
			return rc;
		if (!rc)
			s->heap[0] = s->heap[--s->heap_count];
		sink_down(s, 0);
		s->is_moved = false;
	}
	if (!s->heap_count)
		return 0;
	*out = s->heap[0]->item;
	s->is_moved = true;
	return 1;
}
