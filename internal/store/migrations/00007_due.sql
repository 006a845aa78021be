-- A group's waits, and when what it tells of last changed, say when it has to be
-- planned: a batch of alerts does not need to look into each group that it touches.
-- routings has, for those who bring alerts, the routing that all of them follow.

-- +goose Up
ALTER TABLE groups ADD COLUMN group_wait BIGINT NOT NULL DEFAULT 0; -- nanoseconds
ALTER TABLE groups ADD COLUMN group_interval BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE routings (
    source  TEXT NOT NULL PRIMARY KEY,
    routing TEXT NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE routings;
ALTER TABLE groups DROP COLUMN changed_at;
ALTER TABLE groups DROP COLUMN group_interval;
ALTER TABLE groups DROP COLUMN group_wait;
