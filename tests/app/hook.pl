#!/usr/bin/perl
# hook.pl FILE STATUS... - answers POSTs with these statuses (the last one for
# ever), appends head and body of each to FILE; prints its port.
use strict; use warnings; use IO::Socket::INET; $| = 1;
my ($file, @status) = @ARGV;
my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
print $s->sockport, "\n";
while (my $c = $s->accept) {
	my ($head, $body, $n) = ('', '', 0);
	while (my $line = <$c>) {
		$n = $1 if $line =~ /^Content-Length: (\d+)/i;
		last if $line =~ /^\r?\n$/;
		$head .= $line;
	}
	read $c, $body, $n if $n;
	open my $f, '>>', $file or die;
	print $f "$head$body\n";
	close $f;
	my $answer = @status > 1 ? shift @status : $status[0];
	print $c "HTTP/1.1 $answer x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	close $c;
}
