#!/bin/sh
# What the author of an app is told of a mistake: in development in the page, else
# in the log. Visitors are told that it did not work.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=$LVT_BUILDDIR/tests/app/eventapp
# ACTION TEXT: in development the answer says so; elsewhere the log does.
told() {
	act /from "$1" "{}" LVT_DEV=1 && json "!\$j->{meta}{success}" && json "index(\$j->{meta}{errors}{_general}, q($2)) >= 0" &&
	LVT_LOG=warn && act /from "$1" "{}" LVT_LOG=warn 2>"$dir/told" && grep -F "action \"$1\": " "$dir/told" | grep -F "$2" && lacks "$2"; }

it 'a name that is no channel' 'told shout_badly "is not a channel'"'"'s name: levels of A-Z a-z 0-9 _ : - with dots between"'
it 'LVT_EINVALID without a field' 'told forget_why "did not say why: lvt_invalid() names a field and does"'
it 'a return that is missing' 'told forget_return "it returned 42: is a return missing?"'
it 'a member that is not there' 'told misspell "it returned -1, as Jansson does where a member is not there or of another kind"'
done_testing
