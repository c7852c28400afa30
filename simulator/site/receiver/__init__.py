"""Whom devices tell by mail, HTTP and TCP: the receivers of the site, which take everything and journal it."""
