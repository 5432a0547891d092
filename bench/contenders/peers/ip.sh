#!/bin/bash
# The benchmark's work by one `ip` process an operation.
source "${BASH_SOURCE%/*}/program.sh"

attach() { ip link set dev "$1" master "$2" up; }

do_bridge() { ip link add "$1" up type bridge; }

do_create() {
  local i
  for ((i = $1; i < $2; i++)); do ip tuntap add dev "t$i" mode tap || return; done
}

do_attach() {
  case $4 in
    each) for_each "$1" "$2" attach "$3" ;;
    pipelined) unsupported='a process does one thing and ends' ;;
    batch) unsupported='ip takes many commands only from ip -batch' ;;
  esac
}

do_remove() {
  local i
  for ((i = $1; i < $2; i++)); do ip link del dev "t$i" || return; done
  for i in "${@:3}"; do ip link del dev "$i" || return; done
}

do_links() {
  counted='"ifindex"'
  ip -j link show > "$output"
}

do_all() {
  counted='"ifindex"'
  ip -details -j link show > "$output"
}

do_link() { ip -j link show dev "$1" > "$output"; }

do_fdb() {
  counted='"master"'
  bridge -j fdb show br "$1" > "$output"
}

serve
