"""Rules that go by the clock on the wall, and by how long something lasts (behaviour.md, 2 and 5).

Time and time zone are arguments. What must survive a restart is plain data, and what is due
follows from it: nothing counts on having been running when something should have happened.
"""
