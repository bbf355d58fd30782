-- KEYS: epoch feed. ARGV: cursor-epoch cursor-version limit node-prefix longest most-bytes retention
-- Returns { started, version, more, restarted, { node, record }... }; a page ends early at most-bytes.
local started, last = read_epoch(KEYS[1], tonumber(ARGV[7]))
local version, limit = ARGV[2], tonumber(ARGV[3])
local restarted = (ARGV[1] ~= started or tonumber(version) > last) and 1 or 0
if restarted == 1 then version = '0' end

local members = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. version, digits(last), 'WITHSCORES', 'LIMIT', 0, limit + 1)
local page, total, longest, most = {}, 0, tonumber(ARGV[5]), tonumber(ARGV[6])
local i = 1
while i < #members and i < 2 * limit and total < most do
  local record, bytes = read_record(ARGV[4] .. members[i], FOLLOWED, longest)
  total = total + bytes
  version = members[i + 1]
  -- A record that has no version was discarded.
  if record and (type(record) == 'string' or record[6]) then page[#page + 1] = { members[i], record } end
  i = i + 2
end
return { started, version, i < #members and 1 or 0, restarted, page }
