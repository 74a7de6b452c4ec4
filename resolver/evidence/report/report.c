/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/report/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/report/report_formats.h"
#include "resolver/evidence/report/report_json.h"
#include "resolver/evidence/report/report_text.h"

enum { ORG_MAX = 200 }; /* XARF v4, contact_info */

static int report_own(const struct report_context *context, const struct evidence_case *cases,
	size_t n, FILE *out);

static const struct format {
	const char *name, *type;
	int (*write)(const struct report_context *, const struct evidence_case *, size_t, FILE *);
	bool is_signed; /* names its reporter */
} formats[] = {
	[REPORT_JSON] = {"json", "application/json", report_own, false},
	[REPORT_XARF] = {"xarf", "application/jsonl", report_xarf, true},
	[REPORT_SHADOWSERVER] = {"shadowserver", "text/csv", report_shadowserver, false},
	[REPORT_STIX] = {"stix", "application/stix+json;version=2.1", report_stix, true},
	[REPORT_MISP] = {"misp", "application/json", report_misp, true},
};

enum report_format report_format_from_name(const char *name)
{
	unsigned i = 0;
	while (i < REPORT_FORMAT_COUNT && strcmp(formats[i].name, name) != 0)
		i++;
	return (enum report_format)i;
}

const char *report_format_type(enum report_format format)
{
	return formats[format].type;
}

static int dump(json_t *root, FILE *out, size_t flags)
{
	int rc = root ? json_dumpf(root, out, flags) : -1;
	json_decref(root);
	return rc || putc('\n', out) == EOF ? -ENOMEM : 0;
}

int report_line(json_t *root, FILE *out)
{
	return dump(root, out, JSON_COMPACT);
}

int report_page(json_t *root, FILE *out)
{
	return dump(root, out, JSON_INDENT(2));
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? report_text_json(text, strlen(text) + 1) : json_null();
}

static int report_own(const struct report_context *context, const struct evidence_case *cases,
	size_t n, FILE *out)
{
	char now[REPORT_TIME_TEXT];
	json_t *all = json_array();
	for (size_t i = 0; i < n; i++)
		report_text_append(&all, report_case_json(&cases[i]));
	return report_page(
		json_pack("{s:s, s:s, s:{s:o, s:o, s:o}, s:o}", "generator",
			"cenote " CENOTE_VERSION, "created", report_text_time(context->now_ms, now),
			"reporter", "org", text_or_null(context->org), "contact",
			text_or_null(context->contact), "domain", text_or_null(context->domain),
			"cases", all),
		out);
}

/* The receivers check these: XARF wants a mail address and a host name. */
static int check_reporter(const char *format, const struct report_context *c, struct err *why)
{
	const char *org = c->org ? c->org : "", *contact = c->contact ? c->contact : "",
		   *domain = c->domain ? c->domain : "";
	if (!*org || strlen(org) > ORG_MAX)
		return err_set(why, -EINVAL,
			"%s: the report names its reporter; the organisation must be set, with at "
			"most %d octets",
			format, ORG_MAX);
	const char *at = strchr(contact, '@');
	if (!at || at == contact || !at[1])
		return err_set(why, -EINVAL,
			"%s: the report names its reporter; the contact must be a mail address",
			format);
	if (!report_text_is_domain(domain))
		return err_set(why, -EINVAL,
			"%s: the report names its reporter; the domain must be one like "
			"example.net",
			format);
	return 0;
}

int report_write(enum report_format format, const struct report_context *context,
	const struct evidence_case *cases, size_t n, char **out, size_t *len, struct err *why)
{
	const struct format *f = &formats[format];
	int rc = f->is_signed ? check_reporter(f->name, context, why) : 0;
	if (rc)
		return rc;
	for (size_t i = 0; i < n && format != REPORT_JSON; i++)
		if (!cases[i].client_bits)
			return err_set(why, -EINVAL,
				"%s: the report names its client, and that of case %llu is "
				"withheld",
				f->name, (unsigned long long)cases[i].id);
	char *text = NULL;
	size_t bytes = 0;
	FILE *stream = open_memstream(&text, &bytes);
	if (!stream)
		return err_set(why, -ENOMEM, "%s: no memory for the report", f->name);
	rc = f->write(context, cases, n, stream);
	if (ferror(stream))
		rc = -ENOMEM;
	if (fclose(stream))
		rc = -ENOMEM;
	if (rc) {
		free(text);
		return err_set(why, rc, "%s: no memory for the report", f->name);
	}
	*out = text;
	*len = bytes;
	return 0;
}
