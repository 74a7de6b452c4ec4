/* SPDX-License-Identifier: BSD-2-Clause
 * run: puts the parts together, serves until told to stop, and reloads.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "feeds/feeds.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/cli.h"
#include "resolver/evidence/evidence.h"
#include "resolver/journal/journal.h"
#include "resolver/lookup.h"
#include "resolver/server.h"
#include "web/web.h"

enum { OPEN_FILES = 65536, TIDY_US = 60000000 };

struct run {
	const struct cli *cli;
	struct server *server;
	struct feeds *feeds;
	struct evidence *evidence; /* NULL: none is gathered */
	struct journal *journal;
	struct lookup *lookup; /* for feeds */
	struct web *web;
	pthread_mutex_t lock; /* a reload at a time */
	const struct config *running; /* the server's; valid under `lock` */
};

/* On the feeds thread. */
static void take_generation(void *arg, struct listdb *db)
{
	struct run *r = arg;
	struct err why = {0};
	uint64_t number = listdb_number(db), names = listdb_name_count(db);
	if (server_set_generation(r->server, db, &why))
		log_error("run", "event=generation_refused generation=%" PRIu64 " reason=\"%s\"",
			number, why.text);
	else
		log_info("run", "event=generation_in_force generation=%" PRIu64 " names=%" PRIu64,
			number, names);
}

/* On any thread of feeds. */
static void take_overlay(void *arg, struct overlay *overlay)
{
	struct run *r = arg;
	struct err why = {0};
	size_t owners = overlay_count(overlay);
	if (server_set_overlay(r->server, overlay, &why))
		log_error("run", "event=overlay_refused reason=\"%s\"", why.text);
	else
		log_debug("run", "event=overlay_in_force owners=%zu", owners);
}

/* On any thread of feeds. */
static int resolve(void *arg, const char *host, struct addr *out, size_t max, struct err *why)
{
	struct run *r = arg;
	return lookup_host(r->lookup, host, out, max, why);
}

/* On the feeds thread. */
static void end_shadow(void *arg)
{
	const struct run *r = arg;
	struct err why = {0};
	if (server_refresh(r->server, &why))
		log_error("run", "event=shadow_end reason=\"%s\"", why.text);
	else
		log_info("run", "event=shadow_end");
}

static void notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_us());
}

/* Takes the new configuration, or keeps the old one and says why. Under the lock. */
static int take_config(struct run *r, char *restart_keys, size_t size, struct err *why)
{
	struct config *next = NULL;
	int code = config_load(
		cli_config_file(r->cli), r->cli->overrides, r->cli->override_count, &next, why);
	if (!code)
		code = web_check(next, why);
	if (code) {
		config_free(next);
		server_note_failed_reload(r->server, why);
		return code;
	}
	config_restart_keys(r->running, next, restart_keys, size);
	int level = next->log_level;
	code = server_set_config(r->server, next, why);
	if (code)
		return code;
	r->running = next;
	struct err fault;
	if (lookup_reconfigure(r->lookup, next, &fault))
		log_error("run", "event=lookup_not_reconfigured reason=\"%s\"", fault.text);
	log_set_level((enum log_level)level);
	feeds_reconfigure(r->feeds, next);
	evidence_reconfigure(r->evidence, next);
	journal_reconfigure(r->journal, next);
	web_reconfigure(r->web, next);
	return 0;
}

/* On the journal's thread. */
static void take_stats(void *arg, struct stats_total *out)
{
	const struct run *r = arg;
	server_stats(r->server, out);
}

/* On the main thread for SIGHUP, on one of the edge's for the API. */
static int reload(void *arg, char *restart_keys, size_t size, struct err *why)
{
	struct run *r = arg;
	restart_keys[0] = 0;
	pthread_mutex_lock(&r->lock);
	notify_reloading();
	int code = take_config(r, restart_keys, size, why);
	sd_notify(0, "READY=1");
	pthread_mutex_unlock(&r->lock);
	if (code)
		log_error("run",
			"event=reload_failed serving=\"the old configuration\" reason=\"%s\"",
			why->text);
	else if (restart_keys[0])
		log_warn("run", "event=reloaded waiting_for_restart=\"%s\"", restart_keys);
	else
		log_info("run", "event=reloaded");
	return code;
}

