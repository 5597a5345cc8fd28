/* main.c - lvt-streamd: settings, one loop, an exit code. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "streamd/loop.h"

/* The same program, perhaps a newer one, in this process: whoever watches it
 * sees no change, and whoever connects meanwhile waits in the queue. */
static int
start_again(char **argv, const struct inherit *sockets)
{
	struct lvt_error err = { 0 };

	if (inherit_leave(sockets, &err) != 0) {
		log_error("%s", err.message);
		return EX_OSERR;
	}
	execvp(argv[0], argv);
	log_error("cannot start %s again: %s", argv[0], strerror(errno));
	return EX_OSERR;
}

int
main(int argc, char **argv)
{
	struct lvt_error err = { 0 };
	struct options opt;
	struct inherit sockets;
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
	signal(SIGXFSZ, SIG_IGN);	/* a write fails, as on a full disk */
	lp = loop_create(&opt, &err);
	if (lp == NULL) {
		log_error("%s", err.message);
		options_release(&opt);
		return EX_UNAVAILABLE;
	}
	rc = loop_run(lp);
	if (rc != 0)
		rc = listen_hand_over(lp, &sockets) == 0 ? 1 : -1;
	loop_free(lp);
	options_release(&opt);
	return rc == 0 ? EX_OK : rc < 0 ? EX_OSERR :
	    start_again(argv, &sockets);
}
