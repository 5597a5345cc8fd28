#!/usr/bin/perl
# layers.t - the layers of docs/architecture.md are those of the source.
#
# Its first table has a row for each layer, bottom to top, and in the last
# column what the layer uses; the second has a row for each folder of src.
use strict;
use warnings;
use File::Find qw(find);

my $src = $ENV{LVT_SRCDIR} // '.';
my $n = 0;

sub result {
	my ($title, @wrong) = @_;

	$n++;
	print @wrong ? 'not ' : '', "ok $n - $title\n";
	print "# $_\n" for @wrong;
}

sub lines {
	my ($path) = @_;

	open(my $f, '<', "$src/$path") or die "$path: $!";
	return <$f>;
}

# What the text says: [layer, uses...] bottom to top, and folders in its order.
my (@layers, @folders);
for (lines('docs/architecture.md')) {
	next unless /^\| `src/;
	chomp;
	my (undef, @cell) = map { s/^ +| +$//gr } split /\|/, $_, -1;
	if (@cell > 3) {
		push @layers, [$cell[0] =~ m{^`src/(\w+)`$}, split /, /, $cell[3]];
	} else {
		push @folders, $cell[0] =~ m{`(src/[\w/]+)`}g;
	}
}

# What the source is: its folders, and each include of a file of ours.
my (%folder, @includes);
find({ no_chdir => 1, wanted => sub {
	my $path = substr($_, length("$src/"));
	return unless $path =~ m{^(.+)/[^/]+\.[ch]$};
	my $from = $1;
	$folder{$from} = 1;
	push @includes, map { m{^#include "((.+)/[^"]+)"} ?
	    { file => $path, header => $1, from => $from, to => "src/$2" } :
	    () } lines($path);
} }, "$src/src");

sub layer { return $_[0] =~ m{^src/(\w+)} ? $1 : '' }

# The includes of a place that lead to none of these.
sub strays {
	my ($from, @to) = @_;
	my %may = map { $_ => 1 } @to;

	return map { "$_->{file} includes $_->{header}" }
	    grep { $from->($_) && !$may{$_->{to}} && !$may{layer($_->{to})} }
	    @includes;
}

result('the text and make have the same layers in the same order',
    join(' ', map { $_->[0] } @layers) eq
    join(' ', map { m{^include src/(\w+)/Makefile\.inc} } lines('Makefile.am')) ?
    () : map { $_->[0] } @layers);

my %below;
for my $layer (@layers) {
	my ($name, @uses) = @$layer;
	my $others = join(', ', @uses) || 'the public API';

	result("$name uses only layers below it", grep { !$below{$_} } @uses);
	result("$name includes nothing but its own and $others",
	    strays(sub { layer($_[0]{from}) eq $name }, $name, @uses));
	result("$name includes something of $_", grep {
	    my $used = $_;
	    !grep { layer($_->{from}) eq $name && layer($_->{to}) eq $used } @includes
	} $_) for @uses;
	$below{$name} = 1;
}

my @before = ('base', 'src/template');
for (grep { m{^src/template/} } @folders) {
	my $folder = $_;

	push @before, $folder;
	result("$folder includes nothing of the folders after it",
	    strays(sub { $_[0]{from} eq $folder }, @before));
}

# A layer without folders of its own has said in the first table what it is.
my %told = map { $_ => 1 } @folders, map { "src/$_->[0]" } @layers;
result('the text says what each folder is for', grep { !$told{$_} } sort keys %folder);
result('and tells of none that is not there', grep { !$folder{$_} } sort keys %told);
result('there is something to see to', @includes >= 500 ? () : scalar(@includes) . ' includes');

print "1..$n\n";
