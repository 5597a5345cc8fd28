/* The small parts of the application layer: parsing, checking, merging. */
#include "test.h"

#include <jansson.h>

#include "app/http/cookie.h"
#include "app/state/doc.h"
#include "app/http/form.h"
#include "app/http/origin.h"
#include "app/http/request.h"
#include "app/http/response.h"
#include "app/settings.h"
#include "app/action/validate.h"

/* --- Forms --------------------------------------------------------------------- */

static const struct form_case {
	const char *name, *type, *text, *json;	/* type NULL: urlencoded */
	int rc;
} forms[] = {
	{ "fields are decoded, plus is a space",
	  NULL, "a=1%2B1&b=x+y&c", "{\"a\":\"1+1\",\"b\":\"x y\",\"c\":\"\"}", 0 },
	{ "a name that comes twice is an array",
	  NULL, "a=1&a=2&a=3", "{\"a\":[\"1\",\"2\",\"3\"]}", 0 },
	{ "names that begin with lvt- are not data",
	  NULL, "lvt-action=x&a=1", "{\"a\":\"1\"}", 0 },
	{ "a damaged escape is refused", NULL, "a=%4", NULL, LVT_EINVALID },
	{ "a NUL in a name is refused", NULL, "a%00b=1", NULL, LVT_EINVALID },
	{ "a NUL in a value is refused, as in JSON",
	  NULL, "a=x%00y", NULL, LVT_EINVALID },
	{ "parts are fields",
	  "multipart/form-data; boundary=xyz",
	  "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n"
	  "--xyz\r\ncontent-disposition: form-data; name=b\r\n\r\n\r\n--xyz--\r\n",
	  "{\"a\":\"1\\r\\n2\",\"b\":\"\"}", 0 },
	{ "an upload is no data",
	  "multipart/form-data; boundary=\"x z\"",
	  "--x z\r\nContent-Disposition: form-data; name=\"f\"; "
	  "filename=\"a;b.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
	  "--x z--", "{}", 0 },
	{ "quotes in a name are unescaped",
	  "multipart/form-data; boundary=b",
	  "--b\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n1\r\n"
	  "--b--", "{\"a\\\"b\":\"1\"}", 0 },
	{ "a part without a name is refused",
	  "multipart/form-data; boundary=b",
	  "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--", NULL,
	  LVT_EINVALID },
	{ "a body that ends within a part is refused",
	  "multipart/form-data; boundary=b",
	  "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1", NULL,
	  LVT_EINVALID },
	{ "a multipart form without boundary is refused",
	  "multipart/form-data", "--b--", NULL, LVT_EINVALID },
};

static void
forms_become_data(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form_case *c = &forms[i];
		struct form f = { 0 };
		struct arena a;
		json_t *got, *want;
		int rc;

		arena_init(&a);
		rc = c->type == NULL ? form_urlencoded(&f, &a, str_z(c->text)) :
		    form_multipart(&f, &a, str_z(c->text), c->type);
		if (rc != c->rc)
			fail_msg("%s: %d, not %d", c->name, rc, c->rc);
		if (rc == 0) {
			got = form_json(&f);
			want = json_loads(c->json, 0, NULL);
			if (!json_equal(got, want))
				fail_msg("%s: %s", c->name, json_dumps(got, 0));
			json_decref(got);
			json_decref(want);
		}
		arena_release(&a);
	}
}

static void
an_upload_keeps_its_name_type_and_bytes(void **state)
{
	static const char body[] = "--b\r\nContent-Disposition: form-data; "
	    "name=\"f\"; filename=\"a.bin\"\r\nContent-Type: x/y\r\n\r\n"
	    "\0\r\n-\r\n--b--";
	struct form f = { 0 };
	const struct field *fd;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(form_multipart(&f, &a, (struct str){ body,
	    sizeof(body) - 1 }, "multipart/form-data; boundary=b"), 0);
	fd = form_find(&f, "f");
	assert_non_null(fd);
	assert_string_equal(fd->filename.s, "a.bin");
	assert_string_equal(fd->type.s, "x/y");
	assert_int_equal(fd->value.len, 4);
	assert_memory_equal(fd->value.s, "\0\r\n-", 4);
	arena_release(&a);
}

/* --- Cookies and origins ----------------------------------------------------------- */

