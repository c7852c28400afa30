"""The world around the devices: MQTT broker, DHCP server."""
