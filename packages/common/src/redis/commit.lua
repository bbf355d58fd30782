-- ARGV: node at by took uid created base-version interval retention node-prefix longest [usage points]
-- The fence of ring.md section 5; `fence.ts` says the same in TypeScript.
local node, by, took, uid, usage, points = ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[12], ARGV[13]
local at, created, base = tonumber(ARGV[2]), tonumber(ARGV[6]), tonumber(ARGV[7])
local interval, retention = tonumber(ARGV[8]), tonumber(ARGV[9])
local now = time_ms()

if not (at >= now - 4 * interval and at <= now + 1000) then return { 'refused', 'clock' } end
local stored = read_head(NODE)
if is_of_later_node(stored, uid, created) then return { 'refused', 'uid' } end
local starts_empty = stored.uid ~= uid
if starts_empty then stored = { ver = 0 } end
-- Further in the future than a scrape may be, a stored `at` is of another clock (a failover): it orders nothing.
if stored.at and stored.at <= now + 1000 and at - stored.at < interval / 3 then
  return { 'duplicate', stored.by, digits(stored.at) }
end
-- Without a body there must be a record to refresh.
if stored.ver ~= base or (not usage and stored.ver == 0) then
  if stored.ver == 0 then return { 'conflict', false } end
  return { 'conflict', (read_record(NODE, ALL, tonumber(ARGV[11]))) }
end

local version
if usage then
  version = digits(next_version(EPOCH, retention))
  if starts_empty then redis.call('DEL', NODE) end
  redis.call('HSET', NODE, 'at', ARGV[2], 'by', by, 'took', took, 'uid', uid, 'created', ARGV[6],
    'ver', version, 'usage', usage, 'points', points)
  redis.call('ZADD', FEED, version, node)
else
  redis.call('HSET', NODE, 'at', ARGV[2], 'by', by, 'took', took)
end
redis.call('ZADD', FRESH, ARGV[2], node)
redis.call('ZADD', TRIED, digits(now), node)
prolong(retention)
forget_expired(ARGV[10], now, retention, interval)
if usage then return { 'accepted', version } end
return { 'unchanged' }
