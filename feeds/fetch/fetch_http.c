/* SPDX-License-Identifier: BSD-2-Clause
 * Fetching by http and https. Redirections are followed here and not by libcurl, so that each hop is judged as the first was; libcurl is given
 * the addresses and never looks for them.
 */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feeds/fetch/fetch_hop.h"
#include "feeds/fetch/fetch_job.h"
#include "feeds/fetch/fetch_names.h"
#include "resolver/base/addr_special.h"
#include "resolver/base/clock.h"

enum { POLL_MS = 100, SAY_MS = 250, WORDS_MAX = 64 << 10 };

enum phase {
	PHASE_NAMING, /* waits for addresses */
	PHASE_RUNNING,
	PHASE_PAUSING, /* before another try */
	PHASE_DONE,
};

/* One list's way, over all hops and tries. */
struct transfer {
	struct fetch_job *job;
	const struct fetch_options *options;
	struct fetch_hop hop;
	enum phase phase;
	CURL *easy;
	struct curl_slist *headers, *addresses;
	int fd;
	unsigned hops, retries;
	uint64_t until_ms, again_ms, said_ms, said_bytes;
	uint64_t bytes, head_bytes; /* of this answer */
	struct plan_tags tags; /* of this answer */
	bool is_cut, is_head_cut; /* longer than allowed */
	bool is_denied; /* a connection to an address that is not public was stopped */
	char words[CURL_ERROR_SIZE];
};

struct round {
	CURLM *multi;
	struct fetch_names *names;
	const struct fetch_options *options;
	uint64_t until_ms;
	size_t running; /* transfers that are not done */
	struct transfer *transfers[FETCH_PARALLEL];
};

static void say(struct transfer *t, enum feeds_step step)
{
	curl_off_t total = 0;
	t->said_ms = clock_ms();
	t->said_bytes = t->bytes;
	if (!t->options->channel || !t->job->name)
		return;
	if (t->easy)
		curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
	channel_progress(
		t->options->channel, t->job->name, step, t->bytes, total > 0 ? (uint64_t)total : 0);
}

static long status_of(const struct transfer *t)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* --- what libcurl calls --- */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	long status = status_of(t);
	if (status != 200) { /* a redirection may say a few words; others are not heard out */
		t->bytes += len;
		return status / 100 == 3 && t->bytes <= WORDS_MAX ? len : 0;
	}
	if (len > t->options->max_bytes - t->bytes) {
		t->is_cut = true;
		return 0;
	}
	return fetch_job_write(t->job, t->fd, bytes, len, &t->bytes) ? len : 0;
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
	t->head_bytes += len;
	t->is_head_cut = t->head_bytes > FETCH_HEADERS_MAX;
	if (len > 5 && !strncasecmp(line, "HTTP/", 5))
		t->tags = (struct plan_tags){"", ""}; /* an interim answer went before */
	if (!take_header(line, len, "ETag:", t->tags.etag, sizeof t->tags.etag))
		take_header(line, len, "Last-Modified:", t->tags.modified, sizeof t->tags.modified);
	return t->is_head_cut ? 0 : len;
}

/* Before libcurl would look for an address by itself. */
static int on_resolve(void *resolver, void *reserved, void *arg)
{
	(void)resolver;
	(void)reserved;
	(void)arg;
	return 1;
}

/* The last door: whatever was looked up, this is the address. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	(void)purpose;
	struct transfer *t = arg;
	struct addr a;
	if (!addr_from_sockaddr(&to->addr, &a) ||
		(!t->job->has_private && addr_special_is_local(&a))) {
		t->is_denied = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* A connection may be an older one that is used again. */
