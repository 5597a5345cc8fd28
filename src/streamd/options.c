#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "streamd/front/inherit.h"
#include "streamd/options.h"

static const struct number {
	const char *flag, *var, *help;
	int64_t def, least, most;
	size_t at;
} numbers[] = {
#define ROW_(m, flag, var, def, least, most, help) \
	{ flag, var, help, def, least, most, offsetof(struct options, m) },
	OPTION_NUMBERS(ROW_)
#undef ROW_
};

static const struct list {
	const char *flag, *var, *value, *help;
	size_t at;
} lists[] = {
#define ROW_(m, flag, var, value, help) \
	{ flag, var, value, help, offsetof(struct options, m) },
	OPTION_LISTS(ROW_)
#undef ROW_
};

#define NUMBERS	(sizeof(numbers) / sizeof(*numbers))
#define LISTS	(sizeof(lists) / sizeof(*lists))

static int
set_number(struct options *o, const struct number *n, const char *from,
    const char *value, struct lvt_error *err)
{
	char *end;
	long long v = strtoll(value, &end, 10);

	if (*value == '\0' || *end != '\0' || v < n->least || v > n->most)
		return lvt_error_set(err, LVT_EINVALID, "%s: '%s' is not a "
		    "number from %" PRId64 " to %" PRId64, from, value,
		    n->least, n->most);
	*(int64_t *)(void *)((char *)o + n->at) = v;
	return 0;
}

static int
add_item(struct option_list *l, const char *from, const char *s, size_t len,
    struct lvt_error *err)
{
	if (l->n == OPTION_LIST_MAX)
		return lvt_error_set(err, LVT_ETOOBIG,
		    "%s: more than %d values", from, OPTION_LIST_MAX);
	l->items[l->n] = strndup(s, len);
	if (l->items[l->n] == NULL)
		return lvt_error_nomem(err);
	l->n++;
	return 0;
}

static int
add_items(struct options *o, const struct list *t, const char *from,
    const char *value, struct lvt_error *err)
{
	struct option_list *l =
	    (struct option_list *)(void *)((char *)o + t->at);

	while (*value != '\0') {
		size_t n = strcspn(value, ", ");

		if (n > 0 && add_item(l, from, value, n, err) != 0)
			return err != NULL ? err->code : LVT_EINVALID;
		value += n + strspn(value + n, ", ");
	}
	return 0;
}

/* --name VALUE or --name=VALUE: the value, moving *i; NULL: not this one. */
static const char *
flag_value(int argc, char **argv, int *i, const char *flag, bool *missing)
{
	const char *arg = argv[*i];
	size_t n = strlen(flag);

	if (strncmp(arg, "--", 2) != 0 || strncmp(arg + 2, flag, n) != 0)
		return NULL;
	if (arg[2 + n] == '=')
		return arg + 3 + n;
	if (arg[2 + n] != '\0')
		return NULL;
	if (*i + 1 >= argc) {
		*missing = true;
		return "";
	}
	return argv[++*i];
}

static int
take_flag(struct options *o, int argc, char **argv, int *i,
    struct lvt_error *err)
{
	const char *arg = argv[*i], *v;
	bool missing = false;
	size_t k;

	if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
		o->help = true;
		return 0;
	}
	if (strcmp(arg, "--version") == 0) {
		o->version = true;
		return 0;
	}
	v = flag_value(argc, argv, i, "db", &missing);
	if (v != NULL && !missing) {
		o->db = v;
		return 0;
	}
	for (k = 0; v == NULL && k < NUMBERS; k++) {
		v = flag_value(argc, argv, i, numbers[k].flag, &missing);
		if (v != NULL && !missing)
			return set_number(o, &numbers[k], arg, v, err);
	}
	for (k = 0; v == NULL && k < LISTS; k++) {
		v = flag_value(argc, argv, i, lists[k].flag, &missing);
		if (v != NULL && !missing)
			return add_items(o, &lists[k], arg, v, err);
	}
	return lvt_error_set(err, LVT_EINVALID, missing ?
	    "%s: value is missing" : "%s: no such option", arg);
}

