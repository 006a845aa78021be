-- The latest run of alertd, in one row: when it began, when it was last known to
-- be alive, and when it stopped by itself (0: it is running, or was killed).

-- +goose Up
CREATE TABLE run (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    started_at BIGINT  NOT NULL,
    alive_at   INTEGER NOT NULL,
    stopped_at BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE run;
