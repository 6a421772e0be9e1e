#include "manual/completion_script.hpp"

namespace meshdrill::manual {
namespace {

// readline cuts words at '=' and ':' as well; they are put together again, and what is offered is cut to what
// comes behind the last such character.
constexpr std::string_view bash =
    R"(# bash completion for meshdrill; needs no other package. In ~/.bashrc: source <(meshdrill completion bash)

_meshdrill() {
  local line=${COMP_LINE:0:COMP_POINT} piece i
  local -a words=()
  for (( i = 0; i <= COMP_CWORD; i++ )); do
    if (( i == 0 )) || [[ $line == [[:blank:]]* ]]; then
      line=${line#"${line%%[![:blank:]]*}"}
      words+=("")
    fi
    piece=${COMP_WORDS[i]}
    (( i < COMP_CWORD )) || piece=$line
    words[${#words[@]}-1]+=$piece
    line=${line#"$piece"}
  done
  local current=${words[${#words[@]}-1]} cut=$piece
  [[ $current == -*=* ]] && current=${current#*=}
  [[ $cut == [=:] ]] && cut=""
  local program=${words[0]} answer directive=4
  [[ $program == "~/"* ]] && program=$HOME/${program#"~/"}
  COMPREPLY=()
  while IFS= read -r answer; do
    case $answer in
      :*) directive=${answer#:} ;;
      *)
        answer=${answer%%$'\t'*}
        COMPREPLY+=("${answer:${#current}-${#cut}}")
        ;;
    esac
  done < <("$program" __complete "${words[@]:1}" 2>/dev/null)
  case $directive in
    0) compopt -o default ;;
    16) compopt -o dirnames ;;
    6) compopt -o nospace ;;
  esac
}

complete -F _meshdrill meshdrill kubectl-meshdrill
)";

constexpr std::string_view zsh = R"(#compdef meshdrill kubectl-meshdrill
# zsh completion for meshdrill. In ~/.zshrc, behind compinit: source <(meshdrill completion zsh)

_meshdrill() {
  local answer directive=4 program=${(Q)words[1]}
  local -a candidates space
  program=${program/#\~\//$HOME/}
  while IFS= read -r answer; do
    case $answer in
      :*) directive=${answer#:} ;;
      *)
        answer=${answer//:/\\:}
        candidates+=("${answer/$'\t'/:}")
        ;;
    esac
  done < <("$program" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  [[ $PREFIX == -*=* ]] && compset -P '*='
  (( directive == 6 )) && space=(-S '')
  (( ${#candidates} )) && _describe -t values value candidates $space
  case $directive in
    0) _files ;;
    16) _files -/ ;;
  esac
}

compdef _meshdrill meshdrill kubectl-meshdrill
# Autoloaded from a folder of $fpath, this file is the function.
[[ $funcstack[1] == _meshdrill ]] && _meshdrill "$@"
)";

constexpr std::string_view fish =
    R"(# fish completion for meshdrill. In config.fish: meshdrill completion fish | source

function __meshdrill_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l prefix (string match -r -- '^-[^=]*=' $current)
    set -l answers (eval $words[1] __complete (string escape -- $words[2..-1] $current) 2>/dev/null)
    test (count $answers) -gt 0; or return
    set -l directive $answers[-1]
    test (count $answers) -gt 1; and printf "$prefix%s\n" $answers[1..-2]
    set -l path (string replace -r -- '^-[^=]*=' '' $current)
    switch $directive
        case ':0'
            __fish_complete_path "$path" | string replace -r -- '^' "$prefix"
        case ':16'
            __fish_complete_directories "$path" | string replace -r -- '^' "$prefix"
    end
end

complete -c meshdrill -f -k -a '(__meshdrill_complete)'
complete -c kubectl-meshdrill -f -k -a '(__meshdrill_complete)'
)";

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return std::string{bash};
  if (shell == "zsh") return std::string{zsh};
  if (shell == "fish") return std::string{fish};
  return std::nullopt;
}

}  // namespace meshdrill::manual
