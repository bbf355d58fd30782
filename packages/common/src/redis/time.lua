-- KEYS: any of the ring. Returns TIME of the server that holds its slot.
return redis.call('TIME')
