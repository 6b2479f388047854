-- +goose Up
-- What a record is about: the incident that was stopped, where the record says
-- what somebody did about it afterwards.
ALTER TABLE incidents ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE INDEX incidents_about ON incidents (about, time) WHERE about <> '';

-- What employees ask for.
CREATE TABLE requests (
    id            TEXT PRIMARY KEY, -- of the record that carried it
    incident      TEXT NOT NULL,
    machine       TEXT NOT NULL,
    machine_name  TEXT NOT NULL,
    received      BIGINT NOT NULL,
    state         TEXT NOT NULL DEFAULT 'open', -- open, half, granted, refused
    approver      TEXT NOT NULL DEFAULT '',     -- id of the account that approved first
    approver_name TEXT NOT NULL DEFAULT '',
    request       TEXT NOT NULL                 -- JSON
);
CREATE INDEX requests_state ON requests (state, received);

-- Everything that was signed for machines, in the order it was made.
CREATE TABLE answers (
    seq      BIGINT PRIMARY KEY, -- from 1
    id       TEXT NOT NULL,      -- of the grant, the refused request or the withdrawn grant
    kind     TEXT NOT NULL,      -- grant, refusal, withdrawal
    request  TEXT NOT NULL,      -- id of the request
    machine  TEXT NOT NULL,
    made     BIGINT NOT NULL,
    expires  BIGINT NOT NULL,    -- when nobody needs to know it any more
    envelope TEXT NOT NULL       -- JSON
);
CREATE INDEX answers_machine ON answers (machine, expires);
CREATE INDEX answers_request ON answers (request, seq);

-- +goose Down
DROP TABLE answers;
DROP TABLE requests;
DROP INDEX incidents_about;
ALTER TABLE incidents DROP COLUMN about;
