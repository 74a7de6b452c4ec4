/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/fetch/fetch_job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/listdb/tempfile.h"

bool fetch_job_is_http(const char *source)
{
	return !strncasecmp(source, "http://", 7) || !strncasecmp(source, "https://", 8);
}

static const char *target(const struct fetch_job *job)
{
	return job->to ? job->to : "a file in memory";
}

int fetch_job_create(struct fetch_job *job)
{
	int fd = job->to ? open(job->to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)
			 : memfd_create("cenote-fetch", MFD_CLOEXEC);
	job->is_ours = fd < 0;
	if (fd < 0)
		err_set(&job->why, -errno, "%s: cannot be written: %s", target(job),
			strerror(errno));
	return fd;
}

bool fetch_job_write(struct fetch_job *job, int fd, const void *bytes, size_t len, uint64_t *at)
{
	job->is_ours = tempfile_write(fd, target(job), bytes, len, at, &job->why) != 0;
	return !job->is_ours;
}

/* A new content must be whole on the disk before it replaces the old one. */
void fetch_job_settle(struct fetch_job *job, int fd, bool is_good)
{
	if (is_good && job->to && fdatasync(fd)) {
		err_set(&job->why, -errno, "%s: cannot be synced: %s", job->to, strerror(errno));
		job->is_ours = true;
		is_good = false;
	}
	job->outcome = is_good ? FETCH_NEW : FETCH_FAILED;
	job->fd = is_good && !job->to ? fd : -1;
	if (fd >= 0 && job->fd < 0)
		close(fd);
	if (!is_good && job->to && fd >= 0)
		unlink(job->to);
}

void fetch_job_too_long(struct fetch_job *job, uint64_t max_bytes)
{
	err_set(&job->why, CEN_ELIMIT, "more than %" PRIu64 " bytes (feeds.max_bytes)", max_bytes);
}

bool fetch_job_has_refusal(const struct fetch_job *job)
{
	return job->refusal && job->refusal->hash;
}
