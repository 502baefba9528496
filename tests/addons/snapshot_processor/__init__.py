"""The Raspberry Pi bridge: chips, drivers, rules, loops and the watchdog."""
