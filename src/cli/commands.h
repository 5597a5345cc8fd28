/*
 * commands.h - the rows of main.c's table: one macro for each family.
 */
#ifndef LVT_CLI_COMMANDS_H
#define LVT_CLI_COMMANDS_H

/* templates.c */
int	cmd_render(int argc, char *argv[]);
int	cmd_tree(int argc, char *argv[]);
int	cmd_diff(int argc, char *argv[]);
int	cmd_apply(int argc, char *argv[]);
int	cmd_html(int argc, char *argv[]);
/* check.c */
int	cmd_check(int argc, char *argv[]);
/* bench.c */
int	cmd_bench(int argc, char *argv[]);
/* serve.c */
int	cmd_serve(int argc, char *argv[]);

#define TEMPLATES_HELP \
	"The first TEMPLATE is the page, the others add definitions. A\n" \
	"template is called by its file's base name without extension. \"-\"\n" \
	"reads data or template from stdin. -t text: no escaping.\n"

#define TEMPLATE_COMMANDS                                                  \
	{ "render", "Print the page that a template makes of data",        \
	  "[-t html|text] [-d DATA.json] TEMPLATE...", TEMPLATES_HELP,     \
	  cmd_render },                                                    \
	{ "tree", "Print that page as a tree",                             \
	  "[-t html|text] [-d DATA.json] TEMPLATE...", TEMPLATES_HELP,     \
	  cmd_tree },                                                      \
	{ "diff", "Print the update from one page to the next",            \
	  "[-t html|text] -a OLD.json -b NEW.json TEMPLATE...",            \
	  TEMPLATES_HELP, cmd_diff },                                      \
	{ "apply", "Print the tree after an update",                       \
	  "TREE.json UPDATE.json", NULL, cmd_apply },                      \
	{ "html", "Print the page that a client builds from a tree",       \
	  "TREE.json", NULL, cmd_html },                                   \
	{ "check", "Tell what is wrong with templates",                    \
	  "[-t html|text] TEMPLATE...", TEMPLATES_HELP                     \
	  "Prints each error as file:line:column: message, and the line that\n" \
	  "it is in. Lines with \"note:\" tell what is right but cannot be\n" \
	  "updated well; they do not fail the check.\n",                   \
	  cmd_check },                                                     \
	{ "bench", "Measure rendering, and updating",                      \
	  "[-t html|text] [--seconds S] -d A.json [-b B.json] TEMPLATE...", \
	  TEMPLATES_HELP                                                   \
	  "Prints render_ns N render_bytes N; with -b also what rendering\n" \
	  "B and the update from A cost: update_ns N update_bytes N.\n",   \
	  cmd_bench },

#define SERVE_COMMANDS                                                     \
	{ "serve", "Show live pages on this machine",                      \
	  "[options] PROGRAM...",                                          \
	  "Starts lighttpd, the programs as FastCGI workers, lvt-streamd and\n" \
	  "the programs' agents, and stops them all on Ctrl-C. One program is\n" \
	  "served at /, several at /NAME/ each, with an index at /. A changed\n" \
	  "template shows at the next load, a changed program is restarted.\n" \
	  "\n"                                                             \
	  "  -p, --port N      listen here (default: $PORT, else 8080)\n"  \
	  "  -H, --host ADDR   on this address (default 127.0.0.1)\n"      \
	  "  -d, --db FILE     the database (default: $LVT_DB, else\n"     \
	  "                    PROGRAM.db beside the first program)\n"     \
	  "  -w, --workers N   worker processes of each program (default 2)\n" \
	  "  -i, --index DIR   static files, and the page at / where there\n" \
	  "                    are several programs\n"                     \
	  "      --cgi         run programs as plain CGI: no workers, no\n" \
	  "                    companion, no agent; pages poll\n"          \
	  "      --no-agent    start no agents\n",                         \
	  cmd_serve },

#endif
