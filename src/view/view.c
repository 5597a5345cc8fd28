/*
 * view.c - the life of a view.
 *
 * Every view that exists has its program's statics table made: what reads a
 * view need not fail for want of it.
 */
#include "base/error.h"
#include "view/encode.h"
#include "view/part.h"
#include "view/view.h"

void
view_init(struct view *v)
{
	*v = (struct view){ .program = NULL };
}

void
view_release(struct view *v)
{
	buf_release(&v->bytes);
	v->program = NULL;
}

int
view_render(struct view *v, const struct program *p, const json_t *data,
    const struct program_host *host, struct lvt_error *err)
{
	struct tree_writer w;
	int rc;

	if (statics_of(p) == NULL)
		return lvt_error_nomem(err);
	v->program = p;
	v->hashed.known = false;
	buf_clear(&v->bytes);
	tree_writer_init(&w, &v->bytes);
	rc = program_exec(p, data, host, &w.sink, err);
	if (w.too_deep) {
		lvt_error_init(err);
		return lvt_error_set(err, LVT_ETOOBIG,
		    "the page nests more than %d deep", TREE_DEPTH);
	}
	if (rc == 0 && v->bytes.failed != 0)
		rc = lvt_error_set(err, v->bytes.failed, "cannot render: %s",
		    lvt_strerror(v->bytes.failed));
	return rc;
}

int
view_copy(struct view *to, const struct view *from, struct lvt_error *err)
{
	view_init(to);
	buf_add(&to->bytes, from->bytes.s, from->bytes.len);
	if (to->bytes.failed != 0) {
		view_release(to);
		return lvt_error_nomem(err);
	}
	to->program = from->program;
	to->hashed = from->hashed;
	return 0;
}

bool
view_equal(const struct view *a, const struct view *b)
{
	return a->program == b->program &&
	    tree_same(a->bytes.s, a->bytes.len, b->bytes.s, b->bytes.len);
}

int
view_load(struct view *v, const struct program *p, const void *bytes,
    size_t len)
{
	const struct statics *st = statics_of(p);

	if (st == NULL)
		return LVT_ENOMEM;
	if (!tree_check(st, bytes, len))
		return LVT_EINVALID;
	v->program = p;
	v->hashed.known = false;
	buf_clear(&v->bytes);
	buf_add(&v->bytes, bytes, len);
	return v->bytes.failed;
}

void
view_tree_json(const struct view *v, enum view_part which,
    enum view_statics mode, struct buf *out)
{
	struct statics *st = statics_of(v->program);
	struct encoder e = { st, mode, out };
	struct part part;
	int rc;

	if ((rc = part_open(&part, st, v, which)) != 0) {
		buf_fail(out, rc);
		return;
	}
	encode_list(&e, part.statics, part.p, part.end);
	part_close(&part);
}

void
view_statics_json(const struct program *p, struct buf *out)
{
	const struct statics *st = statics_of(p);

	if (st == NULL)
		buf_fail(out, LVT_ENOMEM);
	else
		statics_json(st, out);
}
