/* main.c - lvt-streamd: settings, one loop, an exit code. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"
#include "streamd/loop.h"

int
main(int argc, char **argv)
{
	struct lvt_error err = { 0 };
	struct options opt;
	struct loop *lp;
	int rc;

	log_init("lvt-streamd");
	if (options_parse(&opt, argc, argv, &err) != 0) {
		fprintf(stderr, "lvt-streamd: %s\n"
		    "Try: lvt-streamd --help\n", err.message);
		options_release(&opt);
		return EX_USAGE;
	}
	if (opt.help || opt.version) {
		if (opt.help)
			options_help();
		else
			printf("lvt-streamd %s\n", PACKAGE_VERSION);
		options_release(&opt);
		return EX_OK;
	}
	signal(SIGPIPE, SIG_IGN);
	lp = loop_create(&opt, &err);
	if (lp == NULL) {
		log_error("%s", err.message);
		options_release(&opt);
		return EX_UNAVAILABLE;
	}
	rc = loop_run(lp);
	loop_free(lp);
	options_release(&opt);
	return rc == 0 ? EX_OK : EX_SOFTWARE;
}
