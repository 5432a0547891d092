import type { CommandPath } from "./entries.js";
import { entriesFunctions } from "./posix.js";

/** A bash completion script. The line is split anew, since bash takes "=" for the end of a word. */
export function bashScript(places: readonly CommandPath[]): string {
  return `# bash completion for linkwright: eval "$(linkwright completion bash)"
${entriesFunctions(places)}
_linkwright() {
  local line="\${COMP_LINE:0:COMP_POINT}" current="" path="" word entry key i
  local -a typed=() places=() offered=()
  read -ra typed <<< "$line"
  if [[ "$line" != *[[:space:]] ]]; then
    current="\${typed[-1]}"
    unset 'typed[-1]'
  fi
  COMPREPLY=()
  if [[ "\${typed[*]: -1}" == --netns ]]; then
    COMPREPLY=($(compgen -W "$(_linkwright_namespaces)" -- "$current"))
    [[ "$current" == */* ]] && COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  for ((i = 1; i < \${#typed[@]}; i++)); do
    case "\${typed[i]}" in
      --netns) ((i++)) ;;
      -*) ;;
      *) places+=("\${typed[i]}") ;;
    esac
  done
  [[ "\${places[0]-}" == help && \${#places[@]} -gt 2 ]] && return
  path="\${places[*]:0:2}"
  _linkwright_entries "$path" > /dev/null || path="\${places[0]-}"
  local links
  links="$(cd /sys/class/net 2>/dev/null && printf '%s\\n' *)"
  while IFS= read -r entry; do
    key="\${entry%%=*}="
    if [[ "$entry" == @ ]]; then
      while IFS= read -r word; do offered+=("$word"); done <<< "$links"
    elif [[ "$entry" != *=* ]]; then
      offered+=("$entry")
    elif [[ "$current" != "$key"* ]]; then
      offered+=("$key")
    elif [[ "$entry" == *=@ ]]; then
      while IFS= read -r word; do offered+=("$key$word"); done <<< "$links"
    else
      local values="\${entry#*=}"
      while [[ -n "$values" ]]; do
        offered+=("$key\${values%%|*}")
        [[ "$values" == *"|"* ]] && values="\${values#*|}" || values=""
      done
    fi
  done < <(_linkwright_entries "$path")
  for word in "\${offered[@]}"; do
    [[ "$word" == "$current"* ]] || continue
    if [[ "$current" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then word="\${word#*=}"; fi
    COMPREPLY+=("$word")
  done
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _linkwright linkwright
`;
}
