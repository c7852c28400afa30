"""The speaker as a SIP user agent: the calls and accounts of the device meet messages and media."""
