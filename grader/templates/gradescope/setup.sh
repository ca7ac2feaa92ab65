#!/usr/bin/env bash
# Gradescope runs this once, as root, when the autograder is built: a Python of 3.11 or newer, and convgrade in an
# environment of its own. Set PIP_EXTRA_INDEX_URL here to fetch PyTorch's small CPU builds.
set -euo pipefail

find_python() {
    for candidate in python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

if ! python=$(find_python); then
    apt-get update
    apt-get install -y python3.12 python3.12-venv || apt-get install -y python3.11 python3.11-venv
    python=$(find_python)
fi
home=${CONVGRADE_HOME:-/opt/convgrade}
"$python" -I -m venv "$home"
"$home/bin/python" -I -m pip install --no-cache-dir @REQUIREMENT@
"$home/bin/convgrade" --version
