-- +goose Up
-- The most a machine has been known to be able to do: JSON, "" before its
-- first heartbeat.
ALTER TABLE machines ADD COLUMN best TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE machines DROP COLUMN best;
