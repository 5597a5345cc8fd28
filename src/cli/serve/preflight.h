/*
 * preflight.h - what would go wrong under lvt serve, said before it begins.
 *
 * Each returns 0, or negative and has said on standard error what is wrong and
 * what to do.
 */
#ifndef LVT_CLI_PREFLIGHT_H
#define LVT_CLI_PREFLIGHT_H

/* Says "lvt serve: why"; LVT_EFAIL. */
int	serve_refuse(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* Is it a file that can be executed? */
int	preflight_program(const char *path);
/* Is it built with lvt, and are its rows right? Asks it for its settings. */
int	preflight_app(const char *path);
/* Can there be a database, and can nobody fetch it? www: the folder of static
 * files, real; NULL: there is none. */
int	preflight_database(const char *db, const char *www);

#endif
