-- +goose Up
ALTER TABLE silences ADD COLUMN annotations TEXT NOT NULL DEFAULT '{}';
-- The occurrences of recurring silences.
CREATE INDEX silences_recurring ON silences (annotations ->> '$.recurring') WHERE annotations ->> '$.recurring' IS NOT NULL;
-- Most silences name the alert that they silence, and most groups hold alerts of
-- one name. An index of alerts would cost more when 100,000 begin at once.
CREATE INDEX groups_by_name ON groups (COALESCE(labels ->> '$.alertname', ''));

CREATE TABLE recurring_silences (
    id         TEXT   NOT NULL PRIMARY KEY,
    matchers   TEXT   NOT NULL, -- JSON, in Alertmanager's form
    schedule   TEXT   NOT NULL,
    timezone   TEXT   NOT NULL,
    duration   BIGINT NOT NULL, -- nanoseconds
    created_by TEXT   NOT NULL,
    comment    TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    made_until BIGINT NOT NULL
);

-- Few, and forgotten with their alerts.
CREATE TABLE acks (
    alert_id TEXT   NOT NULL PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
    by       TEXT   NOT NULL,
    comment  TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX acks_by_end ON acks (until) WHERE until > 0;

-- +goose Down
DROP TABLE acks;
DROP TABLE recurring_silences;
DROP INDEX groups_by_name;
DROP INDEX silences_recurring;
ALTER TABLE silences DROP COLUMN annotations;
