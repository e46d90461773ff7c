#!/bin/sh
# What the Job runs: build the context, push the image. No privilege is needed but user namespaces.
# IMAGE: name to push. CONTEXT: directory or git URL. FLAGS: more for bld push (such as --tls-verify=false).
set -eu
bld doctor || true
bld bud --explain -t "$IMAGE" "${CONTEXT:-.}"
# shellcheck disable=SC2086 # several words
bld push ${FLAGS:-} "$IMAGE"
