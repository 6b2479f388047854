-- +goose Up
-- What lists and filters look at. The rows are kept small, because a search
-- reads many of them; the whole record stands in a table of its own.
CREATE TABLE incidents (
    id           TEXT PRIMARY KEY,
    time         BIGINT NOT NULL, -- microseconds since 1970, UTC; never after received
    received     BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    severity     TEXT NOT NULL,
    machine      TEXT NOT NULL,
    machine_name TEXT NOT NULL,
    person       TEXT NOT NULL,
    channel      TEXT NOT NULL,
    action       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    rule         TEXT NOT NULL,
    text         TEXT NOT NULL, -- what a search looks through, lower case
    state        TEXT NOT NULL DEFAULT 'new', -- new, in-review, closed
    assignee     TEXT NOT NULL DEFAULT ''     -- name of the account that reviews it
);
CREATE INDEX incidents_newest ON incidents (time, id);
CREATE INDEX incidents_machine ON incidents (machine, time, id);
CREATE INDEX incidents_person ON incidents (person, time, id);
CREATE INDEX incidents_rule ON incidents (rule, time, id);
CREATE INDEX incidents_severity ON incidents (severity, time, id);

CREATE TABLE records (
    id     TEXT PRIMARY KEY,
    record TEXT NOT NULL -- the incident as JSON
);

CREATE TABLE machines (
    id        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    seen      BIGINT NOT NULL,
    heartbeat TEXT NOT NULL -- the last one, as JSON
);
CREATE INDEX machines_seen ON machines (seen);

CREATE TABLE tokens (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    kind    TEXT NOT NULL, -- api, agent
    hash    TEXT NOT NULL UNIQUE, -- SHA-256 of the token, hex
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL, -- 0: never
    used    BIGINT NOT NULL DEFAULT 0,
    revoked BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE accounts (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    role     TEXT NOT NULL, -- reviewer, administrator
    password TEXT NOT NULL, -- argon2id, PHC string
    created  BIGINT NOT NULL
);

CREATE TABLE setup (
    hash    TEXT PRIMARY KEY, -- SHA-256 of the one-time secret, hex
    expires BIGINT NOT NULL
);

-- What people did, each entry bound to the one before: see package store.
CREATE TABLE audit (
    seq      BIGINT PRIMARY KEY, -- from 1, without gaps
    time     BIGINT NOT NULL,
    actor    TEXT NOT NULL, -- id of the account
    name     TEXT NOT NULL, -- its name at the time
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL, -- id of the incident, where it is about one
    detail   TEXT NOT NULL, -- JSON
    previous TEXT NOT NULL, -- hash of the entry before, hex
    hash     TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, seq);

CREATE TABLE sessions (
    token  TEXT PRIMARY KEY, -- SHA-256 of the cookie's, hex
    data   BLOB NOT NULL,
    expiry BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- +goose Down
DROP TABLE sessions;
DROP TABLE audit;
DROP TABLE setup;
DROP TABLE accounts;
DROP TABLE tokens;
DROP TABLE machines;
DROP TABLE records;
DROP TABLE incidents;
