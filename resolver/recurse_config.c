/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The resolver library's configuration, written from parsed values. Only file names and trust anchors go in as the operator wrote
 * them; they are refused when they could end the quotes they stand in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/recurse.h"

static const char root_key_file[] = "/usr/share/dns/root.key"; /* of package dns-root-data */

enum {
	/* Our own cache keeps answers; the library's caches keep what leads to them: delegations, keys, addresses. */
	LIBRARY_CACHES_KIB = 24 * 1024, /* record sets, all workers together */
	CACHE_MIN_KIB = 2048,
	CACHE_MAX_KIB = 16 * 1024,
};

/* --- trust anchors --------------------------------------------------------------------------- */

/* The next word of `*s`, its length; 0 at the end or at a comment. */
static size_t next_word(const char **s)
{
	*s += strspn(*s, " \t\r\n()");
	return **s == ';' ? 0 : strcspn(*s, " \t\r\n();");
}

/* `. IN DS 20326 8 2 ...` or `... DNSKEY ...`, as opposed to a file name. */
static bool is_anchor_record(const char *text)
{
	const char *s = text;
	size_t n = next_word(&s);
	for (unsigned word = 0; n && word < 4; word++, s += n, n = next_word(&s))
		if (word &&
			((n == 2 && !strncasecmp(s, "DS", 2)) ||
				(n == 6 && !strncasecmp(s, "DNSKEY", 6))))
			return true;
	return false;
}

static bool is_root_record(const char *text)
{
	const char *s = text;
	return next_word(&s) == 1 && *s == '.' && is_anchor_record(text);
}

static bool file_has_root_record(const char *file)
{
	FILE *f = fopen(file, "re");
	char line[4096];
	bool is_found = false;
	while (f && !is_found && fgets(line, sizeof line, f))
		is_found = is_root_record(line);
	if (f)
		fclose(f);
	return is_found;
}

/* An operator with an own root has an own key for it; the public root's key would make everything bogus. */
static bool has_own_root_anchor(const struct config *config)
{
	for (size_t i = 0; i < config->trust_anchor_count; i++) {
		const char *a = config->trust_anchors[i];
		if (is_anchor_record(a) ? is_root_record(a) : file_has_root_record(a))
			return true;
	}
	return false;
}

/* --- checks ---------------------------------------------------------------------------------- */

static int check_quotable(const char *key, const char *text, struct err *why)
{
	for (const char *s = text; *s; s++)
		if (*s == '"' || *s == 127 || ((unsigned char)*s < ' ' && *s != '\t'))
			return err_set(why, CEN_EFORMAT,
				"%s: quotes and control characters are not allowed", key);
	return 0;
}

static int check_file(const char *key, const char *file, struct err *why)
{
	int e = check_quotable(key, file, why);
	if (e)
		return e;
	if (access(file, R_OK) == 0)
		return 0;
	e = -errno;
	return err_set(why, e, "%s: cannot read %s: %s", key, file, err_string(e));
}

static int check_strings(const struct config *config, struct err *why)
{
	static const char key[] = "dnssec.trust_anchors";
	int e = config->root_hints ? check_file("root_hints", config->root_hints, why) : 0;
	for (size_t i = 0; i < config->trust_anchor_count && !e; i++) {
		const char *a = config->trust_anchors[i];
		e = is_anchor_record(a) ? check_quotable(key, a, why) : check_file(key, a, why);
	}
	return e;
}

/* --- the text -------------------------------------------------------------------------------- */

static const char *yes_no(bool is_on)
{
	return is_on ? "yes" : "no";
}

static bool has_loopback_target(const struct config_zone *zones, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < zones[i].to_count; j++)
			if (addr_is_loopback(&zones[i].to[j].addr))
				return true;
	return false;
}

static void put_sizes(FILE *f, const struct config *config)
{
	uint32_t kib = LIBRARY_CACHES_KIB / (config->workers ? config->workers : 1);
	if (kib < CACHE_MIN_KIB)
		kib = CACHE_MIN_KIB;
	if (kib > CACHE_MAX_KIB)
		kib = CACHE_MAX_KIB;
	/* One thread uses a context: more than one slab would only cost memory. */
	fprintf(f,
		" rrset-cache-size: %uk\n msg-cache-size: %uk\n"
		" rrset-cache-slabs: 1\n msg-cache-slabs: 1\n infra-cache-slabs: 1\n"
		" key-cache-slabs: 1\n key-cache-size: %uk\n neg-cache-size: %uk\n"
		" infra-cache-numhosts: 5000\n",
		(unsigned)kib, (unsigned)kib / 4, (unsigned)kib / 8, (unsigned)kib / 16);
}

