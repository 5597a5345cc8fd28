/*
 * bench.c - lvt bench: how long a page takes, and its update.
 *
 * The figure is the best of many batches of about 1 ms: what else the machine
 * does adds time and never takes any. tests/bench/gorender.go measures alike.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/commands.h"

#define BATCH_NS	(1000 * 1000)

struct bench {
	struct cli_page page;
	double seconds;
	const char *paths[2];
	json_t *data[2];
	struct view a, b;
	struct buf out;
	struct lvt_error err;
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int
render(struct bench *b)
{
	struct sink sink = { .out = &b->out };

	buf_clear(&b->out);
	return program_exec(b->page.program, b->data[0], NULL, &sink, &b->err);
}

/* What a commit does: the new page, and the way to it from the old one. */
static int
update(struct bench *b)
{
	int rc = view_render(&b->b, b->page.program, b->data[1], NULL,
	    &b->err);

	buf_clear(&b->out);
	if (rc == 0)
		view_diff(&b->a, &b->b, VIEW_WHOLE, VIEW_STATICS_INLINE,
		    &b->out);
	return rc;
}

static int
measure(struct bench *b, int (*run)(struct bench *b), double seconds,
    double *ns)
{
	int64_t start = now_ns(), from = start, took;
	int64_t end = start + (int64_t)(seconds * 1e9);
	long i, per = 1;
	int rc;

	*ns = 0;
	do {
		from = now_ns();
		for (i = 0; i < per; i++)
			if ((rc = run(b)) != 0)
				return rc;
		took = now_ns() - from;
		if (took < BATCH_NS / 2 && per < 1L << 40) {
			per *= 2;
			continue;	/* still finding out */
		}
		if (*ns == 0 || (double)took / (double)per < *ns)
			*ns = (double)took / (double)per;
	} while (from + took < end || *ns == 0);
	return 0;
}

static int
options(struct bench *b, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	char *end;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "t:d:b:", longs, NULL)) != -1) {
		if (c == 't' && cli_engine(optarg, &b->page.engine) != 0)
			return cli_usage(argv[0], "-t takes html or text");
		if (c == 's') {
			b->seconds = strtod(optarg, &end);
			if (end == optarg || *end != '\0' ||
			    !(b->seconds > 0 && b->seconds <= 3600))
				return cli_usage(argv[0],
				    "--seconds takes a number up to 3600");
		} else if (c == 'd' || c == 'b')
			b->paths[c == 'b'] = optarg;
		else if (c == '?')
			return cli_usage(argv[0], "unknown option '%s'",
			    argv[optind - 1]);
	}
	b->page.files = argv + optind;
	b->page.nfiles = argc - optind;
	if (b->page.nfiles == 0 || b->paths[0] == NULL)
		return cli_usage(argv[0], "-d and a template are needed");
	return CLI_OK;
}

static int
run(struct bench *b)
{
	bool both = b->paths[1] != NULL;
	double seconds = both ? b->seconds / 2 : b->seconds, ns;
	size_t bytes;

	if (measure(b, render, seconds, &ns) != 0)
		return cli_bad_template("exec", &b->err);
	bytes = b->out.len;
	printf("render_ns %.0f render_bytes %zu", ns, bytes);
	if (both) {
		if (view_render(&b->a, b->page.program, b->data[0], NULL,
		    &b->err) != 0 || measure(b, update, seconds, &ns) != 0)
			return cli_bad_template("exec", &b->err);
		printf(" update_ns %.0f update_bytes %zu", ns, b->out.len);
	}
	putchar('\n');
	return CLI_OK;
}

int
cmd_bench(int argc, char *argv[])
{
	struct bench b = { .seconds = 1 };
	int i, rc;

	if ((rc = options(&b, argc, argv)) != 0)
		return rc;
	rc = cli_compile(&b.page);
	for (i = 0; i < 2 && rc == 0; i++)
		if (b.paths[i] != NULL && (b.data[i] =
		    cli_read_json(b.paths[i], &b.err)) == NULL)
			rc = cli_fail(&b.err);
	if (rc == 0)
		rc = run(&b);
	for (i = 0; i < 2; i++)
		json_decref(b.data[i]);
	view_release(&b.a);
	view_release(&b.b);
	buf_release(&b.out);
	program_free(b.page.program);
	return rc;
}
