#include "base/utf8.h"
#include "template/parse/ast.h"

#define SLOTS_MIN	64

/* --- Sets -------------------------------------------------------------- */

void
ast_set_init(struct ast_set *set)
{
	memset(set, 0, sizeof(*set));
	arena_init(&set->arena);
}

void
ast_set_release(struct ast_set *set)
{
	arena_release(&set->arena);
	memset(set, 0, sizeof(*set));
}

/* FNV-1a */
static uint32_t
hash_name(struct str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.s[i]) * 16777619u;
	return h;
}

struct ast_template *
ast_set_find(const struct ast_set *set, struct str name)
{
	struct ast_template *t;

	if (set->nslots == 0)
		return NULL;
	t = set->slots[hash_name(name) & (set->nslots - 1)];
	while (t != NULL && !str_eq(t->name, name))
		t = t->chain;
	return t;
}

static void
set_link(struct ast_set *set, struct ast_template *t)
{
	uint32_t i = hash_name(t->name) & (set->nslots - 1);

	t->chain = set->slots[i];
	set->slots[i] = t;
}

static int
set_grow(struct ast_set *set)
{
	uint32_t n = set->nslots == 0 ? SLOTS_MIN : set->nslots * 2;
	struct ast_template **slots;

	slots = arena_zalloc(&set->arena, n * sizeof(*slots));
	if (slots == NULL)
		return LVT_ENOMEM;
	set->slots = slots;
	set->nslots = n;
	for (struct ast_template *t = set->templates; t != NULL; t = t->next)
		set_link(set, t);
	return 0;
}

int
ast_set_put(struct ast_set *set, struct ast_template *t)
{
	if (set->ntemplates >= set->nslots && set_grow(set) != 0)
		return LVT_ENOMEM;
	t->next = NULL;
	if (set->last != NULL)
		set->last->next = t;
	else
		set->templates = t;
	set->last = t;
	set->ntemplates++;
	set_link(set, t);
	return 0;
}

bool
ast_is_builtin(struct str name)
{
	const char *const *builtin = ast_builtins;

	while (*builtin != NULL && !str_is(name, *builtin))
		builtin++;
	return *builtin != NULL;
}

const char *const ast_builtins[] = {
	"and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len",
	"lt", "ne", "not", "or", "print", "printf", "println", "slice",
	"urlquery", NULL
};

/* --- Lists ------------------------------------------------------------- */

static bool
text_is_empty(struct str s)
{
	uint32_t c;

	while (s.len > 0) {
		size_t width = utf8_decode(s.s, s.len, &c);

		if (!utf8_is_space(c))
			return false;
		s.s += width;
		s.len -= width;
	}
	return true;
}

bool
ast_list_is_empty(const struct ast_list *list)
{
	const struct ast_node *n = list != NULL ? list->first : NULL;

	while (n != NULL && n->type == AST_TEXT && text_is_empty(n->text))
		n = n->next;
	return n == NULL;
}

/* Recursion is as deep as the tree, which the parser bounds. */
static struct ast_node *copy_node(struct arena *a, const struct ast_node *n);

static struct ast_command *
copy_command(struct arena *a, const struct ast_command *c)
{
	struct ast_command *copy = arena_alloc(a, sizeof(*copy));
	struct ast_node **tail;

	if (copy == NULL)
		return NULL;
	*copy = *c;
	tail = &copy->args;
	for (const struct ast_node *n = c->args; n != NULL; n = n->next) {
		*tail = copy_node(a, n);
		if (*tail == NULL)
			return NULL;
		tail = &(*tail)->next;
	}
	return copy;
}

static struct ast_pipe *
copy_pipe(struct arena *a, const struct ast_pipe *p)
{
	struct ast_pipe *copy = arena_alloc(a, sizeof(*copy));
	struct ast_command **tail;

	if (copy == NULL)
		return NULL;
	*copy = *p;
	tail = &copy->commands;
	for (const struct ast_command *c = p->commands; c != NULL;
	    c = c->next) {
		*tail = copy_command(a, c);
		if (*tail == NULL)
			return NULL;
		tail = &(*tail)->next;
	}
	return copy;
}

/* Names, texts and paths never change, so the copies share them. */
static struct ast_node *
copy_node(struct arena *a, const struct ast_node *n)
{
	struct ast_node *copy = arena_alloc(a, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = *n;
	copy->next = NULL;
	if (n->operand != NULL &&
	    (copy->operand = copy_node(a, n->operand)) == NULL)
		return NULL;
	if (n->pipe != NULL && (copy->pipe = copy_pipe(a, n->pipe)) == NULL)
		return NULL;
	if (n->body != NULL &&
	    (copy->body = ast_copy_list(a, n->body)) == NULL)
		return NULL;
	if (n->otherwise != NULL &&
	    (copy->otherwise = ast_copy_list(a, n->otherwise)) == NULL)
		return NULL;
	return copy;
}

struct ast_list *
ast_copy_list(struct arena *a, const struct ast_list *list)
{
	struct ast_list *copy = arena_new(a, struct ast_list);

	if (copy == NULL)
		return NULL;
	for (const struct ast_node *n = list->first; n != NULL; n = n->next) {
		struct ast_node *twin = copy_node(a, n);

		if (twin == NULL)
			return NULL;
		ast_list_append(copy, twin);
	}
	return copy;
}

void
ast_list_append(struct ast_list *list, struct ast_node *n)
{
	n->next = NULL;
	if (list->last != NULL)
		list->last->next = n;
	else
		list->first = n;
	list->last = n;
}
