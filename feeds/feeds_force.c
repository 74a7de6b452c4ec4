/* SPDX-License-Identifier: BSD-2-Clause
 * Which generation is in force: the newest, or an older one that the operator went back to.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feeds_internal.h"
#include "feeds/store.h"
#include "resolver/base/log.h"

int feeds_force_facts(const struct listdb *db, struct feeds_facts *facts)
{
	uint32_t n = listdb_index(db)->list_count;
	*facts = (struct feeds_facts){
		.number = listdb_number(db),
		.names = listdb_name_count(db),
		.created_s = listdb_created_s(db),
		.digest = listdb_digest(db),
		.lists = calloc(n ? n : 1, sizeof *facts->lists),
		.list_count = n,
	};
	for (uint32_t i = 0; facts->lists && i < n; i++)
		facts->lists[i] = *listdb_list(db, i);
	return facts->lists ? 0 : -ENOMEM;
}

void feeds_force_note(struct feeds *f, const struct feeds_facts *facts)
{
	f->status.generation = facts->number;
	f->status.names = facts->names;
	f->status.created_s = facts->created_s;
	ledger_take_generation(&f->ledger, facts->lists, facts->list_count);
	log_info("feeds",
		"event=generation generation=%" PRIu64 " names=%" PRIu64 " lists=%" PRIu32,
		facts->number, facts->names, facts->list_count);
}

static void note_newest(struct feeds *f, const struct feeds_facts *facts)
{
	f->status.newest = facts->number;
	f->digest = facts->digest;
}

/* What the daemon serves is said only when it serves. Takes `db`; `force_lock` is held. */
static int put_in_force(struct feeds *f, struct listdb *db, struct err *why)
{
	struct feeds_facts facts;
	int rc = feeds_force_facts(db, &facts);
	if (rc) {
		listdb_close(db);
		return err_set(why, rc, "feeds: out of memory");
	}
	/* The overlay stays what the old generation lacks until the new one is in force. */
	xfr_note_generation(f->xfr, db);
	f->hooks.on_generation(f->hooks.arg, db);
	xfr_use_generation(f->xfr);
	pthread_mutex_lock(&f->lock);
	feeds_force_note(f, &facts);
	pthread_mutex_unlock(&f->lock);
	free(facts.lists);
	return 0;
}

static int open_pinned(struct feeds *f, uint64_t pinned, struct listdb **db)
{
	struct err why;
	int rc = store_open(f->state_directory, pinned, db, &why);
	if (!rc) {
		f->status.pinned = pinned;
		log_warn("feeds", "event=pinned generation=%" PRIu64, pinned);
		return 0;
	}
	log_error("feeds", "event=pinned_lost generation=%" PRIu64 " reason=\"%s\"", pinned,
		why.text);
	if (store_pin(f->state_directory, 0, &why))
		log_error("feeds", "event=pin reason=\"%s\"", why.text);
	return rc;
}

int feeds_force_open(struct feeds *f, struct listdb **db, struct err *why)
{
	struct listdb *newest = NULL;
	struct feeds_facts facts;
	uint64_t pinned = store_pinned(f->state_directory);
	*db = NULL;
	int rc = store_open_newest(f->state_directory, &newest, why);
	if (rc)
		return rc;
	rc = feeds_force_facts(newest, &facts);
	if (!rc)
		note_newest(f, &facts);
	bool is_pinned = !rc && pinned && pinned != facts.number && !open_pinned(f, pinned, db);
	if (!rc && is_pinned) {
		free(facts.lists);
		rc = feeds_force_facts(*db, &facts);
		listdb_close(newest);
	} else {
		*db = newest;
	}
	if (!rc)
		feeds_force_note(f, &facts);
	free(facts.lists);
	if (!rc)
		return 0;
	listdb_close(*db);
	*db = NULL;
	return err_set(why, rc, "feeds: out of memory");
}

void feeds_force_built(struct feeds *f, struct listdb *db)
{
	struct feeds_facts facts;
	struct err why;
	pthread_mutex_lock(&f->force_lock);
	int rc = feeds_force_facts(db, &facts);
	pthread_mutex_lock(&f->lock);
	if (!rc) {
		note_newest(f, &facts);
		ledger_note_built(&f->ledger,
			&(struct ledger_past){facts.number, facts.created_s, facts.names});
	}
	uint64_t pinned = f->status.pinned;
	pthread_mutex_unlock(&f->lock);
	if (!rc)
		free(facts.lists);
	if (pinned) {
		log_warn("feeds", "event=waits generation=%" PRIu64 " pinned=%" PRIu64,
			listdb_number(db), pinned);
		listdb_close(db);
	} else if (put_in_force(f, db, &why)) {
		log_error("feeds", "event=generation reason=\"%s\"", why.text);
	}
	pthread_mutex_unlock(&f->force_lock);
}

