-- KEYS: tried node. ARGV: node retention [by reason]
-- The failure stands beside the record, if there is one, and does not prolong it.
local now, retention = time_ms(), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], digits(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. digits(now - retention))
redis.call('PEXPIRE', KEYS[1], retention)
if ARGV[3] then
  redis.call('HSET', KEYS[2], 'failed', digits(now), 'failer', ARGV[3], 'reason', ARGV[4])
  if redis.call('HEXISTS', KEYS[2], 'uid') == 0 then redis.call('PEXPIRE', KEYS[2], retention) end
end
return 1
