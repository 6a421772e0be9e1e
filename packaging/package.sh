#!/bin/sh
# package.sh BUILD DIST [--url-base URL]: everything that is handed out, from a finished release build, into the folder DIST:
# the archive of the static binary, the Debian package, the folder of the image, SHA256SUMS, and, when URL says where the
# archive will be downloaded from, the manifest for krew.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
build=$(CDPATH='' cd -- "$1" && pwd) dist=$2 url_base=
shift 2
while [ $# -gt 0 ]; do
  case $1 in
    --url-base) url_base=${2:?--url-base needs a URL}; shift 2 ;;
    --url-base=*) url_base=${1#*=}; shift ;;
    *) echo "package.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
case $url_base in
  '' | https://*) ;;
  *) echo "package.sh: krew downloads by https only; --url-base is $url_base" >&2; exit 2 ;;
esac

# The same commit gives the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" show -s --format=%ct HEAD 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
binary=$build/static/meshdrill
version=$("$binary" --version | sed -n '1s/^meshdrill //p')
machine=$(dpkg --print-architecture)
archive=meshdrill-$version-linux-$machine.tar.gz

rm -rf "$dist"
mkdir -p "$dist/container/tmp" "$dist/archive"

cp "$binary" "$dist/archive/meshdrill"
cp "$build"/packaging/share/bash-completion/completions/meshdrill "$dist/archive/completion.bash"
cp "$build"/packaging/share/zsh/vendor-completions/_meshdrill "$dist/archive/completion.zsh"
cp "$build"/packaging/share/fish/vendor_completions.d/meshdrill.fish "$dist/archive/completion.fish"
cp -r "$build/packaging/share/man" "$build/packaging/share/doc/meshdrill/schemas" "$dist/archive/"
cp "$build/packaging/share/doc/meshdrill/copyright" "$dist/archive/COPYRIGHT"
tar -C "$dist/archive" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+w --mtime="@$SOURCE_DATE_EPOCH" \
  -cf - . | gzip -9n >"$dist/$archive"
rm -r "$dist/archive"

cmake -E chdir "$build" cpack --config "$build/CPackConfig.cmake" -B "$build/packages" >"$build/packages.log" 2>&1 ||
  { cat "$build/packages.log" >&2; exit 1; }
mv "$build"/packages/*.deb "$dist/"

cp "$here/Containerfile" "$dist/container/"
cp "$binary" "$dist/container/meshdrill"
cp /etc/ssl/certs/ca-certificates.crt "$dist/container/"
touch "$dist/container/tmp/.keep"

if [ -n "$url_base" ]; then
  sed -e "s|@VERSION@|$version|g" -e "s|@MACHINE@|$machine|g" -e "s|@URI@|$url_base/$archive|g" \
    -e "s|@SHA256@|$(sha256sum "$dist/$archive" | cut -d' ' -f1)|g" "$here/krew.yaml.in" >"$dist/meshdrill.krew.yaml"
fi
(cd "$dist" && sha256sum -- *.tar.gz *.deb >SHA256SUMS)
