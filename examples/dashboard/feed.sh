#!/bin/sh
# feed.sh - this machine's figures as a JSON object, for
#
#     ./feed.sh | ./dashboard broadcast --all -
#
# from cron, or in a loop.
set -eu

# figure ID NAME TEXT PERCENT
figure() {
	if [ "$4" -ge 90 ]; then high=true; else high=false; fi
	printf '{"id": "%s", "name": "%s", "text": "%s", "percent": %d, "high": %s}' \
	    "$1" "$2" "$3" "$4" "$high"
}

service() {
	if ps -eo comm= | grep -qx "$1"; then up=true; else up=false; fi
	printf '{"name": "%s", "up": %s}' "$1" "$up"
}

load=$(cut -d' ' -f1 /proc/loadavg)
busy=$(awk -v n="$(getconf _NPROCESSORS_ONLN)" \
    '{ p = $1 * 100 / n; printf "%d", (p > 100) ? 100 : p }' /proc/loadavg)
memory=$(awk '/^MemTotal/ { t = $2 } /^MemAvailable/ { a = $2 }
    END { printf "%d", (t - a) * 100 / t }' /proc/meminfo)
disk=$(df -P / | awk 'NR == 2 { printf "%d", $5 }')

printf '{"updated": "%s", "figures": [%s, %s, %s], "services": [%s, %s]}\n' \
    "$(date '+%H:%M:%S')" \
    "$(figure load Load "$load" "$busy")" \
    "$(figure memory Memory "$memory %" "$memory")" \
    "$(figure disk Disk "$disk %" "$disk")" \
    "$(service lighttpd)" "$(service lvt-streamd)"
