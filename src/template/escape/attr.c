/*
 * attr.c - what kind of value an attribute has.
 *
 * The kinds follow html/template, so that a page is escaped alike by both:
 * known names first, then what names usually mean.
 */
#include <stdlib.h>

#include "template/escape/scan.h"

/* UNSAFE: steers how a page or a request is made or understood; such names
 * may not come from a value. Sorted by name. */
static const struct known {
	const char *name;
	enum attr_type type;
} known[] = {
	{ "accept", ATTR_TYPE_PLAIN },
	{ "accept-charset", ATTR_TYPE_UNSAFE },
	{ "action", ATTR_TYPE_URL },
	{ "alt", ATTR_TYPE_PLAIN },
	{ "archive", ATTR_TYPE_URL },
	{ "async", ATTR_TYPE_UNSAFE },
	{ "autocomplete", ATTR_TYPE_PLAIN },
	{ "autofocus", ATTR_TYPE_PLAIN },
	{ "autoplay", ATTR_TYPE_PLAIN },
	{ "background", ATTR_TYPE_URL },
	{ "border", ATTR_TYPE_PLAIN },
	{ "challenge", ATTR_TYPE_UNSAFE },
	{ "charset", ATTR_TYPE_UNSAFE },
	{ "checked", ATTR_TYPE_PLAIN },
	{ "cite", ATTR_TYPE_URL },
	{ "class", ATTR_TYPE_PLAIN },
	{ "classid", ATTR_TYPE_URL },
	{ "codebase", ATTR_TYPE_URL },
	{ "cols", ATTR_TYPE_PLAIN },
	{ "colspan", ATTR_TYPE_PLAIN },
	{ "content", ATTR_TYPE_UNSAFE },
	{ "contenteditable", ATTR_TYPE_PLAIN },
	{ "contextmenu", ATTR_TYPE_PLAIN },
	{ "controls", ATTR_TYPE_PLAIN },
	{ "coords", ATTR_TYPE_PLAIN },
	{ "crossorigin", ATTR_TYPE_UNSAFE },
	{ "data", ATTR_TYPE_URL },
	{ "datetime", ATTR_TYPE_PLAIN },
	{ "default", ATTR_TYPE_PLAIN },
	{ "defer", ATTR_TYPE_UNSAFE },
	{ "dir", ATTR_TYPE_PLAIN },
	{ "dirname", ATTR_TYPE_PLAIN },
	{ "disabled", ATTR_TYPE_PLAIN },
	{ "draggable", ATTR_TYPE_PLAIN },
	{ "dropzone", ATTR_TYPE_PLAIN },
	{ "enctype", ATTR_TYPE_UNSAFE },
	{ "for", ATTR_TYPE_PLAIN },
	{ "form", ATTR_TYPE_UNSAFE },
	{ "formaction", ATTR_TYPE_URL },
	{ "formenctype", ATTR_TYPE_UNSAFE },
	{ "formmethod", ATTR_TYPE_UNSAFE },
	{ "formnovalidate", ATTR_TYPE_UNSAFE },
	{ "formtarget", ATTR_TYPE_PLAIN },
	{ "headers", ATTR_TYPE_PLAIN },
	{ "height", ATTR_TYPE_PLAIN },
	{ "hidden", ATTR_TYPE_PLAIN },
	{ "high", ATTR_TYPE_PLAIN },
	{ "href", ATTR_TYPE_URL },
	{ "hreflang", ATTR_TYPE_PLAIN },
	{ "http-equiv", ATTR_TYPE_UNSAFE },
	{ "icon", ATTR_TYPE_URL },
	{ "id", ATTR_TYPE_PLAIN },
	{ "ismap", ATTR_TYPE_PLAIN },
	{ "keytype", ATTR_TYPE_UNSAFE },
	{ "kind", ATTR_TYPE_PLAIN },
	{ "label", ATTR_TYPE_PLAIN },
	{ "lang", ATTR_TYPE_PLAIN },
	{ "language", ATTR_TYPE_UNSAFE },
	{ "list", ATTR_TYPE_PLAIN },
	{ "longdesc", ATTR_TYPE_URL },
	{ "loop", ATTR_TYPE_PLAIN },
	{ "low", ATTR_TYPE_PLAIN },
	{ "manifest", ATTR_TYPE_URL },
	{ "max", ATTR_TYPE_PLAIN },
	{ "maxlength", ATTR_TYPE_PLAIN },
	{ "media", ATTR_TYPE_PLAIN },
	{ "mediagroup", ATTR_TYPE_PLAIN },
	{ "method", ATTR_TYPE_UNSAFE },
	{ "min", ATTR_TYPE_PLAIN },
	{ "multiple", ATTR_TYPE_PLAIN },
	{ "name", ATTR_TYPE_PLAIN },
	{ "novalidate", ATTR_TYPE_UNSAFE },
	{ "open", ATTR_TYPE_PLAIN },
	{ "optimum", ATTR_TYPE_PLAIN },
	{ "pattern", ATTR_TYPE_UNSAFE },
	{ "placeholder", ATTR_TYPE_PLAIN },
	{ "poster", ATTR_TYPE_URL },
	{ "preload", ATTR_TYPE_PLAIN },
	{ "profile", ATTR_TYPE_URL },
	{ "pubdate", ATTR_TYPE_PLAIN },
	{ "radiogroup", ATTR_TYPE_PLAIN },
	{ "readonly", ATTR_TYPE_PLAIN },
	{ "rel", ATTR_TYPE_UNSAFE },
	{ "required", ATTR_TYPE_PLAIN },
	{ "reversed", ATTR_TYPE_PLAIN },
	{ "rows", ATTR_TYPE_PLAIN },
	{ "rowspan", ATTR_TYPE_PLAIN },
	{ "sandbox", ATTR_TYPE_UNSAFE },
	{ "scope", ATTR_TYPE_PLAIN },
	{ "scoped", ATTR_TYPE_PLAIN },
	{ "seamless", ATTR_TYPE_PLAIN },
	{ "selected", ATTR_TYPE_PLAIN },
	{ "shape", ATTR_TYPE_PLAIN },
	{ "size", ATTR_TYPE_PLAIN },
	{ "sizes", ATTR_TYPE_PLAIN },
	{ "span", ATTR_TYPE_PLAIN },
	{ "spellcheck", ATTR_TYPE_PLAIN },
	{ "src", ATTR_TYPE_URL },
	{ "srcdoc", ATTR_TYPE_HTML },
	{ "srclang", ATTR_TYPE_PLAIN },
	{ "srcset", ATTR_TYPE_SRCSET },
	{ "start", ATTR_TYPE_PLAIN },
	{ "step", ATTR_TYPE_PLAIN },
	{ "style", ATTR_TYPE_CSS },
	{ "tabindex", ATTR_TYPE_PLAIN },
	{ "target", ATTR_TYPE_PLAIN },
	{ "title", ATTR_TYPE_PLAIN },
	{ "type", ATTR_TYPE_UNSAFE },
	{ "usemap", ATTR_TYPE_URL },
	{ "value", ATTR_TYPE_UNSAFE },
	{ "width", ATTR_TYPE_PLAIN },
	{ "wrap", ATTR_TYPE_PLAIN },
	{ "xmlns", ATTR_TYPE_URL },
};

