#!/bin/bash
# The benchmark's work by brctl, and by ip where brctl cannot: as the scripts that QEMU calls do it.
source "${BASH_SOURCE%/*}/program.sh"

attach() { ip link set dev "$1" up && brctl addif "$2" "$1"; }

do_bridge() { brctl addbr "$1" && ip link set dev "$1" up; }

do_create() {
  local i
  for ((i = $1; i < $2; i++)); do ip tuntap add dev "t$i" mode tap || return; done
}

do_attach() {
  if [[ $4 == each ]]; then for_each "$1" "$2" attach "$3"; else unsupported='a process does one thing and ends'; fi
}

do_remove() {
  local i
  for ((i = $1; i < $2; i++)); do ip tuntap del dev "t$i" mode tap || return; done
  for i in "${@:3}"; do ip link set dev "$i" down && brctl delbr "$i" || return; done
}

do_links() { unsupported='brctl lists bridges alone'; }
do_all() { do_links; }
do_link() { do_links; }

do_fdb() {
  counted='..:..:..:..:..:..'
  brctl showmacs "$1" > "$output"
}

serve
