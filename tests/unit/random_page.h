/*
 * random_page.h - random templates, and random states for them.
 *
 * Every object of the data has the same members, so that any template fits:
 *   s text, n 0..5, c bool, k key, l objects, t texts, m map of texts,
 *   w object or null
 * Everything follows from the seed.
 */
#ifndef LVT_TEST_RANDOM_PAGE_H
#define LVT_TEST_RANDOM_PAGE_H

#include <jansson.h>

#include "base/buf.h"

struct rnd {
	uint64_t state;
};

static inline uint32_t
rnd_next(struct rnd *r)
{
	/* splitmix64 */
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 32);
}

static inline uint32_t
rnd_below(struct rnd *r, uint32_t n)
{
	return rnd_next(r) % n;
}

#define RND_OF(r, array) \
	(array)[rnd_below((r), sizeof(array) / sizeof((array)[0]))]

/* --- Templates ---------------------------------------------------------- */

struct page_maker {
	struct rnd *r;
	struct buf *out;
	int templates;		/* t0 .. templates - 1 may be called */
	bool loop;		/* within a range of this template */
};

static inline void page_list(struct page_maker *m, int depth);

/* An item of a range over objects; most begin with a tag that has a key. */
static inline void
page_item(struct page_maker *m, int depth)
{
	static const char *const starts[] = {
		"<li data-key=\"{{.k}}\">", "<li id=\"r-{{.k}}-{{.n}}\">",
		"\n <li class=\"a {{if .c}}b{{end}}\" lvt-key='{{.k}}'>", "<li>",
		"{{if .c}}<li id=\"{{.k}}\">{{else}}<li>{{end}}",
		"<li{{if .c}} class=\"x\"{{end}} id={{.k}}>", "<li id=\"same\">",
		"<li id=\"{{.k}}\" class=\"{{.s}}\" data-key=\"{{.n}}\">",
		"<!-- {{.s}} --><li{{with .w}} id='w-{{.k}}'{{end}}>",
		"<li {{if .c}}data-key{{else}}id{{end}}=\"{{.k}}\">",
		("<li title=\"<b id='x'>\" class=\"{{range .t}}{{.}} {{end}}\""
		" id=\"{{if .c}}{{.k}}{{else}}n{{.n}}{{end}}\">"),
		"{{.s}}<li id=\"{{.k}}\">",
	};

	/* After these the rest of the item is a list of its own. */
	static const char *const leaves[] = {
		"{{if .c}}{{.s}}</li>{{continue}}{{end}}",
		"{{with .w}}<i>{{.k}}</i></li>{{break}}{{else}}{{.n}}{{end}}",
		"{{if eq .n 2}}</li>{{break}}{{else if .c}}</li>{{continue}}{{end}}",
	};

	if (m->loop && rnd_below(m->r, 6) == 0)
		buf_puts(m->out, "{{if eq .n 3}}{{continue}}{{end}}");
	if (m->loop && rnd_below(m->r, 8) == 0)
		buf_puts(m->out, "{{if eq .n 4}}{{break}}{{end}}");
	if (m->templates > 0 && rnd_below(m->r, 5) == 0) {
		buf_printf(m->out, "{{template \"t%u\" .}}",
		    rnd_below(m->r, (uint32_t)m->templates));
		return;
	}
	buf_puts(m->out, RND_OF(m->r, starts));
	page_list(m, depth - 1);
	if (m->loop && rnd_below(m->r, 8) == 0) {
		buf_puts(m->out, RND_OF(m->r, leaves));
		page_list(m, depth - 2);
	}
	buf_puts(m->out, "</li>");
}

static inline void
page_else(struct page_maker *m, int depth)
{
	if (rnd_below(m->r, 2) == 0) {
		buf_puts(m->out, "{{else}}");
		page_list(m, depth - 1);
	}
	buf_puts(m->out, "{{end}}");
}

