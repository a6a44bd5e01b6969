-- Who follows whom, as user-events told it. The greatest revision of a pair tells how things stand, so
-- the end of a follow stays as a row with active = false.
CREATE TABLE follows (
    follower_id uuid    NOT NULL,
    followee_id uuid    NOT NULL,
    active      boolean NOT NULL,
    revision    bigint  NOT NULL,
    PRIMARY KEY (follower_id, followee_id)
);
