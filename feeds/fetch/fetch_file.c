/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/fetch/fetch_job.h"

enum { COPY_BYTES = 1 << 16 };

/* Where it really lies, by what is open and not by what its name may lead to meanwhile. */
static bool is_below(int fd, const char *folder)
{
	char link[64], at[PATH_MAX], real[PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, at, sizeof at - 1);
	if (n <= 0 || !realpath(folder, real))
		return false;
	at[n] = 0;
	size_t len = strlen(real);
	return !strcmp(real, "/") || (!strncmp(at, real, len) && at[len] == '/');
}

static int check(int fd, const char *directory, const char *path, struct err *why)
{
	struct stat st;
	if (!is_below(fd, directory))
		return err_set(why, CEN_EREFUSED, "%s: does not lie below %s (feeds.directory)",
			path, directory);
	if (fstat(fd, &st))
		return err_set(why, -errno, "%s: %s", path, strerror(errno));
	return S_ISREG(st.st_mode) ? 0 : err_set(why, -EINVAL, "%s: is not a file", path);
}

int fetch_file_open(const char *directory, const char *path, struct err *why)
{
	char link[64];
	/* Only its place at first: to open a device or pipe for reading may already do something. */
	int place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0)
		return err_set(why, -errno, "%s: %s", path, strerror(errno));
	int rc = check(place, directory, path, why);
	if (!rc) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", place);
		rc = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (rc < 0)
			rc = err_set(why, -errno, "%s: %s", path, strerror(errno));
	}
	close(place);
	return rc;
}

static int open_quietly(const struct plan *plan, const char *source)
{
	struct err unused;
	int fd = *source == '/' ? fetch_file_open(plan->files_directory, source, &unused) : -1;
	return fd < 0 ? -1 : fd;
}

int fetch_open_files(struct plan *plan)
{
	size_t n = plan->list_count;
	plan->files = calloc(n ? n : 1, sizeof *plan->files);
	if (!plan->files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		plan->files[i] = (struct plan_files){-1, -1};
	for (size_t i = 0; i < n; i++) {
		const struct plan_list *l = &plan->lists[i];
		plan->files[i].source = open_quietly(plan, l->source);
		char *signature = *l->key ? fetch_signature_source(l->source, l->signature) : NULL;
		if (signature)
			plan->files[i].signature = open_quietly(plan, signature);
		free(signature);
	}
	return 0;
}

static bool copy(struct fetch_job *job, int from, int to, uint64_t max_bytes)
{
	char buffer[COPY_BYTES];
	uint64_t at = 0;
	for (;;) {
		ssize_t n = pread(from, buffer, sizeof buffer, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err_set(&job->why, -errno, "%s: %s", job->source, strerror(errno));
		if (n <= 0)
			return n == 0;
		if (at + (uint64_t)n > max_bytes) {
			fetch_job_too_long(job, max_bytes);
			return false;
		}
		if (!fetch_job_write(job, to, buffer, (size_t)n, &at))
			return false;
	}
}

static void mark(const struct stat *st, struct plan_tags *out)
{
	*out = (struct plan_tags){"", ""};
	snprintf(out->etag, sizeof out->etag, "file-%jd.%09ld-%jd-%ju",
		(intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (intmax_t)st->st_size,
		(uintmax_t)st->st_ino);
}

static void read_file(struct fetch_job *job, int from, uint64_t max_bytes)
{
	struct stat st;
	struct plan_tags tags;
	if (fstat(from, &st)) {
		err_set(&job->why, -errno, "%s: %s", job->source, strerror(errno));
		return;
	}
	mark(&st, &tags);
	job->is_refusal_again =
		fetch_job_has_refusal(job) && !strcmp(tags.etag, job->refusal->tags.etag);
	if (job->is_refusal_again || (job->has_content && !strcmp(tags.etag, job->tags.etag))) {
		job->outcome = FETCH_UNCHANGED;
		return;
	}
	int to = fetch_job_create(job);
	if (to >= 0)
		fetch_job_settle(job, to, copy(job, from, to, max_bytes));
	if (job->outcome == FETCH_NEW)
		job->tags = tags;
}

void fetch_file(struct fetch_job *job, const struct fetch_options *options)
{
	int from = job->file;
	if (from < 0)
		from = fetch_file_open(
			options->directory ? options->directory : "", job->source, &job->why);
	if (from < 0)
		return;
	read_file(job, from, options->max_bytes);
	if (from != job->file)
		close(from);
}
