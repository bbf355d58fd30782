-- KEYS: node keys. ARGV: nodes
-- Returns { node, failed, failer, reason } of those whose last failure is remembered.
local found = {}
for i, node in ipairs(ARGV) do
  local fields = redis.pcall('HMGET', KEYS[i], 'failed', 'failer', 'reason')
  if not fields.err and fields[1] then
    found[#found + 1] = { node, fields[1], fields[2] or '', fields[3] or '' }
  end
end
return found
