#!/bin/sh
# Runs the app and passes signals on to it. A container ends with its first process, and with it everything else:
# after an app that did not end in order, this waits for the watchdog to put the relays into their safe states.
python -m remote_monitor --options /data/options.json &
app=$!
trap 'kill -TERM "$app" 2>/dev/null' TERM INT
wait "$app"
status=$?
while kill -0 "$app" 2>/dev/null; do
    # A signal ends the wait before the app has ended.
    wait "$app"
    status=$?
done
[ "$status" -eq 0 ] || sleep 3
exit "$status"
