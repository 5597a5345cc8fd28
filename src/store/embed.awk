# Migrations as C: one string of each file, in the order of their numbers.
# A line becomes a piece of the string; comments and empty lines are left out.
BEGIN {
	print "/* made from sql/[0-9]*.sql by embed.awk */"
	print "static const char *const migrations[] = {"
}
FNR == 1 && NR > 1 { print "\t," }
/^[ \t]*(--.*)?$/ { next }
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	print "\t\"" $0 "\\n\""
}
END { print "};" }
