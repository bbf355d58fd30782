-- Shared by the scripts. Keys of one ring, all in one slot (`mr:{<ring>}:`):
--   node:<name>  hash  at by took uid created ver usage points; a tombstone has uid created ver deleted;
--                      failed (time) failer reason of the last scrape that failed, which may be all there is
--   feed         zset  node by version: what followers read
--   fresh        zset  node by `at` of its last commit (a tombstone: by time of deletion); finds what has expired
--   tried        zset  node by time of the last attempt
--   epoch        hash  started (Redis TIME, microseconds), ver (the last version given)
-- started and ver live and die together, so that versions never begin anew within an epoch. Each script that
-- prolongs a node prolongs the other keys too: they outlive every node they name, and a silent ring leaves nothing.
-- Numbers are written by `%.0f`: tostring would cut them to 14 digits. Times in milliseconds if not said otherwise.

-- A whole number below 2^53, or nil.
local function whole(text)
  if not text or #text > 16 or not string.find(text, '^%d+$') then return nil end
  local number = tonumber(text)
  return number <= 9007199254740991 and number or nil
end

local function digits(number)
  return string.format('%.0f', number)
end

local function time_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function time_ms()
  return math.floor(time_us() / 1000)
end

-- What the fence looks at. A key that is no hash, or names no uid, holds nothing.
local function read_head(key)
  local fields = redis.pcall('HMGET', key, 'uid', 'created', 'ver', 'by', 'at', 'deleted')
  if fields.err or not fields[1] then return { ver = 0 } end
  return {
    uid = fields[1],
    created = whole(fields[2]) or 0,
    ver = whole(fields[3]) or 0,
    by = fields[4] or '',
    at = whole(fields[5]),
    deleted = fields[6] and true or false,
  }
end

-- Whether the stored Node is deleted, or the later of two of this name (a tie goes to the stored one).
local function is_of_later_node(stored, uid, created)
  if stored.uid == uid then return stored.deleted end
  return stored.uid ~= nil and stored.created >= created
end

-- The fields of a record in the order in which they are returned: to a follower, and all.
local FOLLOWED = { 'at', 'by', 'took', 'uid', 'created', 'ver', 'usage', 'deleted' }
local ALL = { 'at', 'by', 'took', 'uid', 'created', 'ver', 'usage', 'deleted', 'points' }

-- The fields of a record as a list, false if there is none, or a text saying why it cannot be read.
-- A field longer than `longest` is replaced by its length. Also returns the bytes of the list.
local function read_record(key, names, longest)
  local fields = redis.pcall('HMGET', key, unpack(names))
  if fields.err then return fields.err, 0 end
  local bytes, some = 0, false
  for i = 1, #names do
    local value = fields[i]
    if value then
      some = true
      if #value > longest then fields[i] = #value else bytes = bytes + #value end
    end
  end
  return some and fields or false, bytes
end

-- Begins an epoch if there is none. Returns its start and the last version given.
local function read_epoch(key, retention)
  local fields = redis.call('HMGET', key, 'started', 'ver')
  if fields[1] then return fields[1], whole(fields[2]) or 0 end
  local started = digits(time_us())
  redis.call('HSET', key, 'started', started, 'ver', '0')
  redis.call('PEXPIRE', key, retention)
  return started, 0
end

-- Gives the next version.
local function next_version(epoch, retention)
  read_epoch(epoch, retention)
  return redis.call('HINCRBY', epoch, 'ver', 1)
end
