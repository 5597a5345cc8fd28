#!/usr/bin/perl
# pages.pl NAME - the data of a page that is easier made than kept, as JSON.
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

my %make = (table => \&table, escape => \&escape);
die "usage: pages.pl table|escape\n" unless @ARGV == 1 && $make{$ARGV[0]};
$make{$ARGV[0]}->();
