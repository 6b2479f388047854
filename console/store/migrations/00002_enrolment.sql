-- +goose Up
-- A token of kind enrol makes so many machines part of the fleet.
ALTER TABLE tokens ADD COLUMN uses BIGINT NOT NULL DEFAULT 0;  -- 0: not counted
ALTER TABLE tokens ADD COLUMN spent BIGINT NOT NULL DEFAULT 0;
-- Tokens that a whole fleet shared are no more.
UPDATE tokens SET revoked = created WHERE kind = 'agent' AND revoked = 0;

-- The machines that may speak, each for itself.
CREATE TABLE enrolments (
    machine  TEXT PRIMARY KEY, -- id
    name     TEXT NOT NULL,
    token    TEXT NOT NULL,    -- id of the token it was enrolled with
    enrolled BIGINT NOT NULL,
    revoked  BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE certificates (
    serial      TEXT PRIMARY KEY, -- hex
    machine     TEXT NOT NULL,
    key         TEXT NOT NULL,    -- SHA-256 of the SubjectPublicKeyInfo, hex
    certificate BLOB NOT NULL,    -- DER
    token       TEXT NOT NULL,    -- id of the token, '' when renewed
    issued      BIGINT NOT NULL,
    expires     BIGINT NOT NULL
);
CREATE INDEX certificates_machine ON certificates (machine, expires);

-- +goose Down
DROP TABLE certificates;
DROP TABLE enrolments;
ALTER TABLE tokens DROP COLUMN spent;
ALTER TABLE tokens DROP COLUMN uses;
