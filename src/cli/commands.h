/*
 * commands.h - the rows of main.c's table: one macro for each family.
 */
#ifndef LVT_CLI_COMMANDS_H
#define LVT_CLI_COMMANDS_H

#include "view/view.h"

/* templates.c */
int	cmd_render(int argc, char *argv[]);
int	cmd_tree(int argc, char *argv[]);
int	cmd_diff(int argc, char *argv[]);
int	cmd_apply(int argc, char *argv[]);
int	cmd_html(int argc, char *argv[]);
/* explain.c: what diff --explain prints. */
int	cli_explain(const struct view *a, const struct view *b,
	    struct buf *out, struct lvt_error *err);
/* check.c */
int	cmd_check(int argc, char *argv[]);
/* bench.c */
int	cmd_bench(int argc, char *argv[]);
/* serve.c */
int	cmd_serve(int argc, char *argv[]);
/* new.c */
int	cmd_new(int argc, char *argv[]);
/* doctor.c */
int	cmd_doctor(int argc, char *argv[]);
/* publish.c */
int	cmd_publish(int argc, char *argv[]);
/* stream.c */
int	cmd_token(int argc, char *argv[]);
int	cmd_revoke(int argc, char *argv[]);
/* subscribe.c */
int	cmd_subscribe(int argc, char *argv[]);
/* inspect.c */
int	cmd_status(int argc, char *argv[]);
int	cmd_outbox(int argc, char *argv[]);
/* gc.c */
int	cmd_gc(int argc, char *argv[]);
/* sessions.c */
int	cmd_sessions(int argc, char *argv[]);
/* parked.c */
int	cli_parked(const char *db, int nwords, char *const *words);
/* delayed.c: what waits; or cancel what has that number or name. */
int	cli_delayed(const char *db, const char *what);

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
	  "[-t html|text] [--explain] -a OLD.json -b NEW.json TEMPLATE...", \
	  TEMPLATES_HELP                                                   \
	  "--explain tells instead what changed: the bytes of each slot, and\n" \
	  "which places of the templates they come from.\n",              \
	  cmd_diff },                                                      \
	{ "apply", "Print the tree after an update",                       \
	  "TREE.json UPDATE.json", NULL, cmd_apply },                      \
	{ "html", "Print the page that a client builds from a tree",       \
	  "TREE.json", NULL, cmd_html },                                   \
	{ "check", "Tell what is wrong with templates",                    \
	  "[-t html|text] TEMPLATE...", TEMPLATES_HELP                     \
	  "Prints each error as file:line:column: message, and the line that\n" \
	  "it is in. Lines with \"note:\" tell what is right but cannot be\n" \
	  "updated well; they do not fail the check. Templates that call an\n" \
	  "app's own functions are checked by the app: APP check, APP render.\n",                   \
	  cmd_check },                                                     \
	{ "bench", "Measure rendering, and updating",                      \
	  "[-t html|text] [--seconds S] -d A.json [-b B.json] TEMPLATE...", \
	  TEMPLATES_HELP                                                   \
	  "Prints render_ns N render_bytes N; with -b also what rendering\n" \
	  "B and the update from A cost: update_ns N update_bytes N.\n",   \
	  cmd_bench },

#define SERVE_COMMANDS                                                     \
	{ "new", "Begin a live page of your own", "NAME",                  \
	  "Makes the folder NAME with a program, its template and a Makefile:\n" \
	  "\"make serve\" there builds it and shows the page.\n",            \
	  cmd_new },                                                       \
	{ "serve", "Show live pages on this machine",                      \
	  "[options] PROGRAM...",                                          \
	  "Starts lighttpd, the programs as FastCGI workers, lvt-streamd and\n" \
	  "the programs' agents, and stops them all on Ctrl-C. One program is\n" \
	  "served at /, several at /NAME/ each, with an index at /. A changed\n" \
	  "template shows at once, a changed program is restarted. In a page\n" \
	  "Alt+Shift+L shows updates, bytes, times, and simulates latency.\n" \
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
	  "      --no-agent    start no agents: then nobody tells open pages\n" \
	  "                    of a template that has changed\n",          \
	  cmd_serve },

#define DOCTOR_COMMANDS                                                    \
	{ "doctor", "Test a page where it is deployed",                    \
	  "[options] URL",                                                 \
	  "Asks for the page, its script and its stream as a browser would, and\n" \
	  "tells what is wrong and what to write into which configuration.\n" \
	  "Changes nothing. Waits for a heartbeat: 15 s, as a rule.\n\n"   \
	  "  --user NAME:PASSWORD  log in (Basic)\n"                       \
	  "  --server NAME         apache, lighttpd or nginx, where the\n" \
	  "                        header Server does not say\n"          \
	  "  --live                pages that poll are a fault\n"          \
	  "  --quick               do not wait for a heartbeat\n"          \
	  "  --within MS           for a stream's first event (default 1000)\n" \
	  "  --insecure            take any certificate\n"                 \
	  "  --json                one object with all that was found\n",  \
	  cmd_doctor },

#define DB_HELP "  --db FILE           the database (default: $LVT_DB)\n"