static void raise_open_files(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	rlim_t want = l.rlim_max < OPEN_FILES ? l.rlim_max : OPEN_FILES;
	if (l.rlim_cur < want) {
		l.rlim_cur = want;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* Signals are taken by the main thread's wait; every thread started later inherits the mask. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

static void print_endpoints(FILE *to, const struct addr_endpoint *e, size_t n, const char *before)
{
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%s%s%s", i ? ", " : "", before, addr_endpoint_to_text(&e[i], text));
}

/* For a person in front of a terminal. */
static void greet(const struct run *r)
{
	const struct config *c = r->running;
	char text[ADDR_TEXT_MAX], link[WEB_LINK_MAX];
	fprintf(stderr, "\n  cenote %s serves\n    DNS        ", CENOTE_VERSION);
	print_endpoints(stderr, c->listen, c->listen_count, "");
	for (size_t i = 0; web_link(r->web, i, link, sizeof link); i++)
		fprintf(stderr, "\n    dashboard  %s", link);
	fprintf(stderr, "\n    config     %s", c->file ? c->file : "built-in defaults");
	if (c->listen_count) {
		addr_to_text(&c->listen[0].addr, text);
		bool is_any = !strcmp(text, "0.0.0.0") || !strcmp(text, "::");
		fprintf(stderr, "\n    try        dig @%s -p %u example.com",
			is_any ? "127.0.0.1" : text, c->listen[0].port);
	}
	fputs("\n    stop       Ctrl-C\n\n", stderr);
}

static void say_what_serves(struct run *r)
{
	struct feeds_status s;
	pthread_mutex_lock(&r->lock); /* a reload may come over the control socket already */
	feeds_status(r->feeds, &s);
	if (!s.generation && r->running->list_count)
		log_warn("run",
			"event=unfiltered reason=\"answers are UNFILTERED until the first "
			"generation is "
			"built of %zu lists\"",
			r->running->list_count);
	if (isatty(STDERR_FILENO))
		greet(r);
	log_info("run", "event=serving version=%s config=%s generation=%" PRIu64 " names=%" PRIu64,
		CENOTE_VERSION, r->running->file ? r->running->file : "built-in", s.generation,
		s.names);
	pthread_mutex_unlock(&r->lock);
}

/* Everything in the order in which one needs the other; serving comes before any download. Takes `config`. */
static int start(struct run *r, struct config *config, struct err *why)
{
	struct listdb *db = NULL;
	struct feeds_hooks hooks = {.on_generation = take_generation,
		.on_shadow_end = end_shadow,
		.on_overlay = take_overlay,
		.resolve = resolve,
		.arg = r};
	int code = lookup_new(config, &r->lookup, why);
	if (!code)
		code = feeds_open(config, hooks, &r->feeds, &db, why);
	if (code) {
		config_free(config);
		return code;
	}
	code = evidence_open(config, config->workers, &r->evidence, why);
	if (!code)
		code = journal_open(config, config->workers, &r->journal, why);
	if (code) {
		listdb_close(db);
		config_free(config);
		return code;
	}
	code = server_new(config, db, r->evidence, r->journal, &r->server, why);
	if (code)
		return code;
	r->running = config;
	struct web_doors doors = {.server = r->server,
		.feeds = r->feeds,
		.evidence = r->evidence,
		.journal = r->journal,
		.reload = reload,
		.reload_arg = r};
	code = web_start(&doors, config, &r->web, why);
	if (!code) {
		/* What was blocked by a transferred zone's last changes is blocked from the first query on. */
		feeds_publish(r->feeds);
		code = evidence_start(r->evidence, why);
	}
	if (!code)
		code = journal_start(
			r->journal, &(struct journal_hooks){.stats = take_stats, .arg = r}, why);
	if (!code)
		code = server_start(r->server, why);
	if (!code)
		code = feeds_start(r->feeds, why);
	return code;
}

static void stop(struct run *r)
{
	web_stop(r->web);
	lookup_stop(r->lookup); /* feeds may be waiting for it */
	if (r->feeds)
		feeds_stop(r->feeds);
	if (r->server) {
		server_stop(r->server);
		evidence_stop(r->evidence);
		journal_stop(r->journal);
		server_free(r->server);
	}
	evidence_free(r->evidence);
	journal_free(r->journal);
	lookup_free(r->lookup);
}

/* Until TERM or INT. */
static void serve(struct run *r, const sigset_t *set)
{
	uint64_t watchdog_us = 0;
	bool is_watched = sd_watchdog_enabled(0, &watchdog_us) > 0;
	uint64_t step_us = is_watched && watchdog_us / 2 < TIDY_US ? watchdog_us / 2 : TIDY_US;
	struct timespec step = {
		.tv_sec = (time_t)(step_us / 1000000), .tv_nsec = (long)(step_us % 1000000) * 1000};
	for (;;) {
		int signal = sigtimedwait(set, NULL, &step);
		char keys[1024];
		struct err why = {0};
		if (signal == SIGTERM || signal == SIGINT) {
			log_info("run", "event=stopping signal=%s",
				signal == SIGTERM ? "TERM" : "INT");
			return;
		}
		if (signal == SIGHUP)
			(void)reload(r, keys, sizeof keys, &why); /* has said what came of it */
		if (is_watched)
			sd_notify(0, "WATCHDOG=1");
		server_tidy(r->server);
	}
}

int cli_run(const struct cli *c)
{
	struct config *config = NULL;
	int status = cli_load(c, &config);
	if (status)
		return status;
	umask(027);
	log_set_level((enum log_level)config->log_level);
	raise_open_files();
	sigset_t set;
	block_signals(&set);
	struct run r = {.cli = c, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct err why = {0};
	int code = start(&r, config, &why);
	if (code) {
		stop(&r);
		/* Was it the configuration, or the machine? */
		struct err fault = {0};
		if (cli_check_config(c, &fault))
			return cli_fail(CLI_BAD_CONFIG, "%s", fault.text);
		return cli_fail(CLI_FAILED, "%s", why.text);
	}
	say_what_serves(&r);
	sd_notify(0, "READY=1");
	serve(&r, &set);
	sd_notify(0, "STOPPING=1");
	stop(&r);
	log_info("run", "event=stopped");
	return CLI_OK;
}
