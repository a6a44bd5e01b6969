-- Puts events of a batch on a channel, in their order: those that are on it already are passed over.
-- KEYS: the window, the positions, the channel on which they are told.
-- ARGV: most events, milliseconds for which they and for which positions are kept; then of each event its partition, its
-- offset and the event.
local position = {}
local order = {}
local known = redis.call('HGETALL', KEYS[2])
for i = 1, #known, 2 do
    position[known[i]] = known[i + 1]
    order[#order + 1] = known[i]
end
local changed = {}
for i = 4, #ARGV, 3 do
    local partition, offset, event = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local before = position[partition]
    if not before or tonumber(before) < tonumber(offset) then
        redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', event, 'b', before or '')
        if not before then
            order[#order + 1] = partition
        end
        position[partition] = offset
        changed[partition] = true
        local told = {}
        for at, one in ipairs(order) do
            told[at] = one .. ' ' .. position[one]
        end
        redis.call('SPUBLISH', KEYS[3], table.concat(told, ' ') .. '\n' .. event)
    end
end
for partition in pairs(changed) do
    redis.call('HSET', KEYS[2], partition, position[partition])
end
if next(changed) then
    local now = redis.call('TIME')
    local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[2]
    redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(oldest, 0)))
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return redis.status_reply('OK')
