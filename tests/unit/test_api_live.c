/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "tests/unit/api_harness.h"
#include "web/auth.h"

static struct edge_stream *stream;
static const char *last_event_id;
static bool is_tcp;
static unsigned changes; /* when it was said who asks */
static uint64_t session_until_s; /* 0: by a key */
static char said[1 << 16];

static const char *header_of(const void *from, const char *name)
{
	(void)from;
	return !strcmp(name, "Last-Event-ID") ? last_event_id : NULL;
}

static unsigned open_stream(const char *target)
{
	struct edge_request *q = calloc(1, sizeof *q);
	struct edge_response r = {0};
	assert_non_null(q);
	q->web = &web;
	q->is_local = !is_tcp;
	q->is_known = true;
	q->is_session = session_until_s != 0;
	q->until_s = session_until_s;
	q->auth_changes = changes;
	q->scope = EDGE_ADMIN;
	q->header = header_of;
	assert_true(target_parse(target, strlen(target), &q->target));
	assert_true(route_admit(q, &r));
	route_handle(q, &r);
	stream = r.stream;
	assert_true((r.status == 200) == (stream != NULL));
	if (stream)
		assert_string_equal(r.type, "text/event-stream");
	/* The stream is not to remember what the request has said. */
	memset(q, 'x', sizeof *q);
	free(q);
	free(r.body);
	return r.status;
}

/* All there is, in pieces of `size`. */
static const char *more(size_t size)
{
	size_t n = 0;
	for (long got = 1; got; n += (size_t)got) {
		got = stream->fill(stream, said + n, size);
		assert_true(got >= 0 && (size_t)got <= size && n + (size_t)got < sizeof said);
	}
	said[n] = 0;
	return said;
}

static void put_row(uint64_t id)
{
	struct querylog_row *row = &journal.log.rows[journal.log.count++];
	row->id = id;
	assert_int_equal(dname_from_text("a.example", 9, &row->name), 0);
}

static int fill(void **state)
{
	reset(state);
	last_event_id = NULL;
	is_tcp = false;
	changes = 0;
	session_until_s = 0;
	clock_freeze(1000000, 1700000000);
	put_row(7);
	put_row(8);
	return 0;
}

static int empty(void **state)
{
	if (stream)
		stream->close(stream);
	stream = NULL;
	clock_thaw();
	return clean(state);
}

static void rows_come_as_they_are_written(void **state)
{
	(void)state;
	open_stream("/api/v1/live");
	assert_string_equal(more(4096), ": live\nretry: 2000\n\n");
	assert_string_equal(more(4096), "");
	put_row(9);
	put_row(10);
	more(4096);
	assert_int_equal(strncmp(said, "id: 9\nevent: query\ndata: {\"id\":9,", 33), 0);
	assert_non_null(strstr(said, "}\n\nid: 10\nevent: query\ndata: {"));
	assert_string_equal(said + strlen(said) - 3, "}\n\n");
	assert_string_equal(more(4096), "");
}

static void pieces_may_be_small(void **state)
{
	(void)state;
	open_stream("/api/v1/live");
	more(4096);
	put_row(9);
	put_row(10);
	char *whole = strdup(more(1));
	journal.log.count -= 2;
	stream->close(stream);
	open_stream("/api/v1/live");
	more(4096);
	put_row(9);
	put_row(10);
	assert_string_equal(whole, more(4096));
	free(whole);
}

static void it_goes_on_where_it_ended(void **state)
{
	(void)state;
	last_event_id = "7";
	open_stream("/api/v1/live");
	assert_non_null(strstr(more(4096), "id: 8\n"));
	assert_null(strstr(said, "id: 7\n"));
	stream->close(stream);
	/* The header is newer than the address it came with. */
	open_stream("/api/v1/live?after=0");
	assert_null(strstr(more(4096), "id: 7\n"));
	stream->close(stream);
	last_event_id = "7\n";
	open_stream("/api/v1/live");
	assert_null(strstr(more(4096), "id: "));
	stream->close(stream);
	last_event_id = NULL;
	open_stream("/api/v1/live?after=0");
	assert_non_null(strstr(more(4096), "id: 7\n"));
}