/* A construct with others within. */
static inline void
page_block(struct page_maker *m, int depth)
{
	switch (rnd_below(m->r, 10)) {
	case 0:
		buf_puts(m->out, "{{if .c}}");
		page_list(m, depth - 1);
		page_else(m, depth);
		break;
	case 1:
		buf_puts(m->out, "{{if eq .n 1}}");
		page_list(m, depth - 1);
		buf_puts(m->out, "{{else if gt .n 3}}");
		page_list(m, depth - 1);
		page_else(m, depth);
		break;
	case 2:
		buf_puts(m->out, "{{with .w}}");
		page_list(m, depth - 1);
		page_else(m, depth);
		break;
	case 3:
		buf_puts(m->out, "{{with $w := .w}}{{$w.n}}");
		page_list(m, depth - 1);
		page_else(m, depth);
		break;
	case 4:
		buf_puts(m->out, "{{if and .c (not (eq .n 2))}}");
		page_list(m, depth - 1);
		page_else(m, depth);
		break;
	case 5:
		buf_puts(m->out, "{{range $i, $x := .l}}");
		page_item(m, depth);
		page_else(m, depth);
		break;
	default:
		buf_puts(m->out, "{{range .l}}");
		page_item(m, depth);
		page_else(m, depth);
		break;
	}
}

static inline void
page_leaf(struct page_maker *m)
{
	static const char *const leaves[] = {
		"<b>x</b>", " ", "a &amp; b\n", "<br title='\"'>",
		"{{.s}}", "<p>{{.n}}</p>", "{{.s}} {{.k}}",
		"<a href=\"/{{.s}}?q={{.k}}\" title=\"{{.s}}\""
		"{{if .c}} class=\"on {{.n}}\"{{end}}>l</a>",
		"{{$v := .n}}<i>{{$v}}</i>{{$v = .s}}{{$v}}",
		"{{range .t}}<li>{{.}}</li>{{end}}",
		"{{range $k, $v := .m}}<dt id=\"{{$k}}\">{{$v}}</dt>{{end}}",
		"{{range $i, $s := .t}}{{if $i}}, {{end}}{{$s}}{{else}}-{{end}}",
		"<script>var x = {{.s}}, y = '{{.k}}';</script>",
		"{{printf \"%d-%s\" .n .s}}", "{{len .l}}{{if .c}}!{{end}}",
		"<textarea>{{.s}}</textarea>",
		"<p style=\"width: {{.n}}px\"{{if .c}} hidden{{end}}></p>",
		"<p class=\"{{range .t}}{{.}} {{else}}none{{end}}\" "
		"onclick=\"f({{.s}}, '{{.k}}')\"></p>",
		"<a href={{.s}} title='{{range .l}}<b id={{.k}}> {{end}}'>x</a>",
		"<a href=\"{{if .c}}/a?x={{.s}}{{else}}{{.k}}{{end}}\">u</a>",
		"<style>p { color: {{.s}}; width: {{.n}}% }</style>",
		"<script>{{range .t}}f({{.}});{{end}}</script>",
		"<img srcset=\"{{.s}} 2x, /{{.k}}\" alt=\"{{if .c}}{{.s}}{{end}}\">",
		"{{range $k, $v := .m}}{{$v}}{{if eq $k \"m1\"}}{{break}}{{end}}, {{end}}",
		"{{if .c}}same{{else}}same{{end}}", "{{/* nothing */}}",
		"<{{if .c}}b{{else}}i{{end}}>y",
		"{{html .s}}{{js .s}}{{urlquery .s}}", "{{index .m \"m1\"}}",
		"<!-- {{.s}} -->", "{{with .s}}{{.}}{{else with .k}}({{.}}){{end}}",
	};

	buf_puts(m->out, RND_OF(m->r, leaves));
}

static inline void
page_list(struct page_maker *m, int depth)
{
	uint32_t n = rnd_below(m->r, 4);

	do {
		if (depth > 0 && rnd_below(m->r, 2) == 0)
			page_block(m, depth);
		else if (m->templates > 0 && rnd_below(m->r, 8) == 0)
			buf_printf(m->out, "{{template \"t%u\" .}}",
			    rnd_below(m->r, (uint32_t)m->templates));
		else
			page_leaf(m);
	} while (n-- > 0);
}

