DROP TABLE mails, jobs;
