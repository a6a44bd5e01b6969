-- What is kept of a channel, as it is at one moment.
-- KEYS: the window, the positions. ARGV: from which id of the window on, '-' for all, or nothing for no event.
local events = {}
if ARGV[1] ~= '' then
    events = redis.call('XRANGE', KEYS[1], ARGV[1], '+')
end
return { events, redis.call('GET', KEYS[2]) }
