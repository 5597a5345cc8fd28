# sources.awk - a table of what stands between the comments demo and end of the
# files given, in C.
#
#     {{/* demo NAME */}} ... {{/* end */}}     in a template
#     /* demo NAME */ ... /* end */             in a script
function quote(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\\n\""
}

BEGIN {
	print "/* made by sources.awk */"
	print "static const struct { const char *name, *text; } sources[] = {"
}

match($0, /\/\* demo [^ ]+ \*\//) {
	split(substr($0, RSTART), word, " ")
	indent = $0
	sub(/[^ \t].*/, "", indent)
	printf "\t{ \"%s\",", word[3]
	inside = 1
	next
}

inside && /\/\* end \*\// {
	print " },"
	inside = 0
	next
}

inside {
	line = $0
	if (index(line, indent) == 1)
		line = substr(line, length(indent) + 1)
	printf "\n\t  %s", quote(line)
}

END {
	print "};"
}
