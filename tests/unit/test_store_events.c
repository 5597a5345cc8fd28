/* The store: consumers' cursors, events set aside, what is said later, and whose
 * coming was told. */
#include "test_store.h"

/* --- Cursors ------------------------------------------------------------ */

static void
a_new_consumer_starts_at_the_head_and_stays_there(void **state)
{
	struct fixture *f = *state;
	int64_t seq;

	say(f, "a", "1");
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 1);
	say(f, "a", "2");
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 1);
	OK(store_cursor_set(f->st, "mail", 0, &err));
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 0);
}

static void
an_event_is_handled_in_one_commit_with_the_cursor_and_once(void **state)
{
	struct fixture *f = *state;
	struct cursor_write w = { "mail", 1 };
	struct commit c = { .cursor = &w };
	struct commit_result r;
	int64_t seq;

	say(f, "a", "1");
	OK(store_commit(f->st, &c, &r, &err));
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 1);
}

static void
a_commit_moves_a_cursor_forward_or_does_not_happen(void **state)
{
	struct fixture *f = *state;
	struct cursor_write w = { .consumer = "mail", .seq = 2 };
	struct outbox_row row = { .kind = OUTBOX_MESSAGE, .app = "app",
	    .channel = "b", .body = STR("1") };
	struct commit c = { .rows = &row, .nrows = 1, .cursor = &w };
	struct commit_result r;
	struct position head;

	OK(store_cursor_set(f->st, "mail", 2, &err));
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	OK(store_head(f->st, &head, &err));
	assert_int_equal(head.seq, 0);
	w.seq = 3;
	OK(store_commit(f->st, &c, &r, &err));
	OK(store_cursor_get(f->st, "mail", &w.seq, &err));
	assert_int_equal(w.seq, 3);
}

static int
note_cursor(void *arg, const char *consumer, int64_t seq)
{
	buf_printf(arg, "%s=%lld ", consumer, (long long)seq);
	return 0;
}

static void
cursors_are_listed_by_name(void **state)
{
	struct fixture *f = *state;
	struct buf b;

	buf_init(&b);
	OK(store_cursor_set(f->st, "mail", 7, &err));
	OK(store_cursor_set(f->st, "audit", 0, &err));
	OK(store_cursors(f->st, note_cursor, &b, &err));
	assert_string_equal(buf_z(&b), "audit=0 mail=7 ");
	buf_release(&b);
}

/* --- Events set aside --------------------------------------------------- */

static int
park(struct fixture *f, const char *group, int64_t seq, int64_t due)
{
	struct parked p = { .consumer = "mail", .group = group, .seq = seq,
	    .tries = 1, .due_ms = due, .why = "no reason", .channel = "a",
	    .body = STR("{}") };

	return store_park(f->st, &p, NULL);
}

static int
note_parked(void *arg, const struct parked *p)
{
	buf_printf(arg, "%s %s %lld %d%s|", p->consumer, p->group,
	    (long long)p->seq, p->tries, p->due_ms > 0 ? " waits" : "");
	return 0;
}

/* "consumer group seq tries waits|": what is set aside */
static const char *
parked(struct fixture *f, const char *prefix)
{
	struct buf b;
	char *text;

	buf_init(&b);
	OK(store_parked_list(f->st, prefix, note_parked, &b, &err));
	text = arena_z(&f->a, buf_z(&b));
	buf_release(&b);
	return text;
}

/* The sequence of the event whose turn it is; 0: none. */
static int64_t
next(struct fixture *f, struct parked *p)
{
	int rc = store_parked_next(f->st, "mail", &f->a, p, NULL);

	if (rc == LVT_ENOTFOUND)
		return 0;
	assert_int_equal(rc, 0);
	return p->seq;
}

static void
an_event_is_set_aside_once_and_the_cursor_passes_it(void **state)
{
	struct fixture *f = *state;
	int64_t seq;

	assert_int_equal(park(f, "g1", 4, f->now), 0);
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 4);
	assert_int_equal(park(f, "g2", 4, f->now), LVT_ECONFLICT);
	assert_int_equal(park(f, "g2", 3, f->now), LVT_ECONFLICT);
	assert_string_equal(parked(f, NULL), "mail g1 4 1 waits|");
	assert_string_equal(parked(f, "ma"), parked(f, NULL));
	assert_string_equal(parked(f, "audit"), "");
}

static void
its_turn_comes_when_its_time_has_and_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct parked p;

	assert_int_equal(park(f, "g1", 1, f->now + 1000), 0);
	assert_int_equal(next(f, &p), 0);
	f->now += 1000;
	assert_int_equal(next(f, &p), 1);
	assert_string_equal(p.consumer, "mail");
	assert_string_equal(p.group, "g1");
	assert_string_equal(p.why, "no reason");
	assert_string_equal(p.channel, "a");
	assert_true(str_eq(p.body, STR("{}")));
	assert_int_equal(p.tries, 1);
	assert_int_equal(store_parked_next(f->st, "audit", &f->a, &p, NULL),
	    LVT_ENOTFOUND);
}