static int on_request(void *arg, char *address, char *local, int port, int local_port)
{
	(void)local;
	(void)port;
	(void)local_port;
	struct transfer *t = arg;
	struct addr a;
	t->is_denied =
		addr_from_text(address, &a) || (!t->job->has_private && addr_special_is_local(&a));
	return t->is_denied ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* --- one request --- */

static void add_header(struct transfer *t, const char *name, const char *value)
{
	char line[2 * PLAN_TAG_MAX + 64];
	if (!*value)
		return;
	snprintf(line, sizeof line, "%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(t->headers, line);
	if (more)
		t->headers = more;
}

/* Asks for what is neither the content that serves nor the one that was refused. */
static void add_conditions(struct transfer *t)
{
	static const struct plan_tags none = {"", ""};
	const struct fetch_job *job = t->job;
	const struct plan_tags *have = job->has_content ? &job->tags : &none;
	const struct plan_tags *bad = fetch_job_has_refusal(job) ? &job->refusal->tags : &none;
	char both[2 * PLAN_TAG_MAX + 4];
	snprintf(both, sizeof both, "%s%s%s", have->etag, *have->etag && *bad->etag ? ", " : "",
		bad->etag);
	add_header(t, "If-None-Match", both);
	add_header(t, "If-Modified-Since", *bad->modified ? bad->modified : have->modified);
}

static void set_way(struct transfer *t)
{
	CURL *e = t->easy;
	curl_easy_setopt(e, CURLOPT_URL, t->hop.url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	if (t->addresses) {
		curl_easy_setopt(e, CURLOPT_RESOLVE, t->addresses);
		curl_easy_setopt(e, CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
	}
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	if (t->options->ca_file && *t->options->ca_file) {
		curl_easy_setopt(e, CURLOPT_CAINFO, t->options->ca_file);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
}

static void set_up(struct transfer *t, uint64_t left_ms)
{
	CURL *e = t->easy;
	const struct fetch_job *job = t->job;
	bool is_pinned = (job->sha256 && *job->sha256) || (job->key && *job->key);
	set_way(t);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)FETCH_SLOW_BYTES);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)FETCH_SLOW_S);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, left_ms > 1 ? (long)left_ms : 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "cenote/" CENOTE_VERSION);
	/* A digest is of what was published, whatever the server calls it. */
	if (!is_pinned)
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->words);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	add_conditions(t);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
}

/* Ends a request, if there is one; what it wrote stays in the file. */
static void drop_request(struct round *r, struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(r->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->addresses);
	t->easy = NULL;
	t->headers = t->addresses = NULL;
}

/* The end of the whole way. `code`: 0 for a content, else the sentence is there. */
static void conclude(struct round *r, struct transfer *t, bool is_new)
{
	drop_request(r, t);
	fetch_job_settle(t->job, t->fd, is_new);
	t->fd = -1;
	t->phase = PHASE_DONE;
	say(t, FEEDS_FETCHED);
}

static void begin_request(struct round *r, struct transfer *t)
{
	uint64_t now = clock_ms();
	t->bytes = t->head_bytes = 0;
	t->is_cut = t->is_head_cut = t->is_denied = false;
	t->tags = (struct plan_tags){"", ""};
	t->words[0] = 0;
	if (now >= t->until_ms) {
		err_set(&t->job->why, -ETIMEDOUT, "no time was left to ask (feeds.fetch_time)");
		conclude(r, t, false);
		return;
	}
	t->easy = curl_easy_init();
	bool is_taken = t->easy && !ftruncate(t->fd, 0);
	if (is_taken) {
		set_up(t, t->until_ms - now);
		is_taken = !curl_multi_add_handle(r->multi, t->easy);
	}
	if (!is_taken) {
		err_set(&t->job->why, CEN_ELIB, "libcurl does not take it");
		conclude(r, t, false);
		return;
	}
	t->phase = PHASE_RUNNING;
	say(t, FEEDS_FETCHING);
}

/* --- between requests --- */

/* Waits before the next try, if there may be one. */
static bool try_again(struct round *r, struct transfer *t, uint64_t wait_ms)
{
	uint32_t random = 0;
	uint64_t doubled_ms = t->options->retry_wait_ms << t->retries;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
		random = 0;
	/* Up to a half more, so that those who failed together do not come again together. */
	doubled_ms += doubled_ms / 2 * random / UINT32_MAX;
	uint64_t again_ms = clock_ms() + (wait_ms > doubled_ms ? wait_ms : doubled_ms);
	if (t->retries == FETCH_RETRIES_MAX || again_ms >= t->until_ms)
		return false;
	drop_request(r, t);
	t->retries++;
	t->again_ms = again_ms;
	t->phase = PHASE_PAUSING;
	t->bytes = 0;
	say(t, FEEDS_WAITING);
	return true;
}

