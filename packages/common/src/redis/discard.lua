-- KEYS: node. ARGV: version
-- Empties a record that cannot be read, if it is still that one, so that the node can be written again.
-- What the fence looks at stays.
if redis.call('HGET', KEYS[1], 'ver') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'ver', 'usage', 'points')
