REVOKE DELETE ON jobs FROM weighhouse_platform;
DROP INDEX jobs_done;
DROP TABLE schedules;
