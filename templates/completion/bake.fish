# Completion of bake for fish; printed by `bake completion fish`.
function __bake_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else if test "$lines[1]" = :files=
        set -l name (string match -r -- '^.*=' "$current")
        for path in (__fish_complete_path (string replace -r '^.*=' '' -- "$current"))
            echo "$name$path"
        end
    else if set -q lines[1]
        string join \n -- $lines
    end
end
complete -c bake -f -a '(__bake_complete)'
