/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feeds/format/reader.h"

/* What a line's parser calls back into. */
struct intake {
	struct intake_report *report;
	struct build *build;
	const struct intake_watch *watch; /* NULL: nobody looks */
	enum list_match match;
	uint64_t line;
	bool has_rule, has_junk; /* on this line */
	bool is_framed, is_for_browser;
	int rc; /* of the build */
	struct err *why;
};

/* How well each format understands the sample. */
struct sample {
	uint64_t significant;
	uint64_t good
		[FORMAT_COUNT]; /* lines with rules and no junk, or that only a browser's list holds */
	bool has_frame[FORMAT_COUNT];
	bool has_nul;
	bool is_markup; /* the first significant line begins as HTML or XML does */
	struct format_state states[FORMAT_COUNT];
};

uint64_t intake_skipped(const struct intake_report *r)
{
	uint64_t n = 0;
	for (int i = FORMAT_LOCAL; i < FORMAT_SKIPS; i++)
		n += r->skips[i];
	return n;
}

static void on_rule(void *arg, const struct rule *rule)
{
	struct intake *in = arg;
	in->has_rule = true;
	in->report->rules++;
	in->report->kinds[rule->trigger][rule->verb]++;
	if (in->watch)
		in->watch->rule(in->watch->arg, rule);
	if (!in->build || in->rc)
		return;
	if (in->match == LIST_MATCH_DEFAULT || rule->trigger != RULE_NAME) {
		in->rc = build_add(in->build, rule, in->why);
		return;
	}
	struct rule r = *rule;
	r.is_self = true;
	r.is_below = in->match == LIST_MATCH_SUBTREE;
	in->rc = build_add(in->build, &r, in->why);
}

static void show_bad(struct intake *in, enum format_skip reason, const char *text, size_t len)
{
	struct intake_bad *b = &in->report->bad[in->report->bad_count++];
	*b = (struct intake_bad){.line = in->line, .reason = reason};
	if (len > sizeof b->text - 1)
		len = sizeof b->text - 1;
	for (size_t i = 0; i < len; i++)
		b->text[i] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
	b->text[len] = 0;
}

static void on_skip(void *arg, enum format_skip reason, const char *text, size_t len)
{
	struct intake *in = arg;
	in->report->skips[reason]++;
	in->is_framed = in->is_framed || reason == FORMAT_FRAME;
	in->is_for_browser = in->is_for_browser || reason == FORMAT_BROWSER;
	if (in->watch)
		in->watch->skip(in->watch->arg, in->line, reason, text, len);
	if (!format_is_junk(reason))
		return;
	in->has_junk = true;
	if (in->report->bad_count < INTAKE_SHOWN)
		show_bad(in, reason, text, len);
}

static bool is_markup(struct format_text t)
{
	return t.len && *t.at == '<';
}

static void start_line(struct intake *in, uint64_t number)
{
	in->line = number;
	in->has_rule = in->has_junk = in->is_framed = in->is_for_browser = false;
}

/* Lets every format read the line. Returns whether it says anything. */
static bool sample_line(struct sample *s, struct format_sink *sink, struct intake *in,
	const struct reader_line *line)
{
	struct format_text text = format_trim(line->at, line->len);
	if (!text.len || *text.at == '!' || *text.at == ';')
		return false;
	if (memchr(line->at, 0, line->len))
		s->has_nul = true;
	if (!s->significant)
		s->is_markup = is_markup(text);
	const struct format *format;
	for (size_t i = 0; (format = format_at(i)); i++) {
		start_line(in, line->number);
		sink->state = &s->states[i];
		format->line(sink, line->at, line->len);
		s->good[i] += (in->has_rule && !in->has_junk) || in->is_for_browser;
		s->has_frame[i] = s->has_frame[i] || in->is_framed;
	}
	return true;
}

/* The format that understands most, the earlier of two. FORMAT_COUNT: none understands anything. */
static size_t best_of(const struct sample *s, size_t from, size_t to)
{
	size_t best = FORMAT_COUNT;
	for (size_t i = from; i < to; i++)
		if (s->good[i] > (best < FORMAT_COUNT ? s->good[best] : 0))
			best = i;
	return best;
}

static const struct format *zone_format(const struct sample *s)
{
	const struct format *format;
	for (size_t i = 0; (format = format_at(i)); i++)
		if (s->states[i].has_soa)
			return format;
	return NULL;
}

/* A list of names is taken for nothing else because of a few odd lines: what also reads plain names has to
 * understand a tenth more, or to find its own header. */
static const struct format *decide(const struct sample *s)
{
	size_t basic = best_of(s, 0, FORMAT_BASIC), other = best_of(s, FORMAT_BASIC, FORMAT_COUNT);
	if (basic == FORMAT_COUNT && other == FORMAT_COUNT)
		return zone_format(s); /* one without rules, or none at all */
	if (basic == FORMAT_COUNT || other == FORMAT_COUNT)
		return format_at(basic == FORMAT_COUNT ? other : basic);
	uint64_t margin = s->has_frame[other] ? 0 : s->significant / 10;
	return format_at(s->good[other] > s->good[basic] + margin ? other : basic);
}

