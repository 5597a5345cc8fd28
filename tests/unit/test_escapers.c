/* One row per escaper and awkward value; results are html/template's. */
#include "test.h"

#include <jansson.h>

#include "template/escape/context.h"
#include "template/escape/escapers.h"
#include "template/value.h"

#define SPECIALS "<b>\"'`&+=/\\:;,#?%()[]{}$ \t\n"

static const struct text_case {
	const char *name;
	uint8_t escapers[4];
	enum content type;
	struct str in, out;
} texts[] = {
#define ROW(name, in, out, type, ...) \
	{ name, { __VA_ARGS__ }, CONTENT_##type, STR(in), STR(out) }
	ROW("clean text of any length stays as it is",
	    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ \xc3\xa9",
	    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ \xc3\xa9",
	    PLAIN, ESC_HTML),
	ROW("text: NUL, quotes, &, +, < and > become references",
	    "0123456789abcdef<0123456789abcde>\"'&+\0x",
	    "0123456789abcdef&lt;0123456789abcde&gt;&#34;&#39;&amp;&#43;"
	    "\xef\xbf\xbdx", PLAIN, ESC_HTML),
	ROW("text: trusted HTML passes", "<b>&amp;", "<b>&amp;", HTML,
	    ESC_HTML),
	ROW("text: other trust counts nothing", "<b>", "&lt;b&gt;", URL,
	    ESC_HTML),
	ROW("title: trusted HTML keeps its references", "<b>&amp;\"",
	    "&lt;b&gt;&amp;&#34;", HTML, ESC_RCDATA),
	ROW("title: plain text as elsewhere", "&<", "&amp;&lt;", PLAIN,
	    ESC_RCDATA),
	ROW("attribute: trusted HTML loses its tags",
	    "<b title=\"1>2\">I &lt;3 you</b> <!-- x -->\"",
	    "I &lt;3 you &#34;", HTML, ESC_ATTR),
	ROW("attribute: scripts in trusted HTML are dropped whole",
	    "a<script>if (x<y) \"</b>\"</script>b", "ab", HTML, ESC_ATTR),
	ROW("attribute: trusted HTML without tags stays whole",
	    "1 < 2 &amp; <3", "1 &lt; 2 &amp; &lt;3", HTML, ESC_ATTR),
	ROW("unquoted: white space, =, ` and the rest become references",
	    SPECIALS "\v\f\r\0",
	    "&lt;b&gt;&#34;&#39;&#96;&amp;&#43;&#61;/\\:;,#?%()[]{}$&#32;"
	    "&#9;&#10;&#11;&#12;&#13;&#xfffd;", PLAIN, ESC_NOSPACE),
	ROW("unquoted: nothing at all would let the next name be the value",
	    "", "ZgotmplZ", PLAIN, ESC_NOSPACE),
	ROW("unquoted: what is no UTF-8 and noncharacters are spelled out",
	    "\xff\xef\xb7\x90\xef\xbf\xbf\xc3\xa9\xef\xbf\xbd",
	    "&#xfffd;&#xfdd0;&#xffff;\xc3\xa9&#xfffd;", PLAIN, ESC_NOSPACE),
	ROW("unquoted: tags of trusted HTML are dropped",
	    "<b>a &lt; b</b>", "a&#32;&lt;&#32;b", HTML, ESC_NOSPACE),
	ROW("name: letters and digits in lower case", "TiTle2", "title2",
	    PLAIN, ESC_HTMLNAME),
	ROW("name: an event handler is refused", "onClick", "ZgotmplZ", PLAIN,
	    ESC_HTMLNAME),
	ROW("name: an attribute that steers is refused", "value", "ZgotmplZ",
	    PLAIN, ESC_HTMLNAME),
	ROW("name: what hints at a URL is refused", "mySrcX", "ZgotmplZ",
	    PLAIN, ESC_HTMLNAME),
	ROW("name: punctuation is refused", "a=b", "ZgotmplZ", PLAIN,
	    ESC_HTMLNAME),
	ROW("name: nothing is refused", "", "ZgotmplZ", PLAIN, ESC_HTMLNAME),
	ROW("name: the Kelvin sign is a k", "\xe2\x84\xaa", "k", PLAIN,
	    ESC_HTMLNAME),
	ROW("name: a trusted attribute passes", " dir=\"ltr\"",
	    " dir=\"ltr\"", HTMLATTR, ESC_HTMLNAME),
	ROW("comment: nothing is printed", "x-->", "", PLAIN, ESC_COMMENT),
	ROW("URL: harmless schemes pass", "HTTPS://x", "HTTPS://x", PLAIN,
	    ESC_URLFILTER),
	ROW("URL: mailto passes", "mailto:a@b", "mailto:a@b", PLAIN,
	    ESC_URLFILTER),
	ROW("URL: a colon after a slash is no scheme", "/a:b", "/a:b", PLAIN,
	    ESC_URLFILTER),
	ROW("URL: a dangerous scheme is refused", "javascript:alert(1)",
	    "#ZgotmplZ", PLAIN, ESC_URLFILTER),
	ROW("URL: a scheme with white space is refused", " http:x",
	    "#ZgotmplZ", PLAIN, ESC_URLFILTER),
	ROW("URL: a trusted one passes", "javascript:f()", "javascript:f()",
	    URL, ESC_URLFILTER),
	ROW("URL: normalising keeps what has a meaning and valid escapes",
	    "http://x/a b?c=%20&d=%zz#\xc3\xa9'(\"",
	    "http://x/a%20b?c=%20&d=%25zz#%c3%a9%27%28%22", PLAIN,
	    ESC_URLNORM),
	ROW("URL: a part of a query loses every meaning",
	    "a b&c=d/e?f%20~", "a%20b%26c%3dd%2fe%3ff%2520~", PLAIN, ESC_URL),
	ROW("URL: a trusted part keeps its meaning", "a b&c=d", "a%20b&c=d",
	    URL, ESC_URL),
	ROW("URL: filter, then normalise, then attribute",
	    "http://x/?a&b'c", "http://x/?a&amp;b%27c", PLAIN, ESC_URLFILTER,
	    ESC_URLNORM, ESC_ATTR),
	ROW("srcset: each element is checked by itself",
	    "a b.jpg, /c.jpg 2x , javascript:x 3x,/d 100w!",
	    "#ZgotmplZ, /c.jpg 2x ,#ZgotmplZ,#ZgotmplZ", PLAIN, ESC_SRCSET),
	ROW("srcset: a trusted URL is one element", "/a,b c", "/a%2cb%20c",
	    URL, ESC_SRCSET),
	ROW("srcset: a trusted list passes", "/a!, b", "/a!, b", SRCSET,
	    ESC_SRCSET),
	ROW("CSS: words and numbers pass", "10px solid #fff",
	    "10px solid #fff", PLAIN, ESC_CSSVAL),
	ROW("CSS: escapes are decoded before they are judged",
	    "\\65 xpression(x)", "ZgotmplZ", PLAIN, ESC_CSSVAL),
	ROW("CSS: a decoded value is printed decoded", "\\41 b\\63z\\",
	    "Abcz", PLAIN, ESC_CSSVAL),
	ROW("CSS: expression is found whatever is between its letters",
	    "e-x pression", "ZgotmplZ", PLAIN, ESC_CSSVAL),
	ROW("CSS: expression is found after a false start", "expreexpression",
	    "ZgotmplZ", PLAIN, ESC_CSSVAL),
	ROW("CSS: so is -moz-binding", "-MOZ-Binding", "ZgotmplZ", PLAIN,
	    ESC_CSSVAL),
	ROW("CSS: two hyphens are refused", "a--b", "ZgotmplZ", PLAIN,
	    ESC_CSSVAL),
	ROW("CSS: brackets are refused", "f(x)", "ZgotmplZ", PLAIN,
	    ESC_CSSVAL),
	ROW("CSS: angles are refused", "a<b", "ZgotmplZ", PLAIN, ESC_CSSVAL),
	ROW("CSS: trusted CSS passes", "f(x) {}", "f(x) {}", CSS, ESC_CSSVAL),
	ROW("CSS string: an escape never swallows what follows",
	    "<a\"g/ \\e'", "\\3c a\\22g\\2f  \\\\e\\27 ", PLAIN, ESC_CSSSTR),
	ROW("JS: a string is JSON, safe in HTML",
	    "<\"\\\n\b\x7f/'\xe2\x80\xa8\xff&>",
	    "\"\\u003c\\\"\\\\\\n\\u0008\x7f/'\\u2028\\ufffd\\u0026\\u003e\"",
	    PLAIN, ESC_JSVAL),
	ROW("JS: a trusted expression passes", "f('x')", "f('x')", JS,
	    ESC_JSVAL),
	ROW("JS: a trusted string gets its quotes", "a\\x20b", "\"a\\x20b\"",
	    JSSTR, ESC_JSVAL),
	ROW("JS string: whatever could end it, or the script, is escaped",
	    "'\"`\\</script>&+\t\v\xe2\x80\xa9\x01\xff",
	    "\\u0027\\u0022\\u0060\\\\\\u003c\\/script\\u003e\\u0026\\u002b"
	    "\\t\\u000b\\u2029\\u0001\xff", PLAIN, ESC_JSSTR),
	ROW("JS string: a trusted one keeps its escapes", "\\n'",
	    "\\n\\u0027", JSSTR, ESC_JSSTR),
	ROW("JS regexp: every special is literal", "a.b*c[d]{e}(f)|^$?-/",
	    "a\\.b\\*c\\[d\\]\\{e\\}\\(f\\)\\|\\^\\$\\?\\-\\/", PLAIN,
	    ESC_JSREGEXP),
	ROW("JS regexp: nothing must not make a comment", "", "(?:)", PLAIN,
	    ESC_JSREGEXP),
	ROW("JS template literal: ${ and ` are escaped", "${x}`",
	    "\\u0024\\u007bx\\u007d\\u0060", PLAIN, ESC_JSTMPL),
	ROW("what one escaper makes is plain to the next", "<b>&",
	    "&amp;lt;b&amp;gt;&amp;", HTML, ESC_RCDATA, ESC_ATTR),
	ROW("the function html leaves + alone", "<+>\0", "&lt;+&gt;"
	    "\xef\xbf\xbd", PLAIN, ESC_FUNC_HTML),
	ROW("the function urlquery has + for a blank", "a b&\xc3\xa9",
	    "a+b%26%C3%A9", PLAIN, ESC_FUNC_URLQUERY),
#undef ROW
};

static const struct value_case {
	const char *name, *json, *out;
	uint8_t escapers[4];
} values[] = {
	{ "JS: a number stands between blanks", "42", " 42 ", { ESC_JSVAL } },
	{ "JS: a small float has a short exponent", "1e-7", " 1e-7 ",
	  { ESC_JSVAL } },
	{ "JS: a big float is written out up to 1e21",
	  "[1e20, 1e21, 0.000001, 1.5, 3.0]",
	  "[100000000000000000000,1e+21,0.000001,1.5,3]", { ESC_JSVAL } },
	{ "JS: null, true", "null", " null ", { ESC_JSVAL } },
	{ "JS: true stands between blanks", "true", " true ", { ESC_JSVAL } },
	{ "JS: members are sorted, names escaped",
	  "{\"b\":[1,null],\"<\":\"&\",\"a\":{}}",
	  "{\"\\u003c\":\"\\u0026\",\"a\":{},\"b\":[1,null]}",
	  { ESC_JSVAL } },
	{ "JS in an attribute", "{\"a\":\"'\"}",
	  "{&#34;a&#34;:&#34;&#39;&#34;}", { ESC_JSVAL, ESC_ATTR } },
	{ "text: null prints nothing", "null", "", { ESC_HTML } },
	{ "text: but the function html says so", "null",
	  "&lt;no value&gt;", { ESC_FUNC_HTML } },
	{ "text: a list is printed, then escaped", "[\"<\",null,1.5]",
	  "[&lt; &lt;nil&gt; 1.5]", { ESC_HTML } },
	{ "unquoted: null is refused", "null", "ZgotmplZ", { ESC_NOSPACE } },
};

static struct escape_scratch scratch;

static size_t
count(const uint8_t *escapers)
{
	size_t n = 0;

	while (n < 4 && escapers[n] != ESC_NONE)
		n++;
	return n;
}

static void
check(struct buf *out, struct str want)
{
	assert_int_equal(out->failed, 0);
	if (!str_eq((struct str){ out->s, out->len }, want))
		fail_msg("got \"%s\", want \"%.*s\"", buf_z(out),
		    STR_ARG(want));
	buf_release(out);
}

static void
a_text_is_escaped(void **state)
{
	const struct text_case *c = *state;
	struct buf out;

	buf_init(&out);
	escape_text(&out, &scratch, c->escapers, count(c->escapers), c->in,
	    c->type);
	check(&out, c->out);
}

static void
a_value_is_escaped(void **state)
{
	const struct value_case *c = *state;
	json_t *j = json_loads(c->json, JSON_DECODE_ANY, NULL);
	struct value v;
	struct buf out;

	buf_init(&out);
	value_from_json(&v, j);
	escape_value(&out, &scratch, c->escapers, count(c->escapers), &v);
	json_decref(j);
	check(&out, str_z(c->out));
}

static void
a_full_buffer_is_marked_whatever_the_chain(void **state)
{
	static const uint8_t chain[] = { ESC_URLFILTER, ESC_URLNORM,
	    ESC_ATTR };
	struct buf out;

	(void)state;
	buf_init_limit(&out, 8);
	escape_text(&out, &scratch, chain, 3, STR("/a&b&c&d"),
	    CONTENT_PLAIN);
	assert_int_equal(out.failed, LVT_ETOOBIG);
	buf_release(&out);
	buf_init_limit(&out, 4);
	escape_cssval(&out, STR("abcdef(x)"), CONTENT_PLAIN);
	assert_int_equal(out.failed, LVT_ETOOBIG);
	buf_release(&out);
	buf_init_limit(&out, 4);
	escape_htmlname(&out, STR("abcdefghi"), CONTENT_PLAIN);
	assert_int_equal(out.failed, LVT_ETOOBIG);
	buf_release(&out);
}

static void
references_are_decoded_as_far_as_reading_needs_it(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "a&lt;b&gt;c&quot;&#39;&#x22;", "a<b>c\"'\"" },
		{ "&lt&LTx&amp", "<<x&" },
		{ "&notit; &nosuch; & &; &#; &#x; &#1 &", "\xc3\xa9it; "
		  "&nosuch; & &; &#; \xef\xbf\xbd &#1 &" },
		{ "&#65&#65;&#99999999999;&#0;", "AA\xef\xbf\xbd\xef\xbf\xbd" },
		{ "&quest;&num;&colon;&Tab;&fjlig;", "?#:\tfj" },
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out);
		html_unescape(&out, str_z(rows[i].in));
		check(&out, str_z(rows[i].out));
	}
}

