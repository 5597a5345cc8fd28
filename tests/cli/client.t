#!/usr/bin/perl
# client.t - what the client knows, docs/client.md tells and the gallery shows:
# no attribute, event or style name is in one of them alone.
use strict;
use warnings;

my $src = $ENV{LVT_SRCDIR} // '.';
my $n = 0;

sub slurp {
	my $text = '';

	for my $path (@_) {
		open(my $f, '<', $path) or die "$path: $!";
		local $/;
		$text .= <$f>;
	}
	return $text;
}

sub result {
	my ($title, @why) = @_;

	$n++;
	print @why ? 'not ' : '', "ok $n - $title\n";
	print "# $_\n" for @why;
}

my $code = slurp(grep { !/\.d\.ts$/ } glob("$src/www/src/*.ts"));
my $docs = slurp("$src/docs/client.md");
my $types = slurp("$src/www/src/lvt.d.ts");
my $pages = slurp(glob("$src/examples/gallery/*.tmpl"));
my $shown = $pages . slurp("$src/examples/www/gallery.js");

# What looks like an attribute of pages and is none: files, classes, animations,
# the keys of storage, and what stands behind "data-" and "--".
my %none = map { $_ => 1 } qw(lvt-bar lvt-more lvt-tree lvt-announcer lvt-failed lvt-in
    lvt-debug lvt-panel lvt-on lvt-mod lvt-reload lvt-no-intercept);
my ($events) = $code =~ /const EVENTS[^{]*\{(.*?)\}/s;
my %names = map { ("lvt-$_" => 1) } $events =~ /(\w+):/g;
$names{$1} = 1 while $code =~ /(?<![\w-])(lvt-[a-z]+(?:-[a-z]+)*)(?![\w-]*[(.])/g;
# What is read in either spelling stands there without "lvt-".
$names{"lvt-$1"} = 1 while $code =~ /\bsaid\(\w+!?, "([a-z-]+)"\)/g;
for ($code =~ /\bselector\(\[("[^\]]*")\]/g) {
	$names{"lvt-$1"} = 1 while /"([a-z]+)"/g;
}
delete $names{$_} for keys %none;

for my $name (sort keys %names) {
	my @why;

	push @why, 'docs/client.md does not tell of it'
	    unless $docs =~ /`$name\b/;
	push @why, 'the gallery does not show it'
	    unless $pages =~ /[\s"]$name(?=[\s=>"\/])/;
	result("$name is told of and shown", @why);
}

my %heard = map { ("lvt:$_" => 1) }
    map { /"([a-z]+)"/g } $code =~ /emit\(([^;{]*)/g;
$heard{$1} = 1 while $code =~ /"(lvt:[a-z]+)"/g;
for my $name (sort keys %heard) {
	my ($word) = $name =~ /:(.*)/;
	my @why;

	push @why, 'docs/client.md does not tell of it'
	    unless index($docs, "`$name`") >= 0;
	push @why, 'the gallery does not show it'
	    unless $shown =~ /\Q$name\E|"[\w ]*\b$word\b[\w ]*"/;
	result("$name is told of and shown", @why);
}

my %marks;
$marks{$1} = 1 while $code =~ /((?:data|-)-lvt-[a-z]+)(?!-)/g;
# The wrapper itself; what the worker says to lvt-debug.js.
delete @marks{'data-lvt-id', 'data-lvt-debug'};
for my $name (sort keys %marks) {
	my @why;

	push @why, 'docs/client.md does not tell of it' unless $docs =~ /$name\b/;
	push @why, 'the gallery does not show it' unless $shown =~ /$name\b/;
	result("$name is told of and shown", @why);
}

# The other way round: nothing is told that is not there.
my %told;
$told{$1} = 1 while $docs =~ /`(lvt[-:][a-z]+(?:-[a-z]+)*)/g;
delete $told{$_} for 'lvt-window', 'lvt-data', 'lvt-value',
    'lvt-click-away', 'lvt-more', 'lvt-debug', 'lvt-failed', 'lvt-el';
my ($families) = $code =~ /of (\["", "on:".*?\])/;
for my $family (grep { /^lvt-(?:on|mod|form|fx)$/ } keys %told) {
	my ($word) = $family =~ /-(.*)/;

	result("$family: is a family that the client knows",
	    index($families, "\"$word:\"") >= 0 ? () : "of $families");
	delete $told{$family};
}
result("$_ is in the client", $names{$_} || $heard{$_} ? () :
    'no source has it') for sort grep { !/^lvt-window-/ } keys %told;
for (['lvt-window-', qr/"window-"/], ['lvt-click-away', qr/"click-away"/],
    ['lvt-on:', qr/"lvt-on:"/], ['lvt-data-NAME', qr/data\|value/]) {
	my ($name, $how) = @$_;

	result("$name is told of, shown and in the client",
	    $code =~ $how && index($docs, $name) >= 0 &&
	    $pages =~ /\Q@{[$name =~ s|NAME||r]}\E/ ? () : 'it is not');
}

my @links = $docs =~ m{/gallery/(\w+#[\w-]+)}g;
my @dead = grep {
	my ($page, $id) = split /#/;
	my $file = "$src/examples/gallery/$page.tmpl";
	!-f $file || slurp($file) !~ / id="$id"/;
} @links;
result('the links of docs/client.md lead to sections of the gallery',
    @links >= 40 ? @dead : "only " . @links);

# Script: the members of window.lvt.
my ($api) = $types =~ /interface Lvt \{(.*?)^\}/ms;
$api =~ s{/\*.*?\*/}{}gs;
my @members = $api =~ /^\s+(?:readonly )?(\w+)[?(:]/mg;
result("lvt.$_ is told of", $docs =~ /\blvt\.$_\b/ ? () :
    'docs/client.md does not') for @members;
my ($map) = $types =~ /interface LvtEventMap \{(.*?)^\}/ms;
result("$_ has a type", index($map, "\"$_\"") >= 0 ? () : 'lvt.d.ts has none')
    for sort grep { $_ ne 'lvt:cancel' } keys %heard;
print "1..$n\n";
