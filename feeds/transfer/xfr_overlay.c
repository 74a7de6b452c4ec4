/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/xfr_overlay.h"

#include <errno.h>

#include "feeds/format/rpz.h"
#include "resolver/base/log.h"

struct making {
	struct overlay *to;
	const struct publics *publics;
	struct xfr_zone *zone;
	unsigned index;
	int rc;
};

/* The rules of one record, if it is one. */
static bool put_record(struct making *m, const struct dname *owner, const struct zone_record *r)
{
	struct rule rule;
	struct detail_writer about;
	struct rpz_record record = {owner, r->type, r->ttl_s, r->data, r->len};
	if (rpz_rule(&m->zone->settings.source.zone, &record, m->publics, &rule, &about) !=
		FORMAT_TAKEN)
		return false;
	m->rc = overlay_add(m->to, m->index, &rule, false);
	return true;
}

static bool put_owner(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *bytes, size_t len)
{
	struct making *m = arg;
	struct zone_rows rows = {bytes, bytes + len};
	struct zone_record r;
	struct dname owner;
	struct rule rule;
	bool has_rules = false;
	m->zone->changes++;
	if (!dname_from_key(key, key_len, &owner))
		return true;
	while (!m->rc && zone_next(&rows, &r))
		has_rules |= put_record(m, &owner, &r);
	/* Nothing is left that says something: what the generation says of it must not act. */
	if (!has_rules &&
		rpz_trigger(&m->zone->settings.source.zone, &owner, m->publics, &rule) ==
			FORMAT_TAKEN)
		m->rc = overlay_add(m->to, m->index, &rule, true);
	return !m->rc;
}

static void put_zone(struct making *m)
{
	struct xfr_zone *z = m->zone;
	struct err why = {""};
	z->changes = 0;
	if (!z->store)
		return;
	/* The first content is for a generation: a list must be in it to act. */
	z->is_fold_wanted = !z->is_served;
	if (!z->is_served)
		return;
	int index = overlay_zone(m->to, z->settings.name);
	m->rc = index < 0 ? index : 0;
	m->index = (unsigned)index;
	int rc = m->rc ? m->rc : zone_changes(z->store, z->point, put_owner, m, &why);
	z->is_fold_wanted = rc || m->rc || z->changes > XFR_OVERLAY_FOLD;
	if (rc && rc != CEN_ENOTFOUND)
		log_error(
			"feeds", "event=overlay list=%s reason=\"%s\"", z->settings.name, why.text);
	if (m->rc)
		log_warn("feeds",
			"event=overlay list=%s reason=\"too many changes at once; the rest waits "
			"for the build\"",
			z->settings.name);
	m->rc = 0;
}

struct overlay *xfr_overlay_make(
	struct xfr_zone *const *zones, size_t count, const struct publics *publics)
{
	struct making m = {.to = overlay_new(), .publics = publics};
	for (size_t i = 0; m.to && i < count; i++) {
		m.zone = zones[i];
		put_zone(&m);
	}
	return m.to;
}
