/**
 * lvt.h - live, server-rendered pages in C over plain HTTP
 *
 * A page is a Go-syntax HTML template over a JSON document. Actions change the
 * document; every browser that shows the page follows.
 *
 *   static int
 *   add(struct lvt_ctx *cx, json_t *state)
 *   {
 *           json_int_t n = json_integer_value(json_object_get(state, "n"));
 *
 *           return json_object_set_new(state, "n",
 *               json_integer(n + lvt_int(cx, "value", 1)));
 *   }
 *
 *   static const struct lvt_action actions[] = {
 *           { "add", add, NULL },
 *           { 0 }
 *   };
 *   static const struct lvt_page pages[] = {
 *           { .path = "/", .file = "counter.tmpl", .actions = actions,
 *             .init = LVT_JSON({"n": 0}), .flags = LVT_SHARED },
 *           { 0 }
 *   };
 *
 *   int
 *   main(int argc, char *argv[])
 *   {
 *           return lvt_app_main(argc, argv, &(struct lvt_app){ .pages = pages });
 *   }
 *
 * Ownership has one rule, Jansson's: a json_t * that you give is borrowed,
 * unless the function's name ends in _new: that one takes your reference even
 * when it fails, and answers NULL with LVT_ENOMEM.
 */
#ifndef LVT_H
#define LVT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors ------------------------------------------------------------ */

/* LVT_EFAIL is -1 on purpose: what Jansson returns is one of our codes. */
#define LVT_ERRORS(X)                                                  \
	X(LVT_EFAIL,     -1, "failed")                                 \
	X(LVT_ENOMEM,    -2, "out of memory")                          \
	X(LVT_EINVALID,  -3, "input is not valid")                     \
	X(LVT_ESTORE,    -4, "database error")                         \
	X(LVT_ETOOBIG,   -5, "too big")                                \
	X(LVT_ENOTFOUND, -6, "not found")                              \
	X(LVT_ECONFLICT, -7, "changed by somebody else")               \
	X(LVT_EBUSY,     -8, "busy, try again")                        \
	X(LVT_EDENIED,   -9, "not allowed")                            \
	X(LVT_EPARSE,   -10, "template cannot be parsed")              \
	X(LVT_EESCAPE,  -11, "template cannot be made safe")           \
	X(LVT_EEXEC,    -12, "template failed while rendering")        \
	X(LVT_ESTALE,   -13, "position is no longer known")            \
	X(LVT_EIO,      -14, "input or output error")

enum lvt_code {
	LVT_OK = 0,
#define LVT_ERROR_ENUM_(name, value, text) name = value,
	LVT_ERRORS(LVT_ERROR_ENUM_)
#undef LVT_ERROR_ENUM_
	LVT_ECODE_MAX_ = 1
};

/**
 * struct lvt_error - what failed, where and why
 *
 * Written only on failure; the first message wins. Zero it before use.
 */
struct lvt_error {
	int code;		/* 0 or LVT_E* */
	int line, column;	/* from 1; 0 where there is none */
	char file[256];		/* template or setting; "" where there is none */
	char message[768];	/* lower case, no full stop */
};

/** lvt_strerror() - one short phrase for a code; static storage */
const char *lvt_strerror(int code);

/* --- An application is rows -------------------------------------------- */

struct lvt_ctx;

/**
 * LVT_JSON() - JSON text without backslashes: LVT_JSON({"n": 0, "who": null})
 */
#define LVT_JSON(...) #__VA_ARGS__

/**
 * lvt_fn - an action, a mount or a channel handler
 * @cx:  what came in, and the ways to speak
 * @doc: action and mount: the state, borrowed, yours to change; handler
 *       without a page: the payload
 *
 * A handler is a function of its inputs: it works on a copy with no lock held
 * and runs again if somebody else committed first. It may read your own
 * database; it changes nothing but @doc and speaks only through @cx.
 *
 * Return: 0 and it is committed. Anything else and it never happened:
 * LVT_EINVALID shows the field errors, LVT_ECONFLICT the current page with 409,
 * other negatives are logged and the page is told that the action failed.
 */
typedef int lvt_fn(struct lvt_ctx *cx, json_t *doc);

