#!/bin/sh
# Builds a real kube-apiserver and kube-controller-manager from Debian's source package of Kubernetes, once, into a cache
# outside the checkout, and prints the folder that holds them. Debian has no package with an API server in it.
# Takes 4 to 7 minutes on two cores, and 3 GB of disk while it runs.
# What it needs from Debian beside a build of meshdrill: golang-1.19 rsync dpkg-dev (./dev test kubernetes installs them).
set -eu

version=1.20.2
programs="kube-apiserver kube-controller-manager"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/meshdrill
folder=$cache/kubernetes-$version

say() { printf '%s\n' "build_servers: $*" >&2; }
die() { say "$*"; exit 1; }

have_all() {
  for program in $programs; do [ -x "$folder/$program" ] || return 1; done
}

# The machine's own sources of Debian, as sources of source packages.
write_sources() {
  mkdir -p "$work/sources.d" "$work/lists/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/sources.d/$(basename "$file")"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -n 's/^deb[[:space:]]/deb-src /p' "$file" >"$work/sources.d/src-$(basename "$file" .list).list"
  done
}

apt_get() {
  apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources.d" \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}

# One step of which only a failure is worth reading.
step() {
  say "$1"
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; die "this failed: $*"; }
}

compile() {
  (
    cd "$tree"
    while read -r patch; do
      case $patch in '' | '#'*) continue ;; esac
      # Applied already when dpkg-source unpacked the tree.
      patch -p1 -R --dry-run -s -f <"debian/patches/$patch" >/dev/null 2>&1 || patch -p1 -s <"debian/patches/$patch"
    done <debian/patches/series
    mkdir -p .go/src/k8s.io
    ln -sfn "$tree" .go/src/k8s.io/kubernetes
    cd .go/src/k8s.io/kubernetes
    what=
    for program in $programs; do what="$what cmd/$program"; done
    # The version is given, because there is no git history to take it from.
    env PATH="/usr/lib/go-1.19/bin:$PATH" GOPATH="$tree/.go" GOCACHE="$work/gocache" GO111MODULE=off CGO_ENABLED=0 \
      KUBE_GIT_VERSION="v$version" KUBE_GIT_TREE_STATE=clean KUBE_GIT_COMMIT=debian \
      make WHAT="$what"
  )
}

if have_all; then
  printf '%s\n' "$folder"
  exit 0
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/kubernetes-build.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

write_sources
step "reading the lists of Debian's source packages" apt_get update
cd "$work"
step "fetching the source of Kubernetes $version" apt_get source --only-source "kubernetes=$(
  apt-cache -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources.d" -o Dir::State::Lists="$work/lists" \
    -o Dir::Cache="$work" showsrc --only-source kubernetes | sed -n "s/^Version: \(${version}[^ ]*\)$/\1/p" | head -n 1)"
tree=$(find "$work" -mindepth 1 -maxdepth 1 -type d -name 'kubernetes-*' | head -n 1)
[ -n "$tree" ] || die "the source package unpacked into no folder kubernetes-…"
step "compiling $programs (some minutes)" compile
mkdir -p "$folder"
for program in $programs; do
  # Complete or not there at all, also for a second build at the same time.
  install -m 755 "$tree/_output/bin/$program" "$folder/.$program.$$"
  mv "$folder/.$program.$$" "$folder/$program"
done
printf '%s\n' "$folder"
