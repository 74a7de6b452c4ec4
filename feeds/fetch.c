/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/tempfile.h"
#include "resolver/base/clock.h"

enum { COPY_BYTES = 1 << 16, POLL_MS = 200 };

/* One transfer by libcurl. */
struct transfer {
	struct fetch_job *job;
	CURL *easy;
	struct curl_slist *headers;
	int fd;
	uint64_t bytes, max_bytes;
	struct plan_tags tags; /* of the answer */
	bool is_cut; /* longer than allowed */
	char words[CURL_ERROR_SIZE];
};

static bool is_url(const char *source)
{
	return strstr(source, "://") != NULL;
}

static bool is_http(const char *source)
{
	return !strncasecmp(source, "http://", 7) || !strncasecmp(source, "https://", 8);
}

static int create(struct fetch_job *job)
{
	int fd = open(job->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	job->is_ours = fd < 0;
	if (fd < 0)
		err_set(&job->why, -errno, "%s: cannot be written: %s", job->to, strerror(errno));
	return fd;
}

static bool write_out(struct fetch_job *job, int fd, const void *bytes, size_t len, uint64_t *at)
{
	job->is_ours = tempfile_write(fd, job->to, bytes, len, at, &job->why) != 0;
	return !job->is_ours;
}

/* A new content must be whole on the disk before it replaces the old one. */
static void settle(struct fetch_job *job, int fd, bool is_good)
{
	if (is_good && fdatasync(fd)) {
		err_set(&job->why, -errno, "%s: cannot be synced: %s", job->to, strerror(errno));
		job->is_ours = true;
		is_good = false;
	}
	close(fd);
	job->outcome = is_good ? FETCH_NEW : FETCH_FAILED;
	if (!is_good)
		unlink(job->to);
}

static bool copy(struct fetch_job *job, int from, int to, uint64_t max_bytes)
{
	char buffer[COPY_BYTES];
	uint64_t at = 0;
	for (;;) {
		ssize_t n = read(from, buffer, sizeof buffer);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err_set(&job->why, -errno, "%s: %s", job->source, strerror(errno));
		if (n <= 0)
			return n == 0;
		if (at + (uint64_t)n > max_bytes) {
			err_set(&job->why, CEN_ELIMIT,
				"%s: more than %" PRIu64 " bytes (feeds.max_bytes)", job->source,
				max_bytes);
			return false;
		}
		if (!write_out(job, to, buffer, (size_t)n, &at))
			return false;
	}
}

static void fetch_file(struct fetch_job *job, uint64_t max_bytes)
{
	struct stat st;
	/* Not to wait for a pipe's writer. */
	int from = open(job->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (from < 0 || fstat(from, &st)) {
		err_set(&job->why, -errno, "%s: %s", job->source, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		err_set(&job->why, -EINVAL, "%s: is not a file", job->source);
	} else {
		struct plan_tags tags = {"", ""};
		snprintf(tags.etag, sizeof tags.etag, "file-%jd.%09ld-%jd-%ju",
			(intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (intmax_t)st.st_size,
			(uintmax_t)st.st_ino);
		int to = -1;
		if (job->has_content && !strcmp(tags.etag, job->tags.etag))
			job->outcome = FETCH_UNCHANGED;
		else if ((to = create(job)) >= 0)
			settle(job, to, copy(job, from, to, max_bytes));
		if (job->outcome != FETCH_FAILED)
			job->tags = tags;
	}
	if (from >= 0)
		close(from);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	if (len > t->max_bytes - t->bytes) {
		t->is_cut = true;
		return 0;
	}
	return write_out(t->job, t->fd, bytes, len, &t->bytes) ? len : 0;
}

static bool take_header(const char *line, size_t len, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);
	if (len <= n || strncasecmp(line, name, n) != 0)
		return false;
	while (n < len && (line[n] == ' ' || line[n] == '\t'))
		n++;
	while (len > n && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	char value[2 * PLAN_TAG_MAX];
	/* One that is too long is not kept: the next request is unconditional. */
	snprintf(value, sizeof value, "%.*s", (int)(len - n), line + n);
	if (len - n < size)
		plan_copy_plain(out, size, value);
	return true;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	if (len > 5 && !strncasecmp(line, "HTTP/", 5))
		t->tags =
			(struct plan_tags){"", ""}; /* another answer: a redirection went before */
	if (!take_header(line, len, "ETag:", t->tags.etag, sizeof t->tags.etag))
		take_header(line, len, "Last-Modified:", t->tags.modified, sizeof t->tags.modified);
	return len;
}

static void add_header(struct transfer *t, const char *name, const char *value)
{
	char line[PLAN_TAG_MAX + 64];
	if (!*value)
		return;
	snprintf(line, sizeof line, "%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(t->headers, line);
	if (more)
		t->headers = more;
}

static void set_up(struct transfer *t, uint64_t left_ms)
{
	CURL *e = t->easy;
	const struct fetch_job *job = t->job;
	bool is_tls = !strncasecmp(job->source, "https:", 6);
	curl_easy_setopt(e, CURLOPT_URL, job->source);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	/* What was asked for under TLS does not come back without it. */
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, is_tls ? "https" : "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)FETCH_REDIRECTS_MAX);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)FETCH_SLOW_BYTES);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)FETCH_SLOW_S);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, left_ms > 1 ? (long)left_ms : 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "cenote/" CENOTE_VERSION);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->words);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	if (job->has_content) {
		add_header(t, "If-None-Match", job->tags.etag);
		add_header(t, "If-Modified-Since", job->tags.modified);
	}
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
}

static void drop(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	curl_easy_cleanup(t->easy);
	free(t);
}

static struct transfer *start(
	CURLM *multi, struct fetch_job *job, uint64_t max_bytes, uint64_t left_ms)
{
	struct transfer *t = calloc(1, sizeof *t);
	if (!t || !(t->easy = curl_easy_init())) {
		err_set(&job->why, -ENOMEM, "out of memory");
		free(t);
		return NULL;
	}
	t->job = job;
	t->max_bytes = max_bytes;
	t->fd = create(job);
	if (t->fd < 0) {
		drop(t);
		return NULL;
	}
	set_up(t, left_ms);
	if (curl_multi_add_handle(multi, t->easy)) {
		err_set(&job->why, CEN_ELIB, "libcurl does not take it");
		settle(job, t->fd, false);
		drop(t);
		return NULL;
	}
	return t;
}

static void finish(CURLM *multi, struct transfer *t, CURLcode code)
{
	struct fetch_job *job = t->job;
	long status = 0;
	bool is_good = false;
	char words[CURL_ERROR_SIZE];
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	plan_copy_plain(words, sizeof words, *t->words ? t->words : curl_easy_strerror(code));
	if (t->is_cut)
		err_set(&job->why, CEN_ELIMIT, "more than %" PRIu64 " bytes (feeds.max_bytes)",
			t->max_bytes);
	else if (job->is_ours)
		; /* it is said already */
	else if (code)
		err_set(&job->why, CEN_ELIB, "%s", words);
	else if (status != 200 && !(status == 304 && job->has_content))
		err_set(&job->why, CEN_EREFUSED, "the server answers with status %ld", status);
	else
		is_good = true;
	settle(job, t->fd, is_good && status == 200);
	if (is_good && status == 304) {
		job->outcome = FETCH_UNCHANGED;
		job->why.text[0] = 0;
	} else if (is_good) {
		job->tags = t->tags;
	}
	curl_multi_remove_handle(multi, t->easy);
	drop(t);
}

/* Ends what libcurl says is done. Returns how many. */
static size_t finish_done(CURLM *multi)
{
	size_t n = 0;
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
		char *t = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		finish(multi, (struct transfer *)(void *)t, code);
		n++;
	}
	return n;
}

static void fetch_http(struct fetch_job *jobs, size_t n, uint64_t max_bytes, uint64_t until_ms)
{
	CURLM *multi = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_multi_init();
	size_t next = 0, running = 0;
	while (multi && (next < n || running)) {
		for (; next < n && running < FETCH_PARALLEL; next++) {
			uint64_t now = clock_ms();
			uint64_t left_ms = until_ms > now ? until_ms - now : 0;
			if (!is_http(jobs[next].source))
				continue;
			if (!left_ms)
				err_set(&jobs[next].why, -ETIMEDOUT,
					"no time was left to ask (feeds.builder_time)");
			else if (start(multi, &jobs[next], max_bytes, left_ms))
				running++;
		}
		int still;
		if (curl_multi_perform(multi, &still) ||
			(still && curl_multi_poll(multi, NULL, 0, POLL_MS, NULL)))
			break;
		running -= finish_done(multi);
	}
	for (size_t i = 0; i < n; i++)
		if (is_http(jobs[i].source) && jobs[i].outcome == FETCH_FAILED &&
			!jobs[i].why.text[0])
			err_set(&jobs[i].why, CEN_ELIB, "libcurl failed");
	curl_multi_cleanup(multi);
	curl_global_cleanup();
}

void fetch_all(struct fetch_job *jobs, size_t n, uint64_t max_bytes, uint64_t time_ms)
{
	uint64_t until_ms = clock_ms() + time_ms;
	bool has_http = false;
	for (size_t i = 0; i < n; i++) {
		struct fetch_job *job = &jobs[i];
		job->outcome = FETCH_FAILED;
		job->why.text[0] = 0;
		job->is_ours = false;
		if (is_http(job->source))
			has_http = true;
		else if (is_url(job->source))
			err_set(&job->why, CEN_EFORMAT,
				"%s: only http and https are fetched, and files by their path",
				job->source);
		else
			fetch_file(job, max_bytes);
	}
	if (has_http)
		fetch_http(jobs, n, max_bytes, until_ms);
}
