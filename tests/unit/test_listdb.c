/* SPDX-License-Identifier: BSD-2-Clause
 * A generation from rules to answers: what is merged, what is found, and that damage is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/listdb/build.h"
#include "feeds/listdb/listdb.h"
#include "feeds/listdb/listdb_file.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	struct build *build;
	char path[PATH_MAX];
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	snprintf(t->path, sizeof t->path, "%s/g.mdb", t->folder.path);
	struct build_options options = {.folder = t->folder.path, .run_keys = 1000};
	assert_int_equal(build_new(&options, &t->build, NULL), 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	build_free(t->build);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

static struct dname name_of(const char *text)
{
	struct dname d;
	if (dname_from_text(text, strlen(text), &d))
		fail_msg("not a name: %s", text);
	return d;
}

static void add(struct test *t, const char *text, bool is_self, bool is_below)
{
	struct rule r = {.is_self = is_self, .is_below = is_below};
	struct dname d = name_of(text);
	r.len = (uint8_t)dname_key(&d, r.key);
	assert_int_equal(build_add(t->build, &r, NULL), 0);
}

static void keep(struct test *t, const char *name)
{
	struct listdb_list about = {.format = "domains", .lines = 7, .skipped = 2, .fetched_s = 99};
	snprintf(about.name, sizeof about.name, "%s", name);
	assert_int_equal(build_keep(t->build, &about, NULL), 0);
}

static struct listdb *write_and_open(struct test *t)
{
	struct err why = {""};
	struct listdb *db = NULL;
	struct build_head head = {.number = 12, .created_s = 34, .digest = 56};
	if (build_write(t->build, t->path, &head, &why) || listdb_open(t->path, &db, &why))
		fail_msg("%s", why.text);
	return db;
}

static uint64_t hash_of(const struct listdb *db, const struct dname *d)
{
	uint8_t at[DNAME_LABELS_MAX];
	uint64_t hash = listdb_index(db)->seed;
	for (unsigned n = dname_offsets(d, at); n--;)
		hash = hash_label(hash, d->bytes + at[n]);
	return hash;
}

/* Both ways must say the same. */
static struct listdb_set find(struct listdb *db, const char *text)
{
	struct listdb_set by_tree = {0};
	struct dname d = name_of(text);
	int rc = listdb_find(db, &d, &by_tree);
	uint32_t n = listdb_probe(listdb_index(db), hash_of(db, &d));
	assert_true(n < listdb_index(db)->set_count);
	assert_int_equal(rc, n ? 0 : CEN_ENOTFOUND);
	assert_memory_equal(&by_tree, &listdb_index(db)->sets[n], sizeof by_tree);
	return by_tree;
}

static void assert_bits(const struct listdb_bits *b, uint64_t want)
{
	assert_int_equal(b->w[0], want << LISTDB_FIRST_LIST);
	assert_int_equal(b->w[1] | b->w[2] | b->w[3], 0);
}

static void lists_are_merged(void **state)
{
	struct test *t = *state;
	assert_int_equal(build_begin(t->build, NULL), 0);
	add(t, "both.example", true, false);
	add(t, "both.example", true, false); /* twice: counts once */
	add(t, "only-a.example", true, true);
	add(t, "parts.example", true, false);
	add(t, "parts.example", false, true); /* two halves of one rule */
	keep(t, "a");
	assert_int_equal(build_begin(t->build, NULL), 0);
	add(t, "refused.example", true, true);
	add(t, "both.example", true, true);
	assert_int_equal(build_begin(t->build, NULL), 0);
	add(t, "www.both.example", true, false);
	add(t, "both.example", false, true);
	keep(t, "b");
	struct listdb *db = write_and_open(t);

	assert_int_equal(listdb_number(db), 12);
	assert_int_equal(listdb_created_s(db), 34);
	assert_int_equal(listdb_digest(db), 56);
	assert_int_equal(listdb_name_count(db), 4);
	assert_int_equal(listdb_index(db)->list_count, 2);
	const struct listdb_list *a = listdb_list(db, 0), *b = listdb_list(db, 1);
	assert_string_equal(a->name, "a");
	assert_string_equal(a->format, "domains");
	assert_int_equal(a->rules, 3);
	assert_int_equal(a->unique, 2);
	assert_int_equal(a->lines, 7);
	assert_int_equal(a->skipped, 2);
	assert_int_equal(a->fetched_s, 99);
	assert_string_equal(b->name, "b");
	assert_int_equal(b->rules, 2);
	assert_int_equal(b->unique, 1);

	struct listdb_set s = find(db, "both.example");
	assert_bits(&s.self, 1);
	assert_bits(&s.below, 2);
	s = find(db, "only-a.example");
	assert_bits(&s.self, 1);
	assert_bits(&s.below, 1);
	s = find(db, "parts.example");
	assert_bits(&s.self, 1);
	assert_bits(&s.below, 1);
	s = find(db, "www.both.example");
	assert_bits(&s.self, 2);
	assert_bits(&s.below, 0);
	find(db, "refused.example");
	find(db, "example");
	find(db, ".");
	listdb_close(db);
}

