/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 8 };

struct job {
	jobs_function *function;
	void *arg;
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t threads[THREADS_MAX];
	unsigned thread_count;
	bool is_ending;
	unsigned depth, first, count; /* a ring */
	struct job waiting[];
};

static void *work(void *arg)
{
	struct jobs *j = arg;
	pthread_mutex_lock(&j->lock);
	for (;;) {
		while (!j->count && !j->is_ending)
			pthread_cond_wait(&j->changed, &j->lock);
		if (!j->count)
			break;
		struct job job = j->waiting[j->first];
		j->first = (j->first + 1) % j->depth;
		j->count--;
		pthread_mutex_unlock(&j->lock);
		job.function(job.arg);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

int jobs_new(unsigned threads, unsigned depth, struct jobs **out, struct err *why)
{
	struct jobs *j = calloc(1, sizeof *j + depth * sizeof *j->waiting);
	if (!j)
		return err_set(why, -ENOMEM, "http: memory is short");
	j->depth = depth;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->changed, NULL);
	while (j->thread_count < threads && j->thread_count < THREADS_MAX) {
		int code = pthread_create(&j->threads[j->thread_count], NULL, work, j);
		if (code) {
			jobs_free(j);
			return err_set(why, -code, "http: no thread: %s", strerror(code));
		}
		j->thread_count++;
	}
	*out = j;
	return 0;
}

bool jobs_put(struct jobs *j, jobs_function *function, void *arg)
{
	pthread_mutex_lock(&j->lock);
	bool has_room = !j->is_ending && j->count < j->depth;
	if (has_room) {
		j->waiting[(j->first + j->count++) % j->depth] =
			(struct job){.function = function, .arg = arg};
		pthread_cond_signal(&j->changed);
	}
	pthread_mutex_unlock(&j->lock);
	return has_room;
}

void jobs_end(struct jobs *j)
{
	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->is_ending = true;
	pthread_cond_broadcast(&j->changed);
	pthread_mutex_unlock(&j->lock);
	for (unsigned i = 0; i < j->thread_count; i++)
		pthread_join(j->threads[i], NULL);
	j->thread_count = 0;
}

void jobs_free(struct jobs *j)
{
	if (!j)
		return;
	jobs_end(j);
	pthread_cond_destroy(&j->changed);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
