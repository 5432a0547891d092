#!/bin/bash
# The bench's work by one `ip` process an operation. Prints the milliseconds of each phase as JSON.
set -e
taps=$1
now() { echo "${EPOCHREALTIME/./}"; }
ip link add br0 type bridge
ip link set br0 up
start=$(now)
for ((i = 0; i < taps; i++)); do ip tuntap add dev "t$i" mode tap; done
created=$(now)
for ((i = 0; i < taps; i++)); do ip link set dev "t$i" master br0 up; done
attached=$(now)
awk -v c=$((created - start)) -v a=$((attached - created)) 'BEGIN { printf "{\"create\":%.3f,\"attach\":%.3f}\n", c / 1e3, a / 1e3 }'
