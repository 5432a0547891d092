import type { CommandPath } from "./entries.js";
import { entriesFunctions } from "./posix.js";

/** A zsh completion script, to be sourced or to stand in $fpath as _linkwright. */
export function zshScript(places: readonly CommandPath[]): string {
  return `#compdef linkwright
${entriesFunctions(places)}
_linkwright() {
  local place entry key
  local -a typed found links whole open
  if [[ "\${words[CURRENT-1]}" == --netns ]]; then
    if [[ "$PREFIX" == */* ]]; then _files; return; fi
    whole=(\${(f)"$(_linkwright_namespaces)"})
    compadd -a whole
    return
  fi
  typed=()
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i]}" in
      --netns) ((i++)) ;;
      -*) ;;
      *) typed+=("\${words[i]}") ;;
    esac
  done
  [[ "\${typed[1]}" == help ]] && (( \${#typed} > 2 )) && return
  place="\${(j: :)typed[1,2]}"
  _linkwright_entries "$place" > /dev/null || place="\${typed[1]}"
  found=(\${(f)"$(_linkwright_entries "$place")"})
  links=(/sys/class/net/*(N:t))
  for entry in "\${found[@]}"; do
    key="\${entry%%=*}"
    if [[ "$entry" == @ ]]; then
      whole+=("\${links[@]}")
    elif [[ "$entry" != *=* ]]; then
      whole+=("$entry")
    elif [[ "$PREFIX" != "$key="* ]]; then
      open+=("$key=")
    elif [[ "$entry" == *=@ ]]; then
      compset -P '*='
      compadd -a links
      return
    else
      compset -P '*='
      compadd -- \${(s:|:)entry#*=}
      return
    fi
  done
  compadd -a whole
  compadd -S '' -a open
}
if [[ "$funcstack[1]" == _linkwright ]]; then
  _linkwright "$@"
else
  compdef _linkwright linkwright
fi
`;
}
