"""Notifications that rules send out of the house: by HTTP, HTTPS, SMTP and TCP (io-events sheet 2.4)."""
