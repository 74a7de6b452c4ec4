/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/notice/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resolver/base/child.h"
#include "resolver/base/clock.h"
#include "resolver/evidence/report/report_text.h"

enum { STEP_MS = 20, WIDTH = 72 };

struct mail {
	char *to, *from, *program; /* `from` NULL: the program knows */
	notice_find *find;
	void *arg;
};

/* --- life ------------------------------------------------------------------------------------- */

int mail_new(const struct config_notices *config, notice_find *find, void *arg, struct mail **out,
	struct err *why)
{
	struct mail *m = calloc(1, sizeof *m);
	*out = NULL;
	if (m)
		*m = (struct mail){.to = strdup(config->mail_to),
			.from = config->mail_from ? strdup(config->mail_from) : NULL,
			.program = strdup(config->mail_program),
			.find = find,
			.arg = arg};
	if (m && m->to && m->program && !m->from == !config->mail_from) {
		*out = m;
		return 0;
	}
	mail_free(m);
	return err_set(why, -ENOMEM, "evidence.mail: memory is short");
}

void mail_free(struct mail *m)
{
	if (!m)
		return;
	free(m->to);
	free(m->from);
	free(m->program);
	free(m);
}

/* --- the words -------------------------------------------------------------------------------- */

/* What stands in a case may be a stranger's. */
static void plain(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
}

static void row(FILE *out, const char *label, const char *text)
{
	fprintf(out, "%-14s", label);
	plain(out, text);
	fputc('\n', out);
}

static void time_row(FILE *out, const char *label, uint64_t at_ms)
{
	char text[REPORT_TIME_TEXT];
	row(out, label, report_text_time(at_ms, text));
}

static void put_line(FILE *out, const struct case_line *l)
{
	char time[REPORT_TIME_TEXT], name[DNAME_TEXT_MAX], type[REPORT_TYPE_TEXT];
	fprintf(out, "  %s  %-9s ", report_text_time(l->at_ms, time), cases_kind_name(l->kind));
	plain(out, l->name.len > 1 ? dname_to_text(l->name.bytes, name) : "-");
	if (l->qtype)
		fprintf(out, " (%s)", report_text_type(l->qtype, type));
	fputc('\n', out);
}

static void put_knock(FILE *out, const struct knock *k)
{
	char time[REPORT_TIME_TEXT], to[ADDR_TEXT_MAX];
	fprintf(out, "  %s  %s, to %s", report_text_time(k->at_ms, time), cases_knock_name(k->kind),
		addr_endpoint_to_text(&k->to, to));
	if (k->from.port)
		fprintf(out, " from port %u", k->from.port);
	fputs(k->sni[0] || k->host[0] ? ": " : "", out);
	plain(out, k->sni[0] ? k->sni : k->host);
	fputc('\n', out);
}

