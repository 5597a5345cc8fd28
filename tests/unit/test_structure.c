/*
 * Escaped output keeps its structure whatever the data: a tokenizer finds the
 * same tags and attributes as with harmless data, and as many "<".
 */
#include "vectors.h"

#include "base/buf.h"
#include "cli/templates/tags.h"
#include "template/program.h"

static const char harmless[] = "x1";

static const char *const hostile[] = {
	"<", ">", "\"", "'", "`", "&", "=", "/", "/>", "\\", "\n", "\r\n", "\t", " ",
	"\x01\x7f", "\xc2\xa0", "\xe2\x80\xa8", "\xe2\x80\xa9",
	"<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>",
	"</SCRIPT\n><b a>", "</style><b a>", "</title><b a>",
	"</textarea x><b a>", "--><b a>", "--!><b a>", "<!--", "<!--<script>", "]]><b a>",
	"\" onclick=\"alert(1)", "' onclick='alert(1)", "x onclick=alert(1)",
	"`onclick=alert(1)", "x\fonclick=1", "x/onclick=1", "\">", "'>", "x>",
	"&quot;><b a>", "&#34; onclick=&#34;", "\\\"><b a>", "\\'><b a>", "\\x3cb\\x3e",
	"javascript:alert('\"><b a>')", "//host/\"><b a>", "?a='><b>", "data:text/html,<b a>",
	"a 2x, \"><b a> 3x", "expression(\"><b a>\")", "url('\"><b a>)", "*/ </style><b a>",
	"${alert(1)}", "`}</script>", "{{.}}", "a\"b'c`d<e>f&g=h/i\\j k",
	"\xf0\x9f\x98\x80<", "\xef\xbb\xbf<b a>",
};

#define NHOSTILE	(sizeof(hostile) / sizeof(hostile[0]))

/* --- What a page is made of --------------------------------------------- */

struct structure {
	struct buf names;	/* each tag and its attributes, a line each */
	size_t lts;
};

static void
on_tag(void *arg, const struct tags *t)
{
	struct buf *out = arg;
	uint32_t i;

	buf_puts(out, t->end ? "</" : "<");
	buf_str(out, tags_name(t));
	for (i = 0; i < t->nattrs; i++) {
		buf_putc(out, '\n');
		buf_add(out, t->text + t->attrs[i].name, t->attrs[i].name_len);
	}
	buf_putc(out, '\n');
}

static void
structure_read(struct structure *s, const struct buf *page)
{
	static struct tags tags;
	size_t i;

	buf_init(&s->names);
	s->lts = 0;
	tags_init(&tags, on_tag, &s->names);
	tags_feed(&tags, (struct str){ page->s, page->len });
	for (i = 0; i < page->len; i++)
		s->lts += page->s[i] == '<';
	buf_z(&s->names);
}

static size_t
line_length(const char *s)
{
	return strcspn(s, "\n");
}

static bool
has(const char *s, size_t n, const char *word)
{
	const char *found = strstr(s, word);

	return found != NULL && (size_t)(found - s) < n;
}

/* Line by line; a name that is made of data may be any. */
static bool
structure_same(const struct structure *a, const struct structure *b)
{
	const char *x = a->names.len > 0 ? a->names.s : "";
	const char *y = b->names.len > 0 ? b->names.s : "";
	size_t n, m;

	while (*x != '\0' && *y != '\0') {
		n = line_length(x);
		m = line_length(y);
		if ((*x == '<') != (*y == '<'))
			return false;
		if ((n != m || memcmp(x, y, n) != 0) &&
		    !has(x, n, harmless))
			return false;
		x += n + 1;
		y += m + 1;
	}
	return *x == *y && a->lts == b->lts;
}

/* Quotes in names: the template itself leaves out the value of an attribute,
 * and browsers take for a name what was meant to be its value. */
static bool
is_malformed(const struct structure *s)
{
	return s->names.len > 0 && strpbrk(s->names.s, "\"'=") != NULL;
}

/* --- Rendering ---------------------------------------------------------- */