/* Around the page's own list: nothing, or where its body begins and ends. */
static inline void
page_frame(struct page_maker *m)
{
	static const struct frame {
		const char *before, *after;
	} frames[] = {
		{ "", "" }, { "", "" }, { "", "" },
		{ "<html><head><title>{{.s}}</title></head>"
		    "<body class=\"{{.k}}\">", "</body><!-- x --></html>" },
		{ "<html><body>", "</html>" }, { "<html><body>", "" },
		{ "{{template \"head\" .}}", "{{template \"foot\" .}}</html>" },
		{ "{{template \"head\" .}}", "</body>{{.s}}</html>" },
		{ "{{template \"head\" .}}", "" },
		{ "<html>{{.s}}<body>{{.n}}", "{{template \"foot\" .}}" },
		{ "<html>{{if .c}}<title>{{.k}}</title><body id=b>{{else}}<body>"
		    "{{.s}}{{end}}", "{{with .k}}{{.}}</body>{{end}}</html>" },
		{ "{{define \"shell\"}}{{template \"head\" .}}"
		    "{{template \"inner\" .}}{{template \"foot\" .}}{{end}}"
		    "{{template \"shell\" .}}{{define \"inner\"}}", "{{end}}" },
		{ "{{define \"shell\"}}<html><title>{{.s}}</title><body>{{.k}}"
		    "{{block \"inner\" .}}", "{{end}}{{.s}}</body>{{.n}}</html>"
		    "{{end}}{{template \"shell\" .}}" },
	};
	const struct frame *f = &RND_OF(m->r, frames);

	buf_puts(m->out, "{{define \"head\"}}<html><title>{{.s}}</title>"
	    "<body>{{.k}}{{end}}{{define \"foot\"}}");
	page_list(m, 1);
	buf_puts(m->out, "</body>{{.n}}{{end}}");
	buf_puts(m->out, f->before);
	page_list(m, 5);
	buf_puts(m->out, f->after);
}

static inline void
page_make(struct rnd *r, struct buf *out)
{
	struct page_maker m = { r, out, 0, false };

	buf_puts(out, "{{define \"t0\"}}<ul>{{range .l}}<li id=\"{{.k}}\">"
	    "{{.s}}{{template \"t0\" .}}</li>{{end}}</ul>{{end}}");
	buf_puts(out, "{{define \"t1\"}}");
	page_item(&m, 1);
	buf_puts(out, "{{end}}{{define \"t2\"}}");
	m.templates = 2;
	m.loop = true;
	page_list(&m, 2);
	buf_puts(out, "{{end}}");
	m.templates = 3;
	page_frame(&m);
}

/* --- States ------------------------------------------------------------- */

static inline json_t *
state_text(struct rnd *r)
{
	static const char *const texts[] = {
		"", "a", "b", "hello", "<b>&\"'", "Grüße …", "x=1; y", "\n\t",
		"a longer text, to make an update worth its while", "javascript:",
		"\xf0\x9f\x98\x80"
	};

	return json_string(RND_OF(r, texts));
}

static inline json_t *
state_key(struct rnd *r)
{
	static const char *const odd[] = { "", "a", "a", "x y", "<", "\"" };

	return rnd_below(r, 8) == 0 ? json_string(RND_OF(r, odd)) :
	    json_sprintf("k%u", rnd_below(r, rnd_below(r, 2) ? 12 : 100000));
}

static inline json_t *state_object(struct rnd *r, int depth);

static inline json_t *
state_element(struct rnd *r, int depth)
{
	return depth < 0 ? state_text(r) : state_object(r, depth);
}

