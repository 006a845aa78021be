-- The checks of a member's group and alert cost more than writing it, which
-- matters when 100,000 alerts begin at once. Whoever deletes a group or an alert
-- deletes its memberships.

-- +goose Up
CREATE TABLE members (
    group_key TEXT NOT NULL,
    alert_id  TEXT NOT NULL,
    PRIMARY KEY (group_key, alert_id)
) WITHOUT ROWID;
INSERT INTO members SELECT group_key, alert_id FROM group_alerts;
DROP TABLE group_alerts;
ALTER TABLE members RENAME TO group_alerts;
CREATE INDEX group_alerts_by_alert ON group_alerts (alert_id);

-- +goose Down
CREATE TABLE members (
    group_key TEXT NOT NULL REFERENCES groups (key) ON DELETE CASCADE,
    alert_id  TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    PRIMARY KEY (group_key, alert_id)
) WITHOUT ROWID;
INSERT INTO members SELECT group_key, alert_id FROM group_alerts;
DROP TABLE group_alerts;
ALTER TABLE members RENAME TO group_alerts;
CREATE INDEX group_alerts_by_alert ON group_alerts (alert_id);
