"""What both apps share: options, logs, stages joined by ZeroMQ, links to the brokers, the native wire, a spool."""