/** Flags of a rule. Without LVT_REQUIRED an absent or empty field is fine; with
 * it a checkbox must be ticked. */
enum lvt_rule_flag {
	LVT_REQUIRED	= 1 << 0,
	LVT_TRIM	= 1 << 1,	/* white space at both ends goes first */
	LVT_INTEGER	= 1 << 2,	/* min and max are of the number */
	LVT_NUMBER	= 1 << 3,	/* integer or real; likewise */
	LVT_EMAIL	= 1 << 4,
	LVT_URL		= 1 << 5,	/* absolute, http or https */
	LVT_SECRET	= 1 << 6	/* never shown again by {{.lvt.Value}} */
};

/**
 * struct lvt_rule - what a field of an action must be
 *
 * Rules run in order; the first that a field breaks gives its message, and the
 * function is not called. Several rows may name one field.
 *
 *   { "text", LVT_REQUIRED | LVT_TRIM, 1, 500, "1 to 500 characters" },
 *   { .field = "size", .oneof = "small medium large" },
 */
struct lvt_rule {
	const char *field;
	unsigned flags;		/* enum lvt_rule_flag */
	int64_t min, max;	/* characters of a text, or the number's range;
				 * both 0: any; max below min: no upper end */
	const char *message;	/* NULL: one that says what is wrong */
	const char *pattern;	/* POSIX extended expression, or NULL */
	const char *oneof;	/* the values allowed, between spaces, or NULL */
	/* 0, or anything else: not valid. May call lvt_error() itself. */
	int	(*check)(struct lvt_ctx *cx, const char *value);
};

/** struct lvt_action - a name that a browser may call */
struct lvt_action {
	const char *name;
	lvt_fn *fn;
	const struct lvt_rule *rules;	/* ends with { 0 }, or NULL */
};

/**
 * struct lvt_store - one of several documents of a page
 *
 * The page renders {name: document, …}; its actions are called "name.action".
 */
struct lvt_store {
	const char *name;
	const struct lvt_action *actions;
	const char *init;	/* JSON object as text; NULL: {} */
	lvt_fn	*setup;		/* as that of a page, with this document */
};

/**
 * struct lvt_auth - who asks, and which group they share their state with
 *
 * identify writes the user's name ("" is nobody) and returns 0; anything else
 * is answered with 401. group writes the group's name; failing is a 500. Both
 * see the request through lvt_req_*(). NULL stands for the usual behaviour:
 * nobody, and a group for each user (nobody: for each browser). A user's group
 * is called as the user is; with a ":" before it where the name could be that
 * of a browser's group, which has 43 of A-Z, a-z, 0-9, _ and -.
 */
struct lvt_auth {
	int	(*identify)(struct lvt_ctx *req, char *user, size_t size);
	int	(*group)(struct lvt_ctx *req, const char *user, char *group,
		    size_t size);
	/* for lvt_auth_basic(): 0 where the password is right */
	int	(*check)(void *arg, const char *user, const char *password);
	void	*arg;
	const char *realm;	/* asks browsers for a password; NULL: does not */
};

/* Everybody is nobody; all tabs of a browser share a group (the default). */
extern const struct lvt_auth lvt_auth_anonymous_;
#define lvt_auth_anonymous (&lvt_auth_anonymous_)
/* REMOTE_USER, as the web server authenticated it. */
extern const struct lvt_auth lvt_auth_remote_user_;
#define lvt_auth_remote_user (&lvt_auth_remote_user_)
/* "Authorization: Bearer TOKEN" or the cookie livetemplate-token; TOKEN comes
 * from lvt_login(), lvt_token() or "app token USER". */
extern const struct lvt_auth lvt_auth_token_;
#define lvt_auth_token (&lvt_auth_token_)
/* HTTP Basic: int check(void *arg, const char *user, const char *password) */
int lvt_auth_basic_identify(struct lvt_ctx *req, char *user, size_t size);
#define lvt_auth_basic(checker, argument) (&(const struct lvt_auth){    \
	.identify = lvt_auth_basic_identify, .check = (checker),       \
	.arg = (argument), .realm = "lvt" })

