/* SPDX-License-Identifier: BSD-2-Clause
 * What the daemon and its helper say to each other while the helper is at work: short messages, one a packet of a socket.
 *
 *   helper:  N host                      which addresses has it?
 *            P list step bytes total     where a list is; total 0: not known
 *            U sentence                  why it works with all its rights
 *            R text                      a part of the report; the end of the socket ends it
 *   daemon:  A host address address...
 *            F host again|never sentence
 *
 * Threads: pure but for the socket; each side has its own end.
 * Rule: neither side trusts the other's bytes, and the daemon never waits for its helper.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feeds.h"
#include "resolver/base/addr.h"
#include "resolver/base/err.h"

enum {
	CHANNEL_HOST_MAX = 256,
	CHANNEL_ADDRESSES_MAX = 16,
	CHANNEL_TEXT_MAX = 1536, /* of a message, but for R */
	CHANNEL_PART_MAX = 32768, /* of R, with its head */
};

struct channel_answer {
	char host[CHANNEL_HOST_MAX];
	struct addr addresses[CHANNEL_ADDRESSES_MAX];
	size_t count; /* 0: it has failed */
	bool is_final; /* asking again is of no use */
	struct err why;
};

enum channel_kind { CHANNEL_BAD, CHANNEL_NAME, CHANNEL_PROGRESS, CHANNEL_UNCONFINED };

/* From the helper. */
struct channel_message {
	enum channel_kind kind;
	char text[CHANNEL_HOST_MAX]; /* the host, the list's name or the sentence */
	enum feeds_step step;
	uint64_t bytes, total_bytes;
};

/* The helper's end. A failure to say something shows as a helper that learns nothing. */
bool channel_ask(int fd, const char *host);
void channel_progress(
	int fd, const char *list, enum feeds_step step, uint64_t bytes, uint64_t total_bytes);
void channel_unconfined(int fd, const char *sentence);
bool channel_report(int fd, const char *text);
/* Takes what has come, without waiting. 1; 0: nothing; negative: there is no other end any more. */
int channel_take(int fd, struct channel_answer *out);

/* The daemon's end. */
void channel_parse(const char *text, size_t len, struct channel_message *out);
/* Writes an answer; returns its length. */
size_t channel_answer_to_text(const struct channel_answer *a, char out[static CHANNEL_TEXT_MAX]);
