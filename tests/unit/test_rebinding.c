/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/rebinding.h"

static struct dname name_of(const char *text)
{
	struct dname n;
	assert_int_equal(dname_from_text(text, strlen(text), &n), 0);
	return n;
}

static void exempt_names(void **state)
{
	(void)state;
	struct config_rule except[] = {
		{.name = name_of("plex.direct"), .is_self = true, .is_below = true},
		{.name = name_of("self.example"), .is_self = true},
		{.name = name_of("below.example"), .is_below = true}};
	struct config_zone forward[] = {{.zone = name_of(".")}, {.zone = name_of("lan")}};
	struct config_zone stub[] = {{.zone = name_of("corp.example")}};
	struct config config = {.rebinding_except = except,
		.rebinding_except_count = 3,
		.forward = forward,
		.forward_count = 2,
		.stub = stub,
		.stub_count = 1};
	static const struct {
		const char *name;
		bool is_exempt;
	} cases[] = {{"plex.direct", true}, {"a.b.plex.direct", true}, {"xplex.direct", false},
		{"direct", false}, {"self.example", true}, {"a.self.example", false},
		{"below.example", false}, {"a.below.example", true}, {"lan", true},
		{"nas.lan", true}, {"corp.example", true}, {"x.corp.example", true},
		{"example", false}, {"example.com", false}, {".", false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dname n = name_of(cases[i].name);
		if (rebinding_is_exempt(&config, &n) != cases[i].is_exempt)
			fail_msg("%s", cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exempt_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
