-- Answers a sweep that comes too soon after the last one. In a fleet that is what most do, so
-- it stands before all that a sweep needs.
if dead == "" and everyMs > 0 then
  local schema, epoch, seq, swept = unpack(redis.call("HMGET", KEY.meta, "schema", "epoch", "seq",
    "swept"))
  local sinceMs = schema == "1" and swept and now - swept
  if sinceMs and sinceMs > 0 and sinceMs < everyMs then
    return { "ok", epoch, tonumber(seq), {}, -1, 0, 0, redis.call("ZCARD", KEY.workers), {} }
  end
end
