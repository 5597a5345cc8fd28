/*
 * templates.c - render, tree, diff, apply, html: templates without a server.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"

/* A page and the data of up to two states. */
struct job {
	const char *command;
	struct cli_page page;
	const char *paths[2];
	json_t *data[2];
	struct view views[2];
	bool explain;
	struct buf out;
};

static void
job_init(struct job *job, const char *command)
{
	*job = (struct job){ .command = command };
	view_init(&job->views[0]);
	view_init(&job->views[1]);
	buf_init(&job->out);
}

static void
job_release(struct job *job)
{
	int i;

	for (i = 0; i < 2; i++) {
		view_release(&job->views[i]);
		json_decref(job->data[i]);
	}
	buf_release(&job->out);
	program_free(job->page.program);
}

/* letters: those of the options that name data, in the order of paths. */
static int
job_options(struct job *job, int argc, char *argv[], const char *letters)
{
	static const struct option longs[] = {
		{ "explain", no_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 }
	};
	int c, i, stdins = 0;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "t:d:a:b:", longs, NULL)) != -1) {
		if (c == 'x' && strchr(letters, 'a') != NULL) {
			job->explain = true;
			continue;
		}
		if (c == 't' && cli_engine(optarg, &job->page.engine) == 0)
			continue;
		if (c == 't')
			return cli_usage(job->command,
			    "-t takes html or text, not '%s'", optarg);
		if (strchr(letters, c) == NULL)
			return cli_usage(job->command, "unknown option '%s'",
			    argv[optind - 1]);
		job->paths[strchr(letters, c) - letters] = optarg;
	}
	job->page.files = argv + optind;
	job->page.nfiles = argc - optind;
	if (job->page.nfiles == 0)
		return cli_usage(job->command, "no template");
	for (i = 0; i < 2; i++)
		stdins += job->paths[i] != NULL &&
		    strcmp(job->paths[i], "-") == 0;
	for (i = 0; i < job->page.nfiles; i++)
		stdins += strcmp(job->page.files[i], "-") == 0;
	if (stdins > 1)
		return cli_usage(job->command, "stdin can be read only once");
	return CLI_OK;
}

/* Compile the page and load data i; null where there is none. */
static int
job_data(struct job *job, int i)
{
	struct lvt_error err = { 0 };

	job->data[i] = job->paths[i] != NULL ?
	    cli_read_json(job->paths[i], &err) : json_null();
	return job->data[i] != NULL ? CLI_OK : cli_fail(&err);
}

static int
job_view(struct job *job, int i)
{
	struct lvt_error err = { 0 };

	if (view_render(&job->views[i], job->page.program, job->data[i], NULL,
	    &err) != 0)
		return cli_bad_template("exec", &err);
	return CLI_OK;
}

int
cmd_render(int argc, char *argv[])
{
	struct lvt_error err = { 0 };
	struct sink sink;
	struct job job;
	int rc;

	job_init(&job, argv[0]);
	sink = (struct sink){ .out = &job.out };
	if ((rc = job_options(&job, argc, argv, "d")) == 0 &&
	    (rc = cli_compile(&job.page)) == 0 &&
	    (rc = job_data(&job, 0)) == 0)
		rc = program_exec(job.page.program, job.data[0], NULL, &sink,
		    &err) != 0 ? cli_bad_template("exec", &err) :
		    cli_print(&job.out);
	job_release(&job);
	return rc;
}

int
cmd_tree(int argc, char *argv[])
{
	struct job job;
	int rc;

	job_init(&job, argv[0]);
	if ((rc = job_options(&job, argc, argv, "d")) == 0 &&
	    (rc = cli_compile(&job.page)) == 0 &&
	    (rc = job_data(&job, 0)) == 0 &&
	    (rc = job_view(&job, 0)) == 0) {
		view_tree_json(&job.views[0], VIEW_WHOLE, VIEW_STATICS_INLINE,
		    &job.out);
		buf_putc(&job.out, '\n');
		rc = cli_print(&job.out);
	}
	job_release(&job);
	return rc;
}

/* The update, or what it is about. */
static int
print_diff(struct job *job)
{
	struct lvt_error err = { 0 };

	if (job->explain && cli_explain(&job->views[0], &job->views[1],
	    &job->out, &err) != 0)
		return cli_fail(&err);
	if (!job->explain) {
		view_diff(&job->views[0], &job->views[1], VIEW_WHOLE,
		    VIEW_STATICS_INLINE, &job->out);
		buf_putc(&job->out, '\n');
	}
	return cli_print(&job->out);
}

int
cmd_diff(int argc, char *argv[])
{
	struct job job;
	int rc;

	job_init(&job, argv[0]);
	rc = job_options(&job, argc, argv, "ab");
	if (rc == 0 && (job.paths[0] == NULL || job.paths[1] == NULL))
		rc = cli_usage(argv[0], "-a and -b are both needed");
	if (rc == 0 && (rc = cli_compile(&job.page)) == 0 &&
	    (rc = job_data(&job, 0)) == 0 && (rc = job_data(&job, 1)) == 0 &&
	    (rc = job_view(&job, 0)) == 0 && (rc = job_view(&job, 1)) == 0)
		rc = print_diff(&job);
	job_release(&job);
	return rc;
}

static int
add_json(const char *text, size_t len, void *out)
{
	buf_add(out, text, len);
	return 0;
}

int
cmd_apply(int argc, char *argv[])
{
	struct lvt_error err = { 0 };
	json_t *tree = NULL, *update = NULL, *after = NULL;
	struct buf out;
	int rc;

	if (argc != 3)
		return cli_usage(argv[0], "a tree and an update are needed");
	if (strcmp(argv[1], "-") == 0 && strcmp(argv[2], "-") == 0)
		return cli_usage(argv[0], "stdin can be read only once");
	buf_init(&out);
	if ((tree = cli_read_json(argv[1], &err)) == NULL ||
	    (update = cli_read_json(argv[2], &err)) == NULL ||
	    (after = tree_apply(tree, update, NULL, &err)) == NULL) {
		rc = cli_fail(&err);
	} else {
		if (json_dump_callback(after, add_json, &out,
		    JSON_COMPACT) != 0)
			buf_fail(&out, LVT_ENOMEM);
		buf_putc(&out, '\n');
		rc = cli_print(&out);
	}
	json_decref(tree);
	json_decref(update);
	json_decref(after);
	buf_release(&out);
	return rc;
}

int
cmd_html(int argc, char *argv[])
{
	struct lvt_error err = { 0 };
	json_t *tree;
	struct buf out;
	int rc;

	if (argc != 2)
		return cli_usage(argv[0], "a tree is needed");
	buf_init(&out);
	tree = cli_read_json(argv[1], &err);
	if (tree == NULL || tree_html(tree, NULL, &out, &err) != 0)
		rc = cli_fail(&err);
	else
		rc = cli_print(&out);
	json_decref(tree);
	buf_release(&out);
	return rc;
}
