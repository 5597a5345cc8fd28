#!/usr/bin/perl
# listen.pl NAME=PATH... -- PROGRAM...: opens Unix sockets, and becomes the
# program with them as systemd would give them, under a user without rights.
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX qw(dup2 setgid setuid);

$^F = 99;			# descriptors up to here outlive exec
my (@names, @sockets);
while (@ARGV and (my $word = shift) ne '--') {
	my ($name, $path) = split /=/, $word, 2;

	push @names, $name;
	push @sockets, IO::Socket::UNIX->new(Listen => 128, Local => $path) //
	    die "$path: $!";
}
# They were opened in order, so none is in the way of one before it.
for my $i (0 .. $#sockets) {
	dup2(fileno($sockets[$i]), 3 + $i) // die "dup2: $!"
	    if fileno($sockets[$i]) != 3 + $i;
}
if ($> == 0) {
	my (undef, undef, $uid, $gid) = getpwnam('nobody');

	$) = "$gid $gid";
	setgid($gid);
	setuid($uid);
	die 'still root' if $> == 0;
}
$ENV{LISTEN_PID} = $$;
$ENV{LISTEN_FDS} = @sockets;
$ENV{LISTEN_FDNAMES} = join ':', @names;
exec @ARGV or die "$ARGV[0]: $!";
