#include <stdio.h>
#include <string.h>

#include "base/error.h"

void
lvt_error_init(struct lvt_error *err)
{
	if (err != NULL)
		memset(err, 0, sizeof(*err));
}

int
lvt_error_vset(struct lvt_error *err, int code, const char *fmt, va_list ap)
{
	if (err != NULL && err->code == 0) {
		err->code = code;
		vsnprintf(err->message, sizeof(err->message), fmt, ap);
	}
	return code;
}

int
lvt_error_set(struct lvt_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lvt_error_vset(err, code, fmt, ap);
	va_end(ap);
	return code;
}

void
lvt_error_at(struct lvt_error *err, const char *file, int line, int col)
{
	if (err == NULL || err->file[0] != '\0')
		return;
	snprintf(err->file, sizeof(err->file), "%s", file);
	err->line = line;
	err->column = col;
}

int
lvt_error_nomem(struct lvt_error *err)
{
	return lvt_error_set(err, LVT_ENOMEM, "out of memory");
}

const char *
error_text(const struct lvt_error *err, char text[ERROR_TEXT])
{
	const char *message = err->message[0] != '\0' ? err->message :
	    lvt_strerror(err->code);

	if (err->file[0] != '\0')
		snprintf(text, ERROR_TEXT, "%s:%d:%d: %s", err->file,
		    err->line, err->column, message);
	else
		snprintf(text, ERROR_TEXT, "%s", message);
	return text;
}

const char *
lvt_strerror(int code)
{
#define CASE(name, value, text) case value: return text;
	switch (code) {
	case LVT_OK: return "no error";
	LVT_ERRORS(CASE)
	default: return "unknown error";
	}
#undef CASE
}
