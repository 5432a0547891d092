#!/bin/bash
# The bench's work by `ip -batch`: create, attach and up. Prints the milliseconds of each phase as JSON.
set -e
taps=$1
now() { echo "${EPOCHREALTIME/./}"; }
ip link add br0 type bridge
ip link set br0 up
start=$(now)
for ((i = 0; i < taps; i++)); do echo "tuntap add dev t$i mode tap"; done | ip -batch -
created=$(now)
for ((i = 0; i < taps; i++)); do echo "link set dev t$i master br0 up"; done | ip -batch -
attached=$(now)
awk -v c=$((created - start)) -v a=$((attached - created)) 'BEGIN { printf "{\"create\":%.3f,\"attach\":%.3f}\n", c / 1e3, a / 1e3 }'
