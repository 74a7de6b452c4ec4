/* SPDX-License-Identifier: BSD-2-Clause
 * Lists in the configuration and zone files of other resolvers, regular expressions, addresses.
 */
#include "tests/unit/format_harness.h"

#define FRAME "(part of the format, no rule)"

static void dnsmasq(void **state)
{
	(void)state;
	check("dnsmasq", "address=/a.example.com/#", "a.example.com");
	check("dnsmasq", "address=/a.example.com/", "a.example.com");
	check("dnsmasq", "address=/a.example.com/0.0.0.0", "a.example.com");
	check("dnsmasq", "address=/a.example.com/127.0.0.1 # why", "a.example.com");
	check("dnsmasq", "address=/a.example.com/::", "a.example.com");
	check("dnsmasq", "address=/.a.example.com/::1", "a.example.com");
	check("dnsmasq", "address=/a.example.com/b.example.com/#", "a.example.com b.example.com");
	check("dnsmasq", "server=/a.example.com/", "a.example.com");
	check("dnsmasq", "local=/a.example.com/b.example/", "a.example.com b.example");
	check("dnsmasq", "address=/a.example.com/192.0.2.1",
		"a.example.com,data,record1:60:c0000201");
	check("dnsmasq", "address=/a.example.com/2001:db8::1",
		"a.example.com,data,record28:60:20010db8000000000000000000000001");
	check("dnsmasq", "server=/a.example.com/192.0.2.1", "(not supported)");
	check("dnsmasq", "server=/a.example.com/#", "(not supported)");
	check("dnsmasq", "server=192.0.2.1", "(not supported)");
	check("dnsmasq", "address=/*.example.com/#", "(not supported)");
	check("dnsmasq", "address=/#/192.0.2.1", "(too wide)");
	check("dnsmasq", "address=/#/", "(too wide)");
	check("dnsmasq", "address=/com/#", "(a public suffix)");
	check("dnsmasq", "address=/a.example.com/b.example.com/com/#",
		"a.example.com b.example.com (a public suffix)");
	check("dnsmasq", "address=/a.example.com/x", "(malformed)");
	check("dnsmasq", "address=/a.example.com", "(malformed)");
	check("dnsmasq", "address=//#", "(malformed)");
	check("dnsmasq", "address=", "(not supported)");
	check("dnsmasq", "a.example.com", "(malformed)");
	check("dnsmasq", "x=1", "(malformed)");
	check("dnsmasq", "cname=a,b", "(not supported)");
	check("dnsmasq", "# address=/a.example.com/#", "(comment or empty)");
}

static void unbound(void **state)
{
	(void)state;
	static const char *const types[] = {"always_null", "always_nxdomain", "always_refuse",
		"always_nodata", "always_deny", "static", "refuse", "deny", "inform_deny",
		"inform_redirect", "redirect", "REFUSE"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char line[100];
		snprintf(line, sizeof line, "\tlocal-zone: \"a.example.com.\" %s # x", types[i]);
		check("unbound", line, "a.example.com");
	}
	check("unbound", "local-zone: a.example.com always_null", "a.example.com");
	check("unbound", "local-zone: 'a.example.com' \"always_null\"", "a.example.com");
	check("unbound", "local-zone: \"a.example.com\" transparent", "(not supported)");
	check("unbound", "local-zone: \"a.example.com\" always_transparent", "(not supported)");
	check("unbound", "local-zone: \"com.\" always_null", "(a public suffix)");
	check("unbound", "local-zone: \".\" static", "(malformed)");
	check("unbound", "local-zone: \"a.example.com\"", "(malformed)");
	check("unbound", "local-zone: \"a.example.com always_null", "(malformed)");
	check("unbound", "local-zone: \"a.example.com\" static x", "(malformed)");
	check("unbound", "server:", FRAME);
	check("unbound", "  # x", "(comment or empty)");
	check("unbound", "verbosity: 1", "(not supported)");
	check("unbound", "a.example.com", "(malformed)");
	check("unbound", "local-data: \"a.example.com A 0.0.0.0\"", "=a.example.com");
	check("unbound", "local-data: \"a.example.com. 10 IN AAAA ::\"", "=a.example.com");
	check("unbound", "local-data: \"a.example.com A 192.0.2.1\"",
		"=a.example.com,data,record1:60:c0000201");
	check("unbound", "local-data: 'a.example.com. 10 IN TXT \"hi\"'",
		"=a.example.com,data,record16:10:026869");
	check("unbound", "local-data: \"a.example.com\"", "(malformed)");
	check("unbound", "local-data: \"a.example.com A x\"", "(malformed)");
	check("unbound", "local-data: \"com A 0.0.0.0\"", "(a public suffix)");
	/* What belongs to a zone of type redirect is for all below it. */
	check_lines("unbound", false,
		"local-zone: \"a.example.com\" redirect\nlocal-data: \"a.example.com A 192.0.2.1\"",
		"a.example.com,data,record1:60:c0000201");
	check_lines("unbound", false,
		"local-zone: \"a.example.com\" redirect\nlocal-data: \"a.example.com A 0.0.0.0\"",
		"a.example.com");
	check_lines("unbound", false,
		"local-zone: \"a.example.com\" redirect\nlocal-zone: \"b.example.com\" static",
		"a.example.com b.example.com");
	check_lines("unbound", false,
		"local-zone: \"a.example.com\" redirect\nlocal-data: \"b.example.com A 192.0.2.1\"",
		"=b.example.com,data,record1:60:c0000201 a.example.com");
}