static void
one_that_waits_holds_up_the_later_ones_of_its_group_alone(void **state)
{
	struct fixture *f = *state;
	struct parked p;
	bool waits;

	assert_int_equal(park(f, "g1", 1, f->now + 1000), 0);
	assert_int_equal(park(f, "g1", 2, f->now), 0);
	assert_int_equal(next(f, &p), 0);
	assert_int_equal(park(f, "g2", 3, f->now), 0);
	assert_int_equal(next(f, &p), 3);
	OK(store_parked_waits(f->st, "mail", "g1", &waits, &err));
	assert_true(waits);
	OK(store_parked_waits(f->st, "mail", "g3", &waits, &err));
	assert_false(waits);
	OK(store_parked_waits(f->st, "audit", "g1", &waits, &err));
	assert_false(waits);
}

static void
one_that_was_given_up_holds_up_nobody_until_it_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct parked p;
	bool waits;

	assert_int_equal(park(f, "g1", 1, f->now), 0);
	assert_int_equal(next(f, &p), 1);
	OK(store_parked_again(f->st, p.id, 9, 0, "too often", &err));
	OK(store_parked_waits(f->st, "mail", "g1", &waits, &err));
	assert_false(waits);
	assert_int_equal(park(f, "g1", 2, f->now), 0);
	assert_string_equal(parked(f, NULL), "mail g1 1 9|mail g1 2 1 waits|");
	OK(store_parked_again(f->st, p.id, 0, f->now, "asked for", &err));
	assert_int_equal(next(f, &p), 1);
	assert_string_equal(p.why, "asked for");
	FAILS(LVT_ENOTFOUND, store_parked_again(f->st, p.id + 9, 0, f->now,
	    "", &err));
}

static void
it_is_handled_in_one_commit_and_once(void **state)
{
	struct fixture *f = *state;
	struct cursor_write w = { .consumer = "mail", .seq = 1 };
	struct str doc = STR("{\"n\":1}");
	struct commit c = { .at = ann, .rev = 7, .state = &doc,
	    .cursor = &w };
	struct commit_result r;
	struct parked p;

	assert_int_equal(park(f, "g1", 1, f->now), 0);
	assert_int_equal(next(f, &p), 1);
	w.parked = p.id;
	/* Another revision: nothing of it happens. */
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	assert_string_equal(parked(f, NULL), "mail g1 1 1 waits|");
	c.rev = 0;
	OK(store_commit(f->st, &c, &r, &err));
	assert_string_equal(parked(f, NULL), "");
	c.rev = r.rev;
	doc = STR("{\"n\":2}");
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	assert_true(str_eq(load(f, &ann).state, STR("{\"n\":1}")));
}

static void
or_it_is_dropped_once(void **state)
{
	struct fixture *f = *state;
	struct parked p;

	assert_int_equal(park(f, "g1", 1, f->now), 0);
	assert_int_equal(next(f, &p), 1);
	OK(store_parked_drop(f->st, p.id, &err));
	FAILS(LVT_ENOTFOUND, store_parked_drop(f->st, p.id, &err));
	assert_int_equal(next(f, &p), 0);
}

/* --- What is said later ------------------------------------------------- */

/* A message of app on a channel, in ms; its number. */
static int64_t
later(struct fixture *f, const char *app, const char *name,
    const char *channel, int64_t ms)
{
	struct delayed d = { .due_ms = f->now + ms, .name = name,
	    .channel = channel, .body = STR("{}") };
	struct commit c = { .at = { .app = app }, .delayed = &d,
	    .ndelayed = 1 };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	return d.id;
}

static int
note_delayed(void *arg, const struct delayed *d)
{
	buf_printf(arg, "%s %s %s|", d->app, d->name, d->channel != NULL ?
	    d->channel : d->scope);
	return 0;
}

/* "app name channel|": what waits, of an app or of all */
static const char *
waiting(struct fixture *f, const char *app)
{
	struct buf b;
	char *text;

	buf_init(&b);
	OK(store_delayed_list(f->st, app, note_delayed, &b, &err));
	text = arena_z(&f->a, buf_z(&b));
	buf_release(&b);
	return text;
}

/* "channel:body channel:body": what has been said */
static const char *
said(struct fixture *f)
{
	struct buf b;
	int64_t last;
	char *text;

	buf_init(&b);
	OK(store_outbox_read(f->st, 0, 100, collect, &b, &last, &err));
	text = arena_z(&f->a, buf_z(&b));
	buf_release(&b);
	return text;
}

