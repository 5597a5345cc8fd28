#!/bin/sh
# Every row of docs/parity.md names a test that is there.
exec perl - "${LVT_SRCDIR:?}" <<'END'
use strict; use warnings;
my ($src) = @ARGV;
my (@rows, $n);
open my $in, '<', "$src/docs/parity.md" or die "docs/parity.md: $!";
while (<$in>) {
	next unless /^\| /; chomp;
	my ($source, $what, $test, $title) = map { s/^\s+|\s+$//gr }
	    (split /\|/)[1 .. 4];
	next if $source eq 'heading';
	push @rows, [$., $source, $what, $test, $title];
}
print "1..", @rows + 1, "\n";
for my $r (@rows) {
	my ($line, $source, $what, $test, $title) = @$r;
	my $why = check($test, $title);
	print $why ? "not " : "", "ok ", ++$n, " - line $line, $source: $what\n";
	print "# $why\n" if $why;
}
print @rows >= 60 ? "" : "not ", "ok ", ++$n, " - there are rows\n";

sub check {
	my ($test, $title) = @_;
	if ($test eq '-') {
		return $title =~ /^(WebSocket|Go|Elixir|Python|React): / ? '' :
		    "no test, and no system that it belongs to";
	}
	my @files = grep { -f } "$src/$test", "$src/$test" =~ s/\.t$/.mjs/r;
	return "there is no $test" unless @files;
	my $text = join '', map { open my $f, '<', $_ or die; local $/; <$f> }
	    @files;
	$text =~ s/\\(["'])/$1/g;
	return index($text, $title) < 0 ? "$test has no '$title'" : '';
}
END
