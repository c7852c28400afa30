"""The engine process: devices with their faces and sockets, the control API, and the handles that drive it."""
