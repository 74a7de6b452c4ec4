/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/base/log.h"

/* A hundred thousand of the longest rules; a larger file is not one that we wrote. */
enum { FILE_MAX_BYTES = 64 << 20 };

static bool rule_equal(const struct config_rule *a, const struct config_rule *b)
{
	return a->is_self == b->is_self && a->is_below == b->is_below &&
		dname_equal(&a->name, &b->name);
}

static size_t find(const struct rules *r, enum list_kind kind, const struct config_rule *rule)
{
	size_t i = 0;
	while (i < r->count &&
		!(r->entries[i].kind == kind && rule_equal(&r->entries[i].rule, rule)))
		i++;
	return i;
}

static int append(struct rules *r, enum list_kind kind, const struct config_rule *rule)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct rules_entry *bigger = realloc(r->entries, room * sizeof *bigger);
		if (!bigger)
			return -ENOMEM;
		r->entries = bigger;
		r->room = room;
	}
	r->entries[r->count++] = (struct rules_entry){.rule = *rule, .kind = kind};
	return 0;
}

static bool parse_line(struct rules *r, const char *line, size_t len)
{
	static const char *const words[] = {[LIST_DENY] = "deny ", [LIST_ALLOW] = "allow "};
	for (int kind = LIST_DENY; kind <= LIST_ALLOW; kind++) {
		size_t n = strlen(words[kind]);
		struct config_rule rule;
		if (len > n && !memcmp(line, words[kind], n))
			return r->count < RULES_MAX &&
				!config_rule_from_text(line + n, len - n, &rule) &&
				!config_rule_guard((enum list_kind)kind, &rule) &&
				!append(r, (enum list_kind)kind, &rule);
	}
	return len == 0;
}

size_t rules_parse(struct rules *r, const char *text, size_t len, size_t *first_bad)
{
	size_t bad = 0, line_number = 0;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - (text + at)) : len - at;
		line_number++;
		if (!parse_line(r, text + at, n) && !bad++)
			*first_bad = line_number;
		at += n + 1;
	}
	return bad;
}

static int read_file(const char *path, char **text, size_t *len)
{
	*text = NULL;
	*len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int e = 0;
	struct stat st;
	if (fstat(fd, &st) || st.st_size > FILE_MAX_BYTES) {
		e = -EFBIG;
		goto out;
	}
	*text = malloc((size_t)st.st_size + 1);
	if (!*text) {
		e = -ENOMEM;
		goto out;
	}
	ssize_t n;
	while (*len < (size_t)st.st_size &&
		(n = read(fd, *text + *len, (size_t)st.st_size - *len)) > 0)
		*len += (size_t)n;
out:
	close(fd);
	return e;
}

int rules_load(const char *state_directory, struct rules **out, struct err *why)
{
	struct rules *r = calloc(1, sizeof *r);
	char *text = NULL;
	size_t len = 0, first_bad = 0;
	int e = -ENOMEM;
	if (!r || asprintf(&r->path, "%s/rules", state_directory) < 0)
		goto fail;
	e = read_file(r->path, &text, &len);
	if (e)
		goto fail;
	size_t bad = rules_parse(r, text ? text : "", len, &first_bad);
	if (bad)
		log_warn("rules", "file=%s bad_lines=%zu first=%zu kept=%zu", r->path, bad,
			first_bad, r->count);
	free(text);
	*out = r;
	return 0;
fail:
	err_set(why, e, "%s/rules: cannot be read: %s", state_directory, err_string(e));
	free(text);
	rules_free(r);
	return e;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	free(r->entries);
	free(r->path);
	free(r);
}

static int write_all(const struct rules *r, FILE *f)
{
	char text[DNAME_TEXT_MAX + 2];
	for (size_t i = 0; i < r->count; i++)
		fprintf(f, "%s %s\n", config_kind_name(r->entries[i].kind),
			config_rule_to_text(&r->entries[i].rule, text));
	if (fflush(f) || fsync(fileno(f)))
		return -errno;
	return ferror(f) ? -EIO : 0;
}

/* Whole file, synced, renamed: after a crash there is the old set or the new one. */
static int save(const struct rules *r, struct err *why)
{
	char temporary[4096];
	snprintf(temporary, sizeof temporary, "%s.new", r->path);
	FILE *f = fopen(temporary, "we");
	int e = f ? write_all(r, f) : -errno;
	if (f && fclose(f) && !e)
		e = -errno;
	if (!e && rename(temporary, r->path))
		e = -errno;
	if (!e)
		return 0;
	unlink(temporary);
	return err_set(why, e, "%s: the rule was not kept: %s", r->path, err_string(e));
}

int rules_add(struct rules *r, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	if (find(r, kind, rule) < r->count)
		return 0;
	if (r->count >= RULES_MAX)
		return err_set(why, CEN_ELIMIT,
			"there are %d own rules already, the most there may be", RULES_MAX);
	struct rules_entry old = {0};
	enum list_kind other = kind == LIST_DENY ? LIST_ALLOW : LIST_DENY;
	size_t opposite = find(r, other, rule);
	bool is_replaced = opposite < r->count;
	int e = 0;
	if (is_replaced) {
		old = r->entries[opposite];
		r->entries[opposite].kind = kind;
	} else {
		e = append(r, kind, rule);
	}
	if (e)
		return err_set(why, e, "the rule was not kept: %s", err_string(e));
	e = save(r, why);
	if (e && is_replaced)
		r->entries[opposite] = old;
	else if (e)
		r->count--;
	return e;
}

int rules_remove(
	struct rules *r, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	size_t i = find(r, kind, rule);
	char text[DNAME_TEXT_MAX + 2];
	if (i == r->count)
		return err_set(why, CEN_ENOTFOUND, "there is no run-time rule \"%s %s\"",
			config_kind_name(kind), config_rule_to_text(rule, text));
	struct rules_entry old = r->entries[i];
	memmove(&r->entries[i], &r->entries[i + 1], (r->count - i - 1) * sizeof *r->entries);
	r->count--;
	int e = save(r, why);
	if (e) {
		memmove(&r->entries[i + 1], &r->entries[i], (r->count - i) * sizeof *r->entries);
		r->entries[i] = old;
		r->count++;
	}
	return e;
}
