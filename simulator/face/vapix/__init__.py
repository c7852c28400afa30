"""VAPIX over HTTP: the front end (authentication, routes) and one file per API."""