static void what_is_lost_is_told(void **state)
{
	(void)state;
	open_stream("/api/v1/live");
	more(4096);
	journal.log.lost = 12;
	assert_string_equal(more(4096), "event: dropped\ndata: {\"n\":12}\n\n");
	stream->close(stream);
	last_event_id = "3";
	journal.log.lost = 4;
	open_stream("/api/v1/live");
	assert_non_null(strstr(more(4096), "event: dropped\ndata: {\"n\":null}\n\nid: 7\n"));
}

static void silence_is_broken(void **state)
{
	(void)state;
	open_stream("/api/v1/live");
	more(4096);
	clock_advance(14999000);
	assert_string_equal(more(4096), "");
	clock_advance(1000);
	assert_string_equal(more(4096), ": alive\n\n");
	assert_string_equal(more(4096), "");
}

static bool has_ended(void)
{
	return stream->fill(stream, said, sizeof said) < 0;
}

static void who_is_let_in_no_more_hears_no_more(void **state)
{
	(void)state;
	char key[AUTH_KEY_ROOM];
	struct err why;
	assert_int_equal(auth_open(NULL, &web.counters, &web.auth, &why), 0);
	assert_int_equal(auth_key_add(web.auth, "one", EDGE_CONTROL, key, &why), 0);
	open_stream("/api/v1/live");
	struct edge_stream *local = stream;
	is_tcp = true;
	/* A key was made, or removed, since the request's head. */
	open_stream("/api/v1/live");
	assert_true(has_ended());
	stream->close(stream);
	changes = auth_changes(web.auth);
	open_stream("/api/v1/live");
	struct edge_stream *of_key = stream;
	session_until_s = clock_wall_s() + 100;
	open_stream("/api/v1/live");
	assert_false(has_ended());
	clock_advance(99999000);
	assert_false(has_ended());
	clock_advance(1000);
	assert_true(has_ended());
	stream->close(stream);
	stream = of_key;
	assert_false(has_ended());
	assert_int_equal(auth_key_remove(web.auth, "one", &why), 0);
	assert_true(has_ended());
	stream->close(stream);
	stream = local;
	assert_false(has_ended());
	auth_free(web.auth);
	web.auth = NULL;
}

static void the_filter_outlives_the_request(void **state)
{
	(void)state;
	open_stream("/api/v1/live?client=10.0.0.0/8&name=.b.example&list=ads&verdict=blocked");
	more(4096);
	assert_string_equal(journal.log.texts[0], "10.0.0.0/8");
	assert_string_equal(journal.log.texts[1], ".b.example");
	assert_string_equal(journal.log.texts[2], "ads");
	assert_int_equal(journal.log.asked.verdict, QUERYLOG_BLOCKED);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	assert_int_equal(open_stream("/api/v1/live?verdict=good"), 400);
	assert_int_equal(open_stream("/api/v1/live?after=x"), 400);
	expect(false, EDGE_GET, "/api/v1/live", NULL, 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_come_as_they_are_written, fill, empty),
		cmocka_unit_test_setup_teardown(pieces_may_be_small, fill, empty),
		cmocka_unit_test_setup_teardown(it_goes_on_where_it_ended, fill, empty),
		cmocka_unit_test_setup_teardown(what_is_lost_is_told, fill, empty),
		cmocka_unit_test_setup_teardown(silence_is_broken, fill, empty),
		cmocka_unit_test_setup_teardown(who_is_let_in_no_more_hears_no_more, fill, empty),
		cmocka_unit_test_setup_teardown(the_filter_outlives_the_request, fill, empty),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, fill, empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
