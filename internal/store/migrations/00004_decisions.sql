-- What planning decided is history too, and what it recorded last is kept to tell
-- what is news: '' where there is nothing, which is nearly everywhere.

-- +goose Up
ALTER TABLE events ADD COLUMN group_key TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN integration TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN delivery TEXT NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN decided TEXT NOT NULL DEFAULT ''; -- JSON: {integration: decision}
ALTER TABLE group_alerts ADD COLUMN suppressed TEXT NOT NULL DEFAULT ''; -- JSON: by what and until when

-- +goose Down
ALTER TABLE group_alerts DROP COLUMN suppressed;
ALTER TABLE groups DROP COLUMN decided;
ALTER TABLE events DROP COLUMN delivery;
ALTER TABLE events DROP COLUMN integration;
ALTER TABLE events DROP COLUMN group_key;
