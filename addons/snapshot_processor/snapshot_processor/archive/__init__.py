"""Copies of the pictures on Google Drive: a durable queue, the login, uploads that are checked, and tidying up."""