/* Broken between words. */
static void paragraph(FILE *out, const char *text)
{
	size_t at = 0;
	while (*text) {
		size_t word = strcspn(text, " ");
		if (at && at + 1 + word > WIDTH) {
			fputc('\n', out);
			at = 0;
		}
		fprintf(out, "%s%.*s", at ? " " : "  ", (int)word, text);
		at += word + (at ? 1 : 2);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void put_head(const char *to, const char *from, const struct evidence_case *c,
	const char *client, FILE *out)
{
	fputs("To: ", out);
	plain(out, to);
	if (from) {
		fputs("\nFrom: ", out);
		plain(out, from);
	}
	fprintf(out, "\nSubject: cenote: case %" PRIu64 ": ", c->id);
	plain(out, client);
	fputs(" looks infected", out);
	if (c->family_count) {
		fputs(" (", out);
		plain(out, c->families[0]);
		fputs(")", out);
	}
	fputs("\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	      "Content-Type: text/plain; charset=us-ascii\n\n",
		out);
}

static void put_evidence(const struct evidence_case *c, FILE *out)
{
	fprintf(out, "\nWhat speaks for it (%u in all):\n", c->evidence_count);
	for (unsigned i = 0; i < c->line_count; i++)
		put_line(out, &c->lines[i]);
	if (c->knock_count)
		fprintf(out, "\nContacts with the sinkhole (%u in all):\n", c->knock_total);
	for (unsigned i = 0; i < c->knock_count; i++)
		put_knock(out, &c->knocks[i]);
}

void mail_write(const char *to, const char *from, const struct evidence_case *c, FILE *out)
{
	char text[REPORT_CLIENT_TEXT];
	const char *client = report_text_client(c, text);
	if (!*client)
		client = "a device";
	put_head(to, from, c, client, out);
	fputs("A device in your network behaves as infected ones do. What the DNS\n"
	      "resolver cenote saw of it:\n\n",
		out);
	row(out, "Device", client);
	row(out, "Malware", c->family_count ? c->families[0] : "not known");
	time_row(out, "First seen", c->first_ms);
	time_row(out, "Last seen", c->last_ms);
	fprintf(out, "%-14s%.2f %%\n", "How sure", 100 * cases_confidence(c));
	put_evidence(c, out);
	fputs("\nWhat to do:\n", out);
	paragraph(out, cases_advice(c));
	if (c->alias[0])
		fprintf(out, "\nWhich device it is:       cenote cases unseal %" PRIu64 "\n",
			c->id);
	fprintf(out,
		"%sAll that is known:       cenote cases show %" PRIu64 "\n"
		"When the device is clean: cenote cases close %" PRIu64 "\n"
		"If it was a mistake:     cenote cases false-positive %" PRIu64 "\n",
		c->alias[0] ? "" : "\n", c->id, c->id, c->id);
}

/* --- the program ------------------------------------------------------------------------------ */

/* The mail as an unnamed file: unlike a pipe, it never makes the writer wait. */
static int letter(const struct mail *m, const struct evidence_case *c)
{
	int fd = memfd_create("cenote-mail", MFD_CLOEXEC);
	int other = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *f = other < 0 ? NULL : fdopen(other, "w");
	if (f)
		mail_write(m->to, m->from, c, f);
	bool is_bad = !f || ferror(f);
	if (f ? fclose(f) : other >= 0 && close(other))
		is_bad = true;
	if (!is_bad && !lseek(fd, 0, SEEK_SET))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int start(const struct mail *m, int in, pid_t *pid)
{
	char *environment[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	char *argv[8];
	size_t n = 0;
	argv[n++] = m->program;
	argv[n++] = (char *)(uintptr_t) "-i"; /* a full stop alone is no end */
	if (m->from) {
		argv[n++] = (char *)(uintptr_t) "-f";
		argv[n++] = m->from;
	}
	argv[n++] = (char *)(uintptr_t) "--";
	argv[n++] = m->to;
	argv[n] = NULL;
	const struct child c = {.program = m->program,
		.argv = argv,
		.environment = environment,
		.in = in,
		.out = -1,
		.has_group = true};
	return child_start(&c, pid);
}

static enum courier_result wait_for(
	const struct mail *m, pid_t pid, const atomic_bool *is_ending, struct err *why)
{
	uint64_t until_ms = clock_ms() + MAIL_DEADLINE_MS;
	int status = 0;
	pid_t got;
	while (!(got = waitpid(pid, &status, WNOHANG)) && clock_ms() < until_ms &&
		!atomic_load(is_ending))
		poll(NULL, 0, STEP_MS);
	if (!got) {
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		err_set(why, -ETIMEDOUT, "%.200s did not end within %d s", m->program,
			MAIL_DEADLINE_MS / 1000);
		return COURIER_AGAIN;
	}
	if (got == pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return COURIER_DONE;
	err_set(why, CEN_EREFUSED, "%.200s ended with status %d", m->program,
		WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return COURIER_AGAIN;
}

static enum courier_result deliver(const struct mail *m, const struct evidence_case *c,
	const atomic_bool *is_ending, struct err *why)
{
	pid_t pid;
	int in = letter(m, c);
	if (in < 0) {
		err_set(why, -ENOMEM, "memory is short");
		return COURIER_AGAIN;
	}
	int rc = start(m, in, &pid);
	close(in);
	if (!rc)
		return wait_for(m, pid, is_ending, why);
	err_set(why, -rc, "%.200s cannot be started: %s", m->program, err_string(-rc));
	return COURIER_AGAIN;
}

enum courier_result mail_carry(
	void *arg, const struct notice *n, const atomic_bool *is_ending, struct err *why)
{
	const struct mail *m = arg;
	struct evidence_case *c = malloc(sizeof *c);
	enum courier_result result = COURIER_AGAIN;
	if (!c) {
		err_set(why, -ENOMEM, "memory is short");
	} else if (m->find(m->arg, n->case_id, c)) {
		err_set(why, CEN_ENOTFOUND, "the case is forgotten");
		result = COURIER_NEVER;
	} else {
		result = deliver(m, c, is_ending, why);
	}
	free(c);
	return result;
}
