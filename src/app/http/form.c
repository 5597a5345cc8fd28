#include <config.h>		/* _GNU_SOURCE */

#include <strings.h>

#include <lvt.h>

#include "app/http/form.h"
#include "base/ascii.h"

struct str
form_decode(struct arena *a, struct str text, bool plus)
{
	char *out = arena_alloc(a, text.len + 1);
	size_t i, n = 0;

	if (out == NULL)
		return STR_NULL;
	for (i = 0; i < text.len; i++) {
		char c = text.s[i];

		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%') {
			if (text.len - i < 3 || ascii_hex(text.s[i + 1]) < 0 ||
			    ascii_hex(text.s[i + 2]) < 0)
				return STR_NULL;
			c = (char)(ascii_hex(text.s[i + 1]) << 4 |
			    ascii_hex(text.s[i + 2]));
			i += 2;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

static struct field *
form_add(struct form *f, struct arena *a)
{
	struct field *more;
	size_t cap;

	if (f->n == f->cap) {
		cap = f->cap == 0 ? 16 : f->cap * 2;
		more = arena_alloc(a, cap * sizeof(*more));
		if (more == NULL)
			return NULL;
		if (f->n > 0)
			memcpy(more, f->fields, f->n * sizeof(*more));
		f->fields = more;
		f->cap = cap;
	}
	memset(&f->fields[f->n], 0, sizeof(*f->fields));
	return &f->fields[f->n++];
}

static bool
has_nul(struct str s)
{
	return s.len > 0 && memchr(s.s, '\0', s.len) != NULL;
}

int
form_urlencoded(struct form *f, struct arena *a, struct str text)
{
	const char *at = text.s, *end = text.s + text.len;

	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp != NULL ? amp : end;
		const char *eq = memchr(at, '=', (size_t)(stop - at));
		const char *name_end = eq != NULL ? eq : stop;
		const char *value = eq != NULL ? eq + 1 : stop;
		struct field *fd;

		if (stop > at) {
			if (f->n >= FORM_FIELDS)
				return LVT_ETOOBIG;
			if ((fd = form_add(f, a)) == NULL)
				return LVT_ENOMEM;
			fd->name = form_decode(a, (struct str){ at,
			    (size_t)(name_end - at) }, true);
			fd->value = form_decode(a, (struct str){ value,
			    (size_t)(stop - value) }, true);
			if (fd->name.s == NULL || fd->value.s == NULL ||
			    has_nul(fd->name) || has_nul(fd->value))
				return LVT_EINVALID;
		}
		at = stop + 1;
	}
	return 0;
}

/* --- multipart/form-data, RFC 7578 -------------------------------------- */

/* The parameter of a header's value: name="x" or name=x. */
static struct str
header_parameter(struct arena *a, struct str line, const char *name)
{
	size_t nlen = strlen(name), i = 0, n = 0;
	char *out;

	for (;;) {
		while (i < line.len && line.s[i] != ';')
			i++;
		if (i == line.len)
			return STR_NULL;
		for (i++; i < line.len && (line.s[i] == ' ' || line.s[i] == '\t'); )
			i++;
		if (line.len - i > nlen && line.s[i + nlen] == '=' &&
		    strncasecmp(line.s + i, name, nlen) == 0)
			break;
		/* a ';' within quotes does not end a parameter */
		for (bool quoted = false; i < line.len &&
		    (quoted || line.s[i] != ';'); i++)
			if (line.s[i] == '"')
				quoted = !quoted;
	}
	i += nlen + 1;
	if ((out = arena_alloc(a, line.len - i + 1)) == NULL)
		return STR_NULL;
	if (i < line.len && line.s[i] == '"') {
		for (i++; i < line.len && line.s[i] != '"'; i++) {
			if (line.s[i] == '\\' && i + 1 < line.len &&
			    (line.s[i + 1] == '"' || line.s[i + 1] == '\\'))
				i++;
			out[n++] = line.s[i];
		}
	} else {
		while (i < line.len && line.s[i] != ';' && line.s[i] != ' ')
			out[n++] = line.s[i++];
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

/* The headers of one part; *body: behind the empty line. */
static int
part_headers(struct field *fd, struct arena *a, struct str part,
    struct str *body)
{
	const char *at = part.s, *end = part.s + part.len;

	for (;;) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		struct str line;

		if (nl == NULL)
			return LVT_EINVALID;
		line = (struct str){ at, (size_t)(nl - at) };
		if (line.len > 0 && line.s[line.len - 1] == '\r')
			line.len--;
		at = nl + 1;
		if (line.len == 0)
			break;
		if (line.len > 20 &&
		    strncasecmp(line.s, "content-disposition:", 20) == 0) {
			fd->name = header_parameter(a, line, "name");
			fd->filename = header_parameter(a, line, "filename");
		} else if (line.len > 13 &&
		    strncasecmp(line.s, "content-type:", 13) == 0) {
			size_t skip = 13 + (line.s[13] == ' ');

			fd->type = arena_str(a, line.s + skip,
			    line.len - skip);
		}
	}
	*body = (struct str){ at, (size_t)(end - at) };
	return fd->name.s != NULL && !has_nul(fd->name) &&
	    (fd->filename.s != NULL || !has_nul(*body)) ? 0 : LVT_EINVALID;
}

int
form_multipart(struct form *f, struct arena *a, struct str body,
    const char *type)
{
	struct str boundary = header_parameter(a, str_z(type), "boundary");
	const char *at = body.s, *end = body.s + body.len, *next;
	char *mark;
	size_t mlen;

	if (boundary.s == NULL || boundary.len == 0 || boundary.len > 200)
		return LVT_EINVALID;
	if ((mark = arena_printf(a, "\r\n--%s", boundary.s)) == NULL)
		return LVT_ENOMEM;
	mlen = strlen(mark);
	/* The first boundary may stand at the very start, without its CRLF. */
	if (body.len >= mlen - 2 && memcmp(at, mark + 2, mlen - 2) == 0)
		at += mlen - 2;
	else if ((next = memmem(at, body.len, mark, mlen)) != NULL)
		at = next + mlen;
	else
		return LVT_EINVALID;
	for (;;) {
		struct field *fd;
		struct str value;

		if (end - at >= 2 && memcmp(at, "--", 2) == 0)
			return 0;
		if ((at = memchr(at, '\n', (size_t)(end - at))) == NULL)
			return LVT_EINVALID;
		at++;
		next = memmem(at, (size_t)(end - at), mark, mlen);
		if (next == NULL)
			return LVT_EINVALID;
		if (f->n >= FORM_FIELDS)
			return LVT_ETOOBIG;
		if ((fd = form_add(f, a)) == NULL)
			return LVT_ENOMEM;
		if (part_headers(fd, a, (struct str){ at,
		    (size_t)(next - at) }, &value) != 0)
			return LVT_EINVALID;
		fd->value = arena_str(a, value.s, value.len);
		if (fd->value.s == NULL)
			return LVT_ENOMEM;
		at = next + mlen;
	}
}

const struct field *
form_find(const struct form *f, const char *name)
{
	size_t i;

	for (i = f->n; i-- > 0; )
		if (str_is(f->fields[i].name, name))
			return &f->fields[i];
	return NULL;
}

static int
json_add_text(json_t *obj, const struct field *fd)
{
	json_t *text = json_stringn(fd->value.s, fd->value.len);
	json_t *have = json_object_get(obj, fd->name.s);
	json_t *list;

	if (text == NULL)	/* not UTF-8 */
		return LVT_EINVALID;
	if (have == NULL)
		return json_object_set_new(obj, fd->name.s, text);
	if (json_is_array(have))
		return json_array_append_new(have, text);
	list = json_pack("[O, o]", have, text);
	return json_object_set_new(obj, fd->name.s, list);
}

json_t *
form_json(const struct form *f)
{
	json_t *obj = json_object();
	size_t i;

	for (i = 0; obj != NULL && i < f->n; i++) {
		const struct field *fd = &f->fields[i];

		if (fd->filename.s != NULL ||
		    strncmp(fd->name.s, "lvt-", 4) == 0)
			continue;
		if (json_add_text(obj, fd) != 0) {
			json_decref(obj);
			obj = NULL;
		}
	}
	return obj;
}
