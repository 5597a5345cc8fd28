/* new.c - lvt new: a small live page to begin with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/commands.h"

#define NAME_MAX_BYTES	64

/* "@" is the name. */
static const struct file {
	const char *name, *text;
} files[] = {
	{ "@.c",
	"/*\n"
	" * @.c - a live page: whoever has it open sees at once what is said.\n"
	" *\n"
	" *     make serve      builds it, and shows http://localhost:8080/\n"
	" *\n"
	" * While that runs: edit @.tmpl and save, and the page follows. Edit this\n"
	" * file and run make, and the program is started again.\n"
	" */\n"
	"#include <lvt.h>\n"
	"\n"
	"/* What the button \"say\" does. state is a copy of the document; where this\n"
	" * returns 0 it is saved, and every open page shows it. */\n"
	"static int\n"
	"say(struct lvt_ctx *cx, json_t *state)\n"
	"{\n"
	"\tjson_t *lines = json_object_get(state, \"lines\");\n"
	"\n"
	"\tif (json_array_size(lines) == 20)\n"
	"\t\tjson_array_remove(lines, 0);\n"
	"\treturn json_array_append_new(lines, json_pack(\"{s:I, s:s}\",\n"
	"\t    \"at\", (json_int_t)lvt_now(cx), \"text\", lvt_str(cx, \"text\")));\n"
	"}\n"
	"\n"
	"/* say() is called with what fits these rules; else the form shows why. */\n"
	"static const struct lvt_rule say_rules[] = {\n"
	"\t{ \"text\", LVT_REQUIRED | LVT_TRIM, 1, 100, \"1 to 100 characters\" },\n"
	"\t{ 0 }\n"
	"};\n"
	"\n"
	"static const struct lvt_action actions[] = {\n"
	"\t{ \"say\", say, say_rules },\n"
	"\t{ 0 }\n"
	"};\n"
	"\n"
	"/* Without LVT_SHARED each visitor has a document of their own. */\n"
	"static const struct lvt_page pages[] = {\n"
	"\t{ .path = \"/\", .file = \"@.tmpl\", .actions = actions,\n"
	"\t  .init = LVT_JSON({\"lines\": []}), .flags = LVT_SHARED },\n"
	"\t{ 0 }\n"
	"};\n"
	"\n"
	"int\n"
	"main(int argc, char *argv[])\n"
	"{\n"
	"\treturn lvt_app_main(argc, argv, &(struct lvt_app){ .pages = pages });\n"
	"}\n" },
	{ "@.tmpl",
	"<style>\n"
	"  body { font: 1.1em/1.5 system-ui, sans-serif; max-width: 32em; margin: 3em auto; padding: 0 1em }\n"
	"  small { color: #b00 }\n"
	"</style>\n"
	"<main>\n"
	"  <h1>\360\237\221\213 @</h1>\n"
	"  <p>Show this page in a second window, too, and say something: both have it at once.</p>\n"
	"  <ul>{{range .lines}}<li data-key=\"{{.at}}\">{{.text}}</li>{{else}}<li>Nothing was said yet.</li>{{end}}</ul>\n"
	"  <form method=\"post\">\n"
	"    <label>Say something: <input name=\"text\" value=\"{{.lvt.Value \"text\"}}\" required maxlength=\"100\"></label>\n"
	"    <button name=\"say\">Say it</button>\n"
	"    {{if .lvt.HasError \"text\"}}<small>{{.lvt.Error \"text\"}}</small>{{end}}\n"
	"  </form>\n"
	"</main>\n" },
	{ "Makefile",
	"@: @.c\n"
	"\t$(CC) -g -Wall $(CFLAGS) @.c -o @ $$(pkg-config --cflags --libs lvt)\n"
	"\n"
	"serve: @\n"
	"\tlvt serve ./@\n"
	"\n"
	"check: @\n"
	"\t./@ check\n"
	"\n"
	".PHONY: serve check\n" },
};

#define NFILES	(sizeof(files) / sizeof(files[0]))

static void
fill_in(struct buf *out, const char *text, const char *name)
{
	for (; *text != '\0'; text++)
		if (*text == '@')
			buf_puts(out, name);
		else
			buf_putc(out, *text);
}

static int
write_one(const struct file *f, const char *name)
{
	struct buf path, text;
	FILE *to = NULL;
	bool ok = false;

	buf_init(&path);
	buf_init(&text);
	buf_printf(&path, "%s/", name);
	fill_in(&path, f->name, name);
	fill_in(&text, f->text, name);
	if (!path.failed && !text.failed &&
	    (to = fopen(buf_z(&path), "wx")) != NULL)
		ok = fwrite(text.s, 1, text.len, to) == text.len;
	if (to != NULL && fclose(to) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "lvt new: cannot write '%s': %s\n",
		    buf_z(&path), strerror(errno));
	buf_release(&path);
	buf_release(&text);
	return ok ? CLI_OK : CLI_FAILED;
}

/* What may be called so: a file, a program, and an app. */
static bool
is_name(const char *z)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", more[] = "_-";
	size_t n = strlen(z), i;

	for (i = 0; i < n; i++)
		if (strchr(first, z[i]) == NULL &&
		    (i == 0 || strchr(more, z[i]) == NULL))
			return false;
	return n > 0 && n <= NAME_MAX_BYTES && strcmp(z, "serve") != 0 &&
	    strcmp(z, "check") != 0;	/* which its Makefile does */
}

int
cmd_new(int argc, char *argv[])
{
	const char *name = argc == 2 ? argv[1] : NULL;
	size_t i;
	int rc;

	if (name == NULL)
		return cli_usage("new", argc < 2 ? "no NAME is given" :
		    "one NAME, please");
	if (!is_name(name))
		return cli_usage("new", "'%s' is no name for a program: letters, "
		    "digits, _ and -, and neither \"serve\" nor \"check\"", name);
	if (mkdir(name, 0777) != 0) {
		fprintf(stderr, "lvt new: cannot make the folder '%s': %s\n",
		    name, strerror(errno));
		return CLI_FAILED;
	}
	for (i = 0, rc = CLI_OK; rc == CLI_OK && i < NFILES; i++)
		rc = write_one(&files[i], name);
	if (rc == CLI_OK)
		printf("%s/ has %s.c, %s.tmpl and a Makefile. To see it:\n\n"
		    "  cd %s && make serve\n", name, name, name, name);
	return rc;
}