/* The same value with every string replaced: a new reference. */
static json_t *
with_text(const json_t *v, const char *text)
{
	json_t *out, *e;
	const char *key;
	size_t i;

	if (json_is_string(v))
		return json_string(text);
	if (json_is_array(v)) {
		out = json_array();
		json_array_foreach(v, i, e)
			json_array_append_new(out, with_text(e, text));
		return out;
	}
	if (!json_is_object(v))
		return json_deep_copy(v);
	out = json_object();
	json_object_foreach((json_t *)(uintptr_t)v, key, e)
		json_object_set_new(out, key, with_text(e, text));
	return out;
}

static bool
render(const struct program *p, const json_t *data, const char *text,
    struct buf *page)
{
	json_t *replaced = with_text(data, text);
	struct sink sink = { .out = page };
	int rc;

	buf_init(page);
	rc = program_exec(p, replaced, NULL, &sink, NULL);
	json_decref(replaced);
	return rc == 0;
}

static struct program *
compile(const json_t *c)
{
	struct tmpl *t = tmpl_create(TMPL_HTML, NULL);
	struct vector_file f[16];
	struct program *p = NULL;
	size_t n = vectors_files(c, f, 16), i;
	int rc = 0;

	assert_non_null(t);
	for (i = 0; i < n && rc == 0; i++)
		rc = tmpl_parse(t, f[i].name.s, f[i].name.s, f[i].text.s,
		    f[i].text.len, NULL);
	if (rc == 0)
		p = tmpl_compile(t, "main", NULL);
	tmpl_free(t);
	return p;
}

/* How many hostile strings changed the structure of the case's page. */
static size_t
broken(const json_t *c, const struct program *p, size_t *pages)
{
	const json_t *data = json_object_get(c, "data");
	struct structure want, got;
	struct buf page, bad;
	size_t i, n = 0;

	if (!render(p, data, harmless, &page)) {
		buf_release(&page);
		return 0;
	}
	structure_read(&want, &page);
	for (i = 0; i < NHOSTILE && !is_malformed(&want); i++) {
		if (render(p, data, hostile[i], &bad)) {
			structure_read(&got, &bad);
			++*pages;
			if (!structure_same(&want, &got)) {
				n++;
				print_message("# %s with %s: %.*s, not %.*s\n",
				    json_string_value(json_object_get(c,
				    "name")), hostile[i], (int)bad.len, bad.s,
				    (int)page.len, page.s);
			}
			buf_release(&got.names);
		}
		buf_release(&bad);
	}
	buf_release(&want.names);
	buf_release(&page);
	return n;
}

static void
no_data_change_the_structure(void **state)
{
	json_t *cases = vectors_load(*state), *c;
	size_t i, bad = 0, pages = 0;
	struct program *p;

	json_array_foreach(cases, i, c)
		if (json_object_get(c, "engine") == NULL &&
		    (p = compile(c)) != NULL) {
			bad += broken(c, p, &pages);
			program_free(p);
		}
	print_message("# %zu pages\n", pages);
	assert_int_equal(bad, 0);
	assert_true(pages > 1000);
	json_decref(cases);
}

/* The tokenizer must see what it is here to see. */
static void
the_tokenizer_finds_what_was_put_in(void **state)
{
	static const struct { const char *page, *names; } rows[] = {
		{ "a <b>c</b>", "<b\n</b\n" },
		{ "<a x=1 Y='<i>' z>", "<a\nx\ny\nz\n" },
		{ "<script><b></script ><i>", "<script\n</script\n<i\n" },
		{ "<!-- <b> --><i><!--><u>", "<i\n<u\n" },
		{ "<!doctype html><br/>", "<br\n" },
		{ "a < b << <p", "" },
		{ "</ ><p a=>b=\"\">", "<p\na\n" },
	};
	struct structure s;
	struct buf page;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&page);
		buf_puts(&page, rows[i].page);
		structure_read(&s, &page);
		assert_string_equal(buf_z(&s.names), rows[i].names);
		buf_release(&s.names);
		buf_release(&page);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tokenizer_finds_what_was_put_in),
		{ "no data change the structure of escape.json's pages",
		  no_data_change_the_structure, NULL, NULL,
		  (void *)(uintptr_t)"escape" },
		{ "nor that of our own escaping cases",
		  no_data_change_the_structure, NULL, NULL,
		  (void *)(uintptr_t)"escape-extra" },
		{ "nor that of every kind of place",
		  no_data_change_the_structure, NULL, NULL,
		  (void *)(uintptr_t)"escape-places" },
	};

	return RUN_TAP(tests);
}
