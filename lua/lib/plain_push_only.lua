--- @use plain_push
-- Answers a plain push. The rows have no other columns, so they have no options.
do
  local plain = plainPush()
  if plain then return plain end
end
