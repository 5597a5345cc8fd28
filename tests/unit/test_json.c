/* Rows of JSON text: the value as Jansson writes it, or the error. */
#include "test.h"

#include <locale.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/real.h"

struct row {
	const char *title, *text, *value, *error;	/* one of the two */
	size_t len;				/* of a text that holds NUL */
};

#define OK(title, text, value)	{ title, text, value, NULL, sizeof(text) - 1 }
#define BAD(title, text, error)	{ title, text, NULL, error, sizeof(text) - 1 }

static const struct row rows[] = {
	OK("an object of everything",
	    " {\"a\" : [1, -2.5, true, false, null] ,\t\"b\":{}, \"\":\"x\"}\r\n",
	    "{\"\":\"x\",\"a\":[1,-2.5,true,false,null],\"b\":{}}"),
	OK("the last of equal keys counts", "{\"a\":1,\"b\":2,\"a\":3}",
	    "{\"a\":3,\"b\":2}"),
	OK("a number with a point or an exponent is real", "[3.0,1e2,1E+2,-0.0]",
	    "[3.0,100.0,100.0,-0.0]"),
	OK("the bounds of an integer",
	    "[9223372036854775807,-9223372036854775808]",
	    "[9223372036854775807,-9223372036854775808]"),
	OK("past them a number is real",
	    "[9223372036854775808,-9223372036854775809]",
	    "[9.2233720368547758e18,-9.2233720368547758e18]"),
	OK("minus nought is an integer", "-0", "0"),
	OK("an underflow is nought", "1e-9999", "0.0"),
	OK("escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\xc3\xa9\xf0\x9f\x98\x80\""),
	OK("a NUL in a string and a key", "{\"a\\u0000b\":\"\\u0000\"}",
	    "{\"a\\u0000b\":\"\\u0000\"}"),
	OK("a lone surrogate is U+FFFD, each",
	    "[\"\\ud83d\",\"\\ude00x\",\"\\ud83d\\ud83d\\ude00\",\"\\ud83d\\n\"]",
	    "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\","
	    "\"\xef\xbf\xbd\xf0\x9f\x98\x80\",\"\xef\xbf\xbd\\n\"]"),
	OK("each bad byte is U+FFFD", "\"a\xff\xed\xa0\x80\xc3(\"",
	    "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd(\""),
	OK("a noncharacter is a character", "\"\xef\xbf\xbf\"",
	    "\"\xef\xbf\xbf\""),
	OK("a value may be a string alone", "\"x\"", "\"x\""),
	OK("keys wait for nested values", "{\"a\":{\"b\":{\"c\":\"d\"},\"e\":1}}",
	    "{\"a\":{\"b\":{\"c\":\"d\"},\"e\":1}}"),
	BAD("no text", "", "1:1: expected a value before end of text"),
	BAD("an open object", "{\"n\": 0",
	    "1:8: expected '}' before end of text"),
	BAD("an open array", "[1\n,2", "2:3: expected ',' or ']' before end of "
	    "text"),
	BAD("a missing comma", "{\"a\":1 \"b\":2}",
	    "1:8: expected ',' or '}', found '\"'"),
	BAD("a comma too many in an object", "{\"a\":1,}",
	    "1:8: expected a key in quotes, found '}'"),
	BAD("a comma too many in an array", "[1,]",
	    "1:4: expected a value, found ']'"),
	BAD("a key without quotes", "{a:1}",
	    "1:2: expected a key in quotes, found 'a'"),
	BAD("a missing colon", "{\"a\" 1}", "1:6: expected ':', found '1'"),
	BAD("an open string", "\"abc", "1:5: expected '\"' before end of text"),
	BAD("a line break in a string", "\"a\nb\"",
	    "1:3: expected '\"', found byte 0x0a"),
	BAD("a bare NUL", "\"a\0\"", "1:3: expected '\"', found byte 0x00"),
	BAD("an unknown escape", "\"\\x41\"",
	    "1:3: expected an escape such as \\n or \\\", found 'x'"),
	BAD("too few digits", "\"\\u12\"",
	    "1:4: expected four hexadecimal digits after \\u, found '1'"),
	BAD("a leading zero", "01", "1:2: expected nothing more, found '1'"),
	BAD("a plus sign", "+1", "1:1: expected a value, found '+'"),
	BAD("a point without digits", "1.", "1:3: expected a digit before end "
	    "of text"),
	BAD("an exponent without digits", "[1e]",
	    "1:4: expected a digit, found ']'"),
	BAD("a minus alone", "-", "1:2: expected a digit before end of text"),
	BAD("a number past every double", "[1e999]",
	    "1:2: number is too large"),
	BAD("more than one value", "1 2", "1:3: expected nothing more, found '2'"),
	BAD("a word that is none", "nul", "1:1: expected a value, found 'n'"),
	BAD("a byte order mark", "\xef\xbb\xbf{}",
	    "1:1: expected a value, found byte 0xef"),
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct lvt_error err = { 0 };
	struct buf b;
	json_t *value = lvt_json_load(row->text, row->len, NULL, &err);
	char *dump = NULL;

	buf_init(&b);
	if (row->error != NULL) {
		assert_null(value);
		assert_int_equal(err.code, LVT_EINVALID);
		buf_printf(&b, "%d:%d: %s", err.line, err.column, err.message);
		assert_string_equal(buf_z(&b), row->error);
	} else {
		assert_non_null(value);
		dump = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS |
		    JSON_COMPACT);
		assert_string_equal(dump, row->value);
	}
	free(dump);
	json_decref(value);
	buf_release(&b);
}

