#!/bin/sh
# What the Job runs: build the context, push the image. No privilege is needed but user namespaces.
# IMAGE: name to push. CONTEXT: directory or git URL. CACHE: repository that all jobs share as their cache.
# FLAGS: more for bld bud and bld push (such as --tls-verify=false).
set -eu
bld doctor || true
# A RUN shares the pod's network: a pod has no /dev/net/tun, which a network of its own would need.
# shellcheck disable=SC2086 # several words
bld bud --network host --explain ${CACHE:+--cache-from "$CACHE" --cache-to "$CACHE"} ${FLAGS:-} -t "$IMAGE" "${CONTEXT:-.}"
# shellcheck disable=SC2086
bld push ${FLAGS:-} "$IMAGE"
