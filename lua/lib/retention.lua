-- Returns the ends of the retention of those of `ids` that are in the set `key` of `state`, by
-- id. A sweep deletes a task some time after that, and until then nothing may answer from it.
local function retentionOf(ids, state, key)
  local kept, ends = {}, {}
  for _, id in ipairs(ids) do
    if records[id] and records[id].state == state then kept[#kept + 1] = id end
  end
  if #kept == 0 then return ends end
  for i, score in ipairs(redis.call("ZMSCORE", key, unpack(kept))) do
    ends[kept[i]] = tonumber(score) or 0
  end
  return ends
end
