/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/local_table.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"
#include "resolver/base/log.h"
#include "resolver/base/wire.h"

enum {
	DEFAULT_TTL_S = 3600,
	TTL_MAX_S = 0x7fffffff, /* RFC 2181 8 */
	SHOWN_MAX = 120, /* characters of a record's text in a sentence */
};

/* A record on its way into the table. */
struct draft {
	uint32_t node;
	struct local_table_record r;
};

struct build {
	struct local_table *t;
	const struct config *config;
	struct draft *drafts;
	size_t count, room;
	struct err *why;
	const char *text; /* the record at hand, for sentences */
	size_t position; /* of it in `records:`, from 1 */
	bool is_own; /* what is added now is the operator's */
};

static int fault(const struct build *b, int code, const char *what)
{
	char shown[SHOWN_MAX + 1];
	size_t n = 0;
	for (; n < SHOWN_MAX && b->text[n]; n++)
		shown[n] = (char)((uint8_t)b->text[n] < ' ' ? '?' : b->text[n]);
	shown[n] = '\0';
	return err_set(b->why, code, "records: entry %zu, `%s`: %s", b->position, shown, what);
}

static int no_memory(struct build *b)
{
	return err_set(b->why, -ENOMEM, "records: out of memory");
}

/* Makes room for one more item in a growing array. */
static bool grow(void **items, size_t item_bytes, size_t need, size_t *room)
{
	if (need <= *room)
		return true;
	size_t n = *room ? *room : 64;
	while (n < need)
		n *= 2;
	void *p = reallocarray(*items, n, item_bytes);
	if (!p)
		return false;
	*items = p;
	*room = n;
	return true;
}

static int bytes_add(struct build *b, const void *bytes, size_t len, uint32_t *at)
{
	struct local_table *t = b->t;
	size_t room = t->bytes_room;
	if (len > LOCAL_TABLE_BYTES_MAX - t->bytes_len)
		return fault(b, CEN_ELIMIT, "all records together may take 64 MiB");
	if (!grow((void **)&t->bytes, 1, t->bytes_len + len, &room))
		return no_memory(b);
	t->bytes_room = (uint32_t)room;
	if (len)
		memcpy(t->bytes + t->bytes_len, bytes, len);
	*at = t->bytes_len;
	t->bytes_len += (uint32_t)len;
	return 0;
}

/* --- nodes --- */

static uint32_t node_find(
	const struct local_table *t, uint64_t hash, const uint8_t *name, size_t len)
{
	for (uint32_t s = (uint32_t)hash & t->slot_mask; t->slots[s]; s = (s + 1) & t->slot_mask) {
		const struct local_table_node *n = &t->nodes[t->slots[s]];
		if (n->hash == hash && n->name_len == len &&
			!memcmp(t->bytes + n->name_at, name, len))
			return t->slots[s];
	}
	return 0;
}

static void slot_put(struct local_table *t, uint32_t node)
{
	uint32_t s = (uint32_t)t->nodes[node].hash & t->slot_mask;
	while (t->slots[s])
		s = (s + 1) & t->slot_mask;
	t->slots[s] = node;
}

/* Doubles the slots when they are a quarter full. */
static bool slots_grow(struct local_table *t)
{
	if (t->slots && t->node_count <= t->slot_mask / 4)
		return true;
	uint32_t n = t->slots ? (t->slot_mask + 1) * 2 : 1024;
	uint32_t *slots = calloc(n, sizeof *slots);
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->slot_mask = n - 1;
	for (uint32_t i = 1; i < t->node_count; i++)
		slot_put(t, i);
	return true;
}

static int node_new(struct build *b, uint64_t hash, const uint8_t *name, size_t len, uint32_t *node)
{
	struct local_table *t = b->t;
	if (t->node_count >= LOCAL_TABLE_NODES_MAX)
		return fault(
			b, CEN_ELIMIT, "the records and the names above them may be 500,000 names");
	size_t room = t->node_room;
	if (!grow((void **)&t->nodes, sizeof *t->nodes, (size_t)t->node_count + 1, &room))
		return no_memory(b);
	t->node_room = (uint32_t)room;
	uint32_t at;
	int rc = bytes_add(b, name, len, &at);
	if (rc)
		return rc;
	*node = t->node_count++;
	t->nodes[*node] =
		(struct local_table_node){.hash = hash, .name_at = at, .name_len = (uint8_t)len};
	if (!slots_grow(t))
		return no_memory(b);
	if (*node)
		slot_put(t, *node);
	if (len > 1 && (size_t)name[0] + 2 == len)
		t->tops[(uint8_t)hash / 64] |= (uint64_t)1 << ((uint8_t)hash % 64);
	return 0;
}