static void
attributes_are_what_their_names_say(void **state)
{
	static const struct { const char *name; enum attr_type type; } rows[] = {
		{ "href", ATTR_TYPE_URL }, { "HREF", ATTR_TYPE_URL },
		{ "data-href", ATTR_TYPE_URL }, { "svg:href", ATTR_TYPE_URL },
		{ "xmlns:onclick", ATTR_TYPE_URL }, { "xmlns", ATTR_TYPE_URL },
		{ "onclick", ATTR_TYPE_JS }, { "data-onx", ATTR_TYPE_JS },
		{ "style", ATTR_TYPE_CSS }, { "srcset", ATTR_TYPE_SRCSET },
		{ "srcdoc", ATTR_TYPE_HTML }, { "value", ATTR_TYPE_UNSAFE },
		{ "myUrl", ATTR_TYPE_URL }, { "title", ATTR_TYPE_PLAIN },
		{ "", ATTR_TYPE_PLAIN }, { "lvt-click", ATTR_TYPE_PLAIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(attr_type(str_z(rows[i].name)), rows[i].type);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_full_buffer_is_marked_whatever_the_chain),
		cmocka_unit_test(references_are_decoded_as_far_as_reading_needs_it),
		cmocka_unit_test(attributes_are_what_their_names_say),
	};
	int failed;

	SUITE_ROWS(&s, texts, name, a_text_is_escaped);
	SUITE_ROWS(&s, values, name, a_value_is_escaped);
	SUITE_TESTS(&s, others);
	escape_scratch_init(&scratch);
	failed = suite_run(&s);
	escape_scratch_release(&scratch);
	return failed;
}
