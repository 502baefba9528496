#!/bin/sh
# Runs the app and passes signals on to it. Whatever way the app ends, its FTP server notices and ends too.
python -m snapshot_processor --options /data/options.json &
app=$!
trap 'kill -TERM "$app" 2>/dev/null' TERM INT
wait "$app"
status=$?
while kill -0 "$app" 2>/dev/null; do
    # A signal ends the wait before the app has ended.
    wait "$app"
    status=$?
done
exit "$status"
