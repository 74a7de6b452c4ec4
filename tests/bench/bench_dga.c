/* SPDX-License-Identifier: BSD-2-Clause
 * What a score costs: `bench_dga [MODEL] <NAMES` scores up to a million names, one a line, in their order, and the costliest
 * name there can be.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dga.h"
#include "resolver/base/clock.h"

enum { NAMES_MAX = 1000000, ROUNDS = 3, WORST_RUNS = 100000 };

/* Labels of one character under a country's domain, and before it the longest label. */
static const char worst[] =
	"x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x."
	"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0.kawasaki.jp";

static double round_ns(const struct dga *d, const struct dname *names, size_t n, size_t *suspects)
{
	struct dga_verdict v;
	uint64_t started_us = clock_us();
	*suspects = 0;
	for (size_t i = 0; i < n; i++) {
		dga_score(d, &names[i], &v);
		*suspects += v.class != DGA_NONE;
	}
	return (double)(clock_us() - started_us) * 1000 / (double)n;
}

static double worst_ns(const struct dga *d)
{
	struct dname name;
	struct dga_verdict v;
	if (dname_from_text(worst, strlen(worst), &name))
		abort();
	uint64_t started_us = clock_us();
	for (int i = 0; i < WORST_RUNS; i++)
		dga_score(d, &name, &v);
	return (double)(clock_us() - started_us) * 1000 / WORST_RUNS;
}

int main(int argc, char **argv)
{
	struct err why;
	const struct dga_options as = {.model = argc > 1 ? argv[1] : NULL, .threshold = 1e-4};
	struct dga *d = NULL;
	char line[2048];
	size_t n = 0, suspects;
	struct dname *names = malloc(NAMES_MAX * sizeof *names);
	if (!names || dga_open(&as, &d, &why)) {
		fprintf(stderr, "bench: %s\n", names ? why.text : "out of memory");
		return 1;
	}
	while (n < NAMES_MAX && fgets(line, sizeof line, stdin))
		n += !dname_from_text(line, strcspn(line, "\r\n"), &names[n]);
	for (int i = 0; i < ROUNDS && n; i++) {
		double ns = round_ns(d, names, n, &suspects);
		printf("%zu names: %.0f ns a name, %zu suspects\n", n, ns, suspects);
	}
	printf("costliest name: %.0f ns\n", worst_ns(d));
	dga_close(d);
	free(names);
	return 0;
}
