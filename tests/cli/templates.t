#!/usr/bin/perl
# The template tools of lvt, as a user meets them; then on every page of the
# vectors: what diff says leads from tree to tree, and html is what render is.
use strict;
use warnings;
use File::Temp qw(tempdir);
use IPC::Open3;
use JSON::PP;
use Symbol qw(gensym);
use Test::More;

my $lvt = ($ENV{LVT_BUILDDIR} // '.') . '/lvt';
my $vectors = ($ENV{LVT_SRCDIR} // '.') . '/tests/vectors';
my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->utf8->allow_nonref;

sub file {
	my ($name, $text) = @_;
	open my $f, '>:raw', "$dir/$name" or die "$name: $!";
	print $f $text;
	close $f or die "$name: $!";
	return "$dir/$name";
}

# Exit code, stdout, stderr; what they print goes through files, so that
# neither side waits for the other.
sub lvt {
	my ($stdin, @args) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDIN, '<', file('stdin', $stdin) or die;
		open STDOUT, '>', "$dir/out" or die;
		open STDERR, '>', "$dir/err" or die;
		exec $lvt, @args or die "$lvt: $!";
	}
	waitpid $pid, 0;
	my $code = $? >> 8;
	my @text = map {
		open my $f, '<:raw', "$dir/$_" or die; local $/; <$f> // ''
	} qw(out err);
	return ($code, @text);
}

my $page = file('page.tmpl', '<p>{{.n}}</p>{{template "part" .}}');
my $part = file('part.html', '<ul>{{range .l}}<li id="{{.}}">{{.}}</li>{{end}}</ul>');
my $one = file('one.json', '{"n":1,"l":["a","b","c"]}');
my $two = file('two.json', '{"n":2,"l":["a","c"]}');

# title, stdin, arguments, exit code, stdout, pattern for stderr
my @rows = (
	[ 'render prints what the template prints, and no more', '',
	  ['render', '-d', $one, $page, $part], 0,
	  '<p>1</p><ul><li id="a">a</li><li id="b">b</li><li id="c">c</li></ul>' ],
	[ 'data may come from stdin', '{"n":7}',
	  ['render', '-d', '-', $page, $part], 0, '<p>7</p><ul></ul>' ],
	[ 'a template may come from stdin', '<b>{{.n}}</b>',
	  ['render', '-d', $one, '-'], 0, '<b>1</b>' ],
	[ 'without data there is null', '{{if .}}x{{else}}nothing{{end}}',
	  ['render', '-'], 0, 'nothing' ],
	[ 'html escapes', '{{.}}|<script>{{.}}</script>',
	  ['render', '-d', file('lt.json', '"<"'), '-'], 0,
	  '&lt;|<script>"\u003c"</script>' ],
	[ 'text does not', '{{.}}',
	  ['render', '-t', 'text', '-d', "$dir/lt.json", '-'], 0, '<' ],
	[ 'integers stay integers of 64 bits', '{{.}}',
	  ['render', '-d', file('big.json', '9007199254740993'), '-'], 0,
	  '9007199254740993' ],
	[ 'tree prints statics and dynamics', '<p>{{.n}}</p>',
	  ['tree', '-d', $one, '-'], 0, qq({"s":["<p>","</p>"],"0":"1"}\n) ],
	[ 'diff prints what changed', '',
	  ['diff', '-a', $one, '-b', $two, $page, $part], 0,
	  qq({"0":"2","1":{"0":[["r","b"]]}}\n) ],
	[ 'diff of equal data is empty', '',
	  ['diff', '-a', $one, '-b', $one, $page, $part], 0, "{}\n" ],
	[ 'diff --explain tells the bytes of each change, and where it comes from',
	  '', ['diff', '--explain', '-a', $one, '-b', $two, $page, $part], 0,
	  qr{\Athe update has 31 bytes, the whole tree \d+
a kept view takes \d+ bytes

   bytes  slot  +change  +where
       3  0  +text  +\S*page\.tmpl:1:6: \{\{\.n\}\}
       9  1\.0\["b"\]  +remove  +\S*part\.html:1:13: \{\{range \.l\}\}

   bytes  changes  by construct
       9        1  \S*part\.html:1:13: \{\{range \.l\}\}
       3        1  \S*page\.tmpl:1:6: \{\{\.n\}\}
\z} ],
	[ 'diff --explain of equal data lists nothing', '',
	  ['diff', '--explain', '-a', $one, '-b', $one, $page, $part], 0,
	  qr/\Athe update has 2 bytes, .*\na kept view takes \d+ bytes\n\z/ ],
	[ 'diff --explain finds the place of a change within an item', '',
	  ['diff', '--explain', '-a', file('i1.json', '[{"k":"x","v":1}]'),
	   '-b', file('i2.json', '[{"k":"x","v":2}]'), file('items.tmpl',
	    "{{range .}}<li id=\"{{.k}}\">{{if .v}}a fixed text, {{.v}}{{end}}</li>{{end}}")],
	  0, qr/^ +3  0\["x"\]\.1\.0 +text +\S*items.tmpl:1:53: \{\{\.v\}\}$/m ],
	[ 'diff --explain says how many items are inserted', '',
	  ['diff', '--explain', '-a', file('i3.json', '[1,2,3,4,5,6,7,8,9]'),
	   '-b', file('i4.json', '[1,2,3,4,5,6,7,8,9,10,11]'), file('rows.tmpl',
	    '{{range .}}<li>{{.}}</li>{{end}}')],
	  0, qr/^ +\d+  0 +insert 2 +\S*rows.tmpl:1:9: \{\{range \.\}\}$/m ],
	[ '--explain is for diff alone', '', ['tree', '--explain', $page], 2, '',
	  qr/unknown option '--explain'/ ],
	[ 'apply prints the tree after the update', '{"0":"2"}',
	  ['apply', file('tree.json', '{"s":["<p>","</p>"],"0":"1"}'), '-'], 0,
	  qq({"s":["<p>","</p>"],"0":"2"}\n) ],
	[ 'html prints the page of a tree', '',
	  ['html', "$dir/tree.json"], 0, '<p>1</p>' ],
	[ 'an update that does not fit is refused', '{"3":"2"}',
	  ['apply', "$dir/tree.json", '-'], 1, '', qr/no slot "3"/ ],
	[ 'check says nothing of good templates', '',
	  ['check', $page, $part], 0, '' ],
	[ 'check prints a line for each bad file', "a\n{{if}}",
	  ['check', file('bad.tmpl', '{{.x'), '-', $part], 1,
	  qr{^\S+/bad\.tmpl:1:\d+: .+\n(?:\t.*\n)*stdin:2:\d+: .+\n(?:\t.*\n)*\z} ],
	[ 'a template that cannot be parsed names the stage', "a\n{{if}}",
	  ['render', '-'], 1, '',
	  qr/^\{"error":\{"stage":"parse","message":"stdin:2:\d+: / ],
	[ 'a template that cannot be made safe names the stage',
	  '<a href="{{if .}}x"{{end}}>', ['tree', '-'], 1, '',
	  qr/^\{"error":\{"stage":"escape","message":"stdin:\d+:\d+: / ],
	[ 'a template that fails while it runs names the stage',
	  "\n{{index . 3}}", ['render', '-d', $one, '-'], 1, '',
	  qr/^\{"error":\{"stage":"exec","message":"stdin:2:\d+: / ],
	[ 'data that are no JSON are named with line and column', '',
	  ['render', '-d', file('bad.json', "{\n  \"a\": }"), $page, $part], 1,
	  '', qr{^lvt: \S+/bad\.json:2:\d+: } ],
	[ 'a missing file is named', '', ['render', "$dir/none.tmpl"], 1, '',
	  qr/^lvt: cannot open '.*none\.tmpl': / ],
	[ 'bench prints nanoseconds and bytes', '',
	  ['bench', '--seconds', '0.01', '-d', $one, '-b', $two, $page, $part],
	  0, qr/^render_ns \d+ render_bytes 68 update_ns \d+ update_bytes 31\n\z/ ],
	[ 'no template is wrong usage', '', ['render'], 2, '',
	  qr/^lvt render: no template\nusage: lvt render / ],
	[ 'an unknown option is wrong usage', '', ['tree', '-x', $page], 2, '',
	  qr/unknown option '-x'/ ],
	[ 'stdin cannot be read twice', '', ['render', '-d', '-', '-'], 2, '',
	  qr/stdin can be read only once/ ],
	[ 'diff needs both states', '', ['diff', '-a', $one, $page], 2, '',
	  qr/-a and -b are both needed/ ],
	[ 'a misspelt command is corrected', '', ['rendr'], 2, '',
	  qr/did you mean 'render'\?/ ],
	[ '--help lists the commands', '', ['--help'], 0,
	  qr/^usage: lvt .*^  render .*^  diff /ms ],
	[ 'a command has help of its own', '', ['diff', '--help'], 0,
	  qr/^usage: lvt diff / ],
	[ '--version names the version', '', ['--version'], 0, qr/^lvt \d/ ],
);

for (@rows) {
	my ($title, $stdin, $args, $code, $out, $err) = @$_;
	subtest $title => sub {
		my ($c, $o, $e) = lvt($stdin, @$args);
		is($c, $code, 'exit code') or diag $e;
		ref $out ? like($o, $out, 'stdout') : is($o, $out, 'stdout');
		$err ? like($e, $err, 'stderr') : is($e, '', 'stderr');
	};
}

sub states_follow {
	my ($case) = @_;
	my $sources = $case->{files} // { main => $case->{template} };
	my @files = map { file("$_.tmpl", Encode::encode_utf8($sources->{$_})) }
	    sort { ($b eq 'main') <=> ($a eq 'main') || $a cmp $b }
	    keys %$sources;
	my $before;
	for my $state (@{$case->{states}}) {
		my $data = file('new.json', $json->encode($state));
		my (undef, $tree) = lvt('', 'tree', '-d', $data, @files);
		my (undef, $html) = lvt('', 'render', '-d', $data, @files);
		if (defined $before) {
			my (undef, $update) = lvt('', 'diff', '-a',
			    "$dir/old.json", '-b', $data, @files);
			my (undef, $after) = lvt($update, 'apply',
			    file('tree.json', $before), '-');
			return "apply\n$update\n$after" if $after ne $tree;
			my (undef, $built) = lvt($after, 'html', '-');
			return "html\n$built" if $built ne $html;
		}
		$before = $tree;
		rename $data, "$dir/old.json" or die;
	}
	return '';
}

require Encode;
open my $f, '<:raw', "$vectors/pages.json" or die "$vectors/pages.json: $!";
my $cases = $json->decode(do { local $/; <$f> });
is(states_follow($_), '', "the states of page '$_->{name}' follow one another")
    for @$cases;

done_testing;
