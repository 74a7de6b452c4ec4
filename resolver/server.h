/* SPDX-License-Identifier: BSD-2-Clause
 * The control plane: starts and stops workers, joins config, generation and rules into views, publishes them; and what the web edge
 * and the command line may ask of the running resolver.
 *
 * Threads: all functions may be called from any thread but a worker's.
 */
#pragma once

#include "feeds/listdb/listdb.h"
#include "feeds/listdb/overlay.h"
#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/server_respite.h"
#include "resolver/server_rules.h"
#include "resolver/stats.h"

struct evidence;
struct journal;
struct server;

/* One list's word on a name, for explain. */
struct server_holder {
	char list[64];
	char name[DNAME_TEXT_MAX]; /* the name or ancestor that the list holds */
	enum list_kind kind;
	enum list_mode mode;
	bool is_in_group; /* the client's group uses this list */
	bool is_self, is_below; /* acts on that name, on the names below it */
	bool is_applied; /* speaks about the name that was asked */
};

enum { SERVER_HOLDERS_MAX = 512, SERVER_WORDS_MAX = 64 };

/* A rule that says more than "on the list", and speaks about the question. */
struct server_word {
	char list[64];
	char trigger[24]; /* "name", "pattern", "client" */
	char text[DNAME_TEXT_MAX + 4]; /* the owner, pattern or prefix */
	char verb[16]; /* "match", "except", "passthru", "data", ... */
	char family[64]; /* of a name of the calendar; "" */
	bool is_important;
	bool is_meant; /* its conditions on type, client and name hold */
	bool is_deciding;
};

/* The whole chain from a name to what would be answered. */
struct server_explanation {
	char name[DNAME_TEXT_MAX]; /* normalised */
	char client[ADDR_TEXT_MAX], group[64];
	bool is_client_admitted, is_paused, is_unblocked;
	struct server_pause pause; /* with is_paused: the one that ends last */
	struct server_unblock unblock; /* with is_unblocked: the same */
	char type[16];
	char verdict
		[16]; /* "none", "allow", "block", "monitor", "local", "generated": blocked by its score, "paused": one of them would block it */
	char list[64]; /* the deciding list, "" */
	char category[64];
	char family[64]; /* whose name it is, when the calendar has a word on it; "" */
	char action[16]; /* "null", "nxdomain", ... "" */
	char answer[256]; /* in words and record form: `0.0.0.0`, `NXDOMAIN`, `resolved` */
	int ede; /* -1: none */
	bool has_classifier; /* else the next three say nothing */
	struct dga_explanation dga; /* also with dga.mode off */
	int32_t dga_threshold; /* milli-nats */
	char dga_text[64]; /* of a suspect: as in the extended error; "" */
	enum list_mode dga_mode;
	char dga_effect[96]; /* in words: what the score does to the question */
	uint64_t generation;
	uint32_t holder_count; /* of `holders`; more may exist */
	bool is_cut;
	struct server_holder holders[SERVER_HOLDERS_MAX];
	uint32_t word_count;
	struct server_word words[SERVER_WORDS_MAX];
	bool is_late; /* lists have rules on addresses and servers: the answer may decide otherwise */
};

struct server_info {
	uint64_t started_s; /* wall time */
	uint64_t uptime_s;
	uint32_t workers;
	uint64_t cache_bytes, cache_used_bytes, cache_entries, cache_evictions;
	uint32_t in_flight; /* queries waiting for upstream */
	uint32_t tcp_connections;
	uint64_t config_reloads, config_failures;
	uint64_t view_serial;
	uint32_t pauses, unblocks; /* in force */
	char last_reload_error[512]; /* "" when the last reload worked */
	enum list_mode dga_mode;
	double dga_threshold; /* the share of ordinary names over it */
	int32_t dga_threshold_score; /* that score, in milli-nats */
	bool has_classifier;
	char dga_problem
		[512]; /* what was wrong with its files at the start; "": nothing, or a reload has set it right */
};

/* Takes `config` and `db` (NULL: no generation yet: lists do not act), also on failure. Creates workers and binds their sockets;
 * serves nothing yet. Borrows `evidence` (NULL: none is gathered) and `journal` (NULL: none is kept). */
int server_new(struct config *config, struct listdb *db, struct evidence *evidence,
	struct journal *journal, struct server **out, struct err *why);
int server_start(struct server *s, struct err *why);
/* Drains and stops the workers, within a few seconds. */
void server_stop(struct server *s);
void server_free(struct server *s);

/* Publish: in force for every query that arrives after the return. Both take their argument, also on failure, and free what they
 * replace when its last reader has left. After a failure the old one goes on serving and `why` says what is wrong. */
int server_set_config(struct server *s, struct config *config, struct err *why);
int server_set_generation(struct server *s, struct listdb *db, struct err *why);
/* Joins configuration and generation anew: a list's shadow period is over. 0 or -ENOMEM; then all stays as it was. */
int server_refresh(struct server *s, struct err *why);
/* What transferred zones say now and the generation does not yet; NULL: nothing. The same promises. */
int server_set_overlay(struct server *s, struct overlay *overlay, struct err *why);
/* Counts a reload that failed before it came here, with its sentence, for server_info. */
void server_note_failed_reload(struct server *s, const struct err *why);

void server_stats(struct server *s, struct stats_total *out);
void server_info(struct server *s, struct server_info *out);
/* Lets `read` see the configuration in force; it must not call back, nor keep what it is given. */
void server_read_config(
	struct server *s, void (*read)(void *arg, const struct config *config), void *arg);
/* The name behind a list counter (index into list_hits); NULL when unused. Valid while the server lives. */
const char *server_list_counter_name(struct server *s, unsigned index);

/* The botnet behind a family's counter (index into families); NULL when unused. */
const char *server_family_name(const struct server *s, unsigned index);

/* `client` NULL: this machine. `type` 0: A. Returns 0 or CEN_EFORMAT for a name that is none. */
int server_explain(struct server *s, const char *name, const struct addr *client, uint16_t type,
	struct server_explanation *out, struct err *why);
