# Shared by the scripts in this folder; sourced, never run.
# shellcheck shell=bash

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/solar_cloud"
TEST_VENV="$ROOT/.venv"
DEMO_VENV="$ROOT/.venv-demo"
SCREENSHOTS_VENV="$ROOT/.venv-screenshots"

# Where Python is told to leave no bytecode beside the sources, as in containers, each process compiles Home Assistant
# anew: five seconds of each worker and of each command that a test runs. The cache keeps it then.
if [ -n "${PYTHONDONTWRITEBYTECODE:-}" ]; then
  unset PYTHONDONTWRITEBYTECODE
  export PYTHONPYCACHEPREFIX="${PYTHONPYCACHEPREFIX:-$CACHE/bytecode}"
fi

step() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

# fail REASON [WAY OUT …] – says why, and what to do about it, then stops.
fail() {
  printf '!!  %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '    -> %s\n' "$line" >&2; done
  exit 1
}

# explain_if_asked "$@" – with --help, prints the comment at the head of the script, and stops.
explain_if_asked() {
  case "${1:-}" in
    -h | --help)
      awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
      exit 0
      ;;
  esac
}

# quietly LOG COMMAND … – runs a command; its output is kept in LOG and shown only if it fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname -- "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    return 1
  fi
}

# counted WORD LOG – how many tests have passed, failed …, as pytest says at its end; 0 when it does not say.
counted() { { grep -E ' in [0-9.]+s' "$2" | tail -n 1 | grep -oE "[0-9]+ $1" | grep -oE '[0-9]+'; } || printf 0; }

# row NAME PASSED FAILED SECONDS [REMARK] – a line of the table of what the tests were run on.
row() { printf '%-26s %8s %8s %8s  %s' "$1" "$2" "$3" "$4" "${5:-}" | sed 's/ *$//'; }

# run_tests NAME LOG COMMAND … – runs tests; adds the name's row to TABLE, and the name to BROKEN where one failed. Both
# are the caller's.
run_tests() {
  local name=$1 log=$2 began=$SECONDS status=0
  shift 2
  mkdir -p "$(dirname -- "$log")"
  step "Running the tests on $name"
  "$@" >"$log" 2>&1 || status=$?
  TABLE+=("$(row "$name" "$(counted passed "$log")" "$(($(counted failed "$log") + $(counted errors? "$log")))" $((SECONDS - began)))")
  [ "$status" != 0 ] || return 0
  BROKEN+=("$name")
  grep -E '^(FAILED|ERROR)|^[0-9]+ |^E  ' "$log" | tail -n 25 >&2 || tail -n 25 "$log" >&2
  note "the log is $log"
}

# has_chromium – has CHROMIUM name a browser of that kind; fails where there is none, or not where it says.
has_chromium() {
  if [ -n "${CHROMIUM:-}" ]; then
    CHROMIUM=$(command -v "$CHROMIUM" || true)
  else
    CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
  fi
  export CHROMIUM
  [ -n "$CHROMIUM" ]
}

# find_chromium – the same, or stops.
find_chromium() {
  has_chromium || fail "There is no Chromium on this machine." \
    "Debian and Ubuntu: apt-get install chromium, or" \
    "name a browser of that kind in CHROMIUM"
}
