/** A bash completion script: the program itself is asked. The line is split anew, since bash takes "=" for the end of a word. */
export const bashScript = `# bash completion for linkwright: eval "$(linkwright completion bash)"
_linkwright() {
  local line="\${COMP_LINE:0:COMP_POINT}" word
  local -a typed=()
  read -ra typed <<< "$line"
  [[ "$line" == *[[:space:]] ]] && typed+=("")
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    if [[ "\${typed[-1]}" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then word="\${word#*=}"; fi
    COMPREPLY+=("$word")
  done < <("$1" completion answer -- "\${typed[@]:1}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *[=.] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o nosort -F _linkwright linkwright 2>/dev/null || complete -F _linkwright linkwright
`;
