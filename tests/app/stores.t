#!/bin/sh
# Documents of a page and the data of actions: stores, binding, files.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
works=$LVT_BUILDDIR/tests/app/worksapp
app=$works
cookie="livetemplate-id=$(printf %043d 1)"

upload() {	# PATH ACTION NAME CONTENT
	printf "%s\r\n" "--B" "Content-Disposition: form-data; name=\"lvt-action\"" "" "$2" \
	    "--B" "Content-Disposition: form-data; name=\"file\"; filename=\"$3\"" "Content-Type: text/plain" "" "$4" \
	    "--B--" >"$dir/m" && request POST "$1" "$dir/m" CONTENT_TYPE="multipart/form-data; boundary=B"
}

it 'a group that has not acted sees the first document' 'get / && has "n=0"'
it 'setup completes the first document, by user' 'get /remote REMOTE_USER=zoe && has "hello=hello zoe"'
it 'what setup made is what the first action works on, and is saved with it' '
	act /remote add "{}" REMOTE_USER=zoe && get /remote REMOTE_USER=zoe && has "hello=hello zoe" && has "n=1"'
it 'binding: every kind into its member' '
	act / order "{\"amount\":5000000000,\"count\":\"3\",\"gift\":\"on\",\"price\":2.5,\"note\":\"soon\",\"item\":\"pen\"}" &&
	json "\$j->{meta}{success}" && get / && has "order=5000000000 3 1 2.50 soon pen"'
it 'binding: what is absent or empty stays as it was' '
	act / order "{\"count\":\"\"}" && get / && has "order=7 0 0 0.00  none"'
it 'binding: each field that does not fit has its message' '
	act / order "{\"amount\":\"x\",\"count\":3000000000,\"price\":\"dear\",\"note\":\"much too long\"}" &&
	json "my \$e = \$j->{meta}{errors}; \$e->{amount} =~ /whole number/ && \$e->{count} =~ /range/ &&
	    \$e->{price} =~ /number/ && \$e->{note} =~ /7 bytes/"'
it 'a file of a form arrives with name, type and bytes' '
	upload / keep notes.txt "hello file" && status 303 && get / && has "name=notes.txt" &&
	has "type=text/plain" && has "size=10" && has "start=hello"'
it 'an empty file field is no file' 'upload / keep "" "" && status 422 && has "file: is missing"'

app=$LVT_BUILDDIR/tests/app/testapp
LVT_DB=$dir/test.db
it 'several documents: store.action, whatever the case of the store' '
	get /two && has "<p>1 2</p>" && act /two LEFT.add "{\"value\":4}" && status 200 && get /two && has "<p>5 2</p>"'
it 'an unknown store or action is 404 and names what there is' '
	act /two middle.add "{}" && status 404 && has "left.add, right.add, right.fail" &&
	act /two left.sub "{}" && status 404 && has "left.add"'
it 'an action of one document is given that one alone' 'act /two right.add "{}" && get /two && has "<p>5 3</p>"'
it 'text, number and truth of the data are read with defaults' '
	act /two left.add "{\"value\":\"2\"}" && act /two left.add "{\"value\":\"\"}" && act /two left.add "{\"value\":\"x\"}" &&
	get /two && has "<p>9 3</p>"'
done_testing