/* The node of a name, made with its ancestors when it is not there. */
static int node_add(struct build *b, const struct dname *name, uint32_t *node)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = b->t->seed;
	*node = 0;
	for (unsigned i = dname_offsets(name, offsets); i-- > 0;) {
		const uint8_t *suffix = name->bytes + offsets[i];
		size_t len = (size_t)(name->len - offsets[i]);
		hash = hash_label(hash, suffix);
		*node = node_find(b->t, hash, suffix, len);
		int rc = *node ? 0 : node_new(b, hash, suffix, len, node);
		if (rc)
			return rc;
		b->t->nodes[*node].has_own |= b->is_own;
	}
	return 0;
}

struct local_table_place local_table_find(const struct local_table *t, const struct dname *name)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	struct local_table_place p = {0};
	const struct local_table_node *encloser = &t->nodes[0];
	uint64_t hash = t->seed;
	unsigned i = dname_offsets(name, offsets);
	p.soa = encloser->soa ? encloser : NULL;
	while (i > 0) {
		const uint8_t *suffix = name->bytes + offsets[i - 1];
		hash = hash_label(hash, suffix);
		uint32_t n = node_find(t, hash, suffix, (size_t)(name->len - offsets[i - 1]));
		if (!n)
			break;
		encloser = &t->nodes[n];
		if (encloser->is_outside)
			p.zone = p.soa = NULL;
		if (encloser->is_special)
			p.zone = encloser;
		if (encloser->soa)
			p.soa = encloser;
		i--;
	}
	p.is_exact = i == 0;
	if (p.is_exact)
		p.node = encloser->count ? encloser : NULL;
	else if (encloser->wildcard) /* RFC 4592 3.3.1: only below the closest encloser */
		p.node = &t->nodes[encloser->wildcard];
	return p;
}

const struct local_table_record *local_table_set(const struct local_table *t,
	const struct local_table_node *node, uint16_t type, uint32_t *count)
{
	const struct local_table_record *r = &t->records[node->first];
	uint32_t i = 0, n = 0;
	while (i < node->count && r[i].type < type)
		i++;
	while (i + n < node->count && r[i + n].type == type)
		n++;
	*count = n;
	return n ? &r[i] : NULL;
}

/* --- one record: text to wire --- */

static const char *text_fault(const char *text)
{
	size_t len = strnlen(text, LOCAL_TABLE_TEXT_MAX + 1);
	if (len > LOCAL_TABLE_TEXT_MAX)
		return "at most 8192 characters are allowed";
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)text[i] < ' ' && text[i] != '\t')
			return "one record in one line, without control characters, is allowed";
	if (*text == '$')
		return "directives are not allowed, write full names";
	return NULL;
}

static const char *type_fault(const ldns_rr *rr)
{
	unsigned type = (unsigned)ldns_rr_get_type(rr);
	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return "only class IN is allowed";
	if (!type || type == TYPE_OPT || (type >= TYPE_META_FIRST && type <= TYPE_META_LAST))
		return "this type cannot be in a zone";
	if (type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3)
		return "records are not signed, this type is not allowed";
	if (type == TYPE_DNAME)
		return "DNAME is not allowed, a wildcard is (`*.name`)";
	const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)type);
	if (ldns_rr_rd_count(rr) < ldns_rr_descriptor_minimum(d))
		return "its data is incomplete";
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
		if (!ldns_rr_rdf(rr, i))
			return "its data is incomplete";
	return NULL;
}

/* Does the data of the types that this program reads itself have their form? */
static bool data_is_sound(const struct local_table_record *r, const uint8_t *data)
{
	struct dname name;
	size_t n;
	switch (r->type) {
	case TYPE_A:
		return r->data_len == 4;
	case TYPE_AAAA:
		return r->data_len == 16;
	case TYPE_CNAME:
		return dname_from_wire(data, r->data_len, &name) == r->data_len;
	case TYPE_SOA:
		n = dname_from_wire(data, r->data_len, &name);
		if (!n)
			return false;
		data += n;
		n += dname_from_wire(data, r->data_len - n, &name);
		return r->data_len == n + 20;
	default:
		return true;
	}
}

