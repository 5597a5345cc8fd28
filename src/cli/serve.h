/* serve.h - lvt serve: everything that a page needs, in one command. */
#ifndef LVT_CLI_SERVE_H
#define LVT_CLI_SERVE_H

int	cmd_serve(int argc, char *argv[]);	/* exit code */

#endif
