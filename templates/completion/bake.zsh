#compdef bake
# Completion of bake for zsh; printed by `bake completion zsh`.
_bake() {
  local -a described assigned
  local line
  while IFS= read -r line; do
    if [[ $line == :files* ]]; then
      [[ $line == *= ]] && compset -P '*='
      _files
      return
    fi
    if [[ $line == *= ]]; then
      # Its value comes next.
      assigned+=("$line")
    elif [[ $line == *$'\t'* ]]; then
      described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    else
      described+=("${line//:/\\:}")
    fi
  done < <("${(Q)words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#assigned )) && compadd -S '' -- "${assigned[@]}" && return
  _describe bake described
}
# Read from a folder of fpath it is the function itself.
if [[ $funcstack[1] == _bake ]]; then _bake "$@"; else compdef _bake bake; fi
