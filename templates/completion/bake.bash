# Completion of bake for bash; printed by `bake completion bash`.
_bake() {
  local current="${COMP_WORDS[COMP_CWORD]}" words=(complete --) last=1 word line
  # bash takes `--channel=prod` and `app=./api.tgz` for three words each.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word == = ]]; then
      if [[ ${words[last]} == --* ]]; then continue; else words[last]+==; fi
    elif [[ ${words[last]} == *= ]]; then
      words[last]+=$word
    else
      words+=("$word")
      last=$((last + 1))
    fi
  done
  if [[ $current == = ]]; then
    current=
    [[ ${words[last]} == --* ]] && words+=('')
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files* ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return
    fi
    COMPREPLY+=("${line%%$'\t'*}")
    # Its value comes next.
    [[ $line == *= ]] && compopt -o nospace 2>/dev/null
  done < <("$1" "${words[@]}" 2>/dev/null)
  return 0
}
complete -F _bake bake
