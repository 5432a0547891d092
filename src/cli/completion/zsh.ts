/** A zsh completion script, to be sourced or to stand in $fpath as _linkwright: the program itself is asked. */
export const zshScript = `#compdef linkwright
_linkwright() {
  local line word
  local -a answer shown open
  answer=(\${(f)"$("\${words[1]}" completion answer -- "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)"})
  for line in "\${answer[@]}"; do
    word="\${line%%$'\\t'*}"
    shown=("\${line/$'\\t'/  }")
    open=()
    [[ "$word" == *[=.] ]] && open=(-S '')
    compadd -V linkwright -l -d shown "\${open[@]}" -- "$word"
  done
}
if [[ "$funcstack[1]" == _linkwright ]]; then
  _linkwright "$@"
else
  compdef _linkwright linkwright
fi
`;
