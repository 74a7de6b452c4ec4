/* SPDX-License-Identifier: BSD-2-Clause */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/jobs.h"

static sem_t may_go, has_begun;
static _Atomic unsigned done;

static void wait_there(void *arg)
{
	(void)arg;
	sem_post(&has_begun);
	sem_wait(&may_go);
	atomic_fetch_add(&done, 1);
}

static void has_an_end(void **state)
{
	(void)state;
	enum { DEPTH = 4 };
	struct jobs *j;
	struct err why = {0};
	sem_init(&may_go, 0, 0);
	sem_init(&has_begun, 0, 0);
	atomic_store(&done, 0);
	assert_int_equal(jobs_new(1, DEPTH, &j, &why), 0);
	assert_true(jobs_put(j, wait_there, NULL));
	sem_wait(&has_begun); /* it is being done: the queue is empty */
	for (int i = 0; i < DEPTH; i++)
		assert_true(jobs_put(j, wait_there, NULL));
	assert_false(jobs_put(j, wait_there, NULL));
	/* One at a time. */
	assert_int_equal(sem_trywait(&has_begun), -1);
	for (int i = 0; i <= DEPTH; i++)
		sem_post(&may_go);
	/* What waits is done, and no more is taken. */
	jobs_end(j);
	assert_int_equal(atomic_load(&done), DEPTH + 1);
	assert_false(jobs_put(j, wait_there, NULL));
	jobs_free(j);
	jobs_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(has_an_end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
