/* SPDX-License-Identifier: BSD-2-Clause
 * Public suffixes and registrable domains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/base/suffix.h"

static struct dname name_of(const char *text)
{
	struct dname d;
	if (dname_from_text(text, strlen(text), &d))
		fail_msg("not a name: %s", text);
	return d;
}

static void assert_registrable(const char *text, const char *want)
{
	struct dname name = name_of(text), out, wanted = name_of(want);
	suffix_registrable(&name, &out);
	char shown[DNAME_TEXT_MAX], wanted_shown[DNAME_TEXT_MAX];
	assert_string_equal(
		dname_to_text(out.bytes, shown), dname_to_text(wanted.bytes, wanted_shown));
	assert_int_equal(out.labels, wanted.labels);
	suffix_registrable(&name, &name);
	assert_true(dname_equal(&name, &out));
}

static void public_suffixes_are_known(void **state)
{
	(void)state;
	static const char *const yes[] = {".", "com", "no-such-tld", "co.uk", "foo.ck",
		"in-addr.arpa", "pvt.k12.ma.us", "xn--fiqs8s", "\\000"};
	static const char *const no[] = {"example.com", "example.co.uk", "www.ck", "duckdns.org",
		"github.io", "s3.amazonaws.com", "a.b.pvt.k12.ma.us", "x.pvt.k12.ma.us",
		"a.b.c.d.e.f.com", "_x.com", "co\\046uk.x", "x.co\\046uk"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		struct dname d = name_of(yes[i]);
		if (!suffix_is_public(&d))
			fail_msg("should be public: %s", yes[i]);
	}
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
		struct dname d = name_of(no[i]);
		if (suffix_is_public(&d))
			fail_msg("should not be public: %s", no[i]);
	}
}

static void registrable_domains_are_found(void **state)
{
	(void)state;
	assert_registrable("www.example.com", "example.com");
	assert_registrable("example.com", "example.com");
	assert_registrable("a.b.c.d.e.f.g.example.co.uk", "example.co.uk");
	assert_registrable("x.y.www.ck", "www.ck");
	assert_registrable("a.b.foo.ck", "b.foo.ck");
	assert_registrable("a.b.pvt.k12.ma.us", "b.pvt.k12.ma.us");
	assert_registrable("a.example.no-such-tld", "example.no-such-tld");
	assert_registrable("user.duckdns.org", "duckdns.org");
	assert_registrable("a.b.example.info", "example.info");
	assert_registrable("a.x\\003com", "a.x\\003com"); /* ends in the octets of `com` */
	assert_registrable("b.a.x\\003com", "a.x\\003com");
	assert_registrable("1.2.0.192.in-addr.arpa", "192.in-addr.arpa");
	assert_registrable("a.co\\046uk.example", "co\\046uk.example");
	/* Below top-level domains with many suffixes. */
	assert_registrable("a.b.milano.it", "b.milano.it");
	assert_registrable("a.milan.example.it", "example.it");
	assert_registrable("a.b.pila.pl", "b.pila.pl");
	assert_registrable("a.b.shibuya.tokyo.jp", "b.shibuya.tokyo.jp");
	assert_registrable("a.b.xn--kltx9a.jp", "b.xn--kltx9a.jp");
	assert_registrable("a.example.fr", "example.fr");
	assert_registrable("a.b.veterinaire.fr", "b.veterinaire.fr");
	/* None: the name itself. */
	assert_registrable(".", ".");
	assert_registrable("com", "com");
	assert_registrable("co.uk", "co.uk");
}

static void the_longest_name_is_taken(void **state)
{
	(void)state;
	char text[2 * 128];
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "x.", 2);
	text[2 * 127 - 1] = 0;
	assert_registrable(text, "x.x");
	memcpy(text + 2 * 127 - 6, "co.uk", 5);
	assert_registrable(text, "x.co.uk");
	memcpy(text + 2 * 127 - 6, "x.com", 5);
	assert_registrable(text, "x.com");
	memset(text, 'a', 253);
	text[63] = text[127] = text[191] = '.';
	text[253] = 0;
	assert_registrable(text, text + 128);
}

/* suffix.c looks at four labels, so no rule may be longer; it takes rules to stand below rules, and suffix_known.c some top-level domains to
 * have no others below than it knows of: each rule of the list is asked for. */
static void every_rule_of_the_list_is_found(void **state)
{
	(void)state;
	FILE *f = fopen("/usr/share/publicsuffix/public_suffix_list.dat", "r");
	assert_non_null(f);
	char line[1024];
	unsigned rules = 0, known = 0;
	while (fgets(line, sizeof line, f) && !strstr(line, "===END ICANN")) {
		line[strcspn(line, " \n")] = 0;
		if (line[0] == '/' || !line[0])
			continue;
		rules++;
		struct dname suffix, name, out;
		bool is_known, is_exception = line[0] == '!';
		char text[1100];
		snprintf(text, sizeof text, "%s%s", line[0] == '*' ? "x" : "",
			line + (line[0] == '*' || is_exception));
		suffix = name_of(text);
		if (suffix_is_public(&suffix) == is_exception)
			fail_msg("%s: public or not?", line);
		snprintf(text, sizeof text, "left.right.%s%s", line[0] == '*' ? "x" : "",
			line + (line[0] == '*' || is_exception));
		name = name_of(text);
		suffix_registrable(&name, &out);
		if (out.labels != suffix.labels + !is_exception)
			fail_msg("%s: registrable with %u labels", text, out.labels);
		assert_int_equal(suffix_labels(&name, &is_known), suffix.labels - is_exception);
		known += is_known;
	}
	fclose(f);
	assert_in_range(rules, 5000, 100000);
	assert_int_equal(known, rules);
}

static void unknown_top_level_domains_are_told(void **state)
{
	(void)state;
	static const char *const texts[] = {"a.local", "a.b.localdomain", "printer.fritzbox",
		"a.no-such-tld", "x.exam\\000ple", "a.b.c.d.e.f.g.lan"};
	bool is_known = true;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct dname name = name_of(texts[i]);
		assert_int_equal(suffix_labels(&name, &is_known), 1);
		if (is_known)
			fail_msg("should not be known: %s", texts[i]);
	}
	struct dname root = name_of(".");
	assert_int_equal(suffix_labels(&root, &is_known), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_suffixes_are_known),
		cmocka_unit_test(registrable_domains_are_found),
		cmocka_unit_test(the_longest_name_is_taken),
		cmocka_unit_test(every_rule_of_the_list_is_found),
		cmocka_unit_test(unknown_top_level_domains_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
