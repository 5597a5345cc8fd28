#!/bin/sh
# Every row of docs/parity.md names a test that is there, was run and passed.
#
# Runs after all others: make check keeps what they said in the folder LVT_TAP,
# each under the whole path of the test. By hand, after make check:
#     LVT_SRCDIR=. LVT_BUILDDIR=build LVT_TAP=build/check.tap sh tests/app/parity.t
exec perl - "$(cd "${LVT_SRCDIR:?}" && pwd)" "$(cd "${LVT_BUILDDIR:?}" && pwd)" \
    "${LVT_TAP-}" <<'END'
use strict; use warnings;
my ($src, $build, $results) = @ARGV;
my (@rows, %seen, $n);
open my $in, '<', "$src/docs/parity.md" or die "docs/parity.md: $!";
while (<$in>) {
	next unless /^\| /; chomp;
	my ($source, $what, $test, $title) = map { s/^\s+|\s+$//gr }
	    (split /\|/)[1 .. 4];
	next if $source eq 'heading';
	push @rows, [$., $source, $what, $test, $title];
}
print "1..", @rows + 2, "\n";
ok("make check has kept the results of the tests", $results ne '' && -d $results ? '' :
    "there are no results of tests: run make check, or name its folder in LVT_TAP");
for my $r (@rows) {
	my ($line, $source, $what, $test, $title) = @$r;
	ok("line $line, $source: $what", check($test, $title));
}
ok('there are rows for all that the documents say', @rows >= 200 ? '' : @rows . ' rows');

sub ok {
	my ($what, $why) = @_;
	print $why ? "not " : "", "ok ", ++$n, " - $what\n";
	print "# $why\n" if $why;
}

sub check {
	my ($test, $title) = @_;
	if ($test eq '-') {
		return $title =~ /^(WebSocket|Go|Elixir|Python|React): ./ ? '' :
		    "no test, and no system that it belongs to";
	}
	return "there is no $test" unless -f "$src/$test";
	my $said = $seen{$test} //= results($test);
	return $said unless ref $said;
	return "$test was skipped: $said->{skip}" if $said->{skip};
	return $said->{of}{plain($title)} // "$test has no '$title'";
}

# What a test said: {of => {title => '' or why not}}, or why that is not known.
sub results {
	my ($test) = @_;
	my $path = $test =~ s/\.c$//r eq $test ? "$src/$test" :
	    "$build/" . $test =~ s/\.c$//r;
	my %r = (of => {});
	open my $tap, '<', "$results/$path" or return "no results of $test";
	while (<$tap>) {
		$r{skip} = $1 || 'it does not say why' if /^1\.\.0\b\s*(?:# *SKIP *(.*))?/i;
		my ($not, $title) = /^(not )?ok\b *\d* *(?:- )?(.*)/ or next;
		my $why = $not ? "'$title' of $test failed" : '';
		$why = "'$title' of $test was left out: $2"
		    if $title =~ s/(?<!\\)\s*# *(SKIP|TODO)\b *(.*)//i;
		$title = plain($title);
		$r{of}{$title} = $why || $r{of}{$title} // '';
	}
	return \%r;
}

# Titles of C are names of functions; node's have backslashes.
sub plain { return $_[0] =~ s/\\(.)/$1/gr =~ tr/_/ /r =~ s/\s+$//r; }
END
