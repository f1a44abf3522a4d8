DROP TABLE staff_invitations, throttles, known_devices, login_links;
