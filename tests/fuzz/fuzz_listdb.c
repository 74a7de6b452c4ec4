/* SPDX-License-Identifier: BSD-2-Clause
 * A generation file made of the input: it is refused, or it is one of ours, unharmed.
 *
 * The first octet chooses: an input by itself, a good file of ours with the rest of the input written over it, or special rules and their texts as
 * they stand in a file, behind its checksum: they are refused, or every way to look them up is safe.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/listdb/build.h"
#include "feeds/listdb/listdb.h"
#include "feeds/listdb/listdb_file.h"
#include "feeds/listdb/listdb_special.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct good {
	uint8_t *bytes;
	size_t len;
	char path[64], path_good[64];
};

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void add(struct build *b, const char *text)
{
	struct dname d;
	struct rule r = {.is_self = true, .is_below = true};
	must(!dname_from_text(text, strlen(text), &d));
	r.len = (uint8_t)dname_key(&d, r.key);
	must(!build_add(b, &r, NULL));
}

static void make_good(struct good *g)
{
	struct build *b;
	struct build_options options = {.folder = "/tmp"};
	struct listdb_list about = {.name = "a", .format = "domains"};
	struct build_head head = {.number = 1};
	snprintf(g->path, sizeof g->path, "/tmp/cenote-fuzz-%ld", (long)getpid());
	snprintf(g->path_good, sizeof g->path_good, "/tmp/cenote-fuzz-good-%ld", (long)getpid());
	unlink(g->path_good);
	must(!build_new(&options, &b, NULL) && !build_begin(b, NULL));
	add(b, "one.example");
	add(b, "two.example");
	must(!build_keep(b, &about, NULL) && !build_write(b, g->path_good, &head, NULL));
	build_free(b);
	int fd = open(g->path_good, O_RDONLY);
	must(fd >= 0);
	off_t size = lseek(fd, 0, SEEK_END);
	g->len = (size_t)size;
	g->bytes = malloc(g->len);
	must(g->bytes && pread(fd, g->bytes, g->len, 0) == size);
	close(fd);
	unlink(g->path_good);
}

/* `at` (2 octets), then what is written there, from the file's end backwards in units of 16 octets: the trailer is where it matters. */
static size_t overlay(const struct good *g, uint8_t *file, const uint8_t *bytes, size_t len)
{
	memcpy(file, g->bytes, g->len);
	if (len < 2)
		return g->len;
	size_t back = ((size_t)bytes[0] << 8 | bytes[1]) * 16 + 16;
	size_t at = back < g->len ? g->len - back : 0;
	bytes += 2;
	len -= 2;
	if (len > g->len - at)
		len = g->len - at;
	memcpy(file + at, bytes, len);
	return g->len;
}

static void check_rule(const struct listdb_index *x, const struct listdb_rule *r)
{
	const struct listdb_rule *out[LISTDB_RULES_MAX];
	size_t n, sum = 0;
	must(r->trigger < RULE_TRIGGERS && r->verb < RULE_VERBS && (r->bit == 255 || r->bit == 3));
	for (size_t i = 0; i < r->about_len; i++)
		sum += listdb_about(x, r)[i];
	for (size_t i = 0; i < r->text_len; i++)
		sum += (uint8_t)listdb_rule_text(x, r)[i];
	must(sum <= (size_t)255 * 2 * UINT16_MAX);
	must(listdb_has_trigger(x, (enum rule_trigger)r->trigger));
	if (r->trigger == RULE_NAME || r->trigger == RULE_NS_NAME) {
		const struct listdb_rule *first = listdb_rules_of_name(x, r->hash, &n);
		must(first && r >= first && r < first + n);
	} else if (r->trigger != RULE_PATTERN) {
		n = listdb_rules_of_address(
			x, (enum rule_trigger)r->trigger, &r->prefix.addr, out, LISTDB_RULES_MAX);
		must(n > 0);
		for (size_t i = 1; i < n; i++)
			must(out[i]->prefix.bits <= out[i - 1]->prefix.bits);
	}
}

/* The number of rules, the rules, their texts. */
static void open_special(const uint8_t *bytes, size_t len)
{
	static const struct listdb_list lists[] = {
		{.bit = 2, .special_bit = 255}, {.bit = 4, .special_bit = 3}};
	size_t size = sizeof(struct listdb_rule), count = len ? bytes[0] : 0;
	if (!len || count * size > len - 1)
		return;
	uint8_t *copy = malloc(len); /* aligned as LMDB's are not: the rules are copied */
	must(copy != NULL);
	memcpy(copy, bytes, len);
	struct listdb_special_bytes b = {
		copy + 1, copy + 1 + count * size, count, len - 1 - count * size};
	struct listdb_special *special = NULL;
	int rc = listdb_special_open(&b, lists, 2, &special);
	must(rc == 0 || rc == CEN_ECORRUPT);
	struct listdb_index x = {.seed = 1, .special = special};
	size_t n;
	const struct listdb_rule *rules = listdb_rules(&x, &n);
	for (size_t i = 0; i < n; i++)
		check_rule(&x, &rules[i]);
	struct listdb_scratch *scratch = listdb_scratch_new();
	const struct listdb_rule *out[4];
	struct dname name;
	must(scratch && !dname_from_text("ads.tracker.example", 19, &name));
	n = listdb_rules_of_pattern(&x, scratch, &name, out, 4);
	for (size_t i = 0; i < n; i++)
		must(out[i]->trigger == RULE_PATTERN);
	listdb_scratch_free(scratch);
	listdb_special_close(special);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct good good;
	if (!good.bytes)
		make_good(&good);
	if (!len)
		return 0;
	if (bytes[0] & 2) {
		open_special(bytes + 1, len - 1);
		return 0;
	}
	size_t room = len > good.len ? len : good.len;
	uint8_t *file = malloc(room);
	must(file != NULL);
	size_t n = len - 1;
	if (bytes[0] & 1)
		n = overlay(&good, file, bytes + 1, len - 1);
	else
		memcpy(file, bytes + 1, n);
	int fd = open(good.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && pwrite(fd, file, n, 0) == (ssize_t)n);
	close(fd);
	struct listdb *db = NULL;
	struct err why;
	int rc = listdb_open(good.path, &db, &why);
	unlink(good.path);
	/* The trailer's padding is not part of what is sealed. */
	size_t sealed = good.len - LISTDB_TRAILER + sizeof(struct listdb_trailer);
	bool is_ours = n == good.len && !memcmp(file, good.bytes, sealed);
	must(is_ours ? rc == 0 : rc == CEN_ECORRUPT || rc == CEN_EVERSION);
	if (!rc)
		must(listdb_name_count(db) == 2);
	listdb_close(db);
	free(file);
	return 0;
}
