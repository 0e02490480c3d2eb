--- @use reading_time
-- A plain record: the record of a first attempt under way, as lib/plain_turn.lua writes it. Its
-- fields have one order, so that it is compared and rewritten by slices instead of unpacked;
-- cmsgpack reads it like any other. It begins with the mark of a long map, "\222\0" and the
-- number of fields, which cmsgpack never writes for so few. "\160" plus its length begins a
-- text of up to 31 bytes; "\195" is true, "\194" false: a task that is held ready has not
-- started. A nonce has 22 bytes.
local runs, ours = "\165state\167running\165nonce\182", "\166worker" .. cmsgpack.pack(worker)
local holder = worker .. "~"

-- Completes the first `many` of `ids` by their rows. Adds their records to `kept`, and returns
-- their places in `completed` and their members of `holds`; nil if one is not plain or not held,
-- or if its key ends before its result. `waited` is true if a client may wait for one.
local function completePlain(ids, many, records, kept, waited)
  local places, released, sinceAt = {}, {}, 47 + #ours
  local ended = "\165tried\195\165ended" .. cmsgpack.pack(now) .. "\164name"
  local lastNonce, lastMs, lastName, lastText, expected, opening, closing, purgeAt
  local nonceAt, nonceStep, msAt, msStep = cellAt[2], cellStep[2], cellAt[4], cellStep[4]
  local textAt, textStep, nameAt, nameStep = cellAt[5], cellStep[5], cellAt[8], cellStep[8]
  local keyAt, keyStep = cellAt[9], cellStep[9]
  for i = 1, many do
    local before, id, packed = i - 1, ids[i], records[i]
    local nonce, ms = ARGV[nonceAt + before * nonceStep], ARGV[msAt + before * msStep]
    local text, name = ARGV[textAt + before * textStep], ARGV[nameAt + before * nameStep]
    if nonce ~= lastNonce then
      lastNonce, expected = nonce, runs .. nonce .. ours
      opening = "\165state\169completed\167settled\191" .. nonce .. " complete" .. ours
    end
    -- The fence, as in lib/held.lua: the task runs, and this nonce is that of its last claim.
    if not packed or string.find(packed, expected, 4, true) ~= 4 then return nil end
    local fields, last = string.byte(packed, 3), -10
    if fields > 7 and string.sub(packed, -26, -19) == "\167readyAt" then fields, last = fields - 1, -27 end
    if fields > 8 then return nil end
    if ms ~= lastMs or keyStep > 0 then
      if ARGV[keyAt + before * keyStep] ~= ms or waited and ms + 0 < readingMs then return nil end
      lastMs, purgeAt = ms, string.format("%.0f", now + ms)
    end
    if name ~= lastName or text ~= lastText then
      lastName, lastText, closing = name, text, ended .. cmsgpack.pack(name, "result", text)
    end
    kept[2 * i - 1] = id
    kept[2 * i] = (fields == 8 and "\139" or "\138") .. opening
      .. string.sub(packed, sinceAt, last) .. closing
    places[2 * i - 1], places[2 * i], released[i] = purgeAt, id, holder .. id
  end
  return places, released
end

-- Returns the field of a promoted task that notes when it became ready; nil for any other record.
local function readyField(packed)
  local from = #packed - 16
  if string.sub(packed, 4, 15) ~= "\165state\165ready" then return nil end
  if string.sub(packed, from, from + 7) ~= "\167readyAt" then return nil end
  return string.sub(packed, from)
end

-- Claims the first tasks of `line`, one for each of `envelopes`. Adds their records to `kept`,
-- and returns their places in `running`, their members of `holds`, and the reply; nil if one has
-- no envelope, or was tried before.
local function claimPlain(line, envelopes, many, records, kept, fence)
  local leases, holding, tasks, readyAt = {}, {}, {}, {}
  local deadline = string.format("%.0f", now + leaseMs)
  local opening = runs .. nonce .. ours .. "\165since" .. cmsgpack.pack(now) .. "\165order"
  for i = 1, #envelopes do
    local id, score, envelope, packed = line[2 * i - 1], tonumber(line[2 * i]), envelopes[i], records[many + i]
    if not envelope then return nil end
    local above = math.floor(score / band)
    if not (above >= 0 and above <= 100) then return nil end
    local order, j, k = score - above * band, 2 * (many + i), 2 * i
    local fields, more = 7, i > slots and "\167started\194" or "\167started\195"
    tasks[i] = { id, fence, math.floor(order / 64) + epochBase, envelope, i > slots and 0 or nil }
    if packed then
      local field = readyField(packed)
      if not field then return nil end
      fields, more = 8, field .. more
      readyAt[field] = readyAt[field] or cmsgpack.unpack(string.sub(field, 9))
      tasks[i][5] = { 0, 0, 0, 0, 0, i > slots and 0 or 1, 0, "", "", {}, readyAt[field], 0, "", 0 }
    end
    if above < 100 then fields, more = fields + 1, "\168priority" .. string.char(100 - above) .. more end
    kept[j - 1] = id
    kept[j] = "\222\0" .. string.char(fields) .. opening .. cmsgpack.pack(order, "fence", fence) .. more
    leases[k - 1], leases[k], holding[k - 1], holding[k] = deadline, id, "0", holder .. id
    fence = fence + 1
  end
  return leases, holding, tasks
end
