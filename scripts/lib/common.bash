# shellcheck shell=bash
# What every script here shares: where the tree is, how to speak, how to build
# quietly. Sourced, never run.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
program="$(basename "$0")"

if [[ -t 2 ]]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi

say() { printf '%s%s%s\n' "$bold" "$*" "$plain" >&2; }

die() {
    printf '%s%s: %s%s\n' "$red" "$program" "$*" "$plain" >&2
    exit 1
}

misuse() {
    printf '%s%s: %s%s\nTry: %s --help\n' "$red" "$program" "$*" "$plain" "$0" >&2
    exit 2
}

# The comment at the head of the running script is its help text.
print_help() {
    sed -n '2,/^$/{/^#/!q;s/^# \{0,1\}//;p}' "$0"
}

# Coroutine-heavy files take up to 1.5 GiB each to compile with sanitizers, so
# memory bounds the jobs as well as processors do. AIMDB_JOBS overrides.
jobs_count() {
    if [[ -n "${AIMDB_JOBS:-}" ]]; then
        printf '%s\n' "$AIMDB_JOBS"
        return
    fi
    local processors memory_gib by_memory
    processors="$(nproc)"
    memory_gib="$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)"
    by_memory=$((memory_gib * 2 / 3))
    ((by_memory >= 1)) || by_memory=1
    printf '%s\n' "$((processors < by_memory ? processors : by_memory))"
}

# Runs a command whose output matters only when it fails: keeps it in <log> and
# prints its end then.
run_logged() {  # <log> <command>...
    local log="$1"
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        die "failed: $* (whole log: ${log#"$root"/})"
    fi
}

# Configures <preset> unless that was done with the presets as they are now;
# changed CMakeLists.txt files are the build's own business.
configure() {  # <preset>
    local preset="$1" dir="$root/build/$1" stamp="$root/build/$1/.configured"
    if [[ ! -f "$dir/build.ninja" || ! -f "$stamp" || "$root/CMakePresets.json" -nt "$stamp" ]]; then
        say "Configuring $preset ..."
        cd "$root"
        run_logged "$dir/configure.log" cmake --preset "$preset"
        touch "$stamp"
    fi
}

# Builds targets of a configured preset: progress on a terminal, otherwise only
# what the compiler has to say.
build() {  # <preset> <target>...
    local preset="$1" dir="$root/build/$1" stamp="$root/build/$1/.built"
    shift
    [[ -f "$stamp" ]] || say "Building $preset: $* (this first time takes minutes) ..."
    if [[ -t 1 ]]; then
        ninja -C "$dir" -j "$(jobs_count)" "$@"
    else
        ninja -C "$dir" -j "$(jobs_count)" --quiet "$@" 2>&1 | sed '/^ninja: no work to do\.$/d' >&2
    fi || die "the build of $preset failed"
    touch "$stamp"
}

# Our C++ files, relative to the root: tracked and new ones, or, outside a
# repository, whatever lies in the source directories.
list_sources() {
    cd "$root"
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- '*.hpp' '*.cpp' |
            while IFS= read -r file; do
                [[ ! -f "$file" ]] || printf '%s\n' "$file"
            done
    else
        find . \( -path ./build -o -path ./out -o -name '.?*' \) -prune -o \
            -type f \( -name '*.hpp' -o -name '*.cpp' \) -printf '%P\n'
    fi | sort -u
}
