-- When work that comes round by itself is due next. Whichever worker moves
-- the date on has the turn.
CREATE TABLE schedules (
    name text PRIMARY KEY,
    due_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON schedules TO weighhouse_platform;

-- Jobs that are done are forgotten after a while.
CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;
GRANT DELETE ON jobs TO weighhouse_platform;
