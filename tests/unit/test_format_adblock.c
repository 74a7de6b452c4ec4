/* SPDX-License-Identifier: BSD-2-Clause
 * Adblock rules, one by one, and what of them is not for a resolver.
 */
#include "tests/unit/format_harness.h"

#define BROWSER "(only for a browser)"

static void names(void **state)
{
	(void)state;
	check("adblock", "||ads.example.com^", "ads.example.com");
	check("adblock", "||ADS.example.com^", "ads.example.com");
	check("adblock", "  ||ads.example.com^\r", "ads.example.com");
	check("adblock", "||ads.example.com^|", "ads.example.com");
	check("adblock", "||ads.example.com|", "ads.example.com");
	check("adblock", "||ads.example.com^*", "ads.example.com");
	check("adblock", "||ads.example.com", "ads.example.com");
	check("adblock", "|ads.example.com^", "=ads.example.com");
	check("adblock", "|ads.example.com|", "=ads.example.com");
	check("adblock", "ads.example.com", "=ads.example.com");
	check("adblock", "||*.ads.example.com^", "*.ads.example.com");
	check("adblock", "*.ads.example.com^", "*.ads.example.com");
	check("adblock", ".ads.example.com^", "*.ads.example.com");
	check("adblock",
		"||b\xc3\xbc"
		"cher.example^",
		"xn--bcher-kva.example");
	check("adblock", "||ads.example.com^ # why", "ads.example.com");
	check("adblock", "@@||ads.example.com^", "ads.example.com,except");
	check("adblock", "@@|ads.example.com^", "=ads.example.com,except");
	check("adblock", "@@ads.example.com", "=ads.example.com,except");
	check("adblock", "||192.0.2.1^", "answer:192.0.2.1/32");
	check("adblock", "@@||192.0.2.1^", "answer:192.0.2.1/32,except");
}

