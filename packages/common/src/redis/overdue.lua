-- KEYS: epoch fresh tried. ARGV: age offset limit ahead retention node-prefix unseen...
-- Returns { started, more, { node, at, by, took, tried }... } of the nodes last scraped `age` or longer ago and of
-- those scraped in the future (another clock), a page of each from `offset`, and of those unseen that are not there.
local started = read_epoch(KEYS[1], tonumber(ARGV[5]))
local now, limit, nodes = time_ms(), tonumber(ARGV[3]), {}
local future = digits(now + tonumber(ARGV[4]))

local function add_page(least, most)
  if limit == 0 then return false end
  local page = redis.call('ZRANGEBYSCORE', KEYS[2], least, most, 'LIMIT', ARGV[2], limit)
  for _, node in ipairs(page) do nodes[#nodes + 1] = node end
  return #page == limit
end
local more = add_page('-inf', digits(now - tonumber(ARGV[1])))
more = add_page('(' .. future, '+inf') or more
if #ARGV > 6 then
  local unseen = { unpack(ARGV, 7) }
  for i, score in ipairs(redis.call('ZMSCORE', KEYS[2], unpack(unseen))) do
    if not score then nodes[#nodes + 1] = unseen[i] end
  end
end

local found = {}
local tried = #nodes > 0 and redis.call('ZMSCORE', KEYS[3], unpack(nodes)) or {}
for i, node in ipairs(nodes) do
  local fields = redis.pcall('HMGET', ARGV[6] .. node, 'at', 'by', 'took', 'deleted')
  local at = not fields.err and not fields[4] and whole(fields[1])
  if at and at <= tonumber(future) then
    found[i] = { node, fields[1], fields[2] or '', fields[3] or '0', tried[i] }
  else
    found[i] = { node, '0', '', '0', tried[i] }
  end
end
return { started, more and 1 or 0, found }