/* Adds the record whose wire form this is: owner, type, class, TTL, length, data (RFC 1035 3.2.1). */
static int draft_add(struct build *b, const uint8_t *wire, size_t len)
{
	struct dname owner;
	size_t at = dname_from_wire(wire, len, &owner);
	if (!at || len - at < 10 || len - at - 10 != wire_u16(wire + at + 8))
		return fault(b, CEN_EFORMAT, "not a record");
	struct local_table_record r = {.type = wire_u16(wire + at),
		.ttl_s = wire_u32(wire + at + 4),
		.data_len = wire_u16(wire + at + 8),
		.is_own = b->is_own};
	if (r.ttl_s > TTL_MAX_S)
		return fault(b, CEN_ERANGE, "a TTL of 0 to 2147483647 is allowed");
	if (!owner.labels)
		return fault(b, CEN_ERANGE, "the root cannot have records of its own");
	if (!data_is_sound(&r, wire + at + 10))
		return fault(b, CEN_EFORMAT, "its data does not have the form of its type");
	uint32_t node;
	int rc = node_add(b, &owner, &node);
	if (!rc)
		rc = bytes_add(b, wire + at + 10, r.data_len, &r.at);
	if (rc)
		return rc;
	if (!grow((void **)&b->drafts, sizeof *b->drafts, b->count + 1, &b->room))
		return no_memory(b);
	b->drafts[b->count++] = (struct draft){node, r};
	return 0;
}

static int text_read(struct build *b, const char *text)
{
	const char *wrong = text_fault(text);
	if (wrong)
		return fault(b, CEN_EFORMAT, wrong);
	while (*text == ' ' || *text == '\t')
		text++;
	ldns_rr *rr = NULL;
	uint8_t *wire = NULL;
	size_t len = 0;
	int rc;
	ldns_status status = ldns_rr_new_frm_str(&rr, text, DEFAULT_TTL_S, NULL, NULL);
	if (status || !rr)
		rc = fault(
			b, CEN_EFORMAT, status ? ldns_get_errorstr_by_id(status) : "not a record");
	else if ((wrong = type_fault(rr)))
		rc = fault(b, CEN_EFORMAT, wrong);
	else if ((status = ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len)))
		rc = fault(b, CEN_EFORMAT, ldns_get_errorstr_by_id(status));
	else
		rc = draft_add(b, wire, len);
	free(wire);
	ldns_rr_free(rr);
	return rc;
}

static int record_read(struct build *b, const char *text, size_t position)
{
	b->text = text;
	b->position = position;
	int rc = text_read(b, text);
	b->text = "";
	return rc;
}

/* --- special names --- */

/* Does a `forward:` or `stub:` zone of the operator take this name? The root's forward is the way for all else and takes none. */
static bool is_taken(const struct config *c, const struct dname *name, bool is_exact_only)
{
	const struct config_zone *lists[] = {c->forward, c->stub};
	const size_t counts[] = {c->forward_count, c->stub_count};
	for (int l = 0; l < 2; l++) {
		for (size_t i = 0; i < counts[l]; i++) {
			const struct dname *zone = &lists[l][i].zone;
			if (is_exact_only ? dname_equal(name, zone)
					  : zone->labels && dname_is_at_or_below(name, zone))
				return true;
		}
	}
	return false;
}

/* SOA and NS of an empty zone (RFC 6303 3). */
static int apex_add(struct build *b, const char *zone)
{
	char text[512];
	snprintf(text, sizeof text, "%s 10800 IN SOA %s nobody.invalid. 1 3600 1200 604800 10800",
		zone, zone);
	int rc = record_read(b, text, 0);
	snprintf(text, sizeof text, "%s 10800 IN NS %s", zone, zone);
	return rc ? rc : record_read(b, text, 0);
}

