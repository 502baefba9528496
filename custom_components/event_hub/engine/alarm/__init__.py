"""Alarm partitions: one table, ``table.react``, says what an event means for a partition. Pure, like the engine."""
