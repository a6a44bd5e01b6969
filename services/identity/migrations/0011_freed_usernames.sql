-- Names that are free again after a while: those that users gave up for another, and those of accounts that are erased.
-- Replicas of before run beside these for a while: they keep back the names of erased accounts for 90 days, and none that
-- were given up.

ALTER TABLE retired_usernames
    -- Whoever gave it up may have it back before. None once that account is erased.
    ADD COLUMN user_id uuid,
    -- Until then nobody else gets it. Those of erased accounts so far count from now.
    ADD COLUMN free_at timestamptz NOT NULL DEFAULT now() + interval '90 days';

CREATE INDEX retired_usernames_user ON retired_usernames (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX retired_usernames_free ON retired_usernames (free_at);