static int
take_environment(struct options *o, struct lvt_error *err)
{
	const char *v;
	size_t k;
	int rc = 0;

	if (o->db == NULL)
		o->db = getenv("LVT_DB");
	for (k = 0; rc == 0 && k < NUMBERS; k++)
		if ((v = getenv(numbers[k].var)) != NULL && *v != '\0')
			rc = set_number(o, &numbers[k], numbers[k].var, v,
			    err);
	/* An empty list says: not set. A flag replaces the variable's. */
	for (k = 0; rc == 0 && k < LISTS; k++)
		if ((v = getenv(lists[k].var)) != NULL)
			rc = add_items(o, &lists[k], lists[k].var, v, err);
	return rc;
}

static void
list_clear(struct option_list *l)
{
	while (l->n > 0)
		free(l->items[--l->n]);
}

int
options_parse(struct options *o, int argc, char **argv,
    struct lvt_error *err)
{
	struct options flags;
	size_t k;
	int i, rc = 0;

	memset(o, 0, sizeof(*o));
	for (k = 0; k < NUMBERS; k++)
		*(int64_t *)(void *)((char *)o + numbers[k].at) =
		    numbers[k].def;
	rc = take_environment(o, err);
	memset(&flags, 0, sizeof(flags));
	for (k = 0; k < NUMBERS; k++)
		*(int64_t *)(void *)((char *)&flags + numbers[k].at) =
		    *(int64_t *)(void *)((char *)o + numbers[k].at);
	for (i = 1; rc == 0 && i < argc; i++)
		rc = take_flag(&flags, argc, argv, &i, err);
	if (flags.db == NULL)
		flags.db = o->db;
	for (k = 0; k < LISTS; k++) {
		struct option_list *mine = (struct option_list *)(void *)
		    ((char *)&flags + lists[k].at);
		struct option_list *theirs = (struct option_list *)(void *)
		    ((char *)o + lists[k].at);

		if (mine->n > 0)
			list_clear(theirs);
		else
			*mine = *theirs;
	}
	*o = flags;
	if (rc != 0 || o->help || o->version)
		return rc;
	if (o->db == NULL || *o->db == '\0')
		return lvt_error_set(err, LVT_EINVALID,
		    "no database: give --db FILE or set LVT_DB");
	if (o->http.n == 0 && o->fcgi.n == 0 && !inherit_any())
		return lvt_error_set(err, LVT_EINVALID,
		    "nothing to listen on: give --http or --fcgi");
	return 0;
}

void
options_release(struct options *o)
{
	size_t k;

	for (k = 0; k < LISTS; k++)
		list_clear((struct option_list *)(void *)
		    ((char *)o + lists[k].at));
}

void
options_help(void)
{
	size_t k;

	printf("usage: lvt-streamd --db FILE [--http ADDR]... "
	    "[--fcgi ADDR]... [options]\n\n"
	    "Holds the event streams of lvt pages open.\n\n"
	    "  %-26s %s\n  %-26s   (%s)\n", "--db FILE",
	    "the database of the application", "", "LVT_DB");
	for (k = 0; k < LISTS; k++) {
		char flag[64];

		snprintf(flag, sizeof(flag), "--%s %s", lists[k].flag,
		    lists[k].value);
		printf("  %-26s %s\n  %-26s   (%s)\n", flag, lists[k].help,
		    "", lists[k].var);
	}
	for (k = 0; k < NUMBERS; k++) {
		char flag[64];

		snprintf(flag, sizeof(flag), "--%s N", numbers[k].flag);
		printf("  %-26s %s\n  %-26s   (%s, default %" PRId64 ")\n",
		    flag, numbers[k].help, "", numbers[k].var,
		    numbers[k].def);
	}
	printf("  %-26s this text\n  %-26s the version\n\n"
	    "lvt-streamd(8) says more.\n", "--help", "--version");
}
