# What the benchmark's shell programs have in common: a command a line is read, and answered with a line of JSON. Each
# command is a function do_COMMAND of the program, which may leave the microseconds of each step in `each`, what is to be
# counted in the file $output with the word that stands for one in `counted`, or in `unsupported` why it does nothing.

output=$(mktemp)
trap 'rm -f "$output"' EXIT

do_ready() { :; }

serve() {
  local words start took IFS=' '
  while read -r -a words; do
    each=() counted='' unsupported=''
    start=${EPOCHREALTIME/[.,]/}
    "do_${words[0]}" "${words[@]:1}" || { echo "{\"error\":\"${words[*]} failed\"}"; exit 1; }
    took=$((${EPOCHREALTIME/[.,]/} - start))
    answer "$took"
  done
}

answer() {
  local IFS=,
  if [[ -n $unsupported ]]; then
    echo "{\"unsupported\":\"$unsupported\"}"
    return
  fi
  printf '{"milliseconds":%d.%03d' $(($1 / 1000)) $(($1 % 1000))
  [[ ${#each[@]} -eq 0 ]] || printf ',"each":[%s]' "${each[*]}"
  [[ -z $counted ]] || printf ',"count":%d' "$(grep -o "$counted" "$output" | wc -l)"
  echo '}'
}

# Does a command to each TAP in turn, and notes how long each took. Usage: for_each FROM TO FUNCTION WORD…
for_each() {
  local from=$1 to=$2 i last=${EPOCHREALTIME/[.,]/} now
  shift 2
  for ((i = from; i < to; i++)); do
    "$1" "t$i" "${@:2}" || return
    now=${EPOCHREALTIME/[.,]/}
    each+=($((now - last)))
    last=$now
  done
}
