"""What can be seen: expectations over the journal and over independent observers."""
