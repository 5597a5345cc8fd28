/*
 * dashboard.c - figures that arrive from outside: a script or cron says
 *
 *     ./feed.sh | ./dashboard broadcast --all -
 *
 * and every open page shows them. The page itself has no actions.
 */
#include <lvt.h>

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "dashboard.tmpl", .flags = LVT_SHARED,
	  .init = LVT_JSON({"updated": "", "notice": "", "figures": [],
	      "services": []}) },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .pages = pages });
}
