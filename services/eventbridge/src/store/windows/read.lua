-- What is kept of a channel, as it is at one moment.
-- KEYS: the window, the positions. ARGV: from which id of the window on, or '-'.
return { redis.call('XRANGE', KEYS[1], ARGV[1], '+'), redis.call('HGETALL', KEYS[2]) }
