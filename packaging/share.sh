#!/bin/sh
# share.sh BINARY FOLDER: what goes below /usr/share, made from the binary's own definitions: man pages, completions,
# schemas, and the licences of the libraries in it.
set -eu

binary=$1 share=$2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
rm -rf "$share"
mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/vendor-completions" \
  "$share/fish/vendor_completions.d" "$share/doc/meshdrill/schemas" "$share/lintian/overrides"

"$binary" docs --type man --dir "$share/man/man1"
gzip -9n "$share"/man/man1/*.1
for plugin in kubectl-meshdrill kubectl_complete-meshdrill; do
  ln -s meshdrill.1.gz "$share/man/man1/$plugin.1.gz"
done
"$binary" completion bash >"$share/bash-completion/completions/meshdrill"
"$binary" completion zsh >"$share/zsh/vendor-completions/_meshdrill"
"$binary" completion fish >"$share/fish/vendor_completions.d/meshdrill.fish"
for kind in mesh drill; do
  "$binary" schema "$kind" >"$share/doc/meshdrill/schemas/$kind.schema.json"
done

# The binary holds these libraries; what their packages say of their licences goes with it.
{
  cat "$here/copyright"
  for package in libc6-dev libstdc++-12-dev libboost1.81-dev libssl-dev libc-ares-dev libyaml-cpp-dev libfmt-dev \
    libcli11-dev libdtl-dev libexpected-dev libjs-d3; do
    printf '\n\n==== %s ====\n\n' "$package"
    cat "/usr/share/doc/$package/copyright"
  done
} >"$share/doc/meshdrill/copyright"

# One static binary on purpose: it runs on every distribution.
echo 'meshdrill: statically-linked-binary' >"$share/lintian/overrides/meshdrill"
