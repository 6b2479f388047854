-- +goose Up
-- Spot checks that were ordered; each of their machines has a task.
CREATE TABLE checks (
    id      TEXT PRIMARY KEY,
    made    BIGINT NOT NULL,
    by_name TEXT NOT NULL, -- name of the account
    reason  TEXT NOT NULL,
    spec    TEXT NOT NULL  -- JSON: what is looked for and where
);
CREATE INDEX checks_made ON checks (made);

-- What single machines are to do once.
CREATE TABLE tasks (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,            -- check, destruction
    about         TEXT NOT NULL,            -- id of the spot check, or of the incident
    machine       TEXT NOT NULL,
    machine_name  TEXT NOT NULL,
    made          BIGINT NOT NULL,
    expires       BIGINT NOT NULL,
    state         TEXT NOT NULL,            -- half, open, done, kept, withdrawn
    approver      TEXT NOT NULL DEFAULT '', -- id of the account that ordered it first, where it takes two
    task          TEXT NOT NULL,            -- JSON
    envelope      TEXT NOT NULL DEFAULT '', -- JSON; signed once everybody who has to has agreed
    ended         BIGINT NOT NULL DEFAULT 0,
    result        TEXT NOT NULL DEFAULT ''  -- JSON
);
CREATE INDEX tasks_machine ON tasks (machine, state, expires);
CREATE INDEX tasks_about ON tasks (about, made);

-- +goose Down
DROP TABLE tasks;
DROP TABLE checks;
