#!/usr/bin/perl
# pages.pl NAME [CHANGE] - the data of a page that is easier made than kept, as
# JSON. list: 1000 items, of which list.tmpl makes about 100 bytes each.
use strict;
use warnings;

my @city = ('Turin', 'Oslo', 'Kyoto', 'Lima', 'Accra', 'Quito');
my @colour = ('red', '#0a7', 'rebeccapurple', 'rgb(1, 2, 3)');

sub table {
	print '{"Title":"Orders","Columns":["No","Name","City","Amount","Date","State"],"Rows":[';
	for my $i (1 .. 1000) {
		printf '%s{"ID":%d,"Name":"Customer %d","City":"%s","Amount":%d.%02d,"Date":"2026-%02d-%02d","State":"%s"}',
		    $i > 1 ? ',' : '', $i, $i * 7919 % 1000, $city[$i % 6], $i * 31 % 900, $i % 89 + 10,
		    $i % 12 + 1, $i % 28 + 1, $i % 3 ? 'paid' : 'open';
	}
	print "]}\n";
}

sub escape {
	print '{"Title":"Tom & \"Jerry\" <1>","Rows":[';
	for my $i (1 .. 100) {
		printf '%s{"ID":%d,"Name":"O\'Neil & Sons <%d>","Note":"it\'s \"quoted\" & <b>bold</b> %d","Colour":"%s","Link":"/a b/\u00e9?x=%d&y=<z>"}',
		    $i > 1 ? ',' : '', $i, $i, $i, $colour[$i % 4], $i;
	}
	print "]}\n";
}

sub item {
	my ($i, $text) = @_;
	return sprintf '{"ID":"k%d","Text":"%s"}', $i, $text //
	    "Customer $i says that what was ordered last week has come whole";
}

my %change = (
	field => sub { $_[0][500] = item(501, 'Somebody else') },
	insert => sub { splice @{$_[0]}, 500, 0, item(5000) },
	front => sub { unshift @{$_[0]}, item(5000) },
	remove => sub { splice @{$_[0]}, 500, 1 },
	move => sub { splice @{$_[0]}, 10, 0, splice @{$_[0]}, 900, 1 },
	append => sub { push @{$_[0]}, map { item(5000 + $_) } 1 .. 10 },
);

sub list {
	my @items = map { item($_) } 1 .. 1000;
	$change{$_[0]}->(\@items) if defined $_[0];
	print '{"Items":[', join(',', @items), "]}\n";
}

my %make = (table => \&table, escape => \&escape, list => \&list);
my ($name, $how) = @ARGV;
die "usage: pages.pl table|escape|list [change]\n"
    unless defined $name && $make{$name} && (!defined $how || $change{$how});
$make{$name}->($how);
