"""HTTP beyond what a server library does: digest authentication, Apache's error pages, multipart bodies."""