/* Goes on when the addresses are known. */
static void advance(struct round *r, struct transfer *t)
{
	uint64_t now = clock_ms();
	if (t->phase == PHASE_PAUSING && now >= t->again_ms) {
		fetch_names_forget(r->names, t->hop.host);
		t->phase = PHASE_NAMING;
	}
	if (t->phase != PHASE_NAMING)
		return;
	const struct channel_answer *a = fetch_names_find(r->names, t->hop.host);
	if (!a && now < t->until_ms)
		return;
	if (!a)
		err_set(&t->job->why, -ETIMEDOUT, "no address of %s was found in time",
			t->hop.host);
	else if (!a->count && !a->is_final && try_again(r, t, 0))
		return;
	else if (!a->count)
		t->job->why = a->why;
	else if (!fetch_hop_choose(
			 &t->hop, a, t->job->has_private, t->hops, &t->addresses, &t->job->why)) {
		begin_request(r, t);
		return;
	}
	conclude(r, t, false);
}

/* Another place is named: the way there is judged as the first was. */
static void redirect(struct round *r, struct transfer *t)
{
	char *to = NULL;
	curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
	int rc = 0;
	if (!to)
		rc = err_set(&t->job->why, CEN_EREFUSED,
			"the server redirects to no place that can be read");
	else if (t->hops == FETCH_REDIRECTS_MAX)
		rc = err_set(&t->job->why, CEN_EREFUSED, "redirected more than %d times",
			FETCH_REDIRECTS_MAX);
	else
		rc = fetch_hop_follow(&t->hop, to, &t->job->why);
	if (rc) {
		conclude(r, t, false);
		return;
	}
	t->hops++;
	drop_request(r, t);
	t->phase = PHASE_NAMING;
	advance(r, t);
}

static bool is_passing(CURLcode code, const struct transfer *t)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return !t->is_denied;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	case CURLE_OPERATION_TIMEDOUT: /* of the connection alone */
		return status_of(t) == 0;
	default:
		return false;
	}
}

static bool is_passing_status(long status)
{
	return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}

static void explain_code(struct transfer *t, CURLcode code)
{
	struct err *why = &t->job->why;
	char words[CURL_ERROR_SIZE];
	plan_copy_plain(words, sizeof words, *t->words ? t->words : curl_easy_strerror(code));
	if (t->is_cut)
		fetch_job_too_long(t->job, t->options->max_bytes);
	else if (t->is_head_cut || (code == CURLE_OUT_OF_MEMORY && !t->bytes)) /* of one line */
		err_set(why, CEN_ELIMIT, "the head of its answer is too long (more than %d bytes)",
			FETCH_HEADERS_MAX);
	else if (t->is_denied)
		err_set(why, CEN_EREFUSED,
			"%s is at an address that is not public (allow_private lets it)",
			t->hop.host);
	else if (!t->job->is_ours) /* else it is said already */
		err_set(why, CEN_ELIB, "%.200s: %s", t->hop.host, words);
}

/* An answer that is no content. */
static void take_status(struct round *r, struct transfer *t, long status)
{
	curl_off_t patience_s = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &patience_s);
	bool is_patient = patience_s <= FETCH_PATIENCE_MAX_S;
	if (is_passing_status(status) && is_patient && try_again(r, t, (uint64_t)patience_s * 1000))
		return;
	err_set(&t->job->why, CEN_EREFUSED, "the server answers with status %ld", status);
	if (!is_patient) {
		t->job->patience_s = patience_s < UINT32_MAX ? (uint32_t)patience_s : UINT32_MAX;
		err_set(&t->job->why, CEN_EREFUSED,
			"the server answers with status %ld and wants to be asked again in %" PRIu32
			" s",
			status, t->job->patience_s);
	}
	conclude(r, t, false);
}

/* 304: nothing but what is known already. Which of the two, if both are? */
static void take_unchanged(struct round *r, struct transfer *t)
{
	struct fetch_job *job = t->job;
	bool is_content =
		job->has_content && *t->tags.etag && !strcmp(t->tags.etag, job->tags.etag);
	conclude(r, t, false);
	job->outcome = FETCH_UNCHANGED;
	job->is_refusal_again = fetch_job_has_refusal(job) && !is_content;
	job->why.text[0] = 0;
}

static void finish(struct round *r, struct transfer *t, CURLcode code)
{
	long status = status_of(t);
	bool is_whole = !code ||
		(code == CURLE_WRITE_ERROR && status != 200 && status != 0 && !t->is_head_cut);
	bool is_known = t->job->has_content || fetch_job_has_refusal(t->job);
	t->job->has_skew = fetch_hop_skew(t->easy, &t->job->skew_s);
	if (!is_whole) {
		if (!t->job->is_ours && is_passing(code, t) && try_again(r, t, 0))
			return;
		explain_code(t, code);
		conclude(r, t, false);
	} else if (status == 200) {
		t->job->tags = t->tags;
		conclude(r, t, true);
	} else if (status == 304 && is_known) {
		take_unchanged(r, t);
	} else if (status == 301 || status == 302 || status == 303 || status == 307 ||
		status == 308) {
		redirect(r, t);
	} else {
		take_status(r, t, status);
	}
}

