/* test_streamd_events.c - topics, events, the ring and the wheel. */
#include "caught.h"

#include "streamd/outbox/ring.h"
#include "streamd/fanout/topics.h"
#include "streamd/fanout/wheel.h"

struct listener {
	struct members members;		/* first: topics know it by this */
	const char *name;
};

static void
note(void *arg, struct members *ms)
{
	strcat(arg, ((struct listener *)(void *)ms)->name);
}

static const struct topic_row {
	const char *channel, *who;
} topic_rows[] = {
	{ "room.a", "exact star tail all " },
	{ "room.b", "star tail all " },
	{ "room.b.c", "tail all " },
	{ "room", "all " },
	{ "other.a", "second all " },
	{ "other.b", "all " },
};

static void
a_channel_is_heard_by_name_and_by_every_pattern(void **state)
{
	static const char *const names[][2] = {
		{ "exact ", "room.a" }, { "star ", "room.*" },
		{ "tail ", "room.>" }, { "all ", ">" }, { "second ", "*.a" },
	};
	struct listener m[5];
	struct topics *t = topics_create();
	size_t i, k;

	(void)state;
	for (i = 0; i < 5; i++) {
		m[i] = (struct listener){ { NULL, 0 }, names[i][0] };
		assert_int_equal(topics_join(t, str_z(names[i][1]),
		    &m[i].members), 0);
	}
	for (i = 0; i < sizeof(topic_rows) / sizeof(*topic_rows); i++) {
		char got[128] = "";

		topics_each(t, str_z(topic_rows[i].channel), note, got);
		for (k = 0; k < 5; k++) {
			bool heard = strstr(got, names[k][0]) != NULL;

			assert_int_equal(heard, topics_match(&m[k].members,
			    str_z(topic_rows[i].channel)));
			if (i > 0 || k < 4)
				assert_int_equal(heard, strstr(
				    topic_rows[i].who, names[k][0]) != NULL);
		}
	}
	for (i = 0; i < 5; i++)
		topics_drop(t, &m[i].members);
	assert_int_equal(topics_count(t), 0);
	topics_free(t);
}

static void
joining_twice_is_once_and_the_last_to_leave_takes_the_topic(void **state)
{
	struct topics *t = topics_create();
	struct listener a = { .name = "a" }, b = { .name = "b" };
	char got[16] = "";

	(void)state;
	topics_join(t, STR("x.*.y"), &a.members);
	topics_join(t, STR("x.*.y"), &a.members);
	topics_join(t, STR("x.*.y"), &b.members);
	topics_each(t, STR("x.1.y"), note, got);
	assert_string_equal(got, "ab");
	assert_true(topics_leave(t, STR("x.*.y"), &a.members));
	assert_false(topics_leave(t, STR("x.*.y"), &a.members));
	assert_int_equal(topics_listeners(t, STR("x.*.y")), 1);
	topics_drop(t, &a.members);
	topics_drop(t, &b.members);
	got[0] = '\0';
	topics_each(t, STR("x.1.y"), note, got);
	assert_string_equal(got, "");
	topics_free(t);
}

/* Joins and leaves at random, beside a plain table of who is where. */
static void
listeners_come_and_go_and_each_topic_has_who_is_there(void **state)
{
	enum { LISTENERS = 60, TOPICS = 12, STEPS = 4000 };
	static bool there[LISTENERS][TOPICS];
	static struct listener all[LISTENERS];
	struct topics *t = topics_create();
	unsigned i, k, rng = 1, want;
	char name[16], got[LISTENERS + 1];

	(void)state;
	for (i = 0; i < LISTENERS; i++)
		all[i].name = "x";
	for (i = 0; i < STEPS; i++) {
		struct listener *l;

		rng = rng * 1103515245 + 12345;
		l = &all[(rng >> 16) % LISTENERS];
		k = (rng >> 8) % TOPICS;
		snprintf(name, sizeof(name), k % 3 ? "c.%u" : "c.%u.*", k);
		if ((rng >> 24) % 32 == 0) {
			topics_drop(t, &l->members);
			memset(there[l - all], 0, sizeof(there[0]));
		} else if (there[l - all][k]) {
			assert_true(topics_leave(t, str_z(name),
			    &l->members));
			there[l - all][k] = false;
		} else {
			assert_int_equal(topics_join(t, str_z(name),
			    &l->members), 0);
			there[l - all][k] = true;
		}
		for (k = 0; k < TOPICS; k++) {
			snprintf(name, sizeof(name), k % 3 ? "c.%u" :
			    "c.%u.z", k);
			got[0] = '\0';
			topics_each(t, str_z(name), note, got);
			for (want = 0, l = all; l < all + LISTENERS; l++)
				want += there[l - all][k];
			assert_int_equal(strlen(got), want);
		}
	}
	for (i = 0; i < LISTENERS; i++)
		topics_drop(t, &all[i].members);
	assert_int_equal(topics_count(t), 0);
	topics_free(t);
}

