/*
 * validate.h - rules of a table, applied to an action's data.
 *
 * Owns:    nothing. Changes data only where a rule says LVT_TRIM.
 */
#ifndef LVT_APP_VALIDATE_H
#define LVT_APP_VALIDATE_H

#include <stdbool.h>

#include <lvt.h>

/*
 * Messages go through fail(), at most one for each field; cx is for a rule's
 * own check. Return: how many rules were broken, or LVT_ENOMEM.
 */
int	validate(const struct lvt_rule *rules, json_t *data,
	    struct lvt_ctx *cx,
	    int (*fail)(void *arg, const char *field, const char *message),
	    void *arg);
/* A rule that cannot work (bad pattern): 0 or LVT_EINVALID with err. */
int	validate_check_rules(const struct lvt_rule *rules,
	    struct lvt_error *err);

bool	text_is_email(const char *z);
bool	text_is_url(const char *z);
size_t	text_length(const char *z);	/* characters */

#endif
