/* SPDX-License-Identifier: BSD-2-Clause
 * A list, as the configuration describes it. Included by config.h.
 *
 * Threads: immutable once loaded. Owns: see config.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum list_kind { LIST_DENY, LIST_ALLOW };
enum list_mode { LIST_MODE_OFF, LIST_MODE_MONITOR, LIST_MODE_BLOCK };
enum list_match { LIST_MATCH_DEFAULT, LIST_MATCH_EXACT, LIST_MATCH_SUBTREE };
/* Of a list; LIST_FORMAT_AUTO: found out by its content. The order is free. */
enum list_format {
	LIST_FORMAT_AUTO,
	LIST_FORMAT_DOMAINS,
	LIST_FORMAT_HOSTS,
	LIST_FORMAT_WILDCARD,
	LIST_FORMAT_ADBLOCK,
	LIST_FORMAT_DNSMASQ,
	LIST_FORMAT_UNBOUND,
	LIST_FORMAT_RPZ,
	LIST_FORMAT_REGEX,
	LIST_FORMAT_ADDRESSES,
};
enum sink_action {
	SINK_DEFAULT, /* lists only: what sinkhole.action says */
	SINK_NULL,
	SINK_NXDOMAIN,
	SINK_NODATA,
	SINK_ADDRESS,
	SINK_REFUSED,
	SINK_DROP,
	SINK_TCP_ONLY, /* lists only, as the next: truncated over UDP, let through over TCP */
	SINK_PASSTHRU, /* let through, and no later list asked */
};

struct config_list {
	char *name;
	char *source; /* file name, http(s) URL, or xfr:// (config_xfr.h), as written */
	char *tsig; /* name of the key that signs its transfers; NULL: none */
	enum list_kind kind;
	char *category; /* never NULL: "" when not given */
	enum sink_action action;
	enum list_mode mode;
	enum list_match match;
	enum list_format format;
	uint32_t refresh_s;
	uint32_t at; /* minutes since midnight, local time, and 1; 0: whenever it is due */
	bool has_private; /* may come from private and loopback addresses */
	char *sha256; /* of its content; NULL: not pinned */
	char *key; /* that it is signed with; NULL: not checked */
	char *signature; /* where the signature is; NULL: beside the source */
	uint32_t floor; /* rules; content with fewer is held */
	uint32_t max_change_percent; /* of the rules; 100: no bound */
	uint32_t shadow_s; /* since it was first taken in it only monitors; 0: it acts at once */
};

/* Does a list that was first taken in at `taken_s` (wall time; 0: not known) still only monitor? */
static inline bool config_list_is_shadowed(
	const struct config_list *l, uint64_t taken_s, uint64_t now_s)
{
	/* A clock that went back makes it no longer than it was meant. */
	return l->shadow_s && taken_s && now_s < taken_s + l->shadow_s;
}

/* "auto", "domains", ... as in the file. */
const char *config_format_name(enum list_format format);
const char *config_action_name(enum sink_action action);
const char *config_mode_name(enum list_mode mode);
const char *config_kind_name(enum list_kind kind);
