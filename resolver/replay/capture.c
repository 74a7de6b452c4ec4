/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/replay/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "resolver/base/wire.h"
#include "resolver/replay/capture_internal.h"

enum { START = 4 };

struct capture_file {
	gzFile gz; /* reads what is not compressed, too */
	uint8_t back[32];
	size_t back_len;
};

size_t capture_read(struct capture_file *f, void *to, size_t n)
{
	size_t got = f->back_len < n ? f->back_len : n;
	memcpy(to, f->back, got);
	f->back_len -= got;
	memmove(f->back, f->back + got, f->back_len);
	while (got < n) {
		int more = gzread(f->gz, (uint8_t *)to + got, (unsigned)(n - got));
		if (more <= 0)
			break;
		got += (size_t)more;
	}
	return got;
}

void capture_unread(struct capture_file *f, const void *bytes, size_t n)
{
	memcpy(f->back, bytes, n);
	f->back_len = n;
}

bool capture_take(
	struct capture_run *run, enum capture_found found, const struct capture_message *m)
{
	struct capture_counts *c = run->counts;
	c->records++;
	switch (found) {
	case CAPTURE_MESSAGE:
		c->messages++;
		return run->each(run->arg, m);
	case CAPTURE_OTHER:
		c->other++;
		break;
	case CAPTURE_MALFORMED:
		c->malformed++;
		c->first_bad = c->first_bad ? c->first_bad : c->records;
		break;
	case CAPTURE_FRAGMENT:
		c->fragments++;
		break;
	case CAPTURE_STREAM:
		c->streams++;
		break;
	}
	return true;
}

enum capture_found capture_dns(const uint8_t *packet, size_t len, struct capture_message *m)
{
	size_t at = WIRE_HEADER;
	if (len < WIRE_HEADER)
		return CAPTURE_MALFORMED;
	bool is_answer = packet[2] & WIRE_QR;
	/* Standard queries alone (RFC 1035 4.1.1). */
	if (packet[2] & 0x78 || wire_u16(packet + 4) != 1)
		return CAPTURE_OTHER;
	if (!dname_from_packet(packet, len, &at, &m->name) || len - at < 4)
		return CAPTURE_MALFORMED;
	m->type = wire_u16(packet + at);
	m->rcode = is_answer ? packet[3] & 15 : -1;
	m->has_question = !is_answer;
	m->has_answer = is_answer && wire_u16(packet + 6);
	return CAPTURE_MESSAGE;
}

/* Which kind is it, by its first octets? */
static int read_kind(struct capture_run *run, const char *path, struct err *why)
{
	static const uint8_t pcaps[][START] = {{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4},
		{0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d}};
	static const uint8_t pcapng[START] = {0x0a, 0x0d, 0x0d, 0x0a}, frames[START] = {0};
	uint8_t start[START];
	size_t n = capture_read(run->file, start, sizeof start);
	capture_unread(run->file, start, n);
	if (n < sizeof start)
		return err_set(why, CEN_EFORMAT,
			"%s: too short to be a capture (allowed: pcap, dnstap, CSV)", path);
	for (size_t i = 0; i < sizeof pcaps / sizeof *pcaps; i++)
		if (!memcmp(start, pcaps[i], sizeof start))
			return capture_pcap(run, why);
	if (!memcmp(start, pcapng, sizeof start))
		return err_set(why, CEN_EFORMAT,
			"%s: pcapng is not read (allowed: pcap, which `editcap -F pcap` makes of "
			"it, "
			"dnstap, CSV)",
			path);
	/* Frame Streams begin with the escape of a control frame: four zeros. */
	if (!memcmp(start, frames, sizeof start))
		return capture_dnstap(run, why);
	return capture_csv(run, why);
}

int capture_each(const char *path, capture_sink *each, void *arg, struct capture_counts *counts,
	struct err *why)
{
	struct capture_file f = {.back_len = 0};
	struct capture_run run = {.file = &f, .each = each, .arg = arg, .counts = counts};
	memset(counts, 0, sizeof *counts);
	int fd = strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (fd < 0)
		return err_set(why, -errno, "%s cannot be read: %s", path, err_string(-errno));
	f.gz = gzdopen(fd, "rb");
	run.room = malloc(CAPTURE_RECORD_MAX + 1);
	if (!f.gz)
		close(fd);
	int code = f.gz && run.room ? read_kind(&run, path, why)
				    : err_set(why, -ENOMEM, "memory is short");
	if (f.gz)
		gzclose(f.gz);
	free(run.room);
	return code;
}
