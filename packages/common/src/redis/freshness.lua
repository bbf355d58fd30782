-- KEYS: tried nodes... ARGV: nodes
-- Returns { node, at, by, took, tried } of those nodes that have a record, or at least were tried.
local tried = redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
local found = {}
for i, node in ipairs(ARGV) do
  local fields = redis.pcall('HMGET', KEYS[i + 1], 'at', 'by', 'took', 'deleted')
  if not fields.err and fields[1] and not fields[4] then
    found[#found + 1] = { node, fields[1], fields[2], fields[3], tried[i] }
  elseif tried[i] then
    found[#found + 1] = { node, '0', '', '0', tried[i] }
  end
end
return found
