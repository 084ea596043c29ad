"""The control API: what the Python methods do, as JSON over POST, for whoever is in another process.

Times are ISO 8601 with offset, durations seconds. Errors are answered with 400 and ``{"error": …}``.
"""
