-- +goose Up
-- What was published, the newest of which is in force. None is ever changed.
CREATE TABLE policies (
    serial  INTEGER PRIMARY KEY, -- from 1, without gaps
    issued  BIGINT NOT NULL,
    author  TEXT NOT NULL,       -- name of the account
    reason  TEXT NOT NULL,
    version TEXT NOT NULL,       -- as machines tell which one they run
    text    TEXT NOT NULL        -- YAML
);

-- +goose Down
DROP TABLE policies;
