#!/usr/bin/perl
# activate.pl PROGRAM... - open a socket, print its port, and give it to the
# program as systemd does; whenever that ends, start it again. "pid N" tells
# of each start. Ends with its standard input.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h dup2);

$^F = 9;			# descriptors up to here outlive exec
my $socket = IO::Socket::INET->new(Listen => 4096, LocalAddr => '127.0.0.1')
    or die "cannot listen: $!";
if (fileno($socket) != 3) {
	dup2(fileno($socket), 3) or die "dup2: $!";
}
$| = 1;
print 'port ', $socket->sockport, "\n";

my $child = 0;
my $input = IO::Select->new(\*STDIN);

sub start {
	$child = fork // die "fork: $!";
	if (!$child) {
		$ENV{LISTEN_PID} = $$;
		$ENV{LISTEN_FDS} = 1;
		$ENV{LISTEN_FDNAMES} = 'http';
		exec @ARGV or die "$ARGV[0]: $!";
	}
	print "pid $child\n";
}

start();
until ($input->can_read(0.05)) {
	start() if waitpid($child, WNOHANG) == $child;
}
kill 'KILL', $child;
