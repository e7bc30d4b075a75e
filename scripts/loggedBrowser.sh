#!/bin/sh
# Starts a browser with its error output in a file, because the browser's driver keeps that to itself.
exec "$XTRACK_BROWSER" "$@" 2>>"$XTRACK_BROWSER_LOG"