/* What a text of n openings comes to, under a bound of the given depth. */
static int
load_nest(const char *open, int n, uint32_t depth)
{
	struct json_load_opts opts = { .depth = depth };
	struct lvt_error err = { 0 };
	struct buf b;
	json_t *value;

	buf_init(&b);
	for (int i = 0; i < n; i++)
		buf_puts(&b, open);
	value = lvt_json_load(b.s, b.len, &opts, &err);
	assert_null(value);
	buf_release(&b);
	return err.code;
}

static void
nesting_is_refused_past_the_bound(void **state)
{
	(void)state;
	assert_int_equal(load_nest("[", 512, 0), LVT_EINVALID);
	assert_int_equal(load_nest("[", 513, 0), LVT_ETOOBIG);
	assert_int_equal(load_nest("{\"\":", 1000000, 0), LVT_ETOOBIG);
	assert_int_equal(load_nest("[", 4, 3), LVT_ETOOBIG);
}

static void
bytes_and_values_are_bounded(void **state)
{
	struct json_load_opts opts = { .bytes = 7, .values = 3 };
	struct lvt_error err = { 0 };
	json_t *value = lvt_json_load("[1,2]", 5, &opts, NULL);

	(void)state;
	assert_non_null(value);
	json_decref(value);
	assert_null(lvt_json_load("[1,2,3]", 7, &opts, &err));
	assert_int_equal(err.code, LVT_ETOOBIG);
	lvt_error_init(&err);
	assert_null(lvt_json_load("[1,   2]", 8, &opts, &err));
	assert_int_equal(err.code, LVT_ETOOBIG);
}

static void
an_error_names_what_was_read(void **state)
{
	struct json_load_opts opts = { .name = "init" };
	struct lvt_error err = { 0 };

	(void)state;
	assert_null(lvt_json_load("{\n\"n\" 1}", 8, &opts, &err));
	assert_string_equal(err.file, "init");
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 5);
}

/* --- Numbers ----------------------------------------------------------- */

static void
numbers_are_rounded_correctly_in_any_locale(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
		{ "1.5", 1.5 }, { "0.1", 0.1 }, { "123456789.125e-3", 123456.789125 },
		{ "2.2250738585072011e-308", 2.2250738585072011e-308 },
		{ "4.9406564584124654e-324", 4.9406564584124654e-324 },
		{ "1.7976931348623157e308", 1.7976931348623157e308 },
		{ "9007199254740993", 9007199254740992.0 },
		{ "9007199254740993.00000000000000000000000000000000000000001",
		    9007199254740994.0 },
		{ "0x1.8p1", 3 }, { "-0x_1p-2", -0.25 }, { "1_0.5", 10.5 },
		{ "0x0.00000000000001p+56", 1 },
	};
	static const char *const locales[] = { "C", "de_DE.UTF-8", "fr_FR" };

	(void)state;
	for (size_t l = 0; l < sizeof(locales) / sizeof(locales[0]); l++) {
		setlocale(LC_NUMERIC, locales[l]);	/* where there is one */
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			double f = 0;

			assert_int_equal(real_parse(str_z(cases[i].text), &f),
			    0);
			assert_true(f == cases[i].value);
		}
	}
	setlocale(LC_NUMERIC, "C");
}

static void
what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "+", ".", "e5", "1e", "1e+", "1x", "0x", "0x1", "0x.p1",
		"1__0", "_1", "1_", "1_.5", "1._5", "1e_5", "inf", "nan",
		"1.2.3", "--1", "1 ", "0x1p",
	};
	double f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (real_parse(str_z(bad[i]), &f) != LVT_EINVALID)
			fail_msg("\"%s\" is taken for a number", bad[i]);
	assert_int_equal(real_parse(STR("1e309"), &f), LVT_ETOOBIG);
	assert_int_equal(real_parse(STR("1e99999999999999999999"), &f),
	    LVT_ETOOBIG);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(nesting_is_refused_past_the_bound),
		cmocka_unit_test(bytes_and_values_are_bounded),
		cmocka_unit_test(an_error_names_what_was_read),
		cmocka_unit_test(numbers_are_rounded_correctly_in_any_locale),
		cmocka_unit_test(what_is_no_number_is_refused),
	};

	SUITE_ROWS(&s, rows, title, check_row);
	SUITE_TESTS(&s, others);
	return suite_run(&s);
}
