"""What people, automations and keypads see of the alarm, and how they ask it for something."""
