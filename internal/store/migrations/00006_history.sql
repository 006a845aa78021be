-- When each integration first heard of each incident.

-- +goose Up
CREATE TABLE first_told (
    alert_id    TEXT   NOT NULL,
    integration TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (alert_id, integration)
) WITHOUT ROWID;
INSERT INTO first_told
    SELECT a.id, d.integration, MIN(d.finished_at)
    FROM deliveries d, json_each(json_array(json_extract(d.content, '$.firing'), json_extract(d.content, '$.resolved'))) list, json_each(list.value) named
    JOIN alerts a ON a.id = named.value
    WHERE d.state = 'delivered' GROUP BY a.id, d.integration;
-- What an alert's record does not tell itself. Very many alerts that begin or
-- end at once cost nothing here.
CREATE INDEX events_by_alert ON events (alert_id, at) WHERE alert_id <> '' AND kind NOT IN ('pending', 'firing', 'resolved');
CREATE INDEX events_by_group ON events (group_key, at) WHERE group_key <> '';

-- +goose Down
DROP INDEX events_by_group;
DROP INDEX events_by_alert;
DROP TABLE first_told;
-- Events whose labels the alert keeps.
UPDATE events SET labels = COALESCE((SELECT a.labels FROM alerts a WHERE a.id = alert_id), '{}') WHERE labels = '';
