-- GCRA, as in the process: one of a limit is used, if one is left. Redis keeps the theoretical arrival time (the
-- time at which the key is as good as new) in microseconds of its own clock, which all replicas share.
-- KEYS[1]: the key. ARGV: microseconds to regain one, how many there are at most.
-- Answers {what is left, 0}, or {-1, microseconds to wait}.
local each, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + each
local early = arrival - now - each * count
-- Less than a microsecond is what a fraction was rounded by.
if early >= 1 then
    return {-1, math.ceil(early)}
end
redis.call('SET', KEYS[1], string.format('%.3f', arrival), 'PX', math.ceil((arrival - now) / 1000))
return {math.max(math.floor(-early / each), 0), 0}
