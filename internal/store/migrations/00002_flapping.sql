-- +goose Up
ALTER TABLE alerts ADD COLUMN flaps BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alerts ADD COLUMN flapping_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alerts ADD COLUMN healthy_since BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE alerts DROP COLUMN healthy_since;
ALTER TABLE alerts DROP COLUMN flapping_since;
ALTER TABLE alerts DROP COLUMN flaps;
