-- KEYS: tried. ARGV: node retention
local now, retention = time_ms(), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], digits(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. digits(now - retention))
redis.call('PEXPIRE', KEYS[1], retention)
return 1