static int special_add(struct build *b, const struct local_special *s)
{
	struct dname name;
	MUST(dname_from_text(s->zone, strlen(s->zone), &name) == 0);
	if (is_taken(b->config, &name, s->kind == LOCAL_SPECIAL_CANARY))
		return 0;
	int rc = apex_add(b, s->zone);
	uint32_t node;
	if (!rc)
		rc = node_add(b, &name, &node);
	if (rc)
		return rc;
	b->t->nodes[node].is_special = true;
	b->t->nodes[node].special = (uint8_t)s->kind;
	return 0;
}

static int special_record_add(struct build *b, const char *text)
{
	struct dname owner;
	MUST(dname_from_text(text, strcspn(text, " "), &owner) == 0);
	return is_taken(b->config, &owner, false) ? 0 : record_read(b, text, 0);
}

static int specials_add(struct build *b)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < local_special_zone_count; i++)
		rc = special_add(b, &local_special_zones[i]);
	for (size_t i = 0; !rc && i < local_special_record_count; i++)
		rc = special_record_add(b, local_special_records[i]);
	return rc;
}

static int outside_add(struct build *b, const struct config_zone *zones, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t node;
		int rc = node_add(b, &zones[i].zone, &node);
		if (rc)
			return rc;
		b->t->nodes[node].is_outside = zones[i].zone.labels > 0;
	}
	return 0;
}

/* --- drafts to records --- */

/* By node and type, the operator's before the built-in, then by data. */
static int draft_compare(const void *pa, const void *pb, void *arg)
{
	const struct draft *a = pa, *b = pb;
	const struct local_table *t = arg;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	if (a->r.type != b->r.type)
		return a->r.type < b->r.type ? -1 : 1;
	if (a->r.is_own != b->r.is_own)
		return a->r.is_own ? -1 : 1;
	if (a->r.data_len != b->r.data_len)
		return a->r.data_len < b->r.data_len ? -1 : 1;
	return memcmp(t->bytes + a->r.at, t->bytes + b->r.at, a->r.data_len);
}

/* Is the draft nothing new beside the one before it of the same node and type: a duplicate, or built in where the operator
 * has his own? */
static bool is_superfluous(
	const struct local_table *t, const struct draft *before, const struct draft *d)
{
	if (before->node != d->node || before->r.type != d->r.type)
		return false;
	return before->r.is_own != d->r.is_own ||
		(before->r.data_len == d->r.data_len &&
			!memcmp(t->bytes + before->r.at, t->bytes + d->r.at, d->r.data_len));
}

static int node_fault(const struct build *b, const struct local_table_node *n, const char *what)
{
	char text[DNAME_TEXT_MAX];
	return err_set(b->why, CEN_EFORMAT, "records: `%.*s`: %s", SHOWN_MAX,
		dname_to_text(b->t->bytes + n->name_at, text), what);
}

/* One TTL for an RRset (RFC 2181 5.2), and its size. */
static int sets_settle(struct build *b, struct local_table_node *n)
{
	struct local_table_record *r = &b->t->records[n->first];
	for (uint32_t i = 0, end; i < n->count; i = end) {
		uint32_t ttl_s = r[i].ttl_s;
		size_t octets = 0;
		for (end = i; end < n->count && r[end].type == r[i].type; end++) {
			ttl_s = r[end].ttl_s < ttl_s ? r[end].ttl_s : ttl_s;
			octets += 12U + r[end].data_len;
		}
		if (octets > LOCAL_TABLE_SET_MAX)
			return node_fault(b, n, "records of one name and type may take 32 KiB");
		if (r[i].type == TYPE_SOA) {
			if (end - i > 1)
				return node_fault(b, n, "one SOA is allowed");
			n->soa = n->first + i + 1;
		}
		if (r[i].type == TYPE_CNAME && n->count > 1)
			return node_fault(b, n, "a CNAME must be the only record of its name");
		while (i < end)
			r[i++].ttl_s = ttl_s;
	}
	return 0;
}

/* An alias of the operator at a built-in name: nothing built in stands beside it. */
static bool has_own_alias(const struct draft *d, size_t count, size_t at)
{
	uint32_t node = d[at].node;
	while (at > 0 && d[at - 1].node == node)
		at--;
	for (; at < count && d[at].node == node; at++)
		if (d[at].r.type == TYPE_CNAME && d[at].r.is_own)
			return true;
	return false;
}

