/* heads.c - head files: that they are shown, anew each time, and not listed. */
#include <config.h>		/* _GNU_SOURCE: memmem, strcasestr */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doctor/doctor.h"

static const char check[] = "head files";

static void
get(struct doctor *d, struct probe *p, struct str path, const char *etag)
{
	char have[300];
	struct buf url;

	snprintf(have, sizeof(have), "If-None-Match: %s", etag);
	buf_init(&url);
	if (path.len > 0 && path.s[0] == '/')
		buf_puts(&url, d->origin);
	buf_str(&url, path);
	probe_init(p);
	p->url = buf_z(&url);
	p->headers[0] = *etag != '\0' ? have : NULL;
	probe_run(d, p);
	p->url = NULL;
	buf_release(&url);
}

/* "SEQ-TAG" and spaces, which the client asks for, too. */
static bool
is_position(const struct probe *p)
{
	size_t n = p->text.len, i = 0, digits;

	while (i < n && p->text.s[i] >= '0' && p->text.s[i] <= '9')
		i++;
	digits = i;
	if (digits == 0 || i == n || p->text.s[i++] != '-')
		return false;
	while (i < n && memchr("0123456789abcdef", p->text.s[i], 16) != NULL)
		i++;
	if (i != digits + 9)
		return false;
	while (i < n && p->text.s[i] == ' ')
		i++;
	return i == n;
}

static bool
is_kept(const struct probe *p)
{
	char control[256], age[32], expires[64];

	probe_header(p, "Cache-Control", control, sizeof(control));
	probe_header(p, "Expires", expires, sizeof(expires));
	probe_header(p, "Age", age, sizeof(age));
	if (atoi(age) > 0)
		return true;
	if (strcasestr(control, "no-cache") != NULL ||
	    strcasestr(control, "no-store") != NULL)
		return false;
	return (strcasestr(control, "max-age=") != NULL &&
	    strcasestr(control, "max-age=0") == NULL) ||
	    (control[0] == '\0' && expires[0] != '\0');
}

static void
check_again(struct doctor *d, struct str file, const char *etag)
{
	struct probe p;

	get(d, &p, file, etag);
	if (*etag != '\0' && p.status == 304)
		report_good(d, check, "shown, asked for anew, 304 where "
		    "nothing happened");
	else
		report_note(d, AIL_NONE, check, "shown, but whole each time: "
		    "the web server gives them no ETag, or does not know its "
		    "own again");
	probe_release(&p);
}

static void
check_listing(struct doctor *d, struct str file)
{
	struct str folder = file;
	struct probe p;
	struct str name;

	while (folder.len > 0 && folder.s[folder.len - 1] != '/')
		folder.len--;
	name = (struct str){ file.s + folder.len, file.len - folder.len };
	get(d, &p, folder, "");
	if (p.text.len > 0 && name.len > 0 && memmem(p.text.s, p.text.len,
	    name.s, name.len) != NULL)
		report_bad(d, AIL_NONE, check, "their folder is listed to "
		    "everybody: turn that off (Apache: Options -Indexes; "
		    "lighttpd: dir-listing; nginx: autoindex)");
	probe_release(&p);
}

void
check_heads(struct doctor *d)
{
	struct str file = { d->heads, strcspn(d->heads, " ") };
	struct probe p;
	char etag[256];

	if (file.len == 0)
		return;
	get(d, &p, file, "");
	probe_header(&p, "ETag", etag, sizeof(etag));
	if (p.status != 200 || !is_position(&p))
		report_bad(d, AIL_HEADS, check, "%.*s is not shown by the web "
		    "server (status %ld): pages ask the app each time",
		    STR_ARG(file), p.status);
	else if (is_kept(&p))
		report_bad(d, AIL_HEADS_OLD, check, "something keeps %.*s: "
		    "pages may see an old one", STR_ARG(file));
	else
		check_again(d, file, etag);
	probe_release(&p);
	check_listing(d, file);
}
