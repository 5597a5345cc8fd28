#!/usr/bin/perl
# docs.t - what docs/templates.md and lvt-template(7) show is what lvt does.
#
# In the text an example is a fenced block "template", then "json" with its
# data, where it has any, then "output" or "error". In the manual page it is a
# .Bd literal behind a comment that says the same. An error is compared
# without its place.
use strict;
use warnings;
use File::Temp qw(tempdir);

my $src = $ENV{LVT_SRCDIR} // '.';
my $lvt = ($ENV{LVT_BUILDDIR} // '.') . '/lvt';
my $dir = tempdir(CLEANUP => 1);
my $n = 0;

sub slurp {
	my ($path) = @_;

	open(my $f, '<:raw', $path) or die "$path: $!";
	local $/;
	return <$f>;
}

sub spew {
	my ($path, $text) = @_;

	open(my $f, '>:raw', $path) or die "$path: $!";
	print $f $text;
	close($f) or die "$path: $!";
}

sub result {
	my ($ok, $title, @why) = @_;

	$n++;
	print $ok ? '' : 'not ', "ok $n - $title\n";
	unless ($ok) {
		print "# $_\n" for map { split /\n/ } @why;
	}
}

# [kind, text, line] of every block.
sub fenced {
	my ($text) = @_;
	my ($kind, $body, $line, $at, @blocks) = (undef, '', 0, 0);

	for (split /^/, $text) {
		$line++;
		if (!defined $kind && /^```([a-z]+)( text)?$/) {
			($kind, $body, $at) = ($1 . ($2 // ''), '', $line);
		} elsif (defined $kind && /^```$/) {
			push @blocks, [$kind, $body, $at];
			undef $kind;
		} elsif (defined $kind) {
			$body .= $_;
		}
	}
	return @blocks;
}

sub mdoc {
	my ($text) = @_;
	my ($kind, $body, $line, $at, @blocks) = (undef, undef, 0, 0);

	for (split /^/, $text) {
		$line++;
		if (/^\.\\" (template|json|output|error)$/) {
			($kind, $at) = ($1, $line);
		} elsif (defined $kind && /^\.Bd /) {
			$body = '';
		} elsif (defined $body && /^\.Ed$/) {
			push @blocks, [$kind, $body, $at];
			($kind, $body) = (undef, undef);
		} elsif (defined $body) {
			s/^\\&//;
			s/\\e/\\/g;
			$body .= $_;
		}
	}
	return @blocks;
}

sub run {
	my ($file, $engine, $template, $data, $kind, $want, $line) = @_;

	chomp($template, $want);
	spew("$dir/page.tmpl", $template);
	spew("$dir/data.json", $data // 'null');
	my $status = system("'$lvt' render -t $engine -d '$dir/data.json' " .
	    "'$dir/page.tmpl' >'$dir/out' 2>'$dir/err'");
	my $got = slurp("$dir/out");
	if ($kind eq 'error') {
		$got = slurp("$dir/err");
		result($status != 0 && index(unquote($got), $want) >= 0,
		    "$file:$line fails as it says", "got $got", "want $want");
	} else {
		result($status == 0 && $got eq $want,
		    "$file:$line renders as it says", "got $got" .
		    slurp("$dir/err"), "want $want");
	}
}

sub unquote {
	my ($s) = @_;

	$s =~ s/\\(["\\])/$1/g;
	return $s;
}

sub examples {
	my ($file, @blocks) = @_;
	my ($template, $engine, $data, $made) = (undef, 'html', undef, 0);

	for (@blocks) {
		my ($kind, $text, $line) = @$_;

		if ($kind =~ /^template( text)?$/) {
			($template, $data) = ($text, undef);
			$engine = $1 ? 'text' : 'html';
		} elsif ($kind eq 'json' && defined $template) {
			$data = $text;
		} elsif ($kind =~ /^(output|error)$/ && defined $template) {
			run($file, $engine, $template, $data, $kind, $text,
			    $line);
			$made++;
		}
	}
	result($made >= 5, "$file has examples", "only $made");
}

examples('docs/templates.md', fenced(slurp("$src/docs/templates.md")));
examples('man/lvt-template.7', mdoc(slurp("$src/man/lvt-template.7")));

# What fuzz-go leaves out is what the text tells of.
my $text = slurp("$src/docs/templates.md");
$text =~ s/[`\\]//g;
$text =~ s/\n  (?=\w)/ /g;
for (grep { !/^#/ } split /\n/, slurp("$src/tests/fuzz/go/later.txt")) {
	my ($release, $what) = (split /\t/)[0, 4];
	(my $plain = $what) =~ s/[`\\]//g;
	my $row = $release eq 'lvt' ? "- $plain" : "| $release | $plain";
	result(index(lc $text, lc $row) >= 0, "docs/templates.md tells: $what");
}

if (system('command -v mandoc >/dev/null 2>&1') == 0) {
	my $said = `mandoc -T lint -W warning '$src/man/lvt-template.7' 2>&1`;
	result($said eq '', 'mandoc has nothing to say', $said);
}
print "1..$n\n";