#define STREAM_COMMANDS                                                    \
	{ "publish", "Say something on a channel",                         \
	  "[options] CHANNEL [EVENT] [JSON|-]\n"                           \
	  "       lvt publish [options] --stdin CHANNEL|- [EVENT]",        \
	  "The event is \"message\" unless named; what is no JSON is sent as\n" \
	  "a text. Prints the position. With --stdin each line is a payload,\n" \
	  "committed on its own; with the channel \"-\" a line is a channel, a\n" \
	  "space and a payload.\n\n"                                       \
	  DB_HELP                                                          \
	  "  --stdin             payloads from stdin, one a line\n"        \
	  "  --batch N           up to N lines that are there already share a\n" \
	  "                      commit (default 1)\n"                     \
	  "  --print             with --stdin, print each position\n"      \
	  "  --text              never take a payload for JSON\n"          \
	  "  --coalesce KEY      live streams may get the last of several only\n" \
	  "  --in SPAN           say it later: 90s, 5m, 2h, 1d, 250ms\n"  \
	  "  --at TIME           or then: \"18:30\", \"2026-05-01 18:30\"\n" \
	  "  --name NAME         cancel it by: see lvt outbox --cancel\n" \
	  "  --durability WORD   full: survives a loss of power (default);\n" \
	  "                      normal: survives a crash of the program\n" \
	  "  --app NAME          who says it\n",                           \
	  cmd_publish },                                                   \
	{ "token", "Print a token that opens a stream",                    \
	  "[options] --channels PATTERN[,PATTERN...]",                     \
	  "For tests and operations: pages bring their own.\n\n"           \
	  DB_HELP                                                          \
	  "  --channels PATTERNS \"room.*\", \"user.7.>\"; may be repeated\n" \
	  "  --app NAME, --page PATH, --user NAME, --group ID\n"           \
	  "                      whose updates of a page it may follow\n"  \
	  "  --from SEQ-TAG      the lowest position that may be replayed\n" \
	  "  --ttl SECONDS       how long it is good (default 86400)\n",   \
	  cmd_token },                                                     \
	{ "revoke", "Close the streams of a user or group",                \
	  "--app NAME --user NAME|--group ID",                             \
	  "Tokens issued before are no longer good. Prints the position.\n\n" \
	  DB_HELP,                                                         \
	  cmd_revoke },                                                    \
	{ "sessions", "Look at the states of groups, and change them",     \
	  "[options] [list]\n"                                             \
	  "       lvt sessions [options] get|delete PAGE GROUP\n"          \
	  "       lvt sessions [options] set PAGE GROUP JSON|-\n"          \
	  "       lvt sessions [options] export|import",                   \
	  "Export prints a session a line as JSON, import reads such lines.\n" \
	  "Open pages are told of what is set, deleted or imported; what is\n" \
	  "set or imported stays until somebody acts on it.\n\n"           \
	  DB_HELP                                                          \
	  "  --app NAME          of this app (default: list, export: all)\n", \
	  cmd_sessions },                                                  \
	{ "subscribe", "Give a channel's messages to a program",           \
	  "[options] PATTERN...",                                          \
	  "Prints each message as a line of JSON, or hands it to a command or\n" \
	  "a URL. A consumer with a name goes on where it stopped, whatever\n" \
	  "stopped it: each message comes at least once, in order. One that\n" \
	  "fails is tried again after 1, 2, 4 ... 60 s, then parked: see lvt\n" \
	  "outbox --parked.\n\n"                                           \
	  DB_HELP                                                          \
	  "  --consumer NAME     who reads; default with --exec and --webhook:\n" \
	  "                      made of pattern and target; else nobody: from\n" \
	  "                      now on\n"                                 \
	  "  --exec COMMAND      by sh, the message on stdin, LVT_ID,\n"   \
	  "                      LVT_CHANNEL and LVT_EVENT set; exit 0: done\n" \
	  "  --webhook URL       by POST, signed with $LVT_WEBHOOK_SECRET or\n" \
	  "  --secret-file FILE  the first line of this; 2xx: done\n"      \
	  "  --after SEQ         go on from there\n"                       \
	  "  --tries N           before it is parked (default 8)\n"        \
	  "  --try-ms N          until the second try (default 1000)\n"    \
	  "  --once              end when there is no more; 1: some failed\n", \
	  cmd_subscribe },                                                 \
	{ "status", "Show a database in numbers",                          \
	  "[--prometheus]",                                                \
	  DB_HELP                                                          \
	  "  --prometheus        in the text format of Prometheus\n",      \
	  cmd_status },                                                    \
	{ "outbox", "Print the rows of the outbox",                        \
	  "[options]",                                                     \
	  "One JSON object a line: position, time, kind, and what it is for.\n\n" \
	  DB_HELP                                                          \
	  "  --after SEQ         rows after this one (default: all)\n"     \
	  "  --last N            the last N rows\n"                        \
	  "  --limit N           stop after N rows\n"                      \
	  "  --channel PATTERN   messages of these channels only\n"        \
	  "  --follow            go on with rows that come\n"              \
	  "  --parked            events that consumers could not handle; retry N|all\n" \
	  "                      has them tried again, drop N|all forgets them\n" \
	  "  --delayed           what will be said later\n"               \
	  "  --cancel N|NAME     and shall not be\n",                     \
	  cmd_outbox },                                                    \
	{ "gc", "Remove what is old",                                      \
	  "[options]",                                                     \
	  "Outbox rows, kept replies, states whose time ran out and that nobody\n" \
	  "watches. An agent does it once a minute; this is for cron.\n\n"  \
	  DB_HELP                                                          \
	  "  --keep SPAN         outbox rows of this time stay (default:\n" \
	  "                      $LVT_OUTBOX_KEEP, else 1d)\n"             \
	  "  --keep-rows N       and so many of the last in any case\n",   \
	  cmd_gc },

#endif
