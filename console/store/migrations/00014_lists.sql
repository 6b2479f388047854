-- +goose Up
-- The company's lists as they were published and withdrawn; of each name the
-- newest counts. What they hold is in files of the folder lists.
CREATE TABLE lists (
    serial    INTEGER PRIMARY KEY, -- from 1, without gaps
    issued    BIGINT NOT NULL,
    author    TEXT NOT NULL,       -- name of who did it
    kind      TEXT NOT NULL,       -- exact, similar
    name      TEXT NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    build     BIGINT NOT NULL DEFAULT 0,
    size      BIGINT NOT NULL DEFAULT 0,
    sha256    TEXT NOT NULL DEFAULT '',
    key_id    TEXT NOT NULL DEFAULT '',
    key       BLOB                 -- endpoint key, sealed with the console's
);
CREATE INDEX lists_name ON lists (kind, name, serial);

-- +goose Down
DROP TABLE lists;
