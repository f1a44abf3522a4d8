DROP TABLE pin_alerts, pin_looks, pin_watches;
