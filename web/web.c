/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/web.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "web/auth.h"
#include "web/edge.h"
#include "web/http.h"
#include "web/http_tls.h"
#include "web/jobs.h"
#include "web/listener.h"

enum { SWEEP_MS = 1000, LOG_INS_WAITING = 16, SLOW_THREADS = 3, SLOW_WAITING = 64 };

/* The thread that holds connections to their deadline and lets streams go on. */
struct edge_sweeper {
	struct web *web;
	pthread_t thread;
	int wake; /* an eventfd: time to end, or a first stream */
};

/* --- a new certificate ------------------------------------------------------------------------- */

static void renew_listeners(struct web *w)
{
	for (size_t i = 0; i < w->http_count; i++) {
		struct http *old = w->https[i];
		struct err why;
		if (http_renew(old, &w->https[i], &why))
			log_error("web", "event=certificate_not_renewed reason=\"%s\"", why.text);
		else if (w->https[i] != old)
			w->renewed[w->renewed_count++] = old;
	}
	log_info("web", "event=certificate_renewed listeners=%zu", w->renewed_count);
}

/* Gives the listeners the certificate that was read last, once those of the time before are done with. */
static void take_certificate(struct web *w)
{
	if (w->renewed_count || !atomic_load(&w->is_open))
		return;
	struct http_tls *next = atomic_exchange(&w->next_tls, NULL);
	if (!next)
		return;
	if (http_tls_equal(next, w->tls)) {
		http_tls_free(next);
		return;
	}
	http_tls_free(w->tls);
	w->tls = next;
	renew_listeners(w);
}

/* Those whose place others have taken: their connections come to their end. */
static void sweep_renewed(struct web *w)
{
	size_t left = 0;
	for (size_t i = 0; i < w->renewed_count; i++) {
		struct http *h = w->renewed[i];
		http_tick(h);
		http_sweep(h);
		if (http_is_over(h))
			http_free(h);
		else
			w->renewed[left++] = h;
	}
	w->renewed_count = left;
}

/* --- the sweeper ------------------------------------------------------------------------------- */

static void *sweep(void *arg)
{
	struct edge_sweeper *s = arg;
	struct web *w = s->web;
	struct pollfd p = {.fd = s->wake, .events = POLLIN};
	eventfd_t unused;
	while (!atomic_load(&w->is_stopping)) {
		if (poll(&p, 1, atomic_load(&w->streams) ? HTTP_STREAM_STEP_MS : SWEEP_MS) > 0)
			eventfd_read(s->wake, &unused);
		for (size_t i = 0; i < w->http_count; i++) {
			http_tick(w->https[i]);
			http_sweep(w->https[i]);
		}
		sweep_renewed(w);
		take_certificate(w);
	}
	return NULL;
}

void web_wake(struct web *w)
{
	if (w->sweeper)
		eventfd_write(w->sweeper->wake, 1);
}

static int start_sweeper(struct web *w, struct err *why)
{
	struct edge_sweeper *s = calloc(1, sizeof *s);
	int code = s ? 0 : ENOMEM;
	if (s) {
		s->web = w;
		s->wake = eventfd(0, EFD_CLOEXEC);
		code = s->wake < 0 ? errno : pthread_create(&s->thread, NULL, sweep, s);
	}
	if (code) {
		if (s && s->wake >= 0)
			close(s->wake);
		free(s);
		return err_set(why, -code, "http: no thread: %s", strerror(code));
	}
	w->sweeper = s;
	return 0;
}

static void stop_sweeper(struct edge_sweeper *s)
{
	if (!s)
		return;
	eventfd_write(s->wake, 1);
	pthread_join(s->thread, NULL);
}

/* Once nothing is left that could wake it. */
static void free_sweeper(struct edge_sweeper *s)
{
	if (!s)
		return;
	close(s->wake);
	free(s);
}

/* Binds everything before the first request can come, so that the handlers find `w` complete. Descriptors go to
 * `fds`, the control socket's first; that one is negative when it cannot be had. */
static int bind_all(struct web *w, const struct config *c, int *fds, size_t *n, struct err *why)
{
	if (c->http_listen_count > EDGE_LISTENERS_MAX)
		return err_set(
			why, CEN_ELIMIT, "http.listen: at most %d addresses", EDGE_LISTENERS_MAX);
	int fd = listener_unix(c->socket, &w->socket_inode, why);
	/* Where nothing can be written there is no control socket; what is there is served all the same. */
	if (fd == -EROFS || fd == -ENOSPC)
		log_warn("web", "event=no_control_socket reason=\"%s\"", why->text);
	else if (fd < 0)
		return fd;
	fds[(*n)++] = fd;
	for (size_t i = 0; i < c->http_listen_count; i++) {
		w->http_listen[i] = c->http_listen[i];
		fd = listener_tcp(&w->http_listen[i], why);
		if (fd < 0)
			return fd;
		fds[(*n)++] = fd;
		w->http_listen_count++;
	}
	return 0;
}

static int open_all(struct web *w, const struct config *c, struct err *why)
{
	int fds[EDGE_LISTENERS_MAX + 1];
	size_t n = 0, taken = 0;
	int code = bind_all(w, c, fds, &n, why);
	for (; !code && taken < n; taken++) {
		if (fds[taken] < 0)
			continue;
		code = http_new(w, fds[taken], taken == 0, &w->https[w->http_count], why);
		if (!code)
			w->http_count++;
	}
	for (; taken < n; taken++)
		if (fds[taken] >= 0)
			close(fds[taken]);
	return code;
}

