#!/bin/sh
# An image from nothing: the host's package manager installs packages into the mounted root, and nothing else is in the image.
# Usage: from-scratch.sh IMAGE PACKAGE.deb...     BUILDAH=bld (the default) or buildah, with flags if need be
set -eu
image=$1
shift

container=$(${BUILDAH:-bld} from scratch)
trap '${BUILDAH:-bld} rm "$container" >/dev/null' EXIT
root=$(${BUILDAH:-bld} mount "$container")

# dpkg wants its database, the packages want the usual directories.
install -d -m 0755 "$root/etc" "$root/usr/bin" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
install -d -m 1777 "$root/tmp"
ln -s usr/bin "$root/bin"
: >"$root/var/lib/dpkg/status"
: >"$root/var/lib/dpkg/available"
dpkg --root="$root" --force-depends --install "$@"
rm -rf "$root/var/log" "$root"/var/lib/dpkg/*-old "$root"/var/lib/dpkg/lock*

printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
chmod 0644 "$root/etc/passwd"
${BUILDAH:-bld} umount "$container" >/dev/null

${BUILDAH:-bld} config --env PATH=/bin --user nobody --cmd '["busybox", "sh"]' --label made=scripted --created-by "dpkg --root" "$container"
${BUILDAH:-bld} commit -q "$container" "$image"
