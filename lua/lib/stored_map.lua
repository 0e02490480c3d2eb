-- Reads a packed map whose fields are of `kinds`, which names a Lua type for each; nil if it is
-- anything else. A damaged backup or another program may leave anything there, and one such
-- value must not stop a script that reads many. Fields without a kind come from newer versions.
local function storedMap(packed, kinds)
  local ok, map = pcall(cmsgpack.unpack, packed)
  if not ok or type(map) ~= "table" then return nil end
  for name, value in pairs(map) do
    local kind = kinds[name]
    if kind and type(value) ~= kind then return nil end
    if kind == "number" and not (value >= 0 and value < 9007199254740992) then return nil end
  end
  return map
end

-- Reads a packed list of pairs of texts, such as the names and results of steps; nil if it is
-- anything else, an empty list if there is none.
local function storedPairs(packed)
  if not packed then return {} end
  local ok, list = pcall(cmsgpack.unpack, packed)
  if not ok or type(list) ~= "table" then return nil end
  local n = 0
  for _, text in pairs(list) do
    n = n + 1
    if type(text) ~= "string" then return nil end
  end
  return n == #list and n % 2 == 0 and list or nil
end