static void
a_cookie_is_found_by_its_whole_name(void **state)
{
	static const struct { const char *header, *value; } rows[] = {
		{ "id=1", "1" }, { "xid=2; id=1", "1" }, { "id=\"1\" ", "1" },
		{ "a=b;id=;c", "" }, { "idx=1", NULL }, { "", NULL },
		{ NULL, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str v = cookie_find(rows[i].header, "id");

		if (rows[i].value == NULL)
			assert_null(v.s);
		else
			assert_true(str_is(v, rows[i].value));
	}
}

static void
only_our_own_pages_and_those_allowed_may_act(void **state)
{
	static const struct { const char *site, *origin; bool fine; } rows[] = {
		{ NULL, NULL, true },
		{ "same-origin", "https://a.example", true },
		{ "none", NULL, true },
		{ "same-site", "https://b.a.example", false },
		{ "cross-site", "https://evil.example", false },
		{ "cross-site", NULL, false },
		{ "cross-site", "https://friend.example", true },
		{ NULL, "http://a.example", true },
		{ NULL, "http://a.example:81", false },
		{ NULL, "null", false },
		{ NULL, "https://friend.example.evil", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct origin o = { rows[i].site, rows[i].origin, "a.example",
		    "https://x.example, https://friend.example" };

		assert_int_equal(origin_check(&o, NULL) == 0, rows[i].fine);
	}
}

/* --- Requests ------------------------------------------------------------------------- */

static const char *const *meta;

static const char *
meta_param(void *arg, const char *name)
{
	size_t i;

	(void)arg;
	for (i = 0; meta[i] != NULL; i += 2)
		if (strcmp(meta[i], name) == 0)
			return meta[i + 1];
	return NULL;
}

static ssize_t
no_body(void *arg, char *to, size_t size)
{
	(void)arg;
	(void)to;
	(void)size;
	return 0;
}

static void
a_path_is_found_below_its_prefix(void **state)
{
	static const struct {
		const char *params[9], *set, *prefix, *path;
	} rows[] = {
		{ { "SCRIPT_NAME", "/app", "PATH_INFO", "/x" }, NULL, "/app", "/x" },
		{ { "SCRIPT_NAME", "/app/" }, NULL, "/app", "/" },
		{ { "SCRIPT_NAME", "", "PATH_INFO", "/" }, NULL, "", "/" },
		{ { "REQUEST_URI", "/a/b%20c?q" }, "/a", "/a", "/b c" },
		{ { "REQUEST_URI", "/a" }, "/a/", "/a", "/" },
		{ { "REQUEST_URI", "http://h/a/z" }, "/a", "/a", "/z" },
		{ { "REQUEST_URI", "/ab" }, "/a", NULL, NULL },
		{ { "REQUEST_URI", "/a/%2e%2e/b" }, "/a", NULL, NULL },
		{ { "REQUEST_URI", "/a/x%00y" }, "/a", NULL, NULL },
		{ { "PATH_INFO", "/x//y" }, NULL, NULL, NULL },
		{ { "PATH_INFO", "/x\\y" }, NULL, NULL, NULL },
		{ { "PATH_INFO", "/x\377" }, NULL, NULL, NULL },
		{ { "REQUEST_URI", "/a/%c0%ae" }, "/a", NULL, NULL },
		{ { "PATH_INFO", "/\342\202\254" }, NULL, "",
		  "/\342\202\254" },
	};
	struct request_io io = { meta_param, no_body, NULL };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct request_opts o = { rows[i].set, 1000 };
		struct request rq;
		int rc;

		meta = rows[i].params;
		rc = request_init(&rq, &io, &o, NULL);
		if (rows[i].path == NULL) {
			assert_int_equal(rc, LVT_EINVALID);
		} else {
			assert_int_equal(rc, 0);
			assert_string_equal(rq.path, rows[i].path);
			assert_string_equal(rq.prefix, rows[i].prefix);
		}
		request_release(&rq);
	}
}

static void
a_header_never_breaks_into_two(void **state)
{
	struct response rs;

	(void)state;
	response_init(&rs);
	response_header(&rs, "Location", "/x%sSet-Cookie: a=b", "\r\n");
	assert_int_equal(rs.headers.len, strlen("Location: /x  Set-Cookie: "
	    "a=b\r\n"));
	assert_null(strstr(buf_z(&rs.headers), "\r\nSet"));
	response_release(&rs);
}

/* --- Validation -------------------------------------------------------------------------- */

static void
texts_are_addresses_or_are_not(void **state)
{
	static const struct { const char *text; bool mail, url; } rows[] = {
		{ "a@b.example", true, false },
		{ "a.b+c@d-e.example", true, false },
		{ "a@b", false, false }, { "@b.c", false, false },
		{ "a@b..c", false, false }, { "a b@c.d", false, false },
		{ "a@b@c.d", false, false }, { "a@b.c.", false, false },
		{ "http://a", false, true }, { "https://a.b/c?d#e", false, true },
		{ "HTTP://a", false, true }, { "http://", false, false },
		{ "javascript:alert(1)", false, false },
		{ "http://a b", false, false }, { "//a.b", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(text_is_email(rows[i].text), rows[i].mail);
		assert_int_equal(text_is_url(rows[i].text), rows[i].url);
	}
	assert_int_equal(text_length("z\xc3\xbcg"), 3);
}

static void
a_pattern_that_cannot_be_is_found_at_start(void **state)
{
	static const struct lvt_rule rules[] = {
		{ .field = "a", .pattern = "(" }, { 0 }
	};
	struct lvt_error err = { 0 };

	(void)state;
	assert_int_equal(validate_check_rules(rules, &err), LVT_EINVALID);
	assert_non_null(strstr(err.message, "rule for \"a\""));
}

/* --- Merge patches ----------------------------------------------------------------------- */

/* RFC 7396, appendix A, where target and patch are objects; and some more. */
static const struct { const char *doc, *patch, *result; } merges[] = {
	{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
	{ "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
	{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
	{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
	{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
	{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
	{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
	  "{\"a\":{\"b\":\"d\"}}" },
	{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
	{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
	{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
	{ "{\"a\":{\"b\":1}}", "{\"a\":{}}", "{\"a\":{\"b\":1}}" },
	{ "{\"a\":1}", "{\"a\":{}}", "{\"a\":{}}" },
	{ "{\"a\":1}", "{\"a\":{\"b\":2}}", "{\"a\":{\"b\":2}}" },
	{ "{}", "{\"a\":[null,{\"b\":null}]}", "{\"a\":[null,{\"b\":null}]}" },
	{ "{}", "{\"\":{\"a\\\"\":1}}", "{\"\":{\"a\\\"\":1}}" },
};

static void
a_patch_and_its_leaves_lead_to_the_same(void **state)
{
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof(merges) / sizeof(merges[0]); i++) {
		json_t *whole = json_loads(merges[i].doc, 0, NULL);
		json_t *leaves = json_deep_copy(whole);
		json_t *patch = json_loads(merges[i].patch, 0, NULL);
		json_t *want = json_loads(merges[i].result, 0, NULL);
		struct patch *p;
		struct arena a;

		arena_init(&a);
		assert_int_equal(doc_merge(whole, patch), 0);
		assert_int_equal(doc_leaves(patch, &a, &p, &n), 0);
		for (k = 0; k < n; k++)
			assert_int_equal(patch_apply(leaves, &p[k], NULL), 0);
		if (!json_equal(whole, want) || !json_equal(leaves, want))
			fail_msg("%s + %s", merges[i].doc, merges[i].patch);
		arena_release(&a);
		json_decref(whole);
		json_decref(leaves);
		json_decref(patch);
		json_decref(want);
	}
}

static void
a_patch_has_bounds(void **state)
{
	json_t *deep = json_integer(1), *wide = json_object();
	struct patch *p;
	struct arena a;
	char key[16];
	size_t n;
	int i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < DOC_DEPTH + 1; i++)
		deep = json_pack("{s:o}", "a", deep);
	assert_int_equal(doc_leaves(deep, &a, &p, &n), LVT_ETOOBIG);
	for (i = 0; i < DOC_LEAVES + 1; i++) {
		snprintf(key, sizeof(key), "%d", i);
		json_object_set_new(wide, key, json_true());
	}
	assert_int_equal(doc_leaves(wide, &a, &p, &n), LVT_ETOOBIG);
	json_decref(deep);
	deep = json_array();
	assert_int_equal(doc_leaves(deep, &a, &p, &n), LVT_EINVALID);
	json_decref(deep);
	json_decref(wide);
	arena_release(&a);
}

/* --- Settings ------------------------------------------------------------------------------ */

static const char *
env_with_prefix(const char *name)
{
	return strcmp(name, "LVT_PREFIX") == 0 ? "/env" :
	    strcmp(name, "LVT_DB") == 0 ? "env.db" : NULL;
}

static void
a_flag_wins_over_the_environment_over_the_default(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"x",
	    (char *)(uintptr_t)"--db=flag.db", (char *)(uintptr_t)"stop" };
	struct lvt_error err = { 0 };
	struct settings s;
	int i = 1;

	(void)state;
	settings_init(&s);
	assert_int_equal(settings_flag(&s, 3, argv, &i, &err), 1);
	i = 2;
	assert_int_equal(settings_flag(&s, 3, argv, &i, &err), 0);
	assert_int_equal(settings_load(&s, env_with_prefix, &err), 0);
	assert_string_equal(s.text[SET_DB], "flag.db");
	assert_int_equal(s.source[SET_DB], FROM_FLAG);
	assert_string_equal(s.text[SET_PREFIX], "/env");
	assert_int_equal(s.source[SET_PREFIX], FROM_ENVIRONMENT);
	assert_int_equal(s.number[SET_VARIANTS], 64);
	settings_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_become_data),
		cmocka_unit_test(an_upload_keeps_its_name_type_and_bytes),
		cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
		cmocka_unit_test(only_our_own_pages_and_those_allowed_may_act),
		cmocka_unit_test(a_path_is_found_below_its_prefix),
		cmocka_unit_test(a_header_never_breaks_into_two),
		cmocka_unit_test(texts_are_addresses_or_are_not),
		cmocka_unit_test(a_pattern_that_cannot_be_is_found_at_start),
		cmocka_unit_test(a_patch_and_its_leaves_lead_to_the_same),
		cmocka_unit_test(a_patch_has_bounds),
		cmocka_unit_test(a_flag_wins_over_the_environment_over_the_default),
	};

	return RUN_TAP(tests);
}