/* Not the helper's work: while it builds, the operator may go back to a generation that it would take for an old one. */
void feeds_force_prune(struct feeds *f)
{
	pthread_mutex_lock(&f->force_lock);
	pthread_mutex_lock(&f->lock);
	/* A pin whose generation could not be put in force is one all the same. */
	uint64_t serves = f->status.pinned ? f->status.pinned : f->status.generation;
	uint32_t keep = f->keep;
	pthread_mutex_unlock(&f->lock);
	store_prune(f->state_directory, keep, serves);
	pthread_mutex_unlock(&f->force_lock);
}

/* The pin, on disk and in the status; 0: none. `force_lock` is held. */
static int set_pin(struct feeds *f, uint64_t number, struct err *why)
{
	int rc = store_pin(f->state_directory, number, why);
	if (rc)
		return rc;
	pthread_mutex_lock(&f->lock);
	f->status.pinned = number;
	pthread_mutex_unlock(&f->lock);
	return 0;
}

/* The number `back` before `from`; 0: there is none. */
static uint64_t number_before(const char *state, uint64_t from, unsigned back)
{
	uint64_t numbers[STORE_FILES_MAX];
	size_t n = store_numbers(state, numbers, STORE_FILES_MAX);
	for (size_t i = 0; i < n; i++)
		if (numbers[i] < from && !--back)
			return numbers[i];
	return 0;
}

static uint64_t in_force(struct feeds *f)
{
	pthread_mutex_lock(&f->lock);
	uint64_t number = f->status.generation;
	pthread_mutex_unlock(&f->lock);
	return number;
}

/* Opens first, so that nothing changes when it cannot be. `force_lock` is held. */
static int go_to(struct feeds *f, uint64_t number, bool is_pinned, struct err *why)
{
	struct listdb *db = NULL;
	int rc = store_open(f->state_directory, number, &db, why);
	if (rc)
		return rc;
	rc = set_pin(f, is_pinned ? number : 0, why);
	if (rc) {
		listdb_close(db);
		return rc;
	}
	return put_in_force(f, db, why);
}

int feeds_rollback(struct feeds *f, uint64_t number, unsigned back, uint64_t *now, struct err *why)
{
	int rc = 0;
	pthread_mutex_lock(&f->force_lock);
	uint64_t from = in_force(f);
	uint64_t to = number ? number : number_before(f->state_directory, from, back ? back : 1);
	if (!to)
		rc = err_set(why, CEN_ENOTFOUND,
			"there are not so many generations before %" PRIu64
			" (`cenote feeds generations` shows them; feeds.keep)",
			from);
	else if (to == from)
		rc = err_set(why, CEN_EREFUSED, "generation %" PRIu64 " is in force already", to);
	else
		rc = go_to(f, to, true, why);
	pthread_mutex_unlock(&f->force_lock);
	if (!rc)
		log_warn("feeds", "event=rollback from=%" PRIu64 " to=%" PRIu64, from, to);
	*now = rc ? from : to;
	return rc;
}

int feeds_release(struct feeds *f, uint64_t *now, struct err *why)
{
	pthread_mutex_lock(&f->force_lock);
	pthread_mutex_lock(&f->lock);
	uint64_t newest = f->status.newest, pinned = f->status.pinned;
	pthread_mutex_unlock(&f->lock);
	int rc = pinned ? 0 : err_set(why, CEN_EREFUSED, "no older generation is pinned");
	if (!rc && newest == pinned)
		rc = set_pin(f, 0, why);
	else if (!rc)
		rc = go_to(f, newest, false, why);
	*now = in_force(f);
	pthread_mutex_unlock(&f->force_lock);
	if (!rc)
		log_info("feeds", "event=released generation=%" PRIu64, *now);
	return rc;
}

void feeds_force_newest(struct feeds *f)
{
	struct err why;
	uint64_t now;
	pthread_mutex_lock(&f->lock);
	bool is_pinned = f->status.pinned != 0;
	pthread_mutex_unlock(&f->lock);
	if (is_pinned && feeds_release(f, &now, &why))
		log_error("feeds", "event=release reason=\"%s\"", why.text);
}

size_t feeds_generations(struct feeds *f, struct feeds_generation *out, size_t max)
{
	uint64_t numbers[STORE_FILES_MAX];
	size_t n = store_numbers(f->state_directory, numbers, STORE_FILES_MAX);
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < n && i < max; i++)
		out[i] = (struct feeds_generation){
			.number = numbers[i],
			.created_s = store_created_s(f->state_directory, numbers[i]),
			.names = ledger_names_of(&f->ledger, numbers[i]),
			.is_in_force = numbers[i] == f->status.generation,
		};
	pthread_mutex_unlock(&f->lock);
	return n;
}
