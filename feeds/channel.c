/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/channel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feeds/plan.h"

static bool is_host(const char *text)
{
	size_t n =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	return n && n < CHANNEL_HOST_MAX && !text[n];
}

static bool say(int fd, int flags, const char *text, size_t len)
{
	ssize_t n;
	do
		n = send(fd, text, len, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
}

bool channel_ask(int fd, const char *host)
{
	char text[CHANNEL_HOST_MAX + 8];
	if (!is_host(host))
		return false;
	int n = snprintf(text, sizeof text, "N %s", host);
	return say(fd, 0, text, (size_t)n);
}

/* What is not taken at once is left out: another follows. */
void channel_progress(
	int fd, const char *list, enum feeds_step step, uint64_t bytes, uint64_t total_bytes)
{
	char text[CHANNEL_TEXT_MAX];
	int n = snprintf(text, sizeof text, "P %.64s %d %" PRIu64 " %" PRIu64, list, (int)step,
		bytes, total_bytes);
	say(fd, MSG_DONTWAIT, text, (size_t)n);
}

void channel_unconfined(int fd, const char *sentence)
{
	char text[CHANNEL_TEXT_MAX];
	int n = snprintf(text, sizeof text, "U %.200s", sentence);
	say(fd, 0, text, (size_t)n);
}

/* For a person who runs the helper by hand, or a test. */
static bool write_plain(int fd, const char *text)
{
	for (size_t left = strlen(text); left;) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		left -= (size_t)n;
	}
	return true;
}

bool channel_report(int fd, const char *text)
{
	char part[CHANNEL_PART_MAX] = "R ";
	size_t left = strlen(text), room = sizeof part - 2;
	while (left) {
		size_t n = left < room ? left : room;
		memcpy(part + 2, text, n);
		if (!say(fd, 0, part, n + 2))
			return errno == ENOTSOCK && write_plain(fd, text);
		text += n;
		left -= n;
	}
	return true;
}

/* The next word of a text that is taken apart; NULL at its end. */
static char *word(char **rest)
{
	char *w;
	do
		w = strsep(rest, " ");
	while (w && !*w);
	return w;
}

static int answer_from_text(char *text, struct channel_answer *out)
{
	char *rest = text, *kind = word(&rest), *host = word(&rest);
	*out = (struct channel_answer){0};
	if (!kind || !host || !is_host(host))
		return 0;
	snprintf(out->host, sizeof out->host, "%s", host);
	if (!strcmp(kind, "A")) {
		for (char *w; out->count < CHANNEL_ADDRESSES_MAX && (w = word(&rest));)
			out->count += !addr_from_text(w, &out->addresses[out->count]);
		err_set(&out->why, CEN_ENOTFOUND, "%s: has no address", out->host);
		return 1;
	}
	if (strcmp(kind, "F") != 0)
		return 0;
	char *when = word(&rest);
	out->is_final = when && !strcmp(when, "never");
	plan_copy_plain(out->why.text, sizeof out->why.text, rest ? rest : "");
	return 1;
}

int channel_take(int fd, struct channel_answer *out)
{
	char text[CHANNEL_TEXT_MAX];
	for (;;) {
		ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		text[n] = 0;
		if (answer_from_text(text, out))
			return 1;
	}
}

static void parse_progress(char *rest, struct channel_message *m)
{
	char *list = word(&rest);
	int step = 0, used = 0;
	if (!list || strlen(list) > CONFIG_NAME_MAX || !rest ||
		sscanf(rest, "%1d %19" SCNu64 " %19" SCNu64 "%n", &step, &m->bytes, &m->total_bytes,
			&used) != 3 ||
		rest[used] || step < 0 || step >= FEEDS_STEPS)
		return;
	plan_copy_plain(m->text, sizeof m->text, list);
	m->step = (enum feeds_step)step;
	m->kind = CHANNEL_PROGRESS;
}

void channel_parse(const char *bytes, size_t len, struct channel_message *out)
{
	char text[CHANNEL_TEXT_MAX];
	*out = (struct channel_message){.kind = CHANNEL_BAD};
	if (len < 3 || len >= sizeof text || bytes[1] != ' ' || memchr(bytes, 0, len))
		return;
	memcpy(text, bytes, len);
	text[len] = 0;
	if (*text == 'P') {
		parse_progress(text + 2, out);
	} else if (*text == 'N' && is_host(text + 2)) {
		out->kind = CHANNEL_NAME;
		memcpy(out->text, text + 2, len - 1);
	} else if (*text == 'U') {
		out->kind = CHANNEL_UNCONFINED;
		plan_copy_plain(out->text, sizeof out->text, text + 2);
	}
}

size_t channel_answer_to_text(const struct channel_answer *a, char out[static CHANNEL_TEXT_MAX])
{
	char address[ADDR_TEXT_MAX];
	size_t size = CHANNEL_TEXT_MAX, n;
	if (!a->count)
		return (size_t)snprintf(out, size, "F %s %s %.400s", a->host,
			a->is_final ? "never" : "again", a->why.text);
	n = (size_t)snprintf(out, size, "A %s", a->host);
	for (size_t i = 0; i < a->count && i < CHANNEL_ADDRESSES_MAX; i++)
		n += (size_t)snprintf(
			out + n, size - n, " %s", addr_to_text(&a->addresses[i], address));
	return n;
}
