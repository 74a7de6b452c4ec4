/* SPDX-License-Identifier: BSD-2-Clause
 * The web edge: dashboard, API, metrics and health over TCP, and the same with the right to change things over the control socket.
 *
 * Threads: web_start and web_stop from the main thread; the edge has threads of its own, on which `reload` is called.
 * Owns: its listening sockets and the control socket's file.
 */
#pragma once

#include <stddef.h>

#include "feeds/feeds.h"
#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/evidence/evidence.h"
#include "resolver/journal/journal.h"
#include "resolver/server.h"

struct web;

/* What the edge may reach. All borrowed until web_stop has returned. */
struct web_doors {
	struct server *server;
	struct feeds *feeds;
	struct evidence *evidence;
	struct journal *journal;
	/* Reads the configuration again, as SIGHUP does. `restart_keys`: which changed keys wait for a restart, comma-separated. */
	int (*reload)(void *arg, char *restart_keys, size_t size, struct err *why);
	void *reload_arg;
};

/* Binds everything first, then serves. `config` is read during the call only. */
int web_start(const struct web_doors *doors, const struct config *config, struct web **out,
	struct err *why);
void web_stop(struct web *w);
/* Are the files that web_start and web_reconfigure would read good? */
int web_check(const struct config *config, struct err *why);
/* After a reload; from any thread, also before web_start has returned. `w` may be NULL. */
void web_reconfigure(struct web *w, const struct config *config);

/* Where TCP listener `i` really listens (its port when 0 was asked for). False when there is none. */
bool web_endpoint(const struct web *w, size_t i, struct addr_endpoint *out);
enum { WEB_LINK_MAX = 320 };
/* The page's address at TCP listener `i`, as a person may open it; with the one-time token in it while no password is set.
 * False when there is no such listener. */
bool web_link(struct web *w, size_t i, char *out, size_t size);
