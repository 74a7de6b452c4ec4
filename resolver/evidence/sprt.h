/* SPDX-License-Identifier: BSD-2-Clause
 * The sequential probability ratio test: is this client infected, given what it asked for?
 *
 * Threads: pure.
 * Method: A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945): the log-likelihood ratios of
 *         independent observations are summed until the sum leaves the interval between two bounds; used on NXDOMAINs by Antonakakis et
 *         al., "From Throw-Away Traffic to Bots", USENIX Security 2012 (Pleiades), and on failed connections by Jung et al., "Fast
 *         Portscan Detection Using Sequential Hypothesis Testing", IEEE S&P 2004. All sums are in milli-nats.
 */
#pragma once

#include <stdint.h>

struct sprt {
	int32_t clean; /* at or below it: not infected, the test begins anew. Below 0 */
	int32_t infected; /* at or above it: a case */
};

enum {
	SPRT_NAMES_A_DAY =
		100, /* pieces of evidence that one client can give in a day, see clients.h */
	SPRT_SUM_MAX = 100000, /* no client's or case's sum is further from 0 */
	/* What other evidence than a name that does not exist adds, milli-nats. */
	SPRT_CALENDAR =
		12000, /* a name of the calendar: by accident for one client in 160,000; two are a case */
	SPRT_LISTED = 5000, /* a name on a botnet list: lists err, and people follow links */
	SPRT_KNOCK = 5000, /* a contact with the sinkhole */
	SPRT_KNOCK_BROWSER =
		2000, /* the same by what says that it is a browser: perhaps a person */
	SPRT_SHARED =
		1000, /* more for a suspect that several clients ask for: a generator, not an accident */
};

/* The bounds for these error rates: `false_positive` is the probability that a clean client becomes a case within a day, `miss` that a test of an
 * infected one ends as clean. Wald's ln((1 - miss) / a) and ln(miss / (1 - a)), where a is the rate divided by the tests that
 * a day has room for. */
struct sprt sprt_bounds(double false_positive, double miss);

/* Of a name that does not exist and has this score. A part of an infected client's names is its own, and a part of a clean one's is
 * as odd as a bot's: see sprt.c. From -0.7 to 3.9 nats. */
int32_t sprt_of_score(int32_t score);

/* What is left of a sum after this time. */
int32_t sprt_decayed(int32_t sum, uint64_t elapsed_s, uint32_t half_life_s);