static void what_would_block_strangers(void **state)
{
	(void)state;
	static const char *const suffixes[] = {"||com^", "||co.uk^", "|com^", "@@||com^", "com",
		"||*.com^", "||*.com^*", "*.com^", "*.co.uk^", ".com^", "word"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		check("adblock", suffixes[i], "(a public suffix)");
	static const char *const wide[] = {"*", "||*^", "||*", "|*|", "**", "||*^$important",
		"||*^$denyallow=com", "*$denyallow=com|net", "$dnstype=AAAA", "*.com", ".com",
		"com^", ".co.uk", "||com", "||ad", "*ad*", "ads^", "www.*", "||www.*^", "||a*.com^",
		"/.*/", "/./", "/[a-z]+/", "/^/", "/com$/", "/\\.com$/", "/\\.(com|net)$/",
		"/(ads|.*)/", "/ads?/", "/(ads)?/", "/(advert)*/", "/(advert){0,1}/",
		"/^[a-z0-9]{32}\\.com$/", "/^www\\./", "/\\.co\\./", "/.*$/", "/\\.xyz$/",
		"/(?=tracker)/"};
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		check("adblock", wide[i], "(too wide)");
	static const char *const malformed[] = {"||^", "||", "|", "^", "||^|", "://",
		"||a..example.com^", "||ads.example.com^$", "a b", "{", "http://ads.example.com/",
		"function f() {", "return 1;", "||300.1.1.1^", "/(/", "/)/", "/[a/", "/a**/",
		"/+advert/", "/advert\\/", "||ads.example.com^$=1"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		check("adblock", malformed[i], "(malformed)");
	check("adblock", "||127.0.0.1^", "(not a public address)");
	check("adblock", "||10.0.0.0/8^", BROWSER); /* a path to a browser */
	check("adblock", "192.0.2.1", "(an IP address, not a name)");
	check("adblock", "||localhost^", "(local name)");
}

static void patterns(void **state)
{
	(void)state;
	check("adblock", "||ads*.example.com^", "/(^|\\.)ads.*\\.example\\.com$/");
	check("adblock", "||Adserver", "/(^|\\.)adserver/");
	check("adblock", "||ads.", "/(^|\\.)ads\\./");
	check("adblock", "|ads.", "/^ads\\./");
	check("adblock", "|ads.example.com", "/^ads\\.example\\.com/");
	check("adblock", "tracker*.js", "/tracker.*\\.js/");
	check("adblock", "example.org^", "/example\\.org$/");
	check("adblock", "*example.org", "/example\\.org/");
	check("adblock", "-tracker-", "/-tracker-/");
	check("adblock", ".banner.", "/\\.banner\\./");
	check("adblock", "||a**doubleclick.net^", "/(^|\\.)a.*doubleclick\\.net$/");
	check("adblock", "@@||good*.example.com^", "/(^|\\.)good.*\\.example\\.com$/,except");
	check("adblock", "||ads*.example.com^$important",
		"/(^|\\.)ads.*\\.example\\.com$/,important");
	check("adblock", "/^Ads[0-9]+\\./", "/^ads[0-9]+\\./");
	check("adblock", "/^advert[0-9]+\\.\\D/", "/^advert[0-9]+\\.\\D/");
	check("adblock", "/^ADS\\./$important", "/^ads\\./,important");
	check("adblock", "@@/^ads\\.example/", "/^ads\\.example/,except");
	check("adblock", "/ads\\.example$/", "/ads\\.example$/");
	check("adblock", "/^https?:\\/\\/ads\\./", BROWSER);
}

static void modifiers(void **state)
{
	(void)state;
	check("adblock", "||a.example.com^$important", "a.example.com,important");
	check("adblock", "@@||a.example.com^$important", "a.example.com,except,important");
	check("adblock", "||a.example.com^$badfilter", "a.example.com,removal");
	check("adblock", "||a.example.com^$important,badfilter", "a.example.com,important,removal");
	check("adblock", "||a.example.com^$dnstype=A|AAAA", "a.example.com,type1,type28");
	check("adblock", "||a.example.com^$dnstype=~HTTPS", "a.example.com,~type65");
	check("adblock", "||a.example.com^$dnstype=TYPE65", "a.example.com,type65");
	check("adblock", "||a.example.com^$denyallow=b.a.example.com|c.a.example.com",
		"a.example.com,~name:b.a.example.com,~name:c.a.example.com");
	check("adblock", "||a.example.com^$client=192.168.0.0/24|~192.168.0.7",
		"a.example.com,client:192.168.0.0/120,~client:192.168.0.7/128");
	check("adblock", "||a.example.com^$client='192.168.0.7'",
		"a.example.com,client:192.168.0.7/128");
	check("adblock", "||a.example.com^$client='Frank\\'s, laptop'", "(not supported)");
	check("adblock", "||a.example.com^$client=kids|192.168.0.7", "(not supported)");
	check("adblock", "||a.example.com^$ctag=device_pc", "(not supported)");
	check("adblock", "||a.example.com^$nosuchthing", "(not supported)");
	check("adblock", "||a.example.com^$all", "a.example.com");
	check("adblock", "||a.example.com^$match-case,_", "a.example.com");
	check("adblock", "||a.example.com^$dnstype=NOPE", "(malformed)");
	check("adblock", "||a.example.com^$dnstype=", "(malformed)");
	check("adblock", "||a.example.com^$denyallow=~b.example", "(malformed)");
	check("adblock", "||a.example.com^$client=", "(malformed)");
	/* Whatever the order: equal rules have equal conditions. */
	check("adblock", "||a.example.com^$client=192.0.2.1,dnstype=A",
		"a.example.com,type1,client:192.0.2.1/128");
	check("adblock", "||a.example.com^$dnstype=A,badfilter,client=192.0.2.1",
		"a.example.com,removal,type1,client:192.0.2.1/128");
}

static void rewrites(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{"192.0.2.1", "data,record1:60:c0000201"},
		{"2001:db8::1", "data,record28:60:20010db8000000000000000000000001"},
		{"other.example", "data,alias:other.example"},
		{"NXDOMAIN", "nxdomain"},
		{"REFUSED", "refused"},
		{"NOERROR", "nodata"},
		{"NXDOMAIN;;", "nxdomain"},
		{"REFUSED;;", "refused"},
		{"NOERROR;;", "nodata"},
		{"NOERROR;A;192.0.2.1", "data,record1:60:c0000201"},
		{"NOERROR;AAAA;2001:db8::1", "data,record28:60:20010db8000000000000000000000001"},
		{"NOERROR;CNAME;other.example", "data,alias:other.example"},
		{"NOERROR;MX;10 mail.x", "data,record15:60:000a046d61696c017800"},
		{"NOERROR;TXT;hi ;\"there", "data,record16:60:0a6869203b227468657265"},
		{"NOERROR;PTR;x.y.", "data,record12:60:0178017900"},
		{"NOERROR;SRV;1 2 3 x", "data,record33:60:000100020003017800"},
		{"NOERROR;HTTPS;1 . alpn=h3",
			"data,record65:60:0001000001000302"
			"6833"},
		{"SERVFAIL", "(not supported)"},
		{"NOERROR;NOSUCH;x", "(not supported)"},
		{"NOERROR;A;x", "(malformed)"},
		{"NXDOMAIN;A;192.0.2.1", "(malformed)"},
		{"", "(malformed)"},
		{"a b", "(malformed)"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[200], want[200];
		snprintf(line, sizeof line, "||a.example.com^$dnsrewrite=%s", rows[i][0]);
		snprintf(want, sizeof want, "%s%s", *rows[i][1] == '(' ? "" : "a.example.com,",
			rows[i][1]);
		check("adblock", line, want);
	}
	check("adblock", "|a.example.com^$dnsrewrite=NXDOMAIN,important",
		"=a.example.com,nxdomain,important");
	check("adblock", "@@||a.example.com^$dnsrewrite", "(not supported)");
	check("adblock", "@@||a.example.com^$dnsrewrite=192.0.2.1", "(not supported)");
}

static void only_for_browsers(void **state)
{
	(void)state;
	static const char *const lines[] = {"example.com##.ad", "example.com#@#.ad",
		"example.com#?#div:has(> a)", "example.com#$#body { color: red }",
		"example.com#%#window.x = 1;", "example.com#@%#x", "example.com$$script[a]",
		"example.com,~a.example.com###ad", "||a.example.com^$third-party",
		"||a.example.com^$3p", "||a.example.com^$domain=b.example",
		"||a.example.com^$script,image", "||a.example.com^$~third-party",
		"||a.example.com^$popup", "@@||a.example.com^$document",
		"@@||a.example.com^$elemhide", "||a.example.com^$important,third-party",
		"||a.example.com/ads/", "||a.example.com^*/ads", "||a.example.com/*.js",
		"||a.example.com:8080^", "*$script,domain=a.example", "/^advert/$domain=a.example",
		"||a.example.com^$removeparam=x", "$popup,third-party",
		"||a.example.com^$nosuchthing,script", "||com^$third-party"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		check("adblock", lines[i], BROWSER);
	/* Pieces of URLs: junk in a list that is of something else. */
	check("adblock", "/ads/banner", "(malformed)");
	check_lines("adblock", false,
		"[Adblock Plus 2.0]\n/ads/banner\n&ad=\n##.ad\n!x\n[$path=/x]##.a",
		"(part of the format, no rule) " BROWSER " " BROWSER " " BROWSER
		" (comment or empty) " BROWSER);
	check_lines("adblock", false, "||a.example.com^\n/ads/banner", "a.example.com " BROWSER);
	check_lines("adblock", false, "||a.example.com^\nif (x) { return; }",
		"a.example.com (malformed)");
}

static void lines_of_hosts_files(void **state)
{
	(void)state;
	check("adblock", "0.0.0.0 a.example.com", "=a.example.com");
	check("adblock", "127.0.0.1 a.example.com b.example.com # two",
		"=a.example.com =b.example.com");
	check("adblock", ":: a.example.com", "=a.example.com");
	check("adblock", "fe80::1%lo0 localhost", "(local name)");
	check("adblock", "192.0.2.1 a.example.com", "=a.example.com,data,record1:60:c0000201");
	check("adblock", "0.0.0.0 0.0.0.0", "(an IP address, not a name)");
	check("adblock", "0.0.0.0 com", "(a public suffix)");
	check("adblock", "a.example.com # why", "=a.example.com");
	check("adblock", "# a.example.com", "(comment or empty)");
	check("adblock", "! a.example.com", "(comment or empty)");
	check("adblock", "", "(comment or empty)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_would_block_strangers),
		cmocka_unit_test(patterns),
		cmocka_unit_test(modifiers),
		cmocka_unit_test(rewrites),
		cmocka_unit_test(only_for_browsers),
		cmocka_unit_test(lines_of_hosts_files),
	};
	return cmocka_run_group_tests(tests, harness_set_up, harness_tear_down);
}