static void zone_files(void **state)
{
	(void)state;
	check("rpz", "a.example.com CNAME .", "=a.example.com");
	check("rpz", "*.a.example.com\tIN\tCNAME\t. ; x", "*.a.example.com");
	check("rpz", "a.example.com 1h IN CNAME *.", "=a.example.com,nodata");
	check("rpz", "a.example.com IN 60 CNAME rpz-drop.", "=a.example.com,drop");
	check("rpz", "32.1.2.0.192.rpz-ip CNAME rpz-passthru.", "answer:192.0.2.1/32,passthru");
	check("rpz", "ns.example.com.rpz-nsdname CNAME .", "ns:=ns.example.com");
	check("rpz", "a.example.com 60 A 192.0.2.1", "=a.example.com,data,record1:60:c0000201");
	check("rpz", "a.example.com TXT \"a;b (c)\"",
		"=a.example.com,data,record16:300:07613b6220286329");
	check("rpz", "a.example.com MX 10 mail",
		"=a.example.com,data,record15:300:000a046d61696c00");
	check("rpz", "a\\.b.example.com CNAME .", "=a\\046b.example.com");
	check("rpz", "; x", "(comment or empty)");
	check("rpz", "com CNAME .", "(a public suffix)");
	check("rpz", "* CNAME .", "(a public suffix)");
	static const char *const malformed[] = {" CNAME .", "a.example.com", "a.example.com CNAME",
		"a.example.com CNAME . x", "a.example.com A", "a.example.com A 300.1.1.1",
		"a.example.com NOPE x", "a.example.com 1x CNAME .", "a..b CNAME .",
		"a.example.com TXT \"open", "$TTL x", "$ORIGIN", "$NOPE x", "0.0.0.0 a.example.com",
		"a.example.com 99999999999 CNAME .", "a.example.com IN IN IN CNAME .", "@ SOA a.",
		"a.example.com )"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		check("rpz", malformed[i], "(malformed)");
	check("rpz", "$INCLUDE /etc/passwd", "(not supported)");
	check("rpz", "$GENERATE 1-9 a$ CNAME .", "(not supported)");
	check("rpz", "a.example.com CH TXT x", "(not supported)");
	check("rpz", "a.example.com DNAME b.", "(not supported)");
	check("rpz", "a.example.com IPSECKEY 1 2 3 x y", "(not supported)");
	check("rpz", "a.example.com IPSECKEY \\# 2 abcd", "=a.example.com,data,record45:300:abcd");
	check("rpz", "a.example.com RRSIG A 8 2 60 20300101000000 20200101000000 1 x. AAAA",
		"(part of the format, no rule)");
}

static void zone_files_over_lines(void **state)
{
	(void)state;
	/* As publishers write them: names stand as they are. */
	check_lines("rpz", false,
		"$TTL 30\n@ SOA localhost. root.localhost. (\n 1 ; serial\n 2 3 4 5 )\n NS "
		"localhost.\n"
		"a.example.com CNAME .\n*.a.example.com CNAME .",
		FRAME " " FRAME " " FRAME " =a.example.com *.a.example.com");
	/* With an origin, and full names. */
	check_lines("rpz", false,
		"$ORIGIN rpz.example.\n$TTL 1m\n@ IN SOA a. b. 1 2 3 4 5\n"
		"a.example.com CNAME .\nb.example.com.rpz.example. CNAME .\n"
		"c.example.com A 192.0.2.1\n\tTXT x\nd.example.com. CNAME .\n"
		"$ORIGIN com.rpz.example.\ne.example CNAME f.example",
		FRAME " " FRAME " " FRAME " =a.example.com =b.example.com"
		      " =c.example.com,data,record1:60:c0000201"
		      " =c.example.com,data,record16:60:0178 (malformed) " FRAME
		      " =e.example.com,data,alias:f.example.com.rpz.example");
	/* The SOA's full name is the zone, and relative names lie below it. */
	check_lines("rpz", false,
		"rpz.example. 60 SOA a. b. 1 2 3 4 5\na.example.com CNAME .\n"
		"b.example.com.rpz.example. CNAME .\nrpz.example. 60 SOA a. b. 1 2 3 4 5",
		FRAME " =a.example.com =b.example.com " FRAME);
	/* What is never closed is not a rule, and does not swallow a whole list. */
	check_lines("rpz", false, "a.example.com TXT ( x\nb.example.com CNAME .", "(malformed)");
	static char text[12000];
	struct seen seen = {{0}, 0};
	size_t n = (size_t)snprintf(text, sizeof text, "a.example.com TXT (\n");
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "\"%030d\"\n", i);
	snprintf(text + n, sizeof text - n, "b.example.com CNAME .\n");
	run_lines("rpz", false, text, &seen);
	assert_int_equal(strncmp(seen.text, "(line too long) (malformed) ", 28), 0);
	static const char end[] = "(malformed) =b.example.com";
	assert_string_equal(seen.text + seen.len - strlen(end), end);
}

