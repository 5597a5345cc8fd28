# fcgi.pl SOCKET NAME=VALUE... <BODY: one FastCGI request, its answer printed.
use strict; use warnings;
use IO::Socket::UNIX;

my $path = shift;
my $s = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!";
sub record { my ($type, $data) = @_;
	print $s pack("CCnnCC", 1, $type, 1, length $data, 0, 0), $data; }
sub size { my $n = length shift; $n < 128 ? chr $n : pack "N", $n | 0x80000000 }

my $params = "";
for (@ARGV) {
	my ($name, $value) = split /=/, $_, 2;
	$params .= size($name) . size($value) . $name . $value;
}
record(1, pack "nCx5", 1, 0);			# begin, responder
record(4, $params); record(4, "");
my $body = do { local $/; <STDIN> };
record(5, $body) if length $body; record(5, "");
$s->flush;
while (read $s, my $head, 8) {
	my (undef, $type, undef, $len, $pad) = unpack "CCnnC", $head;
	my $data = "";
	read $s, $data, $len + $pad if $len + $pad;
	print substr $data, 0, $len if $type == 6;
	last if $type == 3;
}
