/* SPDX-License-Identifier: BSD-2-Clause
 * One transferred zone: where it comes from, what is kept of it, when it is asked for again.
 *
 * Threads: the owner locks. Owns: its store, and the transfer while one runs.
 * Standards: RFC 1035 3.3.13 and RFC 1912 2.2 (timers), RFC 1995, RFC 5936.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "feeds/feeds.h"
#include "feeds/transfer/tsig.h"
#include "feeds/transfer/xfr_conn.h"
#include "feeds/transfer/zone.h"
#include "resolver/base/config.h"

enum {
	XFR_ZONE_REFRESH_MIN_S = 30,
	XFR_ZONE_REFRESH_MAX_S = 7 * 86400,
	XFR_ZONE_RETRY_MIN_S = 10,
	XFR_ZONE_RETRY_MAX_S = 86400,
	XFR_ZONE_FIRST_RETRY_S = 5, /* with nothing stored; doubles up to the next */
	XFR_ZONE_FIRST_RETRY_MAX_S = 600,
	XFR_ZONE_GAP_MIN_MS = 50, /* between two transfers */
	XFR_ZONE_GAP_MAX_MS = 5000, /* the same, when NOTIFYs come and nothing has changed */
	XFR_ZONE_DELTA_BYTES_MAX = 32 << 20, /* in memory; what is larger comes by AXFR */
};

/* What the configuration says of it. */
struct xfr_zone_settings {
	char name[CONFIG_NAME_MAX + 1]; /* the list's */
	struct config_xfr source;
	bool has_key; /* transfers are signed with `key` */
	struct tsig_key key;
	char fault[256]; /* why the key cannot be had; then nothing is transferred */
	struct zone_limits limits;
	uint64_t total_ms;
};

struct xfr_zone_counts {
	uint64_t axfr, ixfr, unchanged, failures, notifies;
};

struct xfr_zone {
	struct xfr_zone_settings settings;
	char path[PATH_MAX], path_new[PATH_MAX];
	struct zone *store; /* NULL: nothing yet */
	struct xfr_conn *conn; /* NULL: no transfer runs */
	struct zone *fresh; /* of an AXFR that runs */
	uint64_t fresh_count; /* its records */
	uint8_t *spool; /* of an IXFR that runs: steps, in order */
	size_t spool_len, spool_room;
	bool is_whole; /* what comes is the whole zone */
	bool is_whole_next; /* ask for it, whatever is stored */
	bool is_older; /* the primary's serial is */
	bool has_expired; /* said already */
	uint64_t due_ms; /* of clock_ms */
	uint64_t earliest_ms, gap_ms; /* for NOTIFY */
	bool is_notified;
	uint32_t fails; /* in a row */
	char reason[256]; /* of the last failure; "" after a success */
	struct xfr_zone_counts counts;
	/* Of the generation that serves. */
	bool is_served;
	uint64_t point; /* which changes it holds */
	uint64_t changes; /* how many it lacks, as of the last overlay */
	bool is_served_next; /* of the one that is about to */
	uint64_t point_next;
	bool is_fold_wanted; /* a build is needed */
	bool is_fold_asked; /* and has been asked for */
	/* Of the text that the builder reads. */
	bool is_exported;
	uint64_t exported_point;
};

/* Opens what is stored in `<state>/zones`. Returns owned; NULL when memory is short. */
struct xfr_zone *xfr_zone_new(const struct xfr_zone_settings *settings, const char *state);
void xfr_zone_free(struct xfr_zone *z);
/* Other settings for the same zone; a transfer that runs is given up. */
void xfr_zone_change(struct xfr_zone *z, const struct xfr_zone_settings *settings);

/* When something is to be done at the latest; of clock_ms. */
uint64_t xfr_zone_next_ms(const struct xfr_zone *z);
/* Starts a transfer if one is due; goes on with one that runs. True when the stored content has changed. */
bool xfr_zone_step(struct xfr_zone *z, short revents);
/* A NOTIFY has come, or a person wants it. */
void xfr_zone_notify(struct xfr_zone *z);
void xfr_zone_ask_now(struct xfr_zone *z);

bool xfr_zone_is_expired(const struct xfr_zone *z);
/* Fills in what the status of the list says of transfers, and its state. */
void xfr_zone_status(const struct xfr_zone *z, struct feeds_list_status *s);
/* Gives up what no generation will ask for any more. */
void xfr_zone_forget(struct xfr_zone *z);