static void
what_is_delayed_is_said_when_it_is_due_and_once(void **state)
{
	struct fixture *f = *state;
	struct store *other = fixture_open(f);
	int64_t n;

	assert_true(later(f, "app", "tea", "a", 1000) > 0);
	f->now += 999;
	OK(store_release(f->st, &n, &err));
	assert_int_equal(n, 0);
	assert_string_equal(said(f), "");
	assert_string_equal(waiting(f, "app"), "app tea a|");
	f->now += 1;
	OK(store_release(other, &n, &err));
	assert_int_equal(n, 1);
	OK(store_release(f->st, &n, &err));
	assert_int_equal(n, 0);
	assert_string_equal(said(f), "a:{}");
	assert_string_equal(waiting(f, NULL), "");
	store_close(other);
}

static void
every_commit_says_what_is_due_in_order_of_time_and_before_itself(void **state)
{
	struct fixture *f = *state;

	later(f, "app", NULL, "second", 2000);
	later(f, "app", NULL, "first", 1000);
	later(f, "app", NULL, "not-yet", 9000);
	f->now += 3000;
	assert_int_equal(say(f, "now", "1").seq, 3);
	assert_string_equal(said(f), "first:{} second:{} now:1");
	assert_string_equal(waiting(f, "app"), "app  not-yet|");
}

static void
a_delayed_broadcast_is_a_patch_from_then_on_and_may_end(void **state)
{
	struct fixture *f = *state;
	struct patch leaf = { STR("[\"a\"]"), STR("1"), 0 };
	struct delayed d = { .due_ms = f->now + 1000, .scope = "u:ann",
	    .page = "/", .leaves = &leaf, .nleaves = 1, .expire_ms = 500,
	    .body = STR("{\"a\":1}") };
	struct commit c = { .at = { .app = "app" }, .delayed = &d,
	    .ndelayed = 1 };
	struct commit_result r;
	int64_t n;

	OK(store_commit(f->st, &c, &r, &err));
	assert_string_equal(patches(f, &ann), "");
	f->now += 1000;
	OK(store_release(f->st, &n, &err));
	assert_int_equal(n, 1);
	assert_string_equal(patches(f, &ann), "[\"a\"]=1");
	assert_string_equal(patches(f, &bob), "");
	assert_string_equal(said(f), "u:ann:");
	f->now += 501;
	assert_string_equal(patches(f, &ann), "[\"a\"]=null");
}

static void
what_waits_is_cancelled_by_the_name_that_its_app_gave_it(void **state)
{
	struct fixture *f = *state;
	struct delayed d = { .name = "tea" };
	struct commit c = { .at = { .app = "app" }, .delayed = &d,
	    .ndelayed = 1 };
	struct commit_result r;

	later(f, "app", "tea", "a", 1000);
	later(f, "app", "tea", "b", 2000);
	later(f, "app", "coffee", "c", 3000);
	later(f, "other", "tea", "d", 4000);
	OK(store_commit(f->st, &c, &r, &err));
	assert_string_equal(waiting(f, NULL), "app coffee c|other tea d|");
	assert_string_equal(waiting(f, "other"), "other tea d|");
}

static void
or_by_its_number_once(void **state)
{
	struct fixture *f = *state;
	int64_t id = later(f, "app", NULL, "a", 1000);

	OK(store_delayed_cancel(f->st, id, &err));
	FAILS(LVT_ENOTFOUND, store_delayed_cancel(f->st, id, &err));
	f->now += 1000;
	assert_int_equal(say(f, "now", "1").seq, 1);
}

static void
a_commit_that_does_not_happen_delays_nothing(void **state)
{
	struct fixture *f = *state;
	struct delayed d = { .due_ms = f->now + 1000, .channel = "a",
	    .body = STR("{}") };
	struct str doc = STR("{}");
	struct commit c = { .at = ann, .rev = 7, .state = &doc,
	    .delayed = &d, .ndelayed = 1 };
	struct commit_result r;

	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	assert_string_equal(waiting(f, NULL), "");
}

/* --- Who came and left -------------------------------------------------- */

static int64_t
lease(struct fixture *f)
{
	int64_t id = 0;

	OK(store_lease(f->st, &id, 5000, &err));
	return id;
}

static void
comes(struct fixture *f, int64_t lease_id, const char *conn,
    const struct place *at)
{
	struct presence p = { conn, *at, "" };

	OK(store_presence_put(f->st, lease_id, &p, 1, NULL, 0, &err));
}

static void
goes(struct fixture *f, int64_t lease_id, const char *conn)
{
	OK(store_presence_put(f->st, lease_id, NULL, 0, &conn, 1, &err));
}

struct changes {
	struct fixture *f;
	struct buf text;
	struct coming v[8];
	size_t n;
};

