"""Rules for events: conditions, actions, recipients and schedules (io-events sheet 2.4, 2.5; manual, Events)."""
