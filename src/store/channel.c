/* channel.c - dotted names, their patterns, and positions as text. */
#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"

#define LEVELS	16

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '-';
}

static bool
is_valid(const char *s, size_t len, bool wild)
{
	size_t i, start = 0, levels = 0;

	if (len == 0 || len > CHANNEL_MAX)
		return false;
	for (i = 0; i <= len; i++) {
		if (i < len && s[i] != '.') {
			if (is_name_char(s[i]))
				continue;
			/* A wildcard is a whole level; '>' is the last. */
			if (!wild || i != start ||
			    (s[i] == '*' ? i + 1 < len && s[i + 1] != '.' :
			    s[i] != '>' || i + 1 != len))
				return false;
			continue;
		}
		if (i == start || ++levels > LEVELS)
			return false;
		start = i + 1;
	}
	return true;
}

bool
channel_is_valid(const char *name, size_t len)
{
	return is_valid(name, len, false);
}

bool
channel_pattern_is_valid(const char *pattern, size_t len)
{
	return is_valid(pattern, len, true);
}

bool
channel_matches(const char *pattern, size_t plen, const char *channel,
    size_t clen)
{
	const char *p = pattern, *pend = pattern + plen;
	const char *c = channel, *cend = channel + clen;

	while (p < pend && c < cend) {
		if (*p == '>' && p + 1 == pend)
			return true;
		if (*p == '*') {
			p++;
			while (c < cend && *c != '.')
				c++;
		} else if (*p++ != *c++)
			return false;
	}
	return p == pend && c == cend && plen > 0;
}

void
position_text(struct position p, char text[POSITION_TEXT])
{
	snprintf(text, POSITION_TEXT, "%lld-%08lx", (long long)p.seq,
	    (unsigned long)p.tag);
}

int
position_parse(const char *text, size_t len, struct position *p)
{
	uint32_t tag = 0;
	int64_t seq = 0;
	size_t i = 0;
	char c;

	for (; i < len && text[i] >= '0' && text[i] <= '9' && i < 18; i++)
		seq = seq * 10 + (text[i] - '0');
	if (i == 0 || len - i != 9 || text[i] != '-')
		return LVT_EINVALID;
	for (i++; i < len; i++) {
		c = text[i];
		if (c >= '0' && c <= '9')
			tag = tag << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			tag = tag << 4 | (uint32_t)(c - 'a' + 10);
		else
			return LVT_EINVALID;
	}
	p->seq = seq;
	p->tag = tag;
	return 0;
}
