-- KEYS: nodes. ARGV: longest most-bytes
-- Returns a record, or false, for each of the nodes; for fewer than asked, but one at least, at most-bytes.
local records, total, longest, most = {}, 0, tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 1, #KEYS do
  if total >= most then break end
  local record, bytes = read_record(KEYS[i], ALL, longest)
  if type(record) == 'table' and (record[8] or not record[6]) then record = false end
  records[i], total = record, total + bytes
end
return records