/* depth -1: an array of texts */
static inline json_t *
state_array(struct rnd *r, int depth)
{
	json_t *a = json_array();
	uint32_t n = rnd_below(r, 3) == 0 ? 0 : rnd_below(r, 6);

	while (n-- > 0)
		json_array_append_new(a, state_element(r, depth));
	return a;
}

static inline json_t *
state_map(struct rnd *r)
{
	json_t *m = json_object();
	uint32_t n = rnd_below(r, 4);
	char key[8];

	while (n-- > 0) {
		snprintf(key, sizeof(key), "m%u", rnd_below(r, 6));
		json_object_set_new(m, key, state_text(r));
	}
	return m;
}

static inline json_t *
state_object(struct rnd *r, int depth)
{
	return json_pack("{s:o, s:i, s:b, s:o, s:o, s:o, s:o, s:o}",
	    "s", state_text(r), "n", (int)rnd_below(r, 6),
	    "c", (int)rnd_below(r, 2), "k", state_key(r),
	    "l", depth > 0 ? state_array(r, depth - 1) : json_array(),
	    "t", state_array(r, -1), "m", state_map(r),
	    "w", depth > 0 && rnd_below(r, 3) ? state_object(r, depth - 1) :
	    json_null());
}

static inline void
state_shuffle(struct rnd *r, json_t *a)
{
	size_t n = json_array_size(a), i;

	for (i = n; i > 1; i--) {
		size_t k = rnd_below(r, (uint32_t)i);
		json_t *x = json_incref(json_array_get(a, i - 1));

		json_array_set(a, i - 1, json_array_get(a, k));
		json_array_set_new(a, k, x);
	}
}

static inline void state_change(struct rnd *r, json_t *o, int depth);

static inline void
state_change_array(struct rnd *r, json_t *a, int depth)
{
	size_t n = json_array_size(a);
	size_t at = n > 0 ? rnd_below(r, (uint32_t)n) : 0;
	json_t *x = json_array_get(a, at);

	switch (n == 0 ? 0 : rnd_below(r, 12)) {
	case 0: case 1:
		json_array_insert_new(a, rnd_below(r, (uint32_t)n + 1),
		    state_element(r, depth));
		break;
	case 2: case 3:
		json_array_remove(a, at);
		break;
	case 4: case 5:
		json_incref(x);
		json_array_remove(a, at);
		json_array_insert_new(a, rnd_below(r, (uint32_t)n), x);
		break;
	case 6:
		json_array_append_new(a, json_deep_copy(x));
		break;
	case 7:
		state_shuffle(r, a);
		break;
	case 8:
		if (rnd_below(r, 4) == 0)
			json_array_clear(a);
		break;
	default:
		if (json_is_object(x))
			state_change(r, x, depth);
		else
			json_array_set_new(a, at, state_text(r));
		break;
	}
}

/* One small change somewhere in an object that may nest depth deep. */
static inline void
state_change(struct rnd *r, json_t *o, int depth)
{
	json_t *w = json_object_get(o, "w");

	switch (rnd_below(r, 12)) {
	case 0:
		json_object_set_new(o, "s", state_text(r));
		break;
	case 1:
		json_object_set_new(o, "n", json_integer(rnd_below(r, 6)));
		break;
	case 2:
		json_object_set_new(o, "c", json_boolean(rnd_below(r, 2)));
		break;
	case 3:
		json_object_set_new(o, "m", state_map(r));
		break;
	case 4:
		state_change_array(r, json_object_get(o, "t"), -1);
		break;
	case 5:
		if (depth > 0)
			json_object_set_new(o, "w", rnd_below(r, 2) ?
			    json_null() : state_object(r, depth - 1));
		break;
	case 6: case 7:
		if (json_is_object(w))
			state_change(r, w, depth - 1);
		break;
	case 8:
		if (rnd_below(r, 4) == 0)
			json_object_set_new(o, "k", state_key(r));
		break;
	default:
		if (depth > 0)
			state_change_array(r, json_object_get(o, "l"),
			    depth - 1);
		break;
	}
}

#endif
