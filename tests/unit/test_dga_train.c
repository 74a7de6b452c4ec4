/* SPDX-License-Identifier: BSD-2-Clause
 * Training on small sets made here: it learns, it is reproducible, and bad input has a sentence.
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "dga/dga_model.h"
#include "dga/dga_train.h"

enum { NAMES = 3000 };

/* Everything lies below one folder: benign, families/, *.model. */
static char folder[] = "/tmp/cenote-test-XXXXXX";
static uint32_t seed;

static unsigned pick(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const char *path(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *p = paths[turn++ % 4];
	snprintf(p, sizeof paths[0], "%s/%s", folder, name);
	return p;
}

static FILE *create(const char *name)
{
	FILE *f = fopen(path(name), "w");
	assert_non_null(f);
	return f;
}

static void write_benign(FILE *f, int names)
{
	static const char *const syllables[] = {"ber", "lin", "ta", "mo", "re", "van", "sol", "ki",
		"na", "port", "land", "er", "sen", "di", "lo", "mar"};
	for (int i = 0; i < names; i++) {
		for (unsigned k = 3 + pick(2); k; k--)
			fputs(syllables[pick(16)], f);
		fputs(".com\n", f);
	}
}

static void write_random(FILE *f, int names)
{
	for (int i = 0; i < names; i++) {
		for (unsigned k = 10 + pick(6); k; k--)
			fputc((int)('a' + pick(26)), f);
		fputs(".net\n", f);
	}
}

static int make_folder(void **state)
{
	(void)state;
	FILE *f;
	seed = 1;
	if (!mkdtemp(folder) || mkdir(path("families"), 0700) || mkdir(path("empty"), 0700))
		return -1;
	f = create("benign");
	write_benign(f, NAMES);
	fclose(f);
	f = create("families/alpha.txt");
	write_random(f, NAMES);
	fclose(f);
	/* With lines that are no names, and without an end. */
	f = create("families/beta.txt");
	fputs("# a comment\n\n..\n\xff\xfe\x80.com\n", f);
	for (int i = 0; i < 5000; i++)
		fputc('x', f);
	fputc('\n', f);
	write_random(f, NAMES / 10);
	fputs("qzxvkwpjhb.net", f);
	fclose(f);
	return 0;
}

static int remove_one(const char *file, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st, (void)flag, (void)walk;
	return remove(file);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int train(const char *benign, const char *families, const char *out, uint64_t with,
	FILE *tell, struct err *why)
{
	char a[256], b[256], c[256];
	snprintf(a, sizeof a, "%s/%s", folder, benign);
	snprintf(b, sizeof b, "%s/%s", folder, families);
	snprintf(c, sizeof c, "%s/%s", folder, out ? out : "");
	struct dga_training t = {.benign = a, .families = b, .out = out ? c : NULL, .seed = with};
	return dga_train(&t, tell, why);
}

static size_t slurp(const char *name, uint8_t *bytes, size_t max)
{
	FILE *f = fopen(path(name), "rb");
	assert_non_null(f);
	size_t n = fread(bytes, 1, max, f);
	fclose(f);
	return n;
}

static void it_learns(void **state)
{
	(void)state;
	struct err why;
	struct dga *d;
	assert_int_equal(train("benign", "families", "a.model", 0, NULL, &why), 0);
	assert_int_equal(dga_open(
				 &(const struct dga_options){
					 .model = path("a.model"), .popular = "", .threshold = 0.1},
				 &d, &why),
		0);
	static const char *const texts[] = {"molinportsen.com", "jqxzkvhwpbfy.net"};
	struct dga_verdict v[2];
	for (int i = 0; i < 2; i++) {
		struct dname name;
		assert_int_equal(dname_from_text(texts[i], strlen(texts[i]), &name), 0);
		dga_score(d, &name, &v[i]);
	}
	assert_true(v[0].score < 0 && v[0].class == DGA_NONE);
	assert_true(v[1].score > 0 && v[1].class == DGA_RANDOM);
	dga_close(d);
}

static void the_same_input_gives_the_same_file(void **state)
{
	(void)state;
	static uint8_t a[DGA_MODEL_BYTES_MAX], b[DGA_MODEL_BYTES_MAX];
	struct err why;
	assert_int_equal(train("benign", "families", "a.model", 5, NULL, &why), 0);
	assert_int_equal(train("benign", "families", "b.model", 5, NULL, &why), 0);
	size_t n = slurp("a.model", a, sizeof a);
	assert_in_range(n, 1000, sizeof a);
	assert_int_equal(slurp("b.model", b, sizeof b), n);
	assert_memory_equal(a, b, n);
	assert_int_equal(train("benign", "families", "b.model", 6, NULL, &why), 0);
	assert_int_equal(slurp("b.model", b, sizeof b), n);
	assert_memory_not_equal(a, b, n);
}

static void gzipped_files_are_read(void **state)
{
	(void)state;
	static uint8_t a[DGA_MODEL_BYTES_MAX], b[DGA_MODEL_BYTES_MAX], text[1 << 20];
	struct err why;
	size_t n = slurp("benign", text, sizeof text);
	gzFile f = gzopen(path("benign.gz"), "wb");
	assert_non_null(f);
	assert_int_equal(gzwrite(f, text, (unsigned)n), n);
	gzclose(f);
	assert_int_equal(train("benign", "families", "a.model", 0, NULL, &why), 0);
	assert_int_equal(train("benign.gz", "families", "b.model", 0, NULL, &why), 0);
	n = slurp("a.model", a, sizeof a);
	assert_int_equal(slurp("b.model", b, sizeof b), n);
	assert_memory_equal(a, b, n);
	/* One that breaks off. */
	n = slurp("benign.gz", text, sizeof text);
	FILE *cut = create("cut.gz");
	assert_int_equal(fwrite(text, 1, n / 2, cut), n / 2);
	fclose(cut);
	assert_int_not_equal(train("cut.gz", "families", NULL, 0, NULL, &why), 0);
	assert_non_null(strstr(why.text, "cut.gz"));
}

static void figures_are_told(void **state)
{
	(void)state;
	char benign[256], families[256], text[8192] = "";
	struct err why;
	snprintf(benign, sizeof benign, "%s/benign", folder);
	snprintf(families, sizeof families, "%s/families", folder);
	struct dga_training t = {.benign = benign, .families = families, .left_out = "gamma,beta"};
	FILE *tell = fmemopen(text, sizeof text, "w");
	assert_int_equal(dga_train(&t, tell, &why), 0);
	fclose(tell);
	assert_non_null(
		strstr(text, "3000 benign names and 3301 of 2 families; 4 lines were no names"));
	assert_non_null(strstr(text, "mean of  1 families learned"));
	assert_non_null(strstr(text, "mean of  1 families left out"));
	const char *beta = strstr(text, "\nbeta ");
	assert_non_null(beta);
	assert_int_equal(strtol(beta + 5, NULL, 10), 301);
}

static void bad_input_has_a_sentence(void **state)
{
	(void)state;
	struct err why;
	assert_int_equal(train("none", "families", NULL, 0, NULL, &why), -ENOENT);
	assert_non_null(strstr(why.text, "/none"));
	assert_int_equal(train("benign", "none", NULL, 0, NULL, &why), -ENOENT);
	assert_int_equal(train("benign", "empty", NULL, 0, NULL, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "no files"));
	fclose(create("nothing"));
	assert_int_equal(train("nothing", "families", NULL, 0, NULL, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "no names"));
	FILE *f = create("short");
	fputs("a.com\nb.com\nxn--bcher-kva.example\n", f);
	fclose(f);
	assert_int_equal(train("short", "families", NULL, 0, NULL, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "no benign name"));
	assert_int_equal(train("families", "families", NULL, 0, NULL, &why), -EISDIR);
}

static void a_model_that_cannot_be_written_leaves_nothing(void **state)
{
	(void)state;
	struct err why;
	assert_int_equal(train("benign", "families", "no/such/folder", 0, NULL, &why), -ENOENT);
	assert_non_null(strstr(why.text, "no/such/folder"));
	assert_int_equal(train("benign", "families", "empty", 0, NULL, &why), -EISDIR);
	assert_int_equal(access(path("empty.tmp"), F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_learns),
		cmocka_unit_test(the_same_input_gives_the_same_file),
		cmocka_unit_test(gzipped_files_are_read),
		cmocka_unit_test(figures_are_told),
		cmocka_unit_test(bad_input_has_a_sentence),
		cmocka_unit_test(a_model_that_cannot_be_written_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
