/*
 * Any bytes as a template and as the values in it: escaped, run, and what a
 * value printed as text may never hold looked for.
 */
#include <stdlib.h>

#include "template/escape/escapers.h"
#include "template/program.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Values cannot leave text or attributes, or open a tag in a script. */
static void
check_escapers(struct str s)
{
	static const struct {
		void (*escape)(struct buf *, struct str, enum content);
		const char *never;
	} rows[] = {
		{ escape_html, "<>\"'" }, { escape_rcdata, "<>\"'" },
		{ escape_attr, "<>\"'" }, { escape_nospace, "<>\"'` =\t\n" },
		{ escape_urlnorm, "<>\"'` ()\\" },
		{ escape_url, "<>\"'` ()&/:?#\\" },
		{ escape_cssval, "<>\"'();{}\\/" },
		{ escape_cssstr, "<>\"'(){};" }, { escape_jsstr, "<>\"'`&\n" },
		{ escape_jsregexp, "<>\"'&\n" }, { escape_jstmpl, "<>`${\n" },
		{ escape_jsval_str, "<>&\n" }, { escape_htmlname, "<>\"'=/ " },
	};
	struct buf out;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out);
		rows[i].escape(&out, s, CONTENT_PLAIN);
		if (out.failed || strpbrk(buf_z(&out), rows[i].never) != NULL)
			abort();
		buf_clear(&out);
		/* Trusted bytes need not be sound, but may not crash us. */
		for (int type = CONTENT_CSS; type <= CONTENT_SRCSET; type++)
			rows[i].escape(&out, s, (enum content)type);
		buf_release(&out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tmpl_limits limits = { .steps = 20000, .output_bytes = 1 << 20,
	    .parse_depth = 100, .exec_depth = 50 };
	struct tmpl *t = tmpl_create(TMPL_HTML, &limits);
	struct lvt_error err = { 0 };
	struct program *p;
	struct buf out;
	struct sink sink = { .out = &out };
	json_t *value;

	if (size == 0)
		data = (const uint8_t *)"";
	check_escapers((struct str){ (const char *)data, size });
	if (t == NULL || tmpl_parse(t, "main", NULL, (const char *)data, size,
	    &err) != 0) {
		tmpl_free(t);
		return 0;
	}
	p = tmpl_compile(t, "main", &err);
	if (p == NULL && (err.code == 0 || err.message[0] == '\0'))
		abort();
	/* Escaping is the same the second time. */
	program_free(tmpl_compile(t, "main", NULL));
	tmpl_free(t);
	if (p == NULL)
		return 0;
	value = json_pack("{s:s%, s:[s,i,n]}", "a", (const char *)data,
	    size < 64 ? size : (size_t)64, "l", "<'\">", 1);
	buf_init(&out);
	program_exec(p, value, NULL, &sink, &err);
	buf_release(&out);
	json_decref(value);
	program_free(p);
	return 0;
}
