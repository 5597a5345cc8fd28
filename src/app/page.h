/*
 * page.h - a row of the app, checked and compiled.
 */
#ifndef LVT_APP_PAGE_H
#define LVT_APP_PAGE_H

#include "app/app.h"

/* A mistake in the row fails; one in the template makes the page broken. */
int	page_compile(struct app *app, struct page *pg,
	    const struct lvt_page *row, struct lvt_error *err);
void	page_release(struct page *pg);
/* Is a template of the page another than was compiled, or is it broken? Then
 * compile it again. What fails leaves the program of before, if there was one. */
int	page_refresh(struct app *app, struct page *pg, struct lvt_error *err);
void	pages_refresh(struct app *app);		/* each of them */
/* 0, or what is wrong with the first that is broken. */
int	pages_check(struct app *app, struct lvt_error *err);
/* The path of the page's template, or of a partial of it, that is called so: for
 * free(). NULL: there is none. */
char	*page_source(const struct app *app, const struct page *pg,
	    const char *name);
int	page_read(const char *path, struct buf *out, struct lvt_error *err);
/* The column of err as it is in the file, where it is in the page's template. */
void	page_place(const struct page *pg, struct lvt_error *err);

#endif
