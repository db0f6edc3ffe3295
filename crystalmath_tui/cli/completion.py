"""completion bash|zsh|fish: scripts generated from the commands and the method table."""

from collections.abc import Mapping, Sequence

from crystalmath_tui.cli.options import Option

Words = Mapping[str, Sequence[str]]
"""What may follow: "" | "jobs" | "jobs list" → words, "jobs list --state" → values."""


def words_of(commands: Mapping[str, Sequence[Option]], general: Sequence[Option]) -> dict[str, list[str]]:
    """The words of every command path, as "jobs list" or "submit"."""
    found: dict[str, list[str]] = {"": []}
    for path, options in commands.items():
        parent, _, last = path.rpartition(" ")
        if parent and parent not in found:
            found[parent] = []
            found[""].append(parent)
        found[parent].append(last)
        found[path] = [flag for option in (*options, *general) for flag in option.flags]
        for option in options:
            found.update({f"{path} {flag}": list(option.choices) for flag in option.flags if option.choices})
            if option.positional and option.choices:
                found[path] += option.choices
    found[""] += [flag for option in general for flag in option.flags]
    return found


def script(shell: str, words: Words) -> str:
    """The completion script of a shell."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](words)


def _cases(words: Words, indent: str) -> str:
    return "\n".join(f'{indent}"{key}") words="{" ".join(values)}" ;;' for key, values in words.items())


def _bash(words: Words) -> str:
    return f"""# crystalmath completion for bash; load it with: source <(crystalmath completion bash)
_crystalmath_words() {{
    local words=
    case "$1" in
{_cases(words, "        ")}
    esac
    printf '%s' "$words"
}}
_crystalmath() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" path= count=0 i found
    for ((i = 1; i < COMP_CWORD && count < 2; i++)); do
        [[ "${{COMP_WORDS[i]}}" == -* ]] && continue
        [[ -n "$(_crystalmath_words "${{path:+$path }}${{COMP_WORDS[i]}}")" ]] || continue
        path="${{path:+$path }}${{COMP_WORDS[i]}}"
        count=$((count + 1))
    done
    found="$(_crystalmath_words "$path $previous")"
    [[ -z "$found" || "$previous" != -* ]] && found="$(_crystalmath_words "$path")"
    COMPREPLY=($(compgen -W "$found" -- "$current"))
}}
complete -o default -F _crystalmath crystalmath
"""


def _zsh(words: Words) -> str:
    return f"""#compdef crystalmath
# crystalmath completion for zsh; save it as _crystalmath in a folder of $fpath
_crystalmath_words() {{
    local words=
    case "$1" in
{_cases(words, "        ")}
    esac
    print -r -- "$words"
}}
_crystalmath() {{
    local previous="${{words[CURRENT-1]}}" route= found= word
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        [[ "$word" == -* ]] && continue
        [[ -n "$(_crystalmath_words "${{route:+$route }}$word")" ]] || continue
        route="${{route:+$route }}$word"
    done
    [[ "$previous" == -* ]] && found="$(_crystalmath_words "$route $previous")"
    [[ -z "$found" ]] && found="$(_crystalmath_words "$route")"
    compadd -- ${{=found}}
    [[ "${{words[CURRENT]}}" == -* ]] || _files
}}
compdef _crystalmath crystalmath
"""


def _fish(words: Words) -> str:
    cases = "\n".join(
        f"        case '{key}'\n            echo {' '.join(values)}" for key, values in words.items()
    )
    return f"""# crystalmath completion for fish; load it with: crystalmath completion fish | source
function __crystalmath_words
    switch "$argv[1]"
{cases}
    end
end
function __crystalmath_complete
    set -l route ''
    set -l given (commandline -opc)
    for word in $given[2..-1]
        string match -q -- '-*' $word; and continue
        set -l next (string trim -- "$route $word")
        test -n "$(__crystalmath_words $next)"; or continue
        set route $next
    end
    set -l found
    string match -q -- '-*' $given[-1]; and set found (__crystalmath_words "$route $given[-1]")
    test -n "$found"; or set found (__crystalmath_words "$route")
    string split -n ' ' -- $found
end
complete -c crystalmath -a '(__crystalmath_complete)'
"""