/* Longer than any known name. */
#define NAME_MAX_KNOWN	24

static bool
has_prefix(struct str s, const char *z)
{
	char c;

	for (; *z != '\0'; z++) {
		if (s.len == 0)
			return false;
		s = scan_from(s, scan_lower(s, &c));
		if (c != *z)
			return false;
	}
	return true;
}

static bool
contains(struct str s, const char *z)
{
	for (; s.len > 0; s.s++, s.len--)
		if (has_prefix(s, z))
			return true;
	return false;
}

static int
by_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct known *)row)->name);
}

static const struct known *
find(struct str name)
{
	char key[NAME_MAX_KNOWN];
	size_t n = 0;

	while (name.len > 0 && n < sizeof(key) - 1) {
		name = scan_from(name, scan_lower(name, &key[n]));
		if (key[n++] == '\0')
			return NULL;	/* it would end the key early */
	}
	key[n] = '\0';
	return name.len > 0 ? NULL : bsearch(key, known,
	    sizeof(known) / sizeof(known[0]), sizeof(known[0]), by_name);
}

enum attr_type
attr_type(struct str name)
{
	const struct known *k;
	const char *colon;

	if (has_prefix(name, "data-")) {
		/* data-href is a URL as href is. */
		name.s += 5;
		name.len -= 5;
	} else if (name.len > 0 &&
	    (colon = memchr(name.s, ':', name.len)) != NULL) {
		if (has_prefix(name, "xmlns:"))
			return ATTR_TYPE_URL;
		name.len -= (size_t)(colon + 1 - name.s);
		name.s = colon + 1;
	}
	k = find(name);
	if (k != NULL)
		return k->type;
	if (has_prefix(name, "on"))
		return ATTR_TYPE_JS;
	if (contains(name, "src") || contains(name, "uri") ||
	    contains(name, "url"))
		return ATTR_TYPE_URL;
	return ATTR_TYPE_PLAIN;
}