static void finish_done(struct round *r)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(r->multi, &left));) {
		char *t = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		finish(r, (struct transfer *)(void *)t, code);
	}
}

/* --- all of them --- */

static struct transfer *start(struct round *r, struct fetch_job *job)
{
	struct transfer *t = calloc(1, sizeof *t);
	if (!t) {
		err_set(&job->why, -ENOMEM, "out of memory");
		return NULL;
	}
	uint64_t until_ms = clock_ms() + r->options->list_time_ms;
	*t = (struct transfer){.job = job,
		.options = r->options,
		.fd = -1,
		.until_ms = until_ms < r->until_ms ? until_ms : r->until_ms};
	if (!fetch_hop_start(&t->hop, job->source, &job->why))
		t->fd = fetch_job_create(job);
	if (t->fd < 0) {
		fetch_hop_clear(&t->hop);
		free(t);
		return NULL;
	}
	say(t, FEEDS_WAITING);
	return t;
}

/* Fills a free place. Returns how many of the jobs are behind it. */
static size_t fill(struct round *r, struct fetch_job *jobs, size_t next, size_t n)
{
	for (size_t i = 0; i < FETCH_PARALLEL; i++) {
		for (; next < n && !r->transfers[i]; next++) {
			if (!fetch_job_is_http(jobs[next].source))
				continue;
			if (clock_ms() >= r->until_ms) {
				err_set(&jobs[next].why, -ETIMEDOUT,
					"no time was left to ask (feeds.builder_time)");
				continue;
			}
			r->transfers[i] = start(r, &jobs[next]);
			r->running += r->transfers[i] != NULL;
		}
	}
	return next;
}

static void step(struct round *r)
{
	fetch_names_take(r->names);
	for (size_t i = 0; i < FETCH_PARALLEL; i++) {
		struct transfer *t = r->transfers[i];
		if (t)
			advance(r, t);
		if (t && t->phase == PHASE_RUNNING && t->bytes != t->said_bytes &&
			clock_ms() - t->said_ms > SAY_MS)
			say(t, FEEDS_FETCHING);
		if (!t || t->phase != PHASE_DONE)
			continue;
		fetch_hop_clear(&t->hop);
		free(t);
		r->transfers[i] = NULL;
		r->running--;
	}
}

/* Sleeps until something comes: octets, addresses, or the end of a pause. */
static bool wait_for_news(struct round *r)
{
	struct curl_waitfd channel = {.fd = r->options->channel, .events = CURL_WAIT_POLLIN};
	int still;
	if (curl_multi_perform(r->multi, &still))
		return false;
	finish_done(r);
	return !curl_multi_poll(r->multi, &channel, r->options->channel ? 1 : 0, POLL_MS, NULL);
}

void fetch_http(
	struct fetch_job *jobs, size_t n, const struct fetch_options *options, uint64_t until_ms)
{
	struct round r = {.options = options, .until_ms = until_ms};
	r.multi = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_multi_init();
	r.names = fetch_names_new(options->channel);
	bool is_good = r.multi && r.names &&
		!curl_multi_setopt(r.multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	for (size_t next = 0; is_good;) {
		next = fill(&r, jobs, next, n);
		step(&r);
		if (next == n && !r.running)
			break;
		is_good = wait_for_news(&r);
	}
	for (size_t i = 0; i < FETCH_PARALLEL; i++) {
		if (!r.transfers[i])
			continue;
		conclude(&r, r.transfers[i], false);
		fetch_hop_clear(&r.transfers[i]->hop);
		free(r.transfers[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (fetch_job_is_http(jobs[i].source) && jobs[i].outcome == FETCH_FAILED &&
			!jobs[i].why.text[0])
			err_set(&jobs[i].why, CEN_ELIB, "libcurl failed");
	fetch_names_free(r.names);
	curl_multi_cleanup(r.multi);
	curl_global_cleanup();
}

int fetch_init(struct err *why)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT)
		? err_set(why, CEN_ELIB, "libcurl does not start")
		: 0;
}
