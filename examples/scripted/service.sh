#!/bin/sh
# A small web server on a base that has busybox: users and directories by run, files by copy, the rest by config.
# Usage: service.sh IMAGE BASE     BUILDAH=bld (the default) or buildah, with flags if need be
set -eu
image=$1
base=$2
here=$(cd "$(dirname "$0")" && pwd)

container=$(${BUILDAH:-bld} from "$base")
trap '${BUILDAH:-bld} rm "$container" >/dev/null' EXIT

${BUILDAH:-bld} run "$container" -- sh -c 'mkdir -p /srv/www /var/log/site && echo site:x:1000:1000::/srv/www:/bin/false >>/etc/passwd && chown 1000 /var/log/site'
${BUILDAH:-bld} copy -q --chown 1000:1000 --chmod 0644 "$container" "$here/site/index.html" "$here/site/style.css" /srv/www/
${BUILDAH:-bld} run --user site --workingdir /srv/www "$container" -- sh -c 'test "$(id -u)" = 1000 && cat index.html style.css >/dev/null'

${BUILDAH:-bld} config \
    --entrypoint '["/bin/busybox", "httpd", "-f", "-p", "8080"]' --cmd '-h /srv/www' \
    --port 8080/tcp --user site --workingdir /srv/www --env LANG=C.UTF-8 --env "GREETING=served by \${LANG}" \
    --label org.opencontainers.image.title=site --annotation org.opencontainers.image.documentation=README --stop-signal SIGINT \
    "$container"
${BUILDAH:-bld} config --env LANG- "$container"
${BUILDAH:-bld} commit -q "$container" "$image"
