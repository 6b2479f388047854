-- +goose Up
-- What reviewers are at or through with is found at once however much is new,
-- and what is new costs nothing here.
CREATE INDEX incidents_reviewed ON incidents (state, time, id) WHERE state <> 'new';

-- +goose Down
DROP INDEX incidents_reviewed;
