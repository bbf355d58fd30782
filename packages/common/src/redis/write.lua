-- Shared by the scripts that write a node. KEYS: node epoch feed fresh tried.
local NODE, EPOCH, FEED, FRESH, TRIED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function prolong(retention)
  for i = 1, 5 do redis.call('PEXPIRE', KEYS[i], retention) end
end

-- Forgets nodes that nobody has written for the retention time; a few a call, so that a call stays short.
-- `fresh` finds them. A feed that lost its `fresh` (evicted) is cleaned from its old end.
local function forget_expired(prefix, now, retention, interval)
  local before = '(' .. digits(now - retention - 4 * interval)
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', FRESH, '-inf', before, 'LIMIT', 0, 8)) do
    redis.call('DEL', prefix .. node)
    redis.call('ZREM', FRESH, node)
    redis.call('ZREM', FEED, node)
  end
  local oldest = redis.call('ZRANGE', FEED, 0, 0)[1]
  if oldest and redis.call('EXISTS', prefix .. oldest) == 0 then redis.call('ZREM', FEED, oldest) end
  redis.call('ZREMRANGEBYSCORE', TRIED, '-inf', '(' .. digits(now - retention))
end
