/* Signed claims, as workers make them and companions check them. */
#include "test.h"

#include "base/token.h"

static const unsigned char key[TOKEN_KEY] = "0123456789abcdef0123456789abcde";
static const unsigned char other[TOKEN_KEY] = "another key of thirty-two bytes";

static struct buf
signed_token(void)
{
	json_t *claims = json_pack("{s:s, s:s, s:[s], s:i}", "a", "chat",
	    "u", "ann", "c", "room.*", "x", 1700000000);
	struct buf b;

	buf_init(&b);
	assert_non_null(claims);
	assert_int_equal(token_sign(key, claims, &b), 0);
	json_decref(claims);
	return b;
}

static void
what_was_signed_is_what_is_verified(void **state)
{
	struct buf b = signed_token();
	json_t *claims;

	(void)state;
	claims = token_verify(key, b.s, b.len, NULL);
	assert_non_null(claims);
	assert_string_equal(json_string_value(json_object_get(claims, "u")),
	    "ann");
	assert_int_equal(json_integer_value(json_object_get(claims, "x")),
	    1700000000);
	json_decref(claims);
	buf_release(&b);
}

static void
a_token_is_appended_to_what_the_buffer_holds(void **state)
{
	json_t *claims = json_object(), *back;
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_puts(&b, "LVT ");
	assert_int_equal(token_sign(key, claims, &b), 0);
	back = token_verify(key, b.s + 4, b.len - 4, NULL);
	assert_non_null(back);
	json_decref(back);
	json_decref(claims);
	buf_release(&b);
}

static void
another_key_verifies_nothing(void **state)
{
	struct buf b = signed_token();
	struct lvt_error err;

	(void)state;
	lvt_error_init(&err);
	assert_null(token_verify(other, b.s, b.len, &err));
	assert_int_equal(err.code, LVT_EDENIED);
	buf_release(&b);
}

static void
no_changed_byte_is_accepted(void **state)
{
	struct buf b = signed_token();
	size_t i;
	char c;

	(void)state;
	for (i = 0; i < b.len; i++) {
		c = b.s[i];
		b.s[i] = c == 'A' ? 'B' : 'A';
		assert_null(token_verify(key, b.s, b.len, NULL));
		b.s[i] = c;
	}
	buf_release(&b);
}

static void
no_truncated_or_longer_token_is_accepted(void **state)
{
	struct buf b = signed_token();
	size_t i;

	(void)state;
	for (i = 0; i < b.len; i++)
		assert_null(token_verify(key, b.s, i, NULL));
	buf_putc(&b, 'A');
	assert_null(token_verify(key, b.s, b.len, NULL));
	buf_release(&b);
}

static void
claims_of_one_token_do_not_go_with_the_mac_of_another(void **state)
{
	json_t *claims = json_pack("{s:s}", "u", "eve");
	struct buf ann = signed_token(), eve, mixed;

	(void)state;
	buf_init(&eve);
	buf_init(&mixed);
	assert_int_equal(token_sign(key, claims, &eve), 0);
	buf_add(&mixed, eve.s, (size_t)((char *)memchr(eve.s, '.', eve.len) -
	    eve.s));
	buf_puts(&mixed, strchr(buf_z(&ann), '.'));
	assert_null(token_verify(key, mixed.s, mixed.len, NULL));
	json_decref(claims);
	buf_release(&ann);
	buf_release(&eve);
	buf_release(&mixed);
}

static void
claims_that_are_no_object_are_refused_even_when_signed(void **state)
{
	json_t *claims = json_pack("[s]", "ann");
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(token_sign(key, claims, &b), 0);
	assert_null(token_verify(key, b.s, b.len, NULL));
	json_decref(claims);
	buf_release(&b);
}

static void
a_token_past_the_limit_is_refused_unread(void **state)
{
	json_t *claims = json_object();
	struct buf b;
	char big[TOKEN_MAX];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	buf_init(&b);
	json_object_set_new(claims, "u", json_string(big));
	assert_int_equal(token_sign(key, claims, &b), 0);
	assert_true(b.len > TOKEN_MAX);
	assert_null(token_verify(key, b.s, b.len, NULL));
	json_decref(claims);
	buf_release(&b);
}

static void
junk_is_refused(void **state)
{
	static const char *const junk[] = {
		"", ".", "..", "a.b", "=.=", "e30", "e30.", ".e30",
		"e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		assert_null(token_verify(key, junk[i], strlen(junk[i]), NULL));
}

static void
base64url_has_no_padding_and_reads_back(void **state)
{
	static const struct { const char *raw, *text; } rows[] = {
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "\xfb\xff", "-_8" },
	};
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&b);
		base64url_encode(rows[i].raw, strlen(rows[i].raw), &b);
		assert_string_equal(buf_z(&b), rows[i].text);
		buf_clear(&b);
		assert_int_equal(base64url_decode(rows[i].text,
		    strlen(rows[i].text), &b), 0);
		assert_string_equal(buf_z(&b), rows[i].raw);
		buf_release(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_signed_is_what_is_verified),
		cmocka_unit_test(a_token_is_appended_to_what_the_buffer_holds),
		cmocka_unit_test(another_key_verifies_nothing),
		cmocka_unit_test(no_changed_byte_is_accepted),
		cmocka_unit_test(no_truncated_or_longer_token_is_accepted),
		cmocka_unit_test(claims_of_one_token_do_not_go_with_the_mac_of_another),
		cmocka_unit_test(claims_that_are_no_object_are_refused_even_when_signed),
		cmocka_unit_test(a_token_past_the_limit_is_refused_unread),
		cmocka_unit_test(junk_is_refused),
		cmocka_unit_test(base64url_has_no_padding_and_reads_back),
	};

	return RUN_TAP(tests);
}
