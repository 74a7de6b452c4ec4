/* SPDX-License-Identifier: BSD-2-Clause
 * The kinds of files, and the parsers of one record each. Not for others to include.
 *
 * Threads: pure, but capture_read and the readers, which read the file.
 */
#pragma once

#include "resolver/replay/capture.h"

struct capture_file;

struct capture_run {
	struct capture_file *file;
	capture_sink *each;
	void *arg;
	struct capture_counts *counts;
	uint8_t *room; /* CAPTURE_RECORD_MAX */
};

enum capture_found {
	CAPTURE_MESSAGE,
	CAPTURE_OTHER,
	CAPTURE_MALFORMED,
	CAPTURE_FRAGMENT,
	CAPTURE_STREAM
};

/* Reads exactly `n` octets: n, 0 at the end, or less (a cut file). */
size_t capture_read(struct capture_file *f, void *to, size_t n);
/* Puts back what was read first: at most 32 octets, once. */
void capture_unread(struct capture_file *f, const void *bytes, size_t n);
/* Counts it, and hands a message on. False: no more are wanted. */
bool capture_take(
	struct capture_run *run, enum capture_found found, const struct capture_message *m);

/* A DNS message: sets name, type, rcode, has_question, has_answer. */
enum capture_found capture_dns(const uint8_t *packet, size_t len, struct capture_message *m);
/* A frame of a link type of pcap: sets those and the client. */
enum capture_found capture_frame(
	uint32_t link, const uint8_t *frame, size_t len, struct capture_message *m);
/* A dnstap frame (protobuf), all of it but at_ms where it has none. */
enum capture_found capture_dnstap_frame(
	const uint8_t *frame, size_t len, struct capture_message *m);

/* A line of CSV, whose columns the header gave. */
enum { CAPTURE_COLUMNS_MAX = 32 };
enum capture_column {
	CAPTURE_IGNORED,
	CAPTURE_TIME,
	CAPTURE_CLIENT,
	CAPTURE_NAME,
	CAPTURE_TYPE,
	CAPTURE_RCODE,
	CAPTURE_ANSWER
};
struct capture_columns {
	unsigned count;
	enum capture_column kinds[CAPTURE_COLUMNS_MAX];
};
/* False: it names no column `name` and `client`. */
bool capture_csv_header(char *line, struct capture_columns *out);
enum capture_found capture_csv_line(
	const struct capture_columns *columns, char *line, struct capture_message *m);

/* The readers, behind what told them apart. 0 or a code with the sentence. */
int capture_pcap(struct capture_run *run, struct err *why);
int capture_dnstap(struct capture_run *run, struct err *why);
int capture_csv(struct capture_run *run, struct err *why);
