# Completion of bake for bash; printed by `bake completion bash`.
_bake() {
  local current="${COMP_WORDS[COMP_CWORD]}" words=(complete --) word line
  # bash takes `--channel=prod` for three words.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == = ]] || words+=("$word")
  done
  [[ $current == = ]] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return
    fi
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("$1" "${words[@]}" "$current" 2>/dev/null)
}
complete -F _bake bake
