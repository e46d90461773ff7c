#!/bin/sh
# Two working containers: one has the tools and makes the files, the other gets only these. No tool reaches the image.
# Usage: multi-stage.sh IMAGE BASE     BUILDAH=bld (the default) or buildah, with flags if need be
set -eu
image=$1
base=$2
here=$(cd "$(dirname "$0")" && pwd)

builder=$(${BUILDAH:-bld} from "$base")
result=$(${BUILDAH:-bld} from scratch)
trap '${BUILDAH:-bld} rm "$builder" "$result" >/dev/null' EXIT

${BUILDAH:-bld} copy -q "$builder" "$here/site" /src
${BUILDAH:-bld} config --workingdir /src "$builder"
${BUILDAH:-bld} run "$builder" -- sh -euc '
    mkdir -p /out/www /out/etc
    for page in *.html; do sed "s/@VERSION@/1.0/" "$page" >"/out/www/$page"; done
    tr -d "\n" <style.css >/out/www/style.css
    (cd /out/www && md5sum *.html *.css) >/out/www/sums
    chmod 0644 /out/www/*
    echo "site:x:1000:1000::/:/" >/out/etc/passwd'

${BUILDAH:-bld} copy -q --from "$builder" "$result" /out /
${BUILDAH:-bld} copy -q --from "$builder" --chown 0:0 "$result" /bin/busybox /bin/httpd
${BUILDAH:-bld} config --entrypoint '["/bin/httpd", "-f", "-p", "8080", "-h", "/www"]' --port 8080 --user site "$result"
${BUILDAH:-bld} commit -q "$result" "$image"
