"""Pictures that cameras send by FTP: a server in a process of its own, and the folder they come in by."""
