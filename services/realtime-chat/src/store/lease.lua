-- A node holds users for as long as a lease. Every key is in the slot of the one that is named: what all of them begin with.
-- KEYS[1]: that beginning. ARGV: the node; the time, the end of the lease and its length, in milliseconds; then users, each with how
-- many sockets of theirs the node holds.
-- Answers, of the last user, how many sockets all nodes hold that have a lease.
local node, now, till, length = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
for place = 5, #ARGV, 2 do
    local user = ARGV[place]
    local at, sockets, online = KEYS[1] .. 'at:' .. user, KEYS[1] .. 'sockets:' .. user, KEYS[1] .. 'online:' .. user
    redis.call('ZADD', at, till, node)
    redis.call('PEXPIRE', at, length)
    redis.call('HSET', sockets, node, ARGV[place + 1])
    redis.call('PEXPIRE', sockets, length)
    redis.call('SETNX', online, now)
    redis.call('PEXPIRE', online, length)
end
local last = ARGV[#ARGV - 1]
local count = 0
for _, holder in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1] .. 'at:' .. last, now, '+inf')) do
    count = count + (tonumber(redis.call('HGET', KEYS[1] .. 'sockets:' .. last, holder)) or 0)
end
return count
