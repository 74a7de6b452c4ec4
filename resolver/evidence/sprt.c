/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sprt.h"

#include <math.h>

/* The share of generated ones among the names that do not exist: of an infected client, whose people mistype, too; and what looks like one
 * from a clean client, where the known noise (noise.h) has been taken out. The second bounds what one name can say: 3.9 nats. */
static const double SHARE_INFECTED = 0.5, SHARE_CLEAN = 0.01;

static int32_t milli(double nats)
{
	return (int32_t)lrint(nats * 1000);
}

struct sprt sprt_bounds(double false_positive, double miss)
{
	/* A test that ends as clean takes at least so many names, each of which says no more than that it is an ordinary one. */
	double names = ceil(log(miss) / log(1 - SHARE_INFECTED));
	double tests = SPRT_NAMES_A_DAY / fmax(names, 1);
	double a = false_positive / fmax(tests, 1);
	return (struct sprt){
		.clean = milli(log(miss / (1 - a))), .infected = milli(log((1 - miss) / a))};
}

int32_t sprt_of_score(int32_t score)
{
	/* The score is ln(r), r = p(name | generated) / p(name | ordinary). Both kinds of clients ask for a mixture. */
	double r = exp(fmin(score / 1000.0, 50));
	double infected = SHARE_INFECTED * r + 1 - SHARE_INFECTED;
	double clean = SHARE_CLEAN * r + 1 - SHARE_CLEAN;
	return milli(log(infected / clean));
}

int32_t sprt_decayed(int32_t sum, uint64_t elapsed_s, uint32_t half_life_s)
{
	if (!elapsed_s)
		return sum;
	return (int32_t)lrint(sum * exp2(-(double)elapsed_s / half_life_s));
}
