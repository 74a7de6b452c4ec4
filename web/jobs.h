/* SPDX-License-Identifier: BSD-2-Clause
 * What may take long is done here, off the threads that carry the connections: a few threads and a queue with an end.
 *
 * Threads: jobs_put from any; jobs_free once nobody can put any more.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/err.h"

struct jobs;
typedef void jobs_function(void *arg);

int jobs_new(unsigned threads, unsigned depth, struct jobs **out, struct err *why);
/* False when `depth` jobs wait already: it is not done. */
bool jobs_put(struct jobs *j, jobs_function *function, void *arg);
/* Does those that wait, and takes no more. */
void jobs_end(struct jobs *j);
void jobs_free(struct jobs *j);
