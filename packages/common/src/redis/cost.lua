-- KEYS: epoch feed fresh tried. ARGV: node-prefix most
-- Returns { nodes, bytes of the four, commandstats, memory, { node, bytes }... } with a sample of so many nodes.
local function bytes_of(key)
  return redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0
end

local indexes = 0
for i = 1, #KEYS do indexes = indexes + bytes_of(KEYS[i]) end
local sample = {}
for i, node in ipairs(redis.call('ZRANGE', KEYS[2], 0, tonumber(ARGV[2]) - 1)) do
  sample[i] = { node, bytes_of(ARGV[1] .. node) }
end
return { redis.call('ZCARD', KEYS[2]), indexes, redis.call('INFO', 'commandstats'), redis.call('INFO', 'memory'), sample }