static int records_settle(struct build *b)
{
	struct local_table *t = b->t;
	struct draft *d = b->drafts, *last = NULL;
	t->records = calloc(b->count ? b->count : 1, sizeof *t->records);
	if (!t->records)
		return no_memory(b);
	if (b->count)
		qsort_r(d, b->count, sizeof *d, draft_compare, t);
	for (size_t i = 0; i < b->count; i++) {
		if (last && is_superfluous(t, last, &d[i]))
			continue;
		if (!d[i].r.is_own && has_own_alias(d, b->count, i))
			continue;
		struct local_table_node *n = &t->nodes[d[i].node];
		if (!n->count)
			n->first = t->record_count;
		n->count++;
		t->records[t->record_count++] = d[i].r;
		last = &d[i];
	}
	for (uint32_t i = 0; i < t->node_count; i++) {
		int rc = sets_settle(b, &t->nodes[i]);
		if (rc)
			return rc;
	}
	return 0;
}

static void wildcards_link(struct local_table *t)
{
	for (uint32_t i = 1; i < t->node_count; i++) {
		const struct local_table_node *n = &t->nodes[i];
		const uint8_t *name = t->bytes + n->name_at;
		if (!n->count || name[0] != 1 || name[1] != '*')
			continue;
		struct dname parent;
		MUST(dname_from_wire(name + 2, (size_t)n->name_len - 2, &parent) > 0);
		uint64_t hash = t->seed;
		uint8_t offsets[DNAME_LABELS_MAX];
		for (unsigned l = dname_offsets(&parent, offsets); l-- > 0;)
			hash = hash_label(hash, parent.bytes + offsets[l]);
		uint32_t p = parent.labels ? node_find(t, hash, parent.bytes, parent.len) : 0;
		t->nodes[p].wildcard = i;
	}
}

/* Refuses a loop of aliases, and says which alias leads out of the table: its clients get the alias alone. */
static int aliases_check(struct build *b)
{
	struct local_table *t = b->t;
	for (uint32_t i = 1; i < t->node_count; i++) {
		struct local_table_place p = {.node = &t->nodes[i]};
		uint32_t count;
		const struct local_table_record *r = local_table_set(t, p.node, TYPE_CNAME, &count);
		for (int hops = 0; r; hops++) {
			struct dname target;
			MUST(dname_from_wire(t->bytes + r->at, r->data_len, &target) > 0);
			if (hops == LOCAL_TABLE_HOPS_MAX)
				return node_fault(b, &t->nodes[i],
					"leads through more than 8 aliases, or in a circle");
			p = local_table_find(t, &target);
			r = p.node ? local_table_set(t, p.node, TYPE_CNAME, &count) : NULL;
			if (!p.node && !p.zone) {
				char from[DNAME_TEXT_MAX], to[DNAME_TEXT_MAX];
				log_warn("local",
					"event=alias_leads_out name=%s target=%s note=\"clients "
					"get the alias alone\"",
					dname_to_text(t->bytes + t->nodes[i].name_at, from),
					dname_to_text(target.bytes, to));
			}
		}
	}
	return 0;
}

int local_table_build(struct local_table *t, const struct config *config, struct err *why)
{
	struct build b = {.t = t, .config = config, .why = why, .text = "", .is_own = true};
	memset(t, 0, sizeof *t);
	MUST(getrandom(&t->seed, sizeof t->seed, 0) == (ssize_t)sizeof t->seed);
	uint32_t root;
	int rc = config->record_count > LOCAL_TABLE_RECORDS_MAX
		? err_set(why, CEN_ELIMIT, "records: %zu entries, at most 100,000 are allowed",
			  config->record_count)
		: node_new(&b, t->seed, (const uint8_t *)"", 1, &root);
	for (size_t i = 0; !rc && i < config->record_count; i++)
		rc = record_read(&b, config->records[i], i + 1);
	if (!rc)
		rc = outside_add(&b, config->forward, config->forward_count);
	if (!rc)
		rc = outside_add(&b, config->stub, config->stub_count);
	b.is_own = false;
	if (!rc)
		rc = specials_add(&b);
	if (!rc)
		rc = records_settle(&b);
	if (!rc) {
		wildcards_link(t);
		rc = aliases_check(&b);
	}
	free(b.drafts);
	return rc;
}

void local_table_clear(struct local_table *t)
{
	free(t->slots);
	free(t->nodes);
	free(t->records);
	free(t->bytes);
	memset(t, 0, sizeof *t);
}
