"""Evidence a person can look at: timeline, JUnit, JSON, HTML, compatibility table."""
