-- Conventions, the same for every database that alertd supports:
--   times       BIGINT, Unix nanoseconds in UTC; 0 is "not yet"
--   numbers     of samples: TEXT as Go's strconv writes them, because NaN and
--               the infinities must survive; '' where there is none
--   fingerprints TEXT, 16 hexadecimal digits, as the API shows them
--   label sets  TEXT, a JSON object, names in order
--   lists       TEXT, a JSON array

-- +goose Up
CREATE TABLE alerts (
    id                TEXT   NOT NULL PRIMARY KEY,
    rule_id           TEXT   NOT NULL,
    fingerprint       TEXT   NOT NULL,
    series            TEXT   NOT NULL,
    state             TEXT   NOT NULL,
    labels            TEXT   NOT NULL,
    annotations       TEXT   NOT NULL,
    value             TEXT   NOT NULL,
    unit              TEXT   NOT NULL,
    threshold         TEXT   NOT NULL,
    active_at         BIGINT NOT NULL,
    fired_at          BIGINT NOT NULL,
    resolved_at       BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    keep_firing_since BIGINT NOT NULL,
    missing_since     BIGINT NOT NULL,
    resolution        TEXT   NOT NULL,
    recovered_value   TEXT   NOT NULL,
    generator_url     TEXT   NOT NULL,
    expires_at        BIGINT NOT NULL
);
-- Active alerts are read at every start, ended ones by age when pruning.
CREATE INDEX alerts_by_state ON alerts (state, resolved_at);

CREATE TABLE groups (
    key        TEXT   NOT NULL PRIMARY KEY,
    route_id   TEXT   NOT NULL,
    receiver   TEXT   NOT NULL,
    labels     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    flushed_at BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    revision   BIGINT NOT NULL -- the number of the last change to the group or what hangs on it
);
CREATE INDEX groups_due ON groups (due_at, key) WHERE due_at > 0;

CREATE TABLE group_alerts (
    group_key TEXT NOT NULL REFERENCES groups (key) ON DELETE CASCADE,
    alert_id  TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    PRIMARY KEY (group_key, alert_id)
) WITHOUT ROWID;
CREATE INDEX group_alerts_by_alert ON group_alerts (alert_id);

CREATE TABLE told (
    group_key   TEXT   NOT NULL REFERENCES groups (key) ON DELETE CASCADE,
    integration TEXT   NOT NULL,
    firing      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    as_of       BIGINT NOT NULL,
    ref         TEXT   NOT NULL,
    PRIMARY KEY (group_key, integration)
) WITHOUT ROWID;

-- A delivery may outlive its group, so it does not refer to it, and keeps what
-- is needed to make the group again where it is delivered after all.
CREATE TABLE deliveries (
    id              TEXT   NOT NULL PRIMARY KEY,
    group_key       TEXT   NOT NULL,
    route_id        TEXT   NOT NULL,
    receiver        TEXT   NOT NULL,
    labels          TEXT   NOT NULL, -- of the group
    integration     TEXT   NOT NULL,
    content         TEXT   NOT NULL, -- JSON: {"firing": [ids], "resolved": [ids], "held": [ids]}
    reason          TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,
    last_error      TEXT   NOT NULL,
    finished_at     BIGINT NOT NULL,
    ref             TEXT   NOT NULL
);
CREATE UNIQUE INDEX deliveries_open ON deliveries (group_key, integration) WHERE state = 'due';
CREATE INDEX deliveries_due ON deliveries (integration, next_attempt_at, created_at, id) WHERE state = 'due';
CREATE INDEX deliveries_by_state ON deliveries (state, created_at, id);
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at > 0;

CREATE TABLE silences (
    id         TEXT   NOT NULL PRIMARY KEY,
    matchers   TEXT   NOT NULL, -- JSON, in Alertmanager's form
    starts_at  BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    comment    TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX silences_by_end ON silences (ends_at);

CREATE TABLE events (
    id       INTEGER NOT NULL PRIMARY KEY, -- rises in order of writing
    at       BIGINT  NOT NULL,
    kind     TEXT    NOT NULL,
    alert_id TEXT    NOT NULL,
    labels   TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    detail   TEXT    NOT NULL
);
CREATE INDEX events_by_time ON events (at, id);

-- +goose Down
DROP TABLE events;
DROP TABLE silences;
DROP TABLE deliveries;
DROP TABLE told;
DROP TABLE group_alerts;
DROP TABLE groups;
DROP TABLE alerts;
