/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/calendar_feed.h"
#include "feeds/fetch/fetch_job.h"
#include "feeds/fetch/signature.h"
#include "resolver/base/clock.h"

static bool is_given(const char *text)
{
	return text && *text;
}

char *fetch_signature_source(const char *source, const char *signature)
{
	static const char end[] = ".minisig";
	char *out = NULL;
	if (is_given(signature))
		return strdup(signature);
	/* A query stays behind the path. */
	size_t path = fetch_job_is_http(source) ? strcspn(source, "?#") : strlen(source);
	return asprintf(&out, "%.*s%s%s", (int)path, source, end, source + path) < 0 ? NULL : out;
}

/* One way for each kind of source. */
static void fetch_some(
	struct fetch_job *jobs, size_t n, const struct fetch_options *options, uint64_t until_ms)
{
	bool has_http = false;
	for (size_t i = 0; i < n; i++) {
		struct fetch_job *job = &jobs[i];
		job->outcome = FETCH_FAILED;
		job->why.text[0] = 0;
		job->is_ours = job->is_refused = job->is_refusal_again = false;
		job->patience_s = 0;
		job->fd = -1;
		if (fetch_job_is_http(job->source))
			has_http = true;
		else if (*job->source == '/')
			fetch_file(job, options);
		else if (options->calendar && calendar_list_is(job->source))
			calendar_feed_make(job, options->calendar);
		else
			err_set(&job->why, CEN_EFORMAT,
				"%.200s: only http and https are fetched, and files by their path",
				job->source);
	}
	if (has_http)
		fetch_http(jobs, n, options, until_ms);
}

/* The file stays: what it holds can be known again. */
static void refuse(struct fetch_job *job)
{
	job->outcome = FETCH_FAILED;
	job->is_refused = true;
}

/* Not a word is believed that does not come with its signature. */
static int check_signature(struct fetch_job *job, int fd, const struct fetch_job *signature)
{
	uint8_t text[SIGNATURE_FILE_MAX];
	if (!signature || signature->outcome != FETCH_NEW)
		return err_set(&job->why, CEN_EREFUSED, "refused: its signature is missing: %.380s",
			signature ? signature->why.text : "it was not fetched");
	ssize_t n = pread(signature->fd, text, sizeof text, 0);
	if (n < 0)
		return err_set(&job->why, -errno, "its signature cannot be read back: %s",
			strerror(errno));
	return signature_check(fd, job->key, text, (size_t)n, &job->why);
}

static void check(struct fetch_job *job, const struct fetch_job *signature)
{
	int fd = open(job->to, O_RDONLY | O_CLOEXEC), rc = 0;
	if (fd < 0)
		rc = err_set(&job->why, -errno, "what was fetched cannot be read back: %s",
			strerror(errno));
	if (!rc && is_given(job->sha256))
		rc = signature_check_digest(fd, job->sha256, &job->why);
	if (!rc && is_given(job->key))
		rc = check_signature(job, fd, signature);
	if (fd >= 0)
		close(fd);
	if (rc)
		refuse(job);
}

static int fetch_signatures(struct fetch_job *jobs, size_t n, struct fetch_job *signatures,
	const struct fetch_options *options, uint64_t until_ms)
{
	struct fetch_options small = *options;
	char **sources = calloc(n, sizeof(char *));
	struct fetch_job **of = calloc(n, sizeof(struct fetch_job *));
	size_t count = 0;
	int rc = sources && of ? 0 : -ENOMEM;
	small.max_bytes = SIGNATURE_FILE_MAX;
	for (size_t i = 0; !rc && i < n; i++) {
		if (jobs[i].outcome != FETCH_NEW || !is_given(jobs[i].key))
			continue;
		sources[count] = fetch_signature_source(jobs[i].source, jobs[i].signature);
		rc = sources[count] ? 0 : -ENOMEM;
		signatures[count] = (struct fetch_job){.source = sources[count],
			.file = jobs[i].signature_file,
			.has_private = jobs[i].has_private};
		of[count++] = &jobs[i];
	}
	if (!rc)
		fetch_some(signatures, count, &small, until_ms);
	for (size_t i = 0; !rc && i < count; i++)
		check(of[i], &signatures[i]);
	for (size_t i = 0; sources && i < count; i++) {
		free(sources[i]);
		if (!rc && signatures[i].fd >= 0)
			close(signatures[i].fd);
	}
	free(sources);
	free(of);
	return rc;
}

/* What has to be checked is, or it has failed. */
static void check_all(
	struct fetch_job *jobs, size_t n, const struct fetch_options *options, uint64_t until_ms)
{
	struct fetch_job *signatures = calloc(n ? n : 1, sizeof *signatures);
	int rc = signatures ? fetch_signatures(jobs, n, signatures, options, until_ms) : -ENOMEM;
	free(signatures);
	for (size_t i = 0; i < n; i++) {
		struct fetch_job *job = &jobs[i];
		if (job->outcome != FETCH_NEW)
			continue;
		if (rc && is_given(job->key)) {
			err_set(&job->why, rc, "out of memory");
			refuse(job);
		} else if (is_given(job->sha256) && !is_given(job->key)) {
			check(job, NULL);
		}
	}
}

void fetch_all(struct fetch_job *jobs, size_t n, const struct fetch_options *options)
{
	uint64_t until_ms = clock_ms() + options->time_ms;
	bool has_proof = false;
	fetch_some(jobs, n, options, until_ms);
	for (size_t i = 0; i < n; i++)
		has_proof = has_proof || is_given(jobs[i].key) || is_given(jobs[i].sha256);
	if (has_proof)
		check_all(jobs, n, options, until_ms);
}