static void regular_expressions(void **state)
{
	(void)state;
	check("regex", "/^ads?[0-9]*\\.track/", "/^ads?[0-9]*\\.track/");
	check("regex", "/Tracker/ ", "/tracker/");
	check("regex", "tracker", "(malformed)");
	check("regex", "# x", "(comment or empty)");
	check("regex", "! x", "(comment or empty)");
	check("regex", "//", "(malformed)");
	check("regex", "/http:\\/\\/tracker/", "(not supported)");
	/* Without slashes only when the operator says so. */
	check_lines(
		"regex", true, "^(.+[_.-])?tracker[0-9]*[_.-]", "/^(.+[_.-])?tracker[0-9]*[_.-]/");
	check_lines("regex", true, "(^|\\.)(tracker|adserver)[0-9]+\\.",
		"/(^|\\.)(tracker|adserver)[0-9]+\\./");
	check_lines("regex", true, "^(.+[_.-])?adse?rv(er?|ice)?s?[0-9]*[_.-]",
		"/^(.+[_.-])?adse?rv(er?|ice)?s?[0-9]*[_.-]/");
	check_lines("regex", true, "[[:alnum:]]+metrics", "/[[:alnum:]]+metrics/");
	check_lines("regex", true, "doubleclick[.]net$", "/doubleclick[.]net$/");
	static const char *const unsupported[] = {"(track)\\1er", "(?<=a)tracker", "(?<!a)tracker",
		"(?R)tracker", "tracker(?1)", "(?P=n)tracker", "\\Qtracker\\E", "\\p{L}tracker",
		"(*COMMIT)tracker", "tracker\\K", "(?x)tracker", "(?(1)a|b)tracker",
		"tracker{1,999}", "(a+)+tracker", "([a-z]*)*tracker", "((a+)*)+tracker",
		"tracker\\x41", "((((((((((((((((((tracker))))))))))))))))))"};
	for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
		check_lines("regex", true, unsupported[i], "(not supported)");
	static const char *const wide[] = {".*", ".", "^", "$", "a", "(tracker|a)", "\\.co?m$",
		"\\.coma?", "a?b?c?", "^xn--", "-ad-", "(tracker)?", "tracker*|x", "[a-z]{20}",
		"\\.com$", "com$", "co\\.uk$", "^www\\.", "(?:tracker){0,3}", "(?!tracker)",
		"^(www\\.)?.*\\.net$", "o"};
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		check_lines("regex", true, wide[i], "(too wide)");
	static const char *const malformed[] = {"(tracker", "tracker)", "[tracker", "*tracker",
		"tracker\\", "tracker|+", "track er", "[0\xc3\xbc]tracker", "tracker\x01",
		"tr\303\274cker"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		check_lines("regex", true, malformed[i], "(malformed)");
}

static void addresses(void **state)
{
	(void)state;
	check("addresses", "192.0.2.1", "answer:192.0.2.1/32");
	check("addresses", "198.51.100.0/24 ; SBL1", "answer:198.51.100.0/24");
	check("addresses", "198.51.100.0/24;SBL1", "answer:198.51.100.0/24");
	check("addresses", " 2001:db8::/32 # x", "answer:2001:db8::/32");
	check("addresses", "; x", "(comment or empty)");
	check("addresses", "# x", "(comment or empty)");
	check("addresses", "8.0.0.0/8", "answer:8.0.0.0/8");
	check("addresses", "8.0.0.0/7", "(too wide)");
	check("addresses", "0.0.0.0/0", "(too wide)");
	check("addresses", "::/0", "(too wide)");
	check("addresses", "2000::/3", "(too wide)");
	check("addresses", "2002::/16", "(not a public address)"); /* holds 0.0.0.0 */
	check("addresses", "2a00::/16", "answer:2a00::/16");
	static const char *const local[] = {"127.0.0.1", "0.0.0.0", "10.0.0.0/8", "192.168.0.0/16",
		"172.16.0.0/12", "100.64.0.0/10", "169.254.0.0/16", "224.0.0.0/8",
		"255.255.255.255", "::1", "::", "fe80::/64", "fc00::/16", "ff02::1",
		"::ffff:10.0.0.1"};
	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		check("addresses", local[i], "(not a public address)");
	static const char *const malformed[] = {"198.51.100.1/24", "198.51.100.0/33",
		"a.example.com", "198.51.100.1 a.example.com", "198.51.100.1-198.51.100.9", "1.2.3",
		"300.1.1.1"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		check("addresses", malformed[i], "(malformed)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dnsmasq),
		cmocka_unit_test(unbound),
		cmocka_unit_test(zone_files),
		cmocka_unit_test(zone_files_over_lines),
		cmocka_unit_test(regular_expressions),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, harness_set_up, harness_tear_down);
}
