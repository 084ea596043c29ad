# Shared by the scripts in this folder; sourced, never run.
# shellcheck shell=bash

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/solar_cloud"
TEST_VENV="$ROOT/.venv"
DEMO_VENV="$ROOT/.venv-demo"
SCREENSHOTS_VENV="$ROOT/.venv-screenshots"

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

# find_chromium – has CHROMIUM name a browser of that kind, or stops.
find_chromium() {
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  [ -n "$CHROMIUM" ] || fail "There is no Chromium on this machine." \
    "Debian and Ubuntu: apt-get install chromium, or" \
    "name a browser of that kind in CHROMIUM"
  export CHROMIUM
}