/* Reads the first lines. Which format understands most of them? */
static int sniff(struct reader *reader, const struct publics *publics, struct sample *s,
	const struct format **out, struct err *why)
{
	struct intake_report unused = {0};
	struct intake in = {.report = &unused};
	struct format_sink sink = {
		.arg = &in, .publics = publics, .rule = on_rule, .skip = on_skip};
	struct reader_line line;
	int rc = 0;
	for (int n = 0; s->significant < INTAKE_SAMPLE && n < 100 * INTAKE_SAMPLE; n++) {
		rc = reader_next(reader, &line, why);
		if (rc <= 0)
			break;
		if (line.is_first)
			memset(s->states, 0, sizeof s->states);
		if (line.is_too_long || sample_line(s, &sink, &in, &line))
			s->significant++;
	}
	*out = decide(s);
	return rc < 0 ? rc : 0;
}

static int check_sample(const struct sample *s, const struct format *format, struct err *why)
{
	if (s->is_markup)
		return err_set(
			why, CEN_EREFUSED, "refused: it looks like a web page (HTML), not a list");
	if (s->has_nul)
		return err_set(why, CEN_EREFUSED,
			"refused: it holds binary data (or UTF-16), not a list as text");
	if (!s->significant)
		return err_set(why, CEN_EREFUSED, "refused: it is empty or holds only comments");
	if (format)
		return 0;
	char names[128] = "";
	size_t used = 0;
	for (size_t i = 0; format_at(i); i++)
		used += (size_t)snprintf(names + used,
			used < sizeof names ? sizeof names - used : 0, "%s%s", i ? ", " : "",
			format_at(i)->name);
	return err_set(why, CEN_EREFUSED,
		"refused: none of its first %" PRIu64
		" lines is a rule in a format that is known (%s)",
		s->significant, names);
}

static int check_report(
	const struct intake_limits *limits, const struct intake_report *r, struct err *why)
{
	if (!r->rules && !r->is_zone)
		return err_set(
			why, CEN_EREFUSED, "refused: not one rule in %" PRIu64 " lines", r->lines);
	uint64_t all = r->bad_lines + r->good_lines;
	if (r->bad_lines * 100 <= all * limits->junk_percent)
		return 0;
	const struct intake_bad *b = &r->bad[0];
	return err_set(why, CEN_EREFUSED,
		"refused: %" PRIu64 " of %" PRIu64 " lines are junk as %s, at most %" PRIu32
		" %% may be; the first is line %" PRIu64 " (%s): %s",
		r->bad_lines, all, r->format->name, limits->junk_percent, b->line,
		format_skip_name(b->reason), b->text);
}

static int parse(struct reader *reader, const struct format *format, bool is_chosen,
	struct intake *in, const struct publics *publics)
{
	struct format_state state = {0};
	struct format_sink sink = {in, publics, on_rule, on_skip, &state, is_chosen};
	struct reader_line line;
	int rc;
	while (!in->rc && (rc = reader_next(reader, &line, in->why))) {
		if (rc < 0)
			return rc;
		start_line(in, line.number);
		if (line.is_first && in->report->lines) {
			if (format->end)
				format->end(&sink);
			state = (struct format_state){0};
		}
		if (line.is_too_long)
			on_skip(in, FORMAT_TOO_LONG, line.at, line.len);
		else
			format->line(&sink, line.at, line.len);
		in->report->lines++;
		in->report->bad_lines += in->has_junk;
		in->report->good_lines += in->has_rule && !in->has_junk;
	}
	if (format->end && !in->rc)
		format->end(&sink);
	in->report->is_zone = state.has_soa;
	in->report->has_build_failed = in->rc && in->rc != CEN_ELIMIT;
	return in->rc;
}

static int read_list(const char *path, const struct intake_limits *limits,
	const struct publics *publics, struct intake *in)
{
	bool is_chosen = in->report->format != NULL;
	struct sample sample = {0};
	const struct format *found = NULL;
	struct reader *reader;
	int rc = reader_open(path, limits->max_bytes, &reader, in->why);
	if (rc)
		return rc;
	rc = sniff(reader, publics, &sample, &found, in->why);
	reader_close(reader);
	if (!is_chosen)
		in->report->format = found;
	if (!rc)
		rc = check_sample(&sample, in->report->format, in->why);
	if (rc || !in->report->format)
		return rc;
	rc = reader_open(path, limits->max_bytes, &reader, in->why);
	if (rc)
		return rc;
	rc = parse(reader, in->report->format, is_chosen, in, publics);
	reader_close(reader);
	return rc ? rc : check_report(limits, in->report, in->why);
}

int intake_list(const char *path, const struct format *format, enum list_match match,
	const struct intake_limits *limits, const struct publics *publics, struct build *build,
	struct intake_report *report, struct err *why)
{
	struct intake in = {.report = report, .build = build, .match = match, .why = why};
	*report = (struct intake_report){.format = format};
	return read_list(path, limits, publics, &in);
}

int intake_watch(const char *path, const struct format *format, const struct intake_limits *limits,
	const struct publics *publics, const struct intake_watch *watch,
	struct intake_report *report, struct err *why)
{
	struct intake in = {.report = report, .watch = watch, .why = why};
	*report = (struct intake_report){.format = format};
	return read_list(path, limits, publics, &in);
}
