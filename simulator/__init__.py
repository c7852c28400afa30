"""A bench of virtual AXIS C1410 Mk II speakers and AXIS A9210 I/O relay modules for integration tests."""
