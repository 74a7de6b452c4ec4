/* SPDX-License-Identifier: BSD-2-Clause
 * What the ways to fetch share: where a job's content goes, and how it ends.
 *
 * Threads: as fetch.h.
 */
#pragma once

#include "feeds/fetch/fetch.h"

bool fetch_job_is_http(const char *source);
/* Where its content goes: a new or emptied file. The descriptor, or negative after saying why. */
int fetch_job_create(struct fetch_job *job);
bool fetch_job_write(struct fetch_job *job, int fd, const void *bytes, size_t len, uint64_t *at);
/* Ends it with a content, which is put safely on the disk, or without. Takes `fd`. */
void fetch_job_settle(struct fetch_job *job, int fd, bool is_good);
void fetch_job_too_long(struct fetch_job *job, uint64_t max_bytes);
bool fetch_job_has_refusal(const struct fetch_job *job);

/* The ways: files and http. */
void fetch_file(struct fetch_job *job, const struct fetch_options *options);
/* Those of the jobs that are of http or https. */
void fetch_http(
	struct fetch_job *jobs, size_t n, const struct fetch_options *options, uint64_t until_ms);
