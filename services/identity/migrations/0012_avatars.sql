-- Pictures of users, as media-events tell them: see README.md. Replicas of before run beside these for a while: they set
-- these events aside, and they are kept by these.

ALTER TABLE users
    -- The greatest medium that was told of as the user's avatar, also once it is gone: nothing older is worn again.
    ADD COLUMN avatar_id uuid;
