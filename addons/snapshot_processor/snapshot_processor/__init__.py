"""Event Hub's snapshot processor: pictures of cameras, taken in, looked at, told and kept."""