/** Flags of a page */
enum lvt_page_flag {
	LVT_SHARED = 1 << 0,	/* one group for all visitors of the page */
	LVT_PRESENCE = 1 << 1	/* tell who joins and leaves on the channel
				 * presence.APP for "/", presence.APP.room.a for
				 * "/room/a": events "join" and "leave", payload
				 * {"page", "user", "watching"}; by the agent.
				 * Likewise who hears a channel of the page, on
				 * presence.APP.CHANNEL, with "channel" */
};

#define LVT_FOREVER	(-1)

/**
 * struct lvt_page - a row is a page
 *
 * @path may have parameters that take one part each: "/room/{room}". Each
 * concrete path has a state of its own. @file and @partials are relative to
 * LVT_TEMPLATES, else the program's folder, else its installed data folder.
 */
struct lvt_page {
	const char *path;
	const char *file;		/* the template */
	const char *partials;		/* a glob of others, or NULL */
	const struct lvt_action *actions;	/* ends with { 0 }, or NULL */
	const char *init;		/* JSON object as text; NULL: {} */
	const struct lvt_store *stores;	/* instead of actions and init */
	unsigned flags;			/* enum lvt_page_flag */
	const char *channels;		/* patterns that browsers may listen to,
					 * between spaces; {user} and {group}
					 * are filled in */
	/* Where text is not enough: calls lvt_grant(); see lvt_user(),
	 * lvt_group() and lvt_req_path(). Not 0: nothing is granted. */
	int	(*grant)(struct lvt_ctx *req);
	int64_t history;		/* seconds before the page that its
					 * channels may be replayed; 0: none */
	const struct lvt_auth *auth;	/* NULL: that of the app */
	/* Completes the first document of a group, for as long as it has not
	 * acted: a function of user, group and path alone. */
	lvt_fn	*setup;
	/* Loads from elsewhere: runs on a full page load and in a refresh, and
	 * commits only if it changed something. LVT_ENOTFOUND: no such page. */
	lvt_fn	*mount;
	/* Run by the agent when a stream of the page opens and has ended, with
	 * the state of its group; its user and group are those of @cx. */
	lvt_fn	*connect, *disconnect;
	int64_t ttl;			/* seconds that a group lives after its
					 * last action; LVT_FOREVER; 0: a day
					 * for nobody's groups, else for ever */
};

/**
 * struct lvt_handler - a function that runs for each message of a channel
 *
 * Run by "app agent", in order, at least once. With @page it has an action's
 * place: doc is that page's document (or its @store), the payload is
 * lvt_data(cx), and its changes and the handler's position commit together.
 *
 * An event that fails is tried again, after 1, 2, 4 … 60 s; meanwhile the later
 * ones of its group wait, and those of other groups go on. After LVT_TRIES
 * tries it is parked: "app outbox --parked" shows it, tries it again or drops it.
 */
struct lvt_handler {
	const char *channel;		/* a name or a pattern: "order.*" */
	lvt_fn	*fn;
	const char *page;		/* path, or NULL */
	const char *store;		/* of that page, or NULL */
	/* Which group of the page; NULL: the shared one. Without a page: what
	 * must stay in order among itself. */
	int	(*group)(struct lvt_ctx *cx, const json_t *payload, char *group,
		    size_t size);
};

/** Flags of a tick */
enum lvt_tick_flag {
	LVT_ALWAYS = 1 << 0	/* though nobody watches: a check, a job. With
				 * a page: one that is LVT_SHARED, without
				 * parameters or groups of the app's own */
};

/**
 * struct lvt_tick - a function that runs again and again while somebody watches
 *
 * Run by "app agent"; by "app agent --once" once. With @page (as its row says
 * it, "/room/{room}") it runs for each group that watches it, doc is that
 * group's document; without one it runs while any page of the app is watched,
 * doc is {}.
 */
struct lvt_tick {
	const char *name;
	int64_t every_ms;
	lvt_fn	*fn;
	const char *page;		/* path, or NULL */
	const char *store;		/* of that page, or NULL */
	unsigned flags;			/* enum lvt_tick_flag */
};

/* --- Functions of templates ---------------------------------------------- */

struct lvt_call;

