-- Puts events on channels, in their order: on which they are already they are passed over.
-- KEYS: of each channel the window, the positions and the channel on which they are told.
-- ARGV: most events, milliseconds for which they and for which positions are kept; then of each event its partition, its
-- offset, the event, and the number of its channel, the first of which is 1.
-- What is told together follows each other on one channel: who follows several is told all in order.
-- Positions are kept as ' partition:offset' of each partition, '/', and the milliseconds when the keys were last given a time to
-- live. They get a new one only when a sixteenth of it has passed, and it is that much longer.
local call, match = redis.call, string.match
local most = ARGV[1]
local positions, renewed, last = {}, {}, {}
local telling, told

local function tell()
    if telling then
        call('SPUBLISH', KEYS[3 * telling], table.concat(told))
    end
end

for at = 4, #ARGV, 4 do
    local partition, offset, event, number = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
    local position = positions[number]
    if not position then
        local known = call('GET', KEYS[3 * number - 1]) or '/0'
        position, renewed[number] = match(known, '^(.*)/(%d+)$')
        positions[number] = position
    end
    local before = match(position, ' ' .. partition .. ':(%d+)')
    if not before or tonumber(before) < tonumber(offset) then
        last[number] = call('XADD', KEYS[3 * number - 2], 'MAXLEN', '~', most, '*', 'e', event, 'b', before or '')
        local pair = ' ' .. partition .. ':'
        if before then
            position = string.gsub(position, pair .. before, pair .. offset, 1)
        else
            position = position .. pair .. offset
        end
        positions[number] = position
        if telling ~= number then
            tell()
            telling, told = number, {}
        end
        told[#told + 1] = position .. '\n' .. #event .. '\n' .. event
    end
end
tell()
for number, id in pairs(last) do
    local moment = match(id, '^%d+')
    local now = tonumber(moment)
    local age = tonumber(ARGV[2])
    -- A clock that has gone back is no reason to keep anything for ever.
    if math.abs(now - renewed[number]) >= age / 16 then
        local oldest = string.format('%.0f', math.max(now - age, 0))
        call('XTRIM', KEYS[3 * number - 2], 'MINID', '~', oldest)
        call('PEXPIRE', KEYS[3 * number - 2], string.format('%.0f', age * 17 / 16))
        local lasts = string.format('%.0f', ARGV[3] * 17 / 16)
        call('SET', KEYS[3 * number - 1], positions[number] .. '/' .. moment, 'PX', lasts)
    else
        call('SET', KEYS[3 * number - 1], positions[number] .. '/' .. renewed[number], 'KEEPTTL')
    end
end
return redis.status_reply('OK')
