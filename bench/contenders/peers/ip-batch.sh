#!/bin/bash
# The benchmark's work by `ip -batch`, a process a command.
source "${BASH_SOURCE%/*}/program.sh"

do_bridge() { echo "link add $1 up type bridge" | ip -batch -; }

do_create() {
  local i
  for ((i = $1; i < $2; i++)); do echo "tuntap add dev t$i mode tap"; done | ip -batch -
}

do_attach() {
  local i
  if [[ $4 != batch ]]; then
    unsupported='ip -batch says nothing before its end'
    return
  fi
  for ((i = $1; i < $2; i++)); do echo "link set dev t$i master $3 up"; done | ip -batch -
}

do_remove() {
  local i
  {
    for ((i = $1; i < $2; i++)); do echo "link del dev t$i"; done
    for i in "${@:3}"; do echo "link del dev $i"; done
  } | ip -batch -
}

do_links() { unsupported='one command is no batch: see ip'; }
do_all() { do_links; }
do_link() { do_links; }
do_fdb() { do_links; }

serve