static void no_rules_at_all(void **state)
{
	struct test *t = *state;
	struct listdb *db = write_and_open(t);
	assert_int_equal(listdb_name_count(db), 0);
	find(db, "example.com");
	listdb_close(db);
}

static void rules_are_limited(void **state)
{
	struct test *t = *state;
	struct build *b;
	struct err why;
	struct build_options options = {.folder = t->folder.path, .max_rules = 2};
	struct rule r = {.key = {1, 'a'}, .len = 2, .is_self = true, .is_below = true};
	assert_int_equal(build_new(&options, &b, NULL), 0);
	assert_int_equal(build_begin(b, NULL), 0);
	assert_int_equal(build_add(b, &r, &why), 0);
	assert_int_equal(build_add(b, &r, &why), 0);
	assert_int_equal(build_add(b, &r, &why), CEN_ELIMIT);
	/* A refused list gives its share back. */
	assert_int_equal(build_begin(b, NULL), 0);
	assert_int_equal(build_add(b, &r, &why), 0);
	build_free(b);
}

enum { MANY = 30000 };

static const char *nth(unsigned i, char text[static 64])
{
	snprintf(text, 64, "h%u.x%u.%s", i % 7, i, i % 3 ? "com" : "example.net");
	return text;
}

static bool count_in_order(void *arg, const struct dname *name, const struct listdb_set *set)
{
	struct {
		uint64_t n;
		size_t len;
		uint8_t key[DNAME_MAX];
	} *last = arg;
	uint8_t key[DNAME_MAX];
	size_t len = dname_key(name, key);
	int order = memcmp(last->key, key, len < last->len ? len : last->len);
	assert_true(order < 0 || (order == 0 && last->len < len));
	assert_true(listdb_bits_any(&set->self));
	memcpy(last->key, key, len);
	last->len = len;
	last->n++;
	return true;
}

static void many_names_through_runs(void **state)
{
	struct test *t = *state;
	char text[64];
	assert_int_equal(build_begin(t->build, NULL), 0);
	for (unsigned i = 0; i < MANY; i++)
		add(t, nth(i, text), true, i % 2);
	keep(t, "many");
	struct listdb *db = write_and_open(t);
	assert_int_equal(listdb_name_count(db), MANY);
	assert_int_equal(listdb_index(db)->set_count, 3); /* none, self, self and below */
	for (unsigned i = 0; i < MANY; i++) {
		struct listdb_set s = find(db, nth(i, text));
		assert_bits(&s.self, 1);
		assert_bits(&s.below, i % 2);
	}
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "clean%u.com", i);
		struct listdb_set s = find(db, text);
		assert_false(listdb_bits_any(&s.self));
	}
	struct {
		uint64_t n;
		size_t len;
		uint8_t key[DNAME_MAX];
	} last = {0};
	assert_int_equal(listdb_walk(db, count_in_order, &last), 0);
	assert_int_equal(last.n, MANY);
	listdb_close(db);
}

