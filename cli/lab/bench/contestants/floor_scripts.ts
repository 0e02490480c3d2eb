/**
 * The scripts of the floor: the calls, batches and keys of Relier, without a fence, a
 * record of attempts, limits, events or recovery.
 *
 * @module
 */

/** Stores rows of id and payload, and rings the bell. */
export const pushScript = `
local ready, tasks, order, rows = {}, {}, redis.call("INCRBY", KEYS[6], #ARGV / 2), #ARGV / 2
for i = 1, rows do
  ready[2 * i - 1], ready[2 * i] = order - rows + i, ARGV[2 * i - 1]
  tasks[2 * i - 1], tasks[2 * i] = ARGV[2 * i - 1], ARGV[2 * i]
end
redis.call("ZADD", KEYS[1], unpack(ready))
redis.call("HSET", KEYS[2], unpack(tasks))
if redis.call("LLEN", KEYS[7]) == 0 then redis.call("RPUSH", KEYS[7], "1") end
return rows`;

/** Settles the tasks whose ids follow the count, then claims as many as the count says. */
export const turnScript = `
local now = redis.call("TIME")[1]
local function pairsOf(ids, value, first)
  local list = {}
  for i, id in ipairs(ids) do
    list[2 * i - 1], list[2 * i] = first and id or value, first and value or id
  end
  return list
end
if #ARGV > 1 then
  local done = {}
  for i = 2, #ARGV do done[i - 1] = ARGV[i] end
  redis.call("ZREM", KEYS[3], unpack(done))
  redis.call("ZADD", KEYS[4], unpack(pairsOf(done, now, false)))
  redis.call("HSET", KEYS[5], unpack(pairsOf(done, "completed;worker;1;ok", true)))
  redis.call("HDEL", KEYS[2], unpack(done))
end
local ids = redis.call("ZRANGE", KEYS[1], 0, ARGV[1] - 1)
if #ids == 0 then return {} end
local tasks = redis.call("HMGET", KEYS[2], unpack(ids))
redis.call("ZREM", KEYS[1], unpack(ids))
redis.call("ZADD", KEYS[3], unpack(pairsOf(ids, now, false)))
redis.call("HSET", KEYS[5], unpack(pairsOf(ids, "running;worker;1", true)))
return {ids, tasks}`;
