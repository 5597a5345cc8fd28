/**
 * lvt.h - live, server-rendered pages in C over plain HTTP
 *
 * A page is a Go-syntax HTML template over a JSON document. Actions change the
 * document; every browser that shows the page follows.
 */
#ifndef LVT_H
#define LVT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors ------------------------------------------------------------ */

/* LVT_EFAIL is -1 on purpose: what Jansson returns is one of our codes. */
#define LVT_ERRORS(X)                                                  \
	X(LVT_EFAIL,     -1, "failed")                                 \
	X(LVT_ENOMEM,    -2, "out of memory")                          \
	X(LVT_EINVALID,  -3, "input is not valid")                     \
	X(LVT_ESTORE,    -4, "database error")                         \
	X(LVT_ETOOBIG,   -5, "too big")                                \
	X(LVT_ENOTFOUND, -6, "not found")                              \
	X(LVT_ECONFLICT, -7, "changed by somebody else")               \
	X(LVT_EBUSY,     -8, "busy, try again")                        \
	X(LVT_EDENIED,   -9, "not allowed")                            \
	X(LVT_EPARSE,   -10, "template cannot be parsed")              \
	X(LVT_EESCAPE,  -11, "template cannot be made safe")           \
	X(LVT_EEXEC,    -12, "template failed while rendering")        \
	X(LVT_ESTALE,   -13, "position is no longer known")            \
	X(LVT_EIO,      -14, "input or output error")

enum lvt_code {
	LVT_OK = 0,
#define LVT_ERROR_ENUM_(name, value, text) name = value,
	LVT_ERRORS(LVT_ERROR_ENUM_)
#undef LVT_ERROR_ENUM_
	LVT_ECODE_MAX_ = 1
};

/**
 * struct lvt_error - what failed, where and why
 *
 * Written only on failure; the first message wins. Zero it before use.
 */
struct lvt_error {
	int code;		/* 0 or LVT_E* */
	int line, column;	/* from 1; 0 where there is none */
	char file[256];		/* template or setting; "" where there is none */
	char message[768];	/* lower case, no full stop */
};

/** lvt_strerror() - one short phrase for a code; static storage */
const char *lvt_strerror(int code);

#ifdef __cplusplus
}
#endif
#endif
