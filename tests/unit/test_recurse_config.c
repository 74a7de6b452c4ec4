/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/recurse.h"

static const char root_key[] = "trust-anchor-file: \"/usr/share/dns/root.key\"";
static char root_ds[] =
	". IN DS 20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d";
static char zone_ds[] = "example.\t3600\tIN\tDS\t1 13 2 "
			"e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d";

static struct dname name(const char *text)
{
	struct dname d;
	assert_int_equal(dname_from_text(text, strlen(text), &d), 0);
	return d;
}

static struct addr_endpoint endpoint(const char *text)
{
	struct addr_endpoint e;
	assert_int_equal(addr_endpoint_from_text(text, 53, &e), 0);
	return e;
}

static struct config config_of(void)
{
	return (struct config){.workers = 2,
		.dnssec_is_validated = true,
		.cache_max_ttl_s = 86400,
		.recursion_has_qmin = true};
}

/* The caller frees. */
static char *text_of(const struct config *c)
{
	char *text;
	struct err why = {.text = ""};
	if (recurse_config_text(c, &text, &why) < 0)
		fail_msg("%s", why.text);
	return text;
}

static void assert_has(const struct config *c, const char *line, bool is_there)
{
	char *text = text_of(c);
	if ((strstr(text, line) != NULL) != is_there)
		fail_msg("%s is %sin:\n%s", line, is_there ? "not " : "", text);
	free(text);
}

static void test_modules_and_the_root_key(void **state)
{
	(void)state;
	struct config c = config_of();
	assert_has(&c, "module-config: \"validator iterator\"\n", true);
	assert_has(&c, root_key, true);
	c.dnssec_is_validated = false;
	assert_has(&c, "module-config: \"iterator\"\n", true);
	assert_has(&c, "trust-anchor", false);
}

static void test_switches(void **state)
{
	(void)state;
	struct config c = config_of();
	assert_has(&c, " qname-minimisation: yes\n", true);
	assert_has(&c, " use-caps-for-id: no\n", true);
	c.recursion_has_qmin = false;
	c.recursion_has_0x20 = true;
	assert_has(&c, " qname-minimisation: no\n", true);
	assert_has(&c, " use-caps-for-id: yes\n", true);
}

static void test_own_root_anchor_replaces_the_public_one(void **state)
{
	(void)state;
	struct config c = config_of();
	char *anchors[] = {zone_ds, root_ds};
	c.trust_anchors = anchors;
	c.trust_anchor_count = 1;
	assert_has(&c, root_key, true);
	assert_has(&c, "trust-anchor: \"example.\t3600\tIN\tDS\t1 13", true);
	c.trust_anchor_count = 2;
	assert_has(&c, root_key, false);
	assert_has(&c, "trust-anchor: \". IN DS 20326", true);
}

static void write_file(char path[static 32], const char *text)
{
	strcpy(path, "/tmp/cenote_anchor_XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void test_anchor_files(void **state)
{
	(void)state;
	char path[32];
	char *anchors[] = {path};
	struct config c = config_of();
	c.trust_anchors = anchors;
	c.trust_anchor_count = 1;
	write_file(path, "; a comment\nexample. IN DNSKEY 257 3 13 AAAA\n");
	assert_has(&c, root_key, true);
	assert_has(&c, path, true);
	unlink(path);
	write_file(path, "; . IN DS 1 2 3\n\n.\t172800\tIN\tDNSKEY 257 3 13 AAAA\n");
	assert_has(&c, root_key, false);
	unlink(path);
	char *text;
	struct err why;
	assert_int_equal(recurse_config_text(&c, &text, &why), -ENOENT);
	assert_non_null(strstr(why.text, "trust_anchors"));
	assert_non_null(strstr(why.text, path));
}

static void test_insecure_zones(void **state)
{
	(void)state;
	struct config c = config_of();
	struct addr_endpoint to = endpoint("192.0.2.1");
	struct config_zone zones[] = {{.zone = name("lan"), .to = &to, .to_count = 1},
		{.zone = name("signed.example"), .to = &to, .to_count = 1, .is_validated = true}};
	struct dname negative = name("broken.example");
	c.stub = zones;
	c.stub_count = 2;
	c.negative_anchors = &negative;
	c.negative_anchor_count = 1;
	assert_has(&c, " domain-insecure: \"lan\"\n", true);
	assert_has(&c, " domain-insecure: \"broken.example\"\n", true);
	assert_has(&c, " domain-insecure: \"signed.example\"\n", false);
	assert_has(&c, root_key, true);
	/* A root that is not validated has no anchor. */
	zones[0].zone = name(".");
	assert_has(&c, root_key, false);
	assert_has(&c, "domain-insecure: \".\"", false);
}

static void test_targets(void **state)
{
	(void)state;
	struct config c = config_of();
	struct addr_endpoint to[] = {endpoint("192.0.2.1:5353"), endpoint("2001:db8::1")};
	struct config_zone zone = {.zone = name("a\\.b.example"), .to = to, .to_count = 2};
	to[1].scope = 3;
	c.forward = &zone;
	c.forward_count = 1;
	assert_has(&c,
		"forward-zone:\n name: \"a\\046b.example\"\n"
		" forward-addr: \"192.0.2.1@5353\"\n"
		" forward-addr: \"2001:db8::1%3@53\"\n",
		true);
	assert_has(&c, "do-not-query-localhost: yes", true);
	to[0] = endpoint("127.0.0.1:5353");
	assert_has(&c, "do-not-query-localhost: no", true);
	c.forward_count = 0;
	c.recursion_has_loopback = true;
	assert_has(&c, "do-not-query-localhost: no", true);
}

static void test_strings_cannot_leave_their_quotes(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"/tmp/a\"\n verbosity: 5\n", "/tmp/a\nb", "/tmp/a\x7f", "\". IN DS 1 2 3 00"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char copy[64];
		char *anchors[] = {copy};
		char *text = NULL;
		struct err why = {.text = ""};
		struct config c = config_of();
		strcpy(copy, bad[i]);
		c.root_hints = copy;
		assert_int_equal(recurse_config_text(&c, &text, &why), CEN_EFORMAT);
		assert_non_null(strstr(why.text, "root_hints"));
		c.root_hints = NULL;
		c.trust_anchors = anchors;
		c.trust_anchor_count = 1;
		assert_int_equal(recurse_config_text(&c, &text, &why), CEN_EFORMAT);
		assert_non_null(strstr(why.text, "trust_anchors"));
		assert_null(text);
	}
}

/* The library's caches share a budget, within bounds. */
static void test_cache_sizes(void **state)
{
	(void)state;
	struct config c = config_of();
	c.workers = 1;
	assert_has(&c, " rrset-cache-size: 16384k\n msg-cache-size: 4096k\n", true);
	c.workers = 4;
	assert_has(&c, " rrset-cache-size: 6144k\n", true);
	c.workers = 64;
	assert_has(&c, " rrset-cache-size: 2048k\n", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules_and_the_root_key),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_own_root_anchor_replaces_the_public_one),
		cmocka_unit_test(test_anchor_files),
		cmocka_unit_test(test_insecure_zones),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_strings_cannot_leave_their_quotes),
		cmocka_unit_test(test_cache_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
