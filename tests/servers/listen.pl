#!/usr/bin/perl
# listen.pl [--again] NAME=PATH... -- PROGRAM...: opens Unix sockets, and becomes
# the program with them as systemd would give them, under a user without rights.
# A socket named "stdin" is descriptor 0, the others are told of in LISTEN_FDS.
# --again: stays, and starts the program anew whenever it ends; "pid N" tells.
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX qw(dup2 setgid setuid);

$^F = 99;			# descriptors up to here outlive exec
my $again = $ARGV[0] eq '--again' && shift;
my ($stdin, @names, @sockets);
while (@ARGV and (my $word = shift) ne '--') {
	my ($name, $path) = split /=/, $word, 2;
	my $s = IO::Socket::UNIX->new(Listen => 128, Local => $path) //
	    die "$path: $!";

	if ($name eq 'stdin') {
		$stdin = $s;
	} else {
		push @names, $name;
		push @sockets, $s;
	}
}

sub become {
	# They were opened in order, so none is in the way of one before it.
	for my $i (0 .. $#sockets) {
		dup2(fileno($sockets[$i]), 3 + $i) // die "dup2: $!"
		    if fileno($sockets[$i]) != 3 + $i;
	}
	if (defined $stdin) {
		dup2(fileno($stdin), 0) // die "dup2: $!";
	}
	if ($> == 0) {
		my (undef, undef, $uid, $gid) = getpwnam('nobody');

		$) = "$gid $gid";
		setgid($gid);
		setuid($uid);
		die 'still root' if $> == 0;
	}
	if (@sockets) {
		$ENV{LISTEN_PID} = $$;
		$ENV{LISTEN_FDS} = @sockets;
		$ENV{LISTEN_FDNAMES} = join ':', @names;
	}
	exec @ARGV or die "$ARGV[0]: $!";
}

become() unless $again;
my $stop = 0;
my $child;
$SIG{TERM} = sub { $stop = 1; kill 'TERM', $child };
until ($stop) {
	$child = fork // die "fork: $!";
	become() unless $child;
	print STDERR "pid $child\n";
	# A signal may interrupt the wait.
	1 until waitpid($child, 0) == $child;
}