static const struct cover_row {
	const char *grant, *want;
	bool covers;
} covers[] = {
	{ "room.*", "room.a", true }, { "room.*", "room.*", true },
	{ "room.*", "room.>", false }, { "room.*", "room.a.b", false },
	{ "room.>", "room.a.b", true }, { "room.>", "room.*.>", true },
	{ "room.>", "room", false }, { ">", "a.b", true },
	{ "room.a", "room.*", false }, { "room.a", "room.a", true },
	{ "*.a", "b.a", true }, { "*.a", ">", false }, { "a.b", "a", false },
};

static void
a_grant_covers_what_asks_for_no_more(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(covers) / sizeof(*covers); i++)
		if (topics_covers(str_z(covers[i].grant),
		    str_z(covers[i].want)) != covers[i].covers)
			fail_msg("%s and %s", covers[i].grant,
			    covers[i].want);
}

#define A22	"AAAAAAAAAAAAAAAAAAAAAA"
#define B22	"AQEBAQEBAQEBAQEBAQEBAQ"

static const struct page_row {
	const char *name, *body;
	unsigned variants;
} page_rows[] = {
	{ "no line", "", 0 },
	{ "one line", A22 " " B22 " {}\n", 1 },
	{ "two lines", A22 " " B22 " {}\n" B22 " " A22 " {\"0\":\"\"}\n", 2 },
	{ "a line cut short", A22 " " B22 " {}\n" A22 " " B22, 1 },
	{ "a view that is no base64url", A22 " BBBBBBBBBBBBBBBBBBBBB! {}\n", 0 },
	{ "no JSON", A22 " " B22 " \n", 0 },
	{ "an audience", A22 " " B22 " @00000000000000ff {}\n", 1 },
	{ "the line before again", A22 " " B22 " {}\n" A22 " " B22 " =\n", 2 },
	{ "nothing changes", A22 " " A22 " -\n", 1 },
	{ "an audience too short", A22 " " B22 " @ff {}\n", 0 },
	{ "an audience alone", A22 " " B22 " @00000000000000ff\n", 0 },
	{ "a carriage return", A22 " " B22 " {\r}\n", 0 },
};

static struct event *
page_event(struct log *l, const char *body)
{
	struct outbox_entry e = { .at = { 5, 0xab }, .kind = OUTBOX_PAGE,
	    .app = STR("a"), .page = STR("/"), .scope = STR("*"),
	    .body = str_z(body) };

	return event_make(l, &e);
}

static void
a_row_with_any_malformed_line_has_no_variants_and_the_log_says_so(void **state)
{
	static const char why[] = "outbox row 5 is malformed: told as stale\n";
	struct caught said;
	struct event *ev;
	struct log l;
	size_t i;

	(void)state;
	log_setup(&l, 4096);
	for (i = 0; i < sizeof(page_rows) / sizeof(*page_rows); i++) {
		const struct page_row *row = &page_rows[i];
		bool bad = row->variants == 0 && row->body[0] != '\0';

		caught_begin(&said);
		ev = page_event(&l, row->body);
		caught_end(&said);
		assert_non_null(ev);
		if (ev->nvariants != row->variants)
			fail_msg("%s: %u", row->name, ev->nvariants);
		if (bad ? strstr(said.text, why) == NULL :
		    said.text[0] != '\0')
			fail_msg("%s: '%s'", row->name, said.text);
		event_free(ev);
	}
	log_release(&l);
}

static void
an_event_is_formatted_as_the_protocol_says(void **state)
{
	struct stand base = { .group = 1, .user = 2 };
	const struct frame *f;
	struct event *ev;
	struct log l;

	(void)state;
	log_setup(&l, 4096);
	ev = page_event(&l, A22 " " B22 " {\"page\":\"/\"}\n");
	assert_int_equal(view_parse(A22, 22, base.view), 0);
	f = &event_from(ev, &base)->frame;
	assert_int_equal(f->len, strlen("id: 5-000000ab\nevent: update\n"
	    "data: {\"page\":\"/\"}\n\n"));
	assert_memory_equal(f->p, "id: 5-000000ab\nevent: update\n"
	    "data: {\"page\":\"/\"}\n\n", f->len);
	f = event_stale(ev, 30);
	assert_memory_equal(f->p + f->data, "{\"page\":\"/\",\"spread\":30,",
	    24);
	event_free(ev);
	log_release(&l);
}

