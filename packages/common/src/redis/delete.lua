-- ARGV: node uid created interval retention node-prefix
-- Puts a tombstone in place of a record, unless it is there already or a later Node took the name.
local node, uid, retention = ARGV[1], ARGV[2], tonumber(ARGV[5])
if is_of_later_node(read_head(NODE), uid, tonumber(ARGV[3])) then return 0 end
local now = time_ms()
local version = digits(next_version(EPOCH, retention))
redis.call('DEL', NODE)
redis.call('HSET', NODE, 'uid', uid, 'created', ARGV[3], 'ver', version, 'deleted', '1')
redis.call('ZADD', FEED, version, node)
redis.call('ZADD', FRESH, digits(now), node)
redis.call('ZREM', TRIED, node)
prolong(retention)
forget_expired(ARGV[6], now, retention, tonumber(ARGV[4]))
return 1
