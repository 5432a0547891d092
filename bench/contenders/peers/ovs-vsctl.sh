#!/bin/bash
# Open vSwitch by ovs-vsctl, a process for each command, as scripts have it.
here=${BASH_SOURCE[0]%/*}
. "$here/program.sh"
database=$1

vsctl() { ovs-vsctl --db="$database" --timeout=60 "$@"; }

do_add() { # FROM TO
  local i words=()
  for ((i = $1; i < $2; i++)); do words+=(-- add-port br0 "t$i"); done
  vsctl "${words[@]:1}"
}

do_delete() { vsctl del-port br0 "t$1"; }

do_list() {
  vsctl --format=csv --no-headings --columns=name,tag list Port >"$output.ports" &&
    vsctl --format=csv --no-headings --columns=name,ofport,error list Interface >"$output" || return
  rm -f "$output.ports"
  counted=^t
}

serve