static int
note_change(void *arg, const struct coming *s)
{
	struct changes *c = arg;
	struct coming *to = &c->v[c->n++];

	assert_true(c->n <= 8);
	buf_printf(&c->text, "%c%s ", s->came ? '+' : '-', s->conn);
	*to = *s;
	to->conn = arena_z(&c->f->a, s->conn);
	to->at = (struct place){ "app", arena_z(&c->f->a, s->at.page),
	    arena_z(&c->f->a, s->at.group), arena_z(&c->f->a, s->at.user) };
	return 0;
}

/* "+conn -conn": who came and left and was not told, in *c too */
static const char *
changes(struct fixture *f, struct changes *c)
{
	char *text;

	*c = (struct changes){ .f = f };
	buf_init(&c->text);
	OK(store_seen_changes(f->st, "app", note_change, c, &err));
	text = arena_z(&f->a, buf_z(&c->text));
	buf_release(&c->text);
	return text;
}

static int
tell(struct fixture *f, const struct coming *s)
{
	struct cursor_write w = { .seen = s };
	struct commit c = { .cursor = &w };
	struct commit_result r;

	return store_commit(f->st, &c, &r, NULL);
}

static void
whose_coming_and_going_was_told_comes_once_and_goes_once(void **state)
{
	struct fixture *f = *state;
	int64_t id = lease(f);
	struct changes c;

	comes(f, id, "c1", &ann);
	assert_string_equal(changes(f, &c), "+c1 ");
	assert_string_equal(c.v[0].at.user, "ann");
	assert_int_equal(tell(f, &c.v[0]), 0);
	assert_int_equal(tell(f, &c.v[0]), LVT_ECONFLICT);
	assert_string_equal(changes(f, &c), "");
	goes(f, id, "c1");
	assert_string_equal(changes(f, &c), "-c1 ");
	assert_int_equal(tell(f, &c.v[0]), 0);
	assert_int_equal(tell(f, &c.v[0]), LVT_ECONFLICT);
	assert_string_equal(changes(f, &c), "");
}

static void
who_left_before_anybody_was_told_was_never_there(void **state)
{
	struct fixture *f = *state;
	int64_t id = lease(f);
	struct changes c;

	comes(f, id, "c1", &ann);
	goes(f, id, "c1");
	assert_string_equal(changes(f, &c), "");
}

static void
with_its_companion_everybody_leaves_and_they_are_told_first(void **state)
{
	struct fixture *f = *state;
	int64_t id = lease(f), other;
	struct changes c;

	comes(f, id, "c1", &ann);
	changes(f, &c);
	assert_int_equal(tell(f, &c.v[0]), 0);
	f->now += 5001;
	other = lease(f);
	comes(f, other, "c2", &bob);
	assert_string_equal(changes(f, &c), "-c1 +c2 ");
}

static void
others_of_the_same_user_are_those_that_were_told(void **state)
{
	struct fixture *f = *state;
	const struct place phone = { "app", "/", "g9", "ann" };
	int64_t id = lease(f), n;
	struct changes c;

	comes(f, id, "c1", &ann);
	comes(f, id, "c2", &phone);
	comes(f, id, "c3", &bob);
	changes(f, &c);
	assert_int_equal(c.n, 3);
	OK(store_seen_others(f->st, &c.v[0], &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(tell(f, &c.v[1]), 0);
	assert_int_equal(tell(f, &c.v[2]), 0);
	OK(store_seen_others(f->st, &c.v[0], &n, &err));
	assert_int_equal(n, 1);
	OK(store_seen_others(f->st, &c.v[2], &n, &err));
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_consumer_starts_at_the_head_and_stays_there),
		T(an_event_is_handled_in_one_commit_with_the_cursor_and_once),
		T(a_commit_moves_a_cursor_forward_or_does_not_happen),
		T(cursors_are_listed_by_name),
		T(an_event_is_set_aside_once_and_the_cursor_passes_it),
		T(its_turn_comes_when_its_time_has_and_as_it_was),
		T(one_that_waits_holds_up_the_later_ones_of_its_group_alone),
		T(one_that_was_given_up_holds_up_nobody_until_it_is_asked_for),
		T(it_is_handled_in_one_commit_and_once),
		T(or_it_is_dropped_once),
		T(what_is_delayed_is_said_when_it_is_due_and_once),
		T(every_commit_says_what_is_due_in_order_of_time_and_before_itself),
		T(a_delayed_broadcast_is_a_patch_from_then_on_and_may_end),
		T(what_waits_is_cancelled_by_the_name_that_its_app_gave_it),
		T(or_by_its_number_once),
		T(a_commit_that_does_not_happen_delays_nothing),
		T(whose_coming_and_going_was_told_comes_once_and_goes_once),
		T(who_left_before_anybody_was_told_was_never_there),
		T(with_its_companion_everybody_leaves_and_they_are_told_first),
		T(others_of_the_same_user_are_those_that_were_told),
	};

	return RUN_TAP(tests);
}