static int load_tls(const struct config *c, struct http_tls **out, struct err *why)
{
	return c->http.certificate ? http_tls_load(c->http.certificate, c->http.key, out, why) : 0;
}

/* Other files than those of the start wait for the next one. */
static bool has_same_files(const struct web *w, const struct config *c)
{
	return w->has_tls && c->http.certificate &&
		!strcmp(c->http.certificate, w->certificate_file) &&
		!strcmp(c->http.key, w->key_file);
}

void web_reconfigure(struct web *w, const struct config *config)
{
	struct http_tls *next = NULL;
	struct err why;
	if (!w)
		return;
	atomic_store(&w->anonymous, (int)config->http.anonymous);
	if (!has_same_files(w, config))
		return;
	if (load_tls(config, &next, &why)) {
		log_error("web", "event=certificate_not_renewed reason=\"%s\"", why.text);
		return;
	}
	http_tls_free(atomic_exchange(&w->next_tls, next));
	web_wake(w);
}

/* NULL when memory is short, never for a count of 0. */
static void *copy(const void *items, size_t count, size_t size)
{
	void *copied = calloc(count ? count : 1, size);
	if (copied && count)
		memcpy(copied, items, count * size);
	return copied;
}

static struct web *new_web(const struct web_doors *doors, const struct config *c)
{
	struct web *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->doors = *doors;
	w->started_s = clock_wall_s();
	atomic_store(&w->anonymous, (int)c->http.anonymous);
	w->config_file = c->file ? strdup(c->file) : NULL;
	w->socket = strdup(c->socket);
	w->dns_listen = copy(c->listen, c->listen_count, sizeof *w->dns_listen);
	w->has_tls = c->http.certificate;
	w->certificate_file = w->has_tls ? strdup(c->http.certificate) : NULL;
	w->key_file = w->has_tls ? strdup(c->http.key) : NULL;
	w->names = copy(c->http.names, c->http.name_count, sizeof *w->names);
	w->trusted = copy(c->http.trusted_proxies, c->http.trusted_proxy_count, sizeof *w->trusted);
	if (!w->socket || !w->dns_listen || !w->names || !w->trusted ||
		(c->file && !w->config_file) ||
		(w->has_tls && (!w->certificate_file || !w->key_file))) {
		web_stop(w);
		return NULL;
	}
	w->dns_listen_count = c->listen_count;
	w->name_count = c->http.name_count;
	w->trusted_count = c->http.trusted_proxy_count;
	return w;
}

int web_check(const struct config *config, struct err *why)
{
	struct http_tls *tls = NULL;
	int code = load_tls(config, &tls, why);
	http_tls_free(tls);
	return code;
}

/* Who can read the log or the terminal may set the password. */
static void offer_setup(struct web *w)
{
	char token[AUTH_TOKEN_ROOM], link[WEB_LINK_MAX];
	if (!w->http_listen_count || !auth_needs_setup(w->auth))
		return;
	auth_make_token(w->auth, AUTH_LINK_S, token);
	for (size_t i = 0; web_link(w, i, link, sizeof link); i++)
		log_warn("web", "event=no_password set_it_at=\"%s\"", link);
}

int web_start(const struct web_doors *doors, const struct config *config, struct web **out,
	struct err *why)
{
	struct web *w = new_web(doors, config);
	if (!w)
		return err_set(why, -ENOMEM, "http: memory is short");
	*out = w; /* before the first request, which may be one for a reload */
	int code = load_tls(config, &w->tls, why);
	if (!code)
		code = auth_open(config->state_directory, &w->counters, &w->auth, why);
	if (!code)
		code = jobs_new(1, LOG_INS_WAITING, &w->log_ins, why);
	if (!code)
		code = jobs_new(SLOW_THREADS, SLOW_WAITING, &w->slow, why);
	if (!code)
		code = start_sweeper(w, why);
	if (!code)
		code = open_all(w, config, why);
	if (code) {
		*out = NULL;
		web_stop(w);
		return code;
	}
	atomic_store(&w->is_open, true);
	offer_setup(w);
	return 0;
}

void web_stop(struct web *w)
{
	if (!w)
		return;
	atomic_store(&w->is_stopping, true);
	stop_sweeper(w->sweeper);
	if (w->socket_inode)
		listener_unlink(w->socket, w->socket_inode);
	/* The listeners end only when no request of theirs is elsewhere. */
	jobs_end(w->log_ins);
	jobs_end(w->slow);
	for (size_t i = 0; i < w->http_count; i++)
		http_free(w->https[i]);
	for (size_t i = 0; i < w->renewed_count; i++)
		http_free(w->renewed[i]);
	free_sweeper(w->sweeper);
	jobs_free(w->log_ins);
	jobs_free(w->slow);
	auth_free(w->auth);
	http_tls_free(w->tls);
	http_tls_free(atomic_load(&w->next_tls));
	free(w->certificate_file);
	free(w->key_file);
	free(w->names);
	free(w->trusted);
	free(w->config_file);
	free(w->socket);
	free(w->dns_listen);
	free(w);
}

bool web_endpoint(const struct web *w, size_t i, struct addr_endpoint *out)
{
	if (i >= w->http_listen_count)
		return false;
	*out = w->http_listen[i];
	return true;
}