/**
 * lvt_template_fn - what {{price .cents "EUR"}} calls
 * @call: takes the result
 * @args: array of the arguments, what was piped in last; borrowed, not yours
 *        to change
 *
 * A function of its arguments: it looks at nothing else, since views are kept
 * and compared. Numbers that a template writes are integers or reals, texts may
 * be any bytes, and what is no value is null. Arguments carry no trust:
 * text that another function marked as HTML comes as a plain string.
 *
 * Return: what the lvt_result that it ends with returned; not 0: rendering fails
 * with the place in the template and the message of lvt_result_error().
 */
typedef int lvt_template_fn(struct lvt_call *call, const json_t *args);

/**
 * struct lvt_template_func - a name that templates may call
 *
 *   static int
 *   price(struct lvt_call *call, const json_t *args)
 *   {
 *           json_t *cents = json_array_get(args, 0);
 *
 *           if (!json_is_integer(cents))
 *                   return lvt_result_error(call, "cents must be an integer");
 *           return lvt_result_new(call, json_sprintf("%.2f",
 *               (double)json_integer_value(cents) / 100));
 *   }
 *
 *   static const struct lvt_template_func functions[] = {
 *           { "price", price, 1, 1 },
 *           { 0 }
 *   };
 *
 * The number of arguments is checked when the template is read.
 */
struct lvt_template_func {
	const char *name;		/* letters, digits, _ */
	lvt_template_fn *fn;
	int min, max;			/* arguments; max -1: any number */
};

/** lvt_result() - any JSON; printed, it is escaped for its place as data is */
int	lvt_result(struct lvt_call *call, json_t *value);
int	lvt_result_new(struct lvt_call *call, json_t *value);

/** enum lvt_content - what a text is safe as; each is trusted only in its place */
enum lvt_content {
	LVT_AS_TEXT,		/* nothing: escaped */
	LVT_AS_HTML,		/* a fragment: <b>x</b> */
	LVT_AS_ATTR,		/* an attribute: dir="ltr" */
	LVT_AS_URL,		/* of any scheme */
	LVT_AS_JS,		/* an expression */
	LVT_AS_JSSTR,		/* the inside of a string: x\ny */
	LVT_AS_CSS,		/* declarations, a value or a rule */
	LVT_AS_SRCSET
};

/**
 * lvt_result_content() - a text that you vouch for
 * @text: UTF-8, copied
 *
 *   return lvt_result_content(call, LVT_AS_HTML, "<hr>");
 *
 * Never build it of data that you have not escaped yourself. Only a function's
 * result can be trusted: nothing in a document, an action, a broadcast or a
 * list can. It stays so in variables and arguments of {{template}}, and is
 * plain again once a function makes another text of it, be it print.
 *
 * Return: 0, LVT_EINVALID or LVT_ENOMEM.
 */
int	lvt_result_content(struct lvt_call *call, enum lvt_content type,
	    const char *text);