static void many_lists(void **state)
{
	struct test *t = *state;
	for (int i = 0; i < LISTDB_LISTS_MAX - LISTDB_FIRST_LIST; i++) {
		char name[64];
		snprintf(name, sizeof name, "l%d", i);
		assert_int_equal(build_begin(t->build, NULL), 0);
		add(t, "all.example", true, true);
		keep(t, name);
	}
	struct listdb_list one_more = {.name = "x"};
	assert_int_equal(build_begin(t->build, NULL), 0);
	assert_int_equal(build_keep(t->build, &one_more, NULL), CEN_ELIMIT);
	struct listdb *db = write_and_open(t);
	struct listdb_set s = find(db, "all.example");
	for (unsigned i = LISTDB_FIRST_LIST; i < LISTDB_LISTS_MAX; i++)
		assert_true(listdb_bits_test(&s.self, i) && listdb_bits_test(&s.below, i));
	assert_false(listdb_bits_test(&s.self, LISTDB_OWN_ALLOW));
	assert_false(listdb_bits_test(&s.self, LISTDB_OWN_DENY));
	assert_int_equal(listdb_list(db, 0)->unique, 0);
	listdb_close(db);
}

static uint8_t *read_all(const char *path, size_t *len)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	uint8_t *bytes = malloc((size_t)st.st_size);
	FILE *in = fopen(path, "rb");
	assert_non_null(bytes);
	assert_non_null(in);
	*len = fread(bytes, 1, (size_t)st.st_size, in);
	assert_int_equal(*len, st.st_size);
	fclose(in);
	return bytes;
}

static void damage_is_refused(void **state)
{
	struct test *t = *state;
	struct err why;
	struct listdb *db;
	size_t len;
	assert_int_equal(build_begin(t->build, NULL), 0);
	for (int i = 0; i < 300; i++) {
		char text[64];
		add(t, nth((unsigned)i, text), true, true);
	}
	keep(t, "a");
	listdb_close(write_and_open(t));
	uint8_t *bytes = read_all(t->path, &len);
	/* One bit anywhere that is not the trailer's padding. */
	for (size_t at = 0; at < len; at += at < len - LISTDB_TRAILER ? 97 : 1) {
		if (at >= len - LISTDB_TRAILER + sizeof(struct listdb_trailer))
			break;
		bytes[at] ^= 0x10;
		const char *path = folder_write(&t->folder, "bad.mdb", bytes, len);
		int rc = listdb_open(path, &db, &why);
		if (rc != CEN_ECORRUPT)
			fail_msg("octet %zu: %d", at, rc);
		bytes[at] ^= 0x10;
	}
	static const size_t cuts[] = {0, 1, 39, 4095, 4096, 4097, 8192, 20000};
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		const char *path = folder_write(&t->folder, "cut.mdb", bytes, cuts[i]);
		assert_int_equal(listdb_open(path, &db, &why), CEN_ECORRUPT);
		path = folder_write(&t->folder, "cut.mdb", bytes, len - cuts[i]);
		assert_int_equal(listdb_open(path, &db, &why), cuts[i] ? CEN_ECORRUPT : 0);
		if (!cuts[i])
			listdb_close(db);
	}
	free(bytes);
	assert_int_equal(listdb_open(folder_file(&t->folder, "none"), &db, &why), -ENOENT);
	assert_int_equal(listdb_open(t->folder.path, &db, &why), CEN_ECORRUPT);
}

static void a_newer_file_is_refused_by_name(void **state)
{
	struct test *t = *state;
	struct err why;
	struct listdb *db;
	size_t len;
	listdb_close(write_and_open(t));
	uint8_t *bytes = read_all(t->path, &len);
	struct listdb_trailer trailer;
	memcpy(&trailer, bytes + len - LISTDB_TRAILER, sizeof trailer);
	trailer.version++;
	trailer.own_checksum = listdb_file_own_checksum(&trailer);
	memcpy(bytes + len - LISTDB_TRAILER, &trailer, sizeof trailer);
	assert_int_equal(listdb_open(folder_write(&t->folder, "new.mdb", bytes, len), &db, &why),
		CEN_EVERSION);
	assert_non_null(strstr(why.text, "newer"));
	free(bytes);
}

static void a_file_in_the_way_is_not_overwritten(void **state)
{
	struct test *t = *state;
	struct err why;
	struct build_head head = {.number = 1};
	folder_write(&t->folder, "g.mdb", "x", 1);
	assert_int_equal(build_write(t->build, t->path, &head, &why), -EEXIST);
	assert_non_null(strstr(why.text, t->path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_are_merged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_rules_at_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rules_are_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_names_through_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damage_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_newer_file_is_refused_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_in_the_way_is_not_overwritten, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
