-- +goose Up
-- Codes by telephone that one of two accounts has asked for.
CREATE TABLE half_codes (
    machine   TEXT NOT NULL,
    permits   TEXT NOT NULL,
    challenge TEXT NOT NULL,
    approver  TEXT NOT NULL, -- id of the account that asked first
    made      BIGINT NOT NULL,
    PRIMARY KEY (machine, permits, challenge)
);

-- +goose Down
DROP TABLE half_codes;