/** lvt_result_error() - rendering fails, with this message. Return: LVT_EFAIL */
int	lvt_result_error(struct lvt_call *call, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

struct lvt_app {
	const char *name;		/* NULL: the program's */
	const struct lvt_page *pages;	/* ends with { 0 } */
	const struct lvt_handler *handlers;	/* ends with { 0 }, or NULL */
	const struct lvt_tick *ticks;		/* ends with { 0 }, or NULL */
	const struct lvt_auth *auth;	/* NULL: lvt_auth_anonymous */
	/* Of all its templates; ends with { 0 }, or NULL. */
	const struct lvt_template_func *functions;
};

/**
 * lvt_app_main() - the whole program: FastCGI worker, CGI or own command
 *
 * Started by a web server it answers requests; started by hand or by cron it is
 * its own command: see "app --help".
 *
 * Return: what main() should return.
 */
int lvt_app_main(int argc, char *argv[], const struct lvt_app *app);

/* --- What came in ------------------------------------------------------- */

/**
 * lvt_int() - an integer of the action's data
 * @name: of the field
 * @def:  counts where the field is absent, empty or no integer
 */
int64_t lvt_int(struct lvt_ctx *cx, const char *name, int64_t def);
double	lvt_real(struct lvt_ctx *cx, const char *name, double def);
/** lvt_bool() - true, 1, "1", "true", "on", "yes" are; other values are not */
int	lvt_bool(struct lvt_ctx *cx, const char *name, int def);
/** lvt_str() - a text; "" if there is none. Lives until the handler returns */
const char *lvt_str(struct lvt_ctx *cx, const char *name);
/** lvt_has() - is the field there, and not empty, nor a box that is not ticked? */
int	lvt_has(struct lvt_ctx *cx, const char *name);
/** lvt_data() - the whole object; borrowed */
json_t	*lvt_data(struct lvt_ctx *cx);

const char *lvt_user(struct lvt_ctx *cx);	/* "" is nobody */
const char *lvt_group(struct lvt_ctx *cx);
/** lvt_now() - milliseconds since the epoch; one value per action */
int64_t lvt_now(struct lvt_ctx *cx);
/** lvt_channel(), lvt_event() - of the message that a handler is given; else "" */
const char *lvt_channel(struct lvt_ctx *cx);
const char *lvt_event(struct lvt_ctx *cx);
/**
 * lvt_watching() - how many watch: "" this group, "page" the page, "app" all
 *
 * "room.lobby": how many hear that channel, of those whose page is LVT_PRESENCE.
 * Each user counts once.
 */
int64_t lvt_watching(struct lvt_ctx *cx, const char *where);

/** lvt_req_path() - a parameter of the page's path; "" if there is none */
const char *lvt_req_path(struct lvt_ctx *cx, const char *name);
const char *lvt_req_query(struct lvt_ctx *cx, const char *name);
const char *lvt_req_header(struct lvt_ctx *cx, const char *name);
const char *lvt_req_cookie(struct lvt_ctx *cx, const char *name);

/** struct lvt_upload - a file of a form; lives until the handler returns */
struct lvt_upload {
	const char *name, *type;	/* as the browser says: not to be trusted */
	const void *data;
	size_t size;			/* bytes */
};

/** enum lvt_kind - what a member of a struct holds, see lvt_bind() */
enum lvt_kind {
	LVT_KIND_INT,			/* int */
	LVT_KIND_INT64,			/* int64_t */
	LVT_KIND_DOUBLE,		/* double */
	LVT_KIND_BOOL,			/* int: 0 or 1 */
	LVT_KIND_TEXT,			/* char[size], with its NUL */
	LVT_KIND_STRING			/* const char *; lives as lvt_str()'s */
};

/** struct lvt_field - where a field of the data goes; see LVT_FIELD() */
struct lvt_field {
	const char *name;
	enum lvt_kind kind;
	size_t offset, size;
};

/**
 * LVT_FIELD() - a row for lvt_bind(): field and member have one name
 *
 *   struct order { int64_t amount; char note[80]; int gift; };
 *   static const struct lvt_field order_fields[] = {
 *           LVT_FIELD(struct order, amount, LVT_KIND_INT64),
 *           LVT_FIELD(struct order, note, LVT_KIND_TEXT),
 *           LVT_FIELD(struct order, gift, LVT_KIND_BOOL),
 *           { 0 }
 *   };
 */
#define LVT_FIELD(type, member, kind)                                  \
	{ #member, (kind), offsetof(type, member),                     \
	  sizeof(((type *)0)->member) }

/**
 * lvt_bind() - the action's data into a struct
 * @to: members of absent or empty fields are left as they are
 *
 * Return: 0; LVT_EINVALID with a message for each field that does not fit (no
 * number, out of range, too long), so that a handler can end with it; also if a
 * member has not the size of its kind.
 */
int	lvt_bind(struct lvt_ctx *cx, const struct lvt_field *fields, void *to);

/** lvt_file() - 0 and *file; LVT_ENOTFOUND if the field holds no file */
int	lvt_file(struct lvt_ctx *cx, const char *field, struct lvt_upload *file);

/**
 * lvt_version() - is this record still the one that the browser saw?
 * @record: an object; its member "version" counts its changes, from 1
 * @field:  of the data, holds the version that was shown; absent: any
 *
 * For records within a document: of two who change different records, neither
 * is refused. Return: 0 and the record's version is one more, LVT_ECONFLICT,
 * LVT_EINVALID (no object) or LVT_ENOMEM.
 */
int	lvt_version(struct lvt_ctx *cx, json_t *record, const char *field);

/* --- What goes out ------------------------------------------------------ */

/**
 * lvt_invalid() - this field is not valid
 *
 * The message shows as {{.lvt.Error "field"}} to whoever acted, until their
 * next action. Return: LVT_EINVALID, so that a handler can end with it.
 */
int	lvt_invalid(struct lvt_ctx *cx, const char *field, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/** lvt_error() - the same, for several: the action fails when it returns 0, too */
int	lvt_error(struct lvt_ctx *cx, const char *field, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/** lvt_reply() - any JSON for the caller; arrives in meta.reply */
int	lvt_reply(struct lvt_ctx *cx, json_t *reply);
int	lvt_reply_new(struct lvt_ctx *cx, json_t *reply);
/** lvt_alloc() - zeroed memory until this action is over; NULL: none left */
void	*lvt_alloc(struct lvt_ctx *cx, size_t size);
/**
 * lvt_login() - this browser is @user from now on
 *
 * For pages of lvt_auth_token: an action of another page checks who it is, calls
 * this and ends with lvt_redirect(). With the commit the browser gets a token
 * of its own and a new group; the token that it had is good no more, and its
 * streams end, whoever it was. Only from an action that a browser sent.
 *
 * Return: 0, LVT_EINVALID (no name, or one that is not UTF-8; no browser),
 * LVT_ESTORE (what logins the user has cannot be read) or LVT_ENOMEM.
 */
int	lvt_login(struct lvt_ctx *cx, const char *user);
/**
 * lvt_carry() - after lvt_login(): take along what this browser did before
 * @from:  path of the page whose document, of this browser, is taken
 * @to:    path of the page of the user that gets it; NULL: @from
 * @merge: is given the user's document; lvt_data() is the browser's. NULL: the
 *         browser's becomes the user's where the user has none yet, and is left
 *         behind otherwise
 *
 *   int rc = lvt_login(cx, user);
 *   return rc == 0 ? lvt_carry(cx, "/cart", NULL, add_to_cart) : rc;
 *
 * With the commit, as all else. Without it everything is left behind: a browser
 * may be used by several people, so nothing of one becomes another's unasked. A
 * browser that did nothing there, or was somebody before, leaves nothing.
 *
 * Return: 0, LVT_EINVALID (no login in this action; no such page, or one with
 * groups of its own), LVT_ENOMEM, LVT_ESTORE, or what merge returned.
 */
int	lvt_carry(struct lvt_ctx *cx, const char *from, const char *to,
	    lvt_fn *merge);
/** lvt_logout() - nobody again: its token is good no more, its streams end */
int	lvt_logout(struct lvt_ctx *cx);
/**
 * lvt_grant() - in a page's grant: browsers may listen to this pattern
 *
 * The stream's token names all patterns of a page: some 2,500 bytes of them. Of
 * more none is granted, and the log says so.
 */
int	lvt_grant(struct lvt_ctx *req, const char *pattern);
/**
 * lvt_redirect() - where the browser goes after this action; a path or URL
 *
 * As in a link of the page: "list" is the page beside it, wherever the app is
 * mounted; "/list" is a path of the whole host.
 */
int	lvt_redirect(struct lvt_ctx *cx, const char *url);

/**
 * lvt_broadcast() - change what everyone sees of this page
 * @patch: a JSON object; a merge patch (RFC 7396) to everyone's document
 *
 * null removes. The newest write of a member wins, be it an action's or a
 * broadcast's. From a handler without a page: all pages of the app. Nobody sees
 * it before the commit; who comes later has it, too.
 *
 * Return: 0, LVT_EINVALID (no object; no user; no group), LVT_ETOOBIG or
 * LVT_ENOMEM.
 */
int	lvt_broadcast(struct lvt_ctx *cx, json_t *patch);
int	lvt_broadcast_new(struct lvt_ctx *cx, json_t *patch);
/**
 * What one user, some users, one group see. Unknown ones are no error.
 *
 * On a page whose groups several users share (LVT_SHARED, or a group function)
 * what is said to a user lies over the document, for that user alone: actions
 * do not find it there, and it stays until a broadcast to the user says
 * otherwise, null takes it back, or it expires.
 */
int	lvt_broadcast_to_user(struct lvt_ctx *cx, const char *user,
	    json_t *patch);
int	lvt_broadcast_to_user_new(struct lvt_ctx *cx, const char *user,
	    json_t *patch);
int	lvt_broadcast_to_users(struct lvt_ctx *cx, const char *const *users,
	    size_t n, json_t *patch);
int	lvt_broadcast_to_users_new(struct lvt_ctx *cx, const char *const *users,
	    size_t n, json_t *patch);
int	lvt_broadcast_to_group(struct lvt_ctx *cx, const char *group,
	    json_t *patch);
int	lvt_broadcast_to_group_new(struct lvt_ctx *cx, const char *group,
	    json_t *patch);
/** lvt_send() - what the group that acts sees */
int	lvt_send(struct lvt_ctx *cx, json_t *patch);
int	lvt_send_new(struct lvt_ctx *cx, json_t *patch);

/** struct lvt_opts - the rarer wishes of a broadcast or publish */
struct lvt_opts {
	int64_t expire_ms;	/* a broadcast's members go after this time; 0: stay */
	const char *coalesce;	/* of a batch with this key, live browsers may
				 * get only the last message */
	int64_t at;		/* not before this time, ms since the epoch; 0: now */
	int64_t in_ms;		/* or: not before so much later */
	const char *name;	/* of what is delayed, for lvt_cancel() */
};

int	lvt_broadcast_with(struct lvt_ctx *cx, json_t *patch,
	    const struct lvt_opts *opts);

/**
 * lvt_publish() - say something on a channel when this action commits
 * @cx:      the action in progress
 * @channel: dotted name without wildcards, "room.lobby"
 * @event:   what happened, "said"
 * @payload: any JSON value; borrowed (lvt_publish_new() takes it)
 *
 * Listeners get {"channel": ..., "event": ..., "payload": ...}. Nobody sees it
 * before the commit; if the action fails, nobody ever does.
 *
 * Return: 0, LVT_EINVALID (not a channel name), LVT_ETOOBIG or LVT_ENOMEM.
 */
int	lvt_publish(struct lvt_ctx *cx, const char *channel, const char *event,
	    json_t *payload);
int	lvt_publish_new(struct lvt_ctx *cx, const char *channel,
	    const char *event, json_t *payload);
int	lvt_publish_with(struct lvt_ctx *cx, const char *channel,
	    const char *event, json_t *payload, const struct lvt_opts *opts);
/**
 * lvt_cancel() - take back what is delayed under this name
 *
 * With the commit, as all that is said. What was due already has been said.
 * Return: 0, LVT_EINVALID (no name) or LVT_ENOMEM.
 */
int	lvt_cancel(struct lvt_ctx *cx, const char *name);
/**
 * lvt_update() - change the state of a further group in the same commit
 * @page:  a path of this app
 * @group: NULL: the shared one
 * @fn:    is given that group's document; cx speaks from its place meanwhile
 *
 * All of it is committed, or nothing. @fn may call it again, for another one.
 * Return: 0, LVT_EINVALID (no such page; a place whose document the handler, or
 * a function that called this one, has in hand), LVT_ETOOBIG, or what fn returned.
 */
int	lvt_update(struct lvt_ctx *cx, const char *page, const char *group,
	    lvt_fn *fn);

/**
 * lvt_refresh() - "my own tables changed": mount runs again in the same commit
 * @page:  a path of this app that has a mount
 * @group: NULL: all groups that watch the page
 *
 * Who does not watch has it run with the next full load. Its own group is not
 * among them: there the handler changes the document itself.
 *
 * Return: 0, LVT_EINVALID (no such page, no mount), LVT_ETOOBIG (more than 64
 * groups watch: ask lvt_app_refresh() or "app refresh"), or what mount returned.
 */
int	lvt_refresh(struct lvt_ctx *cx, const char *page, const char *group);

/* --- From programs: daemons and scripts in C ----------------------------- */

struct lvt;

/**
 * lvt_open() - an app from outside its worker
 * @path: of the database; NULL: as the worker finds it
 *
 * One thread at a time. Return: a handle for lvt_close(); NULL: see @err.
 */
struct lvt *lvt_open(const struct lvt_app *app, const char *path,
	    struct lvt_error *err);
void	lvt_close(struct lvt *l);		/* NULL is fine */

/** enum lvt_scope - who a broadcast is for */
enum lvt_scope { LVT_TO_ALL, LVT_TO_USER, LVT_TO_GROUP };

/**
 * lvt_app_broadcast() - a broadcast from outside an action
 * @to:    with LVT_TO_USER and LVT_TO_GROUP: its name; else NULL
 * @page:  a path, or NULL: all pages of the app
 * @live:  how many streams were registered for it; NULL is fine
 *
 * Return: 0 or LVT_E*, with @err.
 */
int	lvt_app_broadcast(struct lvt *l, enum lvt_scope scope, const char *to,
	    const char *page, json_t *patch, int64_t *live,
	    struct lvt_error *err);
int	lvt_app_publish(struct lvt *l, const char *channel, const char *event,
	    json_t *payload, struct lvt_error *err);
int	lvt_app_publish_with(struct lvt *l, const char *channel,
	    const char *event, json_t *payload, const struct lvt_opts *opts,
	    struct lvt_error *err);
/**
 * lvt_app_refresh() - "my own tables changed": mount runs again
 * @page:  a path
 * @group: NULL: all groups that have acted on the page
 */
int	lvt_app_refresh(struct lvt *l, const char *page, const char *group,
	    struct lvt_error *err);

/* --- Passwords and tokens ------------------------------------------------ */

#define LVT_PASSWORD_SIZE	128

/** lvt_password_hash() - a text to keep (Argon2id, slow on purpose) */
int	lvt_password_hash(const char *password, char hash[LVT_PASSWORD_SIZE]);
/** lvt_password_check() - 0 if the password is the one of the hash */
int	lvt_password_check(const char *hash, const char *password);
/**
 * lvt_token() - a token for lvt_auth_token
 * @ttl_s: seconds that it is good for
 * @token: buffer of @size bytes; 512 are enough for short names
 */
int	lvt_token(struct lvt *l, const char *user, int64_t ttl_s, char *token,
	    size_t size, struct lvt_error *err);

/* --- Tests of your own --------------------------------------------------- */

struct lvt_test;

/**
 * lvt_test_open() - the app's page at path, in memory, without sockets
 *
 * Templates are found as the worker finds them; LVT_TEMPLATES names another
 * folder. Prints to standard error and returns NULL where the app has a
 * mistake.
 */
struct lvt_test *lvt_test_open(const struct lvt_app *app, const char *path);
void	lvt_test_close(struct lvt_test *t);	/* NULL is fine */
/** lvt_test_as() - who acts from now on; "" is nobody, in a group of their own */
int	lvt_test_as(struct lvt_test *t, const char *user);
/** lvt_test_twice() - run each action twice; LVT_EFAIL if they differ */
void	lvt_test_twice(struct lvt_test *t, int on);
/**
 * lvt_test_do() - act: lvt_test_do(t, "add", "{s:i}", "value", 5)
 * @fmt: data as for json_pack(); NULL: none
 *
 * Return: 0 if it was committed, LVT_EINVALID with field errors, or what the
 * action returned.
 */
int	lvt_test_do(struct lvt_test *t, const char *action, const char *fmt, ...);
/** lvt_test_state() - the document now; borrowed until the next call */
json_t	*lvt_test_state(struct lvt_test *t);
/** lvt_test_html() - the page now, with the last action's errors */
const char *lvt_test_html(struct lvt_test *t);
/** lvt_test_error() - the last action's message for a field, or NULL */
const char *lvt_test_error(struct lvt_test *t, const char *field);
/** lvt_test_reply() - what the last action gave to lvt_reply(), or NULL */
json_t	*lvt_test_reply(struct lvt_test *t);
/**
 * lvt_test_sent() - what the last action said, as an array; borrowed
 *
 * {"channel","event","payload"} of a publish, {"to","patch"} of a broadcast
 * where to is "*", "u:USER" or "g:GROUP"; with "at" where it is delayed;
 * {"cancel"} of a lvt_cancel().
 */
json_t	*lvt_test_sent(struct lvt_test *t);

#ifdef __cplusplus
}
#endif
#endif