static void put_resolving(FILE *f, const struct config *config)
{
	bool has_loopback = config->recursion_has_loopback ||
		has_loopback_target(config->forward, config->forward_count) ||
		has_loopback_target(config->stub, config->stub_count);
	fprintf(f, " module-config: \"%s\"\n",
		config->dnssec_is_validated ? "validator iterator" : "iterator");
	fprintf(f, " qname-minimisation: %s\n", yes_no(config->recursion_has_qmin));
	fprintf(f, " use-caps-for-id: %s\n", yes_no(config->recursion_has_0x20));
	fprintf(f, " do-not-query-localhost: %s\n", yes_no(!has_loopback));
	fprintf(f, " cache-max-ttl: %u\n cache-min-ttl: %u\n", (unsigned)config->cache_max_ttl_s,
		(unsigned)config->cache_min_ttl_s);
	/* The library's defaults for library use are not the daemon's. */
	fputs(" minimal-responses: yes\n"
	      " harden-glue: yes\n"
	      " harden-dnssec-stripped: yes\n"
	      " harden-below-nxdomain: yes\n"
	      " harden-short-bufsize: yes\n"
	      " harden-referral-path: no\n"
	      " harden-algo-downgrade: no\n"
	      " aggressive-nsec: yes\n"
	      " edns-buffer-size: 1232\n"
	      " serve-expired: no\n"
	      " prefetch: no\n"
	      " val-clean-additional: yes\n"
	      " val-log-level: 2\n", /* fills in why an answer is bogus */
		f);
	/* Sockets are opened as questions are under way; a question that finds none waits in the library. */
	fputs(" outgoing-range: 1024\n outgoing-num-tcp: 32\n", f);
	if (config->root_hints)
		fprintf(f, " root-hints: \"%s\"\n", config->root_hints);
}

/* Stage `local` answers special-use names before they come here, and what it lets through (an operator's forward for a private
 * zone) must go upstream: all built-in zones off. One zone stays, to ask a question that needs no network. */
static void put_local_zones(FILE *f)
{
	static const char *const zones[] = {"localhost.", "127.in-addr.arpa.",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
		"home.arpa.", "onion.", "test.", "invalid.", "service.arpa.", "resolver.arpa."};
	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
		fprintf(f, " local-zone: \"%s\" nodefault\n", zones[i]);
	fputs(" unblock-lan-zones: yes\n", f);
	fprintf(f, " local-zone: \"%s\" static\n", RECURSE_PROBE_NAME);
}

/* Names for which there is no chain of trust. The root among them means: no anchor for the root at all. */
static bool put_insecure(FILE *f, const struct dname *zone)
{
	char text[DNAME_TEXT_MAX];
	if (zone->labels == 0)
		return true;
	fprintf(f, " domain-insecure: \"%s\"\n", dname_to_text(zone->bytes, text));
	return false;
}

static bool put_insecure_zones(FILE *f, const struct config_zone *zones, size_t n)
{
	bool is_root = false;
	for (size_t i = 0; i < n; i++)
		if (!zones[i].is_validated)
			is_root |= put_insecure(f, &zones[i].zone);
	return is_root;
}

static int put_anchors(FILE *f, const struct config *config, struct err *why)
{
	bool is_root_insecure = put_insecure_zones(f, config->forward, config->forward_count);
	is_root_insecure |= put_insecure_zones(f, config->stub, config->stub_count);
	for (size_t i = 0; i < config->negative_anchor_count; i++)
		is_root_insecure |= put_insecure(f, &config->negative_anchors[i]);
	for (size_t i = 0; i < config->trust_anchor_count; i++) {
		const char *a = config->trust_anchors[i];
		fprintf(f, " %s: \"%s\"\n",
			is_anchor_record(a) ? "trust-anchor" : "trust-anchor-file", a);
	}
	if (is_root_insecure || has_own_root_anchor(config))
		return 0;
	if (access(root_key_file, R_OK) < 0)
		return err_set(why, -ENOENT,
			"dnssec.validate: cannot read %s (package dns-root-data has it)",
			root_key_file);
	fprintf(f, " trust-anchor-file: \"%s\"\n", root_key_file);
	return 0;
}

static void put_zones(FILE *f, const char *kind, const struct config_zone *zones, size_t n)
{
	char text[DNAME_TEXT_MAX];
	for (size_t i = 0; i < n; i++) {
		const struct config_zone *z = &zones[i];
		fprintf(f, "%s-zone:\n name: \"%s\"\n", kind, dname_to_text(z->zone.bytes, text));
		for (size_t j = 0; j < z->to_count; j++) {
			const struct addr_endpoint *e = &z->to[j];
			fprintf(f, " %s-addr: \"%s", kind, addr_to_text(&e->addr, text));
			if (e->scope)
				fprintf(f, "%%%u", (unsigned)e->scope);
			fprintf(f, "@%u\"\n", (unsigned)e->port);
		}
	}
}

static int put_all(FILE *f, const struct config *config, struct err *why)
{
	fputs("server:\n verbosity: 0\n use-syslog: no\n chroot: \"\"\n directory: \"\"\n", f);
	put_resolving(f, config);
	put_sizes(f, config);
	put_local_zones(f);
	int e = config->dnssec_is_validated ? put_anchors(f, config, why) : 0;
	put_zones(f, "forward", config->forward, config->forward_count);
	put_zones(f, "stub", config->stub, config->stub_count);
	return e;
}

int recurse_config_text(const struct config *config, char **out, struct err *why)
{
	int e = check_strings(config, why);
	if (e)
		return e;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		return err_set(why, -ENOMEM, "no memory for the resolver's configuration");
	e = put_all(f, config, why);
	bool is_short = ferror(f);
	is_short |= fclose(f) != 0;
	if (!e && is_short)
		e = err_set(why, -ENOMEM, "no memory for the resolver's configuration");
	if (e)
		free(text);
	else
		*out = text;
	return e;
}