static void
a_line_is_for_its_audience_alone(void **state)
{
	struct stand us = { .group = 0xff, .user = 7 }, them = { .group = 8 };
	struct stand other = { .group = 9, .user = 7 };
	struct event *ev;
	struct log l;

	(void)state;
	log_setup(&l, 4096);
	ev = page_event(&l, A22 " " B22 " @00000000000000ff {\"n\":1}\n"
	    A22 " " B22 " @0000000000000007 =\n"
	    A22 " " A22 " @0000000000000008 -\n");
	view_parse(A22, 22, us.view);
	memcpy(them.view, us.view, VIEW_BYTES);
	memcpy(other.view, us.view, VIEW_BYTES);
	assert_non_null(event_from(ev, &us));
	assert_ptr_equal(event_from(ev, &us)->frame.p,
	    event_from(ev, &other)->frame.p);
	assert_null(event_from(ev, &them));
	assert_true(event_leads_to(ev, &them));
	other.user = 10;
	assert_null(event_from(ev, &other));
	assert_false(event_leads_to(ev, &other));
	event_free(ev);
	log_release(&l);
}

static struct event *
message_event(struct log *l, int64_t seq)
{
	struct outbox_entry e = { .at = { seq, (uint32_t)seq },
	    .kind = OUTBOX_MESSAGE, .channel = STR("c"), .body = STR("{}") };

	return event_make(l, &e);
}

static void
frames_of_neighbours_are_neighbours(void **state)
{
	struct event *a, *b;
	struct log l;

	(void)state;
	log_setup(&l, 4096);
	a = message_event(&l, 1);
	b = message_event(&l, 2);
	assert_ptr_equal(a->frame.p + a->frame.len, b->frame.p);
	event_free(a);
	event_free(b);
	log_release(&l);
}

static void
the_ring_forgets_the_oldest_and_knows_where_it_begins(void **state)
{
	struct ring r;
	int64_t i;

	(void)state;
	ring_init(&r, 8192);
	ring_reset(&r, (struct position){ 10, 10 });
	for (i = 11; i < 2000; i++) {
		assert_int_equal(ring_push(&r, message_event(&r.log, 2 * i)),
		    0);
		ring_trim(&r);
		assert_true(r.bytes <= r.limit);
	}
	assert_int_equal(ring_at(&r, r.n - 1)->at.seq, 2 * 1999);
	assert_true(r.base.seq > 10);
	assert_int_equal(r.base.seq + 2, ring_at(&r, 0)->at.seq);
	assert_int_equal(ring_after(&r, r.base.seq), 0);
	assert_int_equal(ring_after(&r, r.head.seq), r.n);
	assert_int_equal(ring_after(&r, r.head.seq - 1), r.n - 1);
	assert_int_equal(ring_after(&r, r.head.seq - 2), r.n - 1);
	assert_int_equal(ring_after(&r, r.head.seq - 3), r.n - 2);
	assert_int_equal(ring_before(&r, 0).seq, r.base.seq);
	assert_false(ring_covers(&r, r.base.seq - 1));
	ring_release(&r);
}

struct alarm {
	struct timer timer;
	uint32_t rang;
	int times;
};

static void
ring_alarm(void *arg, struct timer *t)
{
	struct alarm *a = (struct alarm *)(void *)t;

	a->rang = ((struct wheel *)arg)->now;
	a->times++;
}

static void
a_timer_rings_once_and_not_before_its_time(void **state)
{
	static const int64_t ms[] = { 0, 1, 250, 251, 1000, 127750, 128000,
	    128250, 300000 };
	struct alarm a[9] = { 0 }, off = { 0 };
	struct wheel w;
	size_t i;
	int tick;

	(void)state;
	wheel_init(&w);
	for (tick = 0; tick < 300; tick++)
		wheel_tick(&w, ring_alarm, &w);
	for (i = 0; i < 9; i++)
		wheel_set(&w, &a[i].timer, ms[i]);
	wheel_set(&w, &off.timer, 500);
	wheel_cancel(&off.timer);
	for (tick = 0; tick < 2000; tick++)
		wheel_tick(&w, ring_alarm, &w);
	for (i = 0; i < 9; i++) {
		int64_t after = (int64_t)(a[i].rang - 300) * WHEEL_TICK_MS;

		assert_int_equal(a[i].times, 1);
		assert_true(after >= ms[i]);
		assert_true(after <= ms[i] + 2 * WHEEL_TICK_MS);
	}
	assert_int_equal(off.times, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_is_heard_by_name_and_by_every_pattern),
		cmocka_unit_test(joining_twice_is_once_and_the_last_to_leave_takes_the_topic),
		cmocka_unit_test(listeners_come_and_go_and_each_topic_has_who_is_there),
		cmocka_unit_test(a_grant_covers_what_asks_for_no_more),
		cmocka_unit_test(a_row_with_any_malformed_line_has_no_variants_and_the_log_says_so),
		cmocka_unit_test(an_event_is_formatted_as_the_protocol_says),
		cmocka_unit_test(a_line_is_for_its_audience_alone),
		cmocka_unit_test(frames_of_neighbours_are_neighbours),
		cmocka_unit_test(the_ring_forgets_the_oldest_and_knows_where_it_begins),
		cmocka_unit_test(a_timer_rings_once_and_not_before_its_time),
	};

	return RUN_TAP(tests);
}
