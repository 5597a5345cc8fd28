/*
 * print_steps.c - random steps from view to view, as JSON lines for a client.
 *
 *   {"seed":N}                             first
 *   {"table":[statics...],"tree":TREE}     where a walk begins
 *   {"update":U,"tree":TREE,"html":TEXT}   a step of it
 *
 * LVT_SEED repeats a run; LVT_STEPS says how many steps.
 */
#include <time.h>

#include "views.h"
#include "random_page.h"

#include "view/encode.h"

#define STATES	40	/* of one template, one after the other */
#define STEPS	100000

struct walk {
	enum view_part part;
	enum view_statics mode;
	struct view v[2];
	struct buf line;
};

static void
print_line(struct buf *line)
{
	buf_putc(line, '\n');
	assert_int_equal(line->failed, 0);
	if (fwrite(line->s, 1, line->len, stdout) != line->len)
		exit(1);	/* whoever reads us has seen enough */
	buf_clear(line);
}

static void
print_start(struct walk *w, const struct program *p)
{
	buf_puts(&w->line, "{\"table\":");
	if (w->mode == VIEW_STATICS_NUMBERED)
		view_statics_json(p, &w->line);
	else
		buf_puts(&w->line, "[]");
	buf_puts(&w->line, ",\"tree\":");
	view_tree_json(&w->v[0], w->part, w->mode, &w->line);
	buf_putc(&w->line, '}');
	print_line(&w->line);
}

static void
print_step(struct walk *w, const struct view *a, const struct view *b)
{
	struct buf html = { 0 };

	buf_puts(&w->line, "{\"update\":");
	view_diff(a, b, w->part, w->mode, &w->line);
	buf_puts(&w->line, ",\"tree\":");
	view_tree_json(b, w->part, w->mode, &w->line);
	buf_puts(&w->line, ",\"html\":");
	view_html(b, w->part, &html);
	json_add_string(&w->line, (struct str){ html.s, html.len });
	buf_putc(&w->line, '}');
	buf_release(&html);
	print_line(&w->line);
}

static void
print_walk(struct rnd *r, const struct program *p, json_t *state, int depth)
{
	struct walk w = {
		.part = (enum view_part)rnd_below(r, 3),
		.mode = (enum view_statics)rnd_below(r, 2)
	};
	struct lvt_error err = { 0 };
	int i, n;

	assert_int_equal(view_render(&w.v[0], p, state, NULL, &err), 0);
	print_start(&w, p);
	for (i = 1; i <= STATES; i++) {
		for (n = (int)rnd_below(r, 3); n < 3; n++)
			state_change(r, state, depth);
		assert_int_equal(view_render(&w.v[i % 2], p, state, NULL,
		    &err), 0);
		print_step(&w, &w.v[(i - 1) % 2], &w.v[i % 2]);
	}
	view_release(&w.v[0]);
	view_release(&w.v[1]);
	buf_release(&w.line);
}

static void
print_template(struct rnd *r)
{
	int depth = 1 + (int)rnd_below(r, 1 + rnd_below(r, 5));
	json_t *state = state_object(r, depth);
	struct buf source = { 0 };
	struct program *p;

	page_make(r, &source);
	p = program_of(buf_z(&source));
	print_walk(r, p, state, depth);
	program_free(p);
	json_decref(state);
	buf_release(&source);
}

int
main(void)
{
	const char *given = getenv("LVT_SEED"), *want = getenv("LVT_STEPS");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) :
	    (uint64_t)time(NULL) * 1000003;
	long steps, most = want != NULL ? atol(want) : STEPS;
	struct rnd r;

	printf("{\"seed\":\"%llu\"}\n", (unsigned long long)seed);
	for (steps = 0; steps < most; steps += STATES) {
		r.state = seed++;
		print_template(&r);
	}
	return 0;
}
